"""Tombstones: who was erased, so that nothing brings them back and unfinished erasures are finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from storage.models import TombstoneRow
from storage.repositories.base import Repository


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TombstoneRecord:
    """``purged_at`` is empty until the vault and the database's spare pages were cleared too."""

    subject_id: str
    erased_at: datetime
    purged_at: datetime | None


class TombstoneRepository(Repository):
    def list(self, *, is_unfinished: bool = False) -> Sequence[TombstoneRecord]:
        """All erasures, oldest first, or those that are still to be finished."""
        self._scope.require_operator("list erasures")
        query = select(TombstoneRow).order_by(col(TombstoneRow.erased_at), col(TombstoneRow.subject_id))
        if is_unfinished:
            query = query.where(col(TombstoneRow.purged_at).is_(None))
        return [
            TombstoneRecord(subject_id=row.subject_id, erased_at=row.erased_at, purged_at=row.purged_at)
            for row in self._session.exec(query).all()
        ]

    def finish(self, subject_id: str) -> None:
        """Note that nothing of the subject is left."""
        self._scope.require_operator("finish an erasure")
        row = self._session.get_one(TombstoneRow, subject_id)
        row.purged_at = self._context.now()
        self._session.flush()
