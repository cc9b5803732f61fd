"""Re-hashes what evidence names, those first that were not looked at for longest; reports rot and mends nothing."""

from __future__ import annotations

import dataclasses
import hashlib

from storage.errors import CorruptError, NotFoundError, StorageError
from storage.repositories.evidence import EvidenceRecord
from storage.unit_of_work import UnitOfWork
from storage.vault.custody import Action

SCRUBBER = "scrub"


@dataclasses.dataclass(frozen=True, slots=True)
class Damage:
    """One file that is not as it was kept. ``state``: "missing", "damaged" or "unreadable now"."""

    evidence_id: str
    file_number: int
    vault_address: str
    state: str


@dataclasses.dataclass(slots=True)
class ScrubReport:
    """What one slice found."""

    items: int = 0
    files: int = 0
    size_bytes: int = 0
    damages: list[Damage] = dataclasses.field(default_factory=list)


def check_item(work: UnitOfWork, record: EvidenceRecord, report: ScrubReport) -> list[Damage]:
    """Read, decrypt and digest every file of one item, one at a time. Never stops at the first damage."""
    damages = []
    for number, file in enumerate(record.files, 1):
        try:
            data = work.vault.get(record.subject_id, file.vault_address)
            state = "" if hashlib.sha256(data).hexdigest() == file.sha256 else "damaged"
            report.size_bytes += len(data)
        except NotFoundError:
            state = "missing"
        except CorruptError:
            state = "damaged"
        except StorageError:
            state = "unreadable now"
        report.files += 1
        if state:
            damages.append(Damage(record.id, number, file.vault_address, state))
    report.items += 1
    report.damages += damages
    return damages


def note_item(work: UnitOfWork, evidence_id: str, damages: list[Damage]) -> None:
    """A re-hash is an act on the evidence; a store that is out of reach says nothing about it."""
    if any(damage.state == "unreadable now" for damage in damages):
        return
    if damages:
        what = " ".join(f"{damage.file_number}:{damage.state}" for damage in damages)
        work.custody.record(evidence_id, Action.DAMAGED, SCRUBBER, f"files {what}"[:500])
    else:
        work.custody.record(evidence_id, Action.REHASHED, SCRUBBER, "every file is as it was kept")
