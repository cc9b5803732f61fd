"""What a check says of one part of a pack, and what all of them together come to."""

from __future__ import annotations

import dataclasses
from enum import StrEnum


class Status(StrEnum):
    """Of one part. ``NOT_CHECKABLE``: nothing speaks against it, and something that would prove it is not at hand."""

    VERIFIED = "verified"
    ALTERED = "altered"
    NOT_CHECKABLE = "not checkable here"


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One part, and a sentence on what was seen. ``part`` is a path in the pack or the name of a check."""

    part: str
    status: Status
    sentence: str


@dataclasses.dataclass(frozen=True, slots=True)
class Verification:
    """All findings, in the order of the checks. ``signers``: fingerprints whose signatures hold, the outermost first."""

    findings: tuple[Finding, ...]
    signers: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Altered where any part is; verified only where every part is."""
        found = {finding.status for finding in self.findings}
        for status in (Status.ALTERED, Status.NOT_CHECKABLE):
            if status in found:
                return status
        return Status.VERIFIED


def verified(part: str, sentence: str) -> Finding:
    return Finding(part, Status.VERIFIED, sentence)


def altered(part: str, sentence: str) -> Finding:
    return Finding(part, Status.ALTERED, sentence)


def not_checkable(part: str, sentence: str) -> Finding:
    return Finding(part, Status.NOT_CHECKABLE, sentence)
