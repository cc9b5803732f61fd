"""Re-hashes what evidence names, those first that were not looked at for longest; reports rot and mends nothing."""

from __future__ import annotations

import dataclasses
import hashlib
from enum import StrEnum

from storage.errors import CorruptError, NotFoundError, StorageError
from storage.repositories.evidence import EvidenceRecord
from storage.unit_of_work import UnitOfWork
from storage.vault.custody import Action

SCRUBBER = "scrub"
# A store that gave nothing back so many times in a row does not answer: the rest is left for another time.
_PATIENCE = 5
_LONGEST_DETAIL = 500


class State(StrEnum):
    """What is wrong with a file."""

    MISSING = "missing"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable now"
    RECORD = "its record is damaged"


@dataclasses.dataclass(frozen=True, slots=True)
class Damage:
    """One file that is not as it was kept. ``file_number`` 0: the record itself, which names its files."""

    evidence_id: str
    file_number: int
    subject_id: str
    vault_address: str
    state: State


@dataclasses.dataclass(slots=True)
class ScrubReport:
    """What one slice found. ``stopped_because``: why it ended early, as a sentence."""

    items: int = 0
    files: int = 0
    size_bytes: int = 0
    damages: list[Damage] = dataclasses.field(default_factory=list)
    stopped_because: str = ""


class Scrub:
    """One run over many items. Counts into ``report``; holds one file in memory at a time."""

    def __init__(self) -> None:
        self.report = ScrubReport()
        self._unreadable_in_row = 0

    @property
    def is_over(self) -> bool:
        """Whether the store does not answer, so that the rest would only be waited for."""
        return bool(self.report.stopped_because)

    def check_item(self, work: UnitOfWork, evidence_id: str) -> list[Damage]:
        """Read, decrypt and digest every file of one item. Never stops at the first damage.

        Raises NotFoundError where the item was erased meanwhile.
        """
        self.report.items += 1
        try:
            record = work.evidence.get(evidence_id)
        except CorruptError:
            return self._reported([Damage(evidence_id, 0, "", "", State.RECORD)])
        damages = []
        for number, file in enumerate(record.files, 1):
            state = self._state(work, record, number - 1)
            if state is not None:
                damages.append(Damage(record.id, number, record.subject_id, file.vault_address, state))
            if self.is_over:
                break
        return self._reported(damages)

    def _state(self, work: UnitOfWork, record: EvidenceRecord, at: int) -> State | None:
        """None where the file is as it was kept: under its keyed address, and with the digest of the record."""
        file = record.files[at]
        self.report.files += 1
        try:
            data = work.vault.get(record.subject_id, file.vault_address)
        except NotFoundError:
            return State.MISSING
        except CorruptError:
            return State.DAMAGED
        except StorageError as error:
            self._unreadable_in_row += 1
            if self._unreadable_in_row >= _PATIENCE:
                self.report.stopped_because = str(error)
            return State.UNREADABLE
        self._unreadable_in_row = 0
        self.report.size_bytes += len(data)
        return None if hashlib.sha256(data).hexdigest() == file.sha256 else State.DAMAGED

    def _reported(self, damages: list[Damage]) -> list[Damage]:
        self.report.damages += damages
        return damages


def note_item(work: UnitOfWork, evidence_id: str, damages: list[Damage], *, was_damaged: bool) -> None:
    """A re-hash is an act on the evidence; a store that is out of reach says nothing about it.

    Names of files may name people: the log has their numbers.
    """
    found = [damage for damage in damages if damage.state is not State.UNREADABLE]
    if found:
        what = ", ".join(
            f"file {damage.file_number} {damage.state}" if damage.file_number else str(damage.state)
            for damage in found
        )
        work.custody.record(evidence_id, Action.DAMAGED, SCRUBBER, what[:_LONGEST_DETAIL])
    elif not damages:
        action = Action.RESTORED if was_damaged else Action.REHASHED
        work.custody.record(evidence_id, action, SCRUBBER, "every file is as it was kept")
