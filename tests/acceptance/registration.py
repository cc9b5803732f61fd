"""Registers an invented borrower by the command, as a legal-aid worker would."""

from __future__ import annotations

from monitor.detection.model import WatchedSubject
from tests.acceptance.conftest import Shamewatch


def registered(installation: Shamewatch, borrower: WatchedSubject, *, language: str, region: str) -> str:
    """Subject, terms with their proofs, and an e-mail channel; the subject's id."""
    subject = installation.ok(
        "subjects", "add", f"Case {borrower.id}", "--declare", "self", "--declared-by", borrower.id,
        "--language", language, "--region", region,
    )  # fmt: skip
    kinds = {
        "name": borrower.names,
        "alias": borrower.aliases,
        "place": borrower.places,
        "employer": borrower.employers,
    }
    for kind, values in kinds.items():
        for value in values:
            installation.ok("terms", "add", subject, kind, value)
    for phone in borrower.phones:
        installation.ok("terms", "add", subject, "phone", phone, "--proof", "called back")
    for associate in borrower.associates:
        installation.ok("terms", "add", subject, "name", associate.name, "--associate", "relative")
        for phone in associate.phones:
            installation.ok("terms", "add", subject, "phone", phone, "--associate", "relative")
    installation.ok("channels", "add", subject, "email", "--to", f"{borrower.id}@mail.example")
    return subject
