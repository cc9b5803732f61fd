"""Re-hashes: which evidence was not looked at for longest, what came of the last look, and what its files take up."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from storage.models import CustodyEntryRow, EvidenceFileRow, EvidenceRow
from storage.repositories.base import Repository
from storage.vault.custody import Action

_LOOKS = (Action.REHASHED, Action.DAMAGED, Action.RESTORED)
_LOOK: Any = aliased(CustodyEntryRow)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The last re-hash of an item. ``action`` empty and ``looked_at`` None: there was none."""

    evidence_id: str
    action: str
    looked_at: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VaultHealth:
    """What the custody logs say. ``items``: those with files; ``damaged_ids``: whose last re-hash found damage."""

    items: int
    never_checked: int
    oldest_check_at: datetime | None
    damaged_ids: tuple[str, ...]


class RehashRepository(Repository):
    def due(self, limit: int, *, before: datetime | None = None) -> Sequence[Look]:
        """Items with files, those first that never were re-hashed, then those whose re-hash is longest ago.

        ``before``: only those that were not looked at since.
        """
        query = (
            select(EvidenceRow.id, _LOOK.action, _LOOK.at)
            .outerjoin(_LOOK, _is_last_look())
            .where(*self._with_files())
            .order_by(_LOOK.at.is_not(None), _LOOK.at, col(EvidenceRow.captured_at), col(EvidenceRow.id))
            .limit(limit)
        )
        if before is not None:
            query = query.where(_LOOK.at.is_(None) | (_LOOK.at < _text_from_moment(before)))
        return [
            Look(evidence_id=evidence_id, action=action or "", looked_at=_moment_from_text(at))
            for evidence_id, action, at in self._session.exec(query)
        ]

    def health(self) -> VaultHealth:
        """In two queries, without reading any file."""
        counts = (
            select(func.count(), func.count(_LOOK.at), func.min(_LOOK.at))
            .select_from(EvidenceRow)
            .outerjoin(_LOOK, _is_last_look())
            .where(*self._with_files())
        )
        items, checked, oldest = self._session.exec(counts).one()
        damaged = (
            select(EvidenceRow.id)
            .join(_LOOK, _is_last_look())
            .where(_LOOK.action == Action.DAMAGED, *self._with_files())
            .order_by(col(EvidenceRow.id))
        )
        return VaultHealth(
            items=items,
            never_checked=items - checked,
            oldest_check_at=_moment_from_text(oldest),
            damaged_ids=tuple(self._session.exec(damaged)),
        )

    def total_bytes(self) -> int:
        """What the files take up that evidence names. A file that several items name counts once."""
        files = (
            select(func.max(EvidenceFileRow.size_bytes).label("size_bytes"))
            .join(EvidenceRow, col(EvidenceRow.id) == col(EvidenceFileRow.evidence_id))
            .where(self._scope.owns(col(EvidenceRow.subject_id)))
            .group_by(col(EvidenceFileRow.vault_address))
            .subquery()
        )
        return int(self._session.exec(select(func.coalesce(func.sum(files.c.size_bytes), 0))).one())

    def _with_files(self) -> tuple[Any, ...]:
        return (
            col(EvidenceRow.id).in_(select(EvidenceFileRow.evidence_id)),
            self._scope.owns(col(EvidenceRow.subject_id)),
        )


def _is_last_look() -> ColumnElement[bool]:
    """Joins an item with its last re-hash, which both databases find by the primary key of the log."""
    every = aliased(CustodyEntryRow)
    last = (
        select(func.max(every.number))
        .where(every.evidence_id == col(EvidenceRow.id), col(every.action).in_(_LOOKS))
        .scalar_subquery()
    )
    return and_(_LOOK.evidence_id == col(EvidenceRow.id), _LOOK.number == last)


def _text_from_moment(moment: datetime) -> str:
    """As custody logs write it: UTC to the millisecond, so that texts are ordered as times are."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _moment_from_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
