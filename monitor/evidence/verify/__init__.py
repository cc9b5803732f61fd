"""Checks evidence packs and sealed folders offline: no database, no network, nothing trusted but what the reader trusts."""

from monitor.evidence.verify.findings import Finding, Status, Verification
from monitor.evidence.verify.pack import verify
from monitor.evidence.verify.sealed import Trusted

__all__ = ["Finding", "Status", "Trusted", "Verification", "verify"]
