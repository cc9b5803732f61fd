"""Watch terms: unique per subject without being readable, each in a state that says whether it is watched."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select

from storage.errors import DuplicateError, NotFoundError
from storage.models import WatchTermRow
from storage.models.base import new_id
from storage.repositories.base import Repository, known, place

STATES = ("declared", "verified", "paused", "refused")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TermRecord:
    """One watch term. ``value`` as registered, ``normal`` as compared; ``associate_of``: whose term it is
    where it is a relative's or colleague's, by the label that the subject gave them."""

    id: str
    subject_id: str
    kind: str
    value: str = dataclasses.field(repr=False)
    normal: str = dataclasses.field(repr=False)
    state: str
    associate_of: str | None = dataclasses.field(repr=False)
    created_at: datetime
    changed_at: datetime


class TermRepository(Repository):
    def add(
        self,
        subject_id: str,
        kind: str,
        value: str,
        normal: str,
        state: str = "declared",
        *,
        associate_of: str | None = None,
    ) -> TermRecord:
        """Raises DuplicateError where the subject has the same (kind, normal); NotFoundError, BadValueError."""
        secret = self._keys.of(subject_id)
        row_id, now = new_id("t"), self._context.now()
        fields = {"value": value, "normal": normal, "associate_of": associate_of}
        row = WatchTermRow(
            id=row_id,
            subject_id=subject_id,
            kind=str(kind),
            state=known("state of a term", state, STATES),
            term_key=secret.fingerprint("watch term", kind, normal),
            created_at=now,
            changed_at=now,
            sealed=secret.seal(place("watch_term", row_id), fields),
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError as error:
            raise DuplicateError("term", self._id_of(subject_id, row.term_key)) from error
        return self._record(row)

    def get(self, term_id: str) -> TermRecord:
        """Raises NotFoundError."""
        return self._record(self._row(term_id))

    def list(
        self, subject_id: str | None = None, *, states: Sequence[str] | None = None
    ) -> Sequence[TermRecord]:
        """The terms of one subject or of the whole scope, in the order they were added."""
        query = select(WatchTermRow).where(self._scope.owns(col(WatchTermRow.subject_id)))
        if subject_id is not None:
            query = query.where(col(WatchTermRow.subject_id) == subject_id)
        if states is not None:
            query = query.where(
                col(WatchTermRow.state).in_([known("state of a term", state, STATES) for state in states])
            )
        rows = self._session.exec(query.order_by(col(WatchTermRow.created_at), col(WatchTermRow.id))).all()
        self._keys.load(row.subject_id for row in rows)
        return [self._record(row) for row in rows]

    def changed_at(self) -> datetime | None:
        """When a term of the scope was last added or changed state; None where there is none."""
        return self._session.exec(
            select(func.max(WatchTermRow.changed_at)).where(self._scope.owns(col(WatchTermRow.subject_id)))
        ).one()

    def set_state(self, term_id: str, state: str) -> TermRecord:
        """Raises NotFoundError, BadValueError."""
        row = self._row(term_id)
        row.state = known("state of a term", state, STATES)
        row.changed_at = self._context.now()
        self._session.flush()
        return self._record(row)

    def remove(self, term_id: str) -> None:
        """Raises NotFoundError."""
        self._run(delete(WatchTermRow).where(col(WatchTermRow.id) == self._row(term_id).id))

    def _id_of(self, subject_id: str, term_key: bytes) -> str:
        query = select(WatchTermRow.id).where(
            col(WatchTermRow.subject_id) == subject_id, col(WatchTermRow.term_key) == term_key
        )
        return self._session.exec(query).first() or ""

    def _row(self, term_id: str) -> WatchTermRow:
        query = select(WatchTermRow).where(
            col(WatchTermRow.id) == term_id, self._scope.owns(col(WatchTermRow.subject_id))
        )
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("term", term_id)
        return row

    def _record(self, row: WatchTermRow) -> TermRecord:
        fields = self._keys.of(row.subject_id).unseal(place("watch_term", row.id), row.sealed)
        return TermRecord(
            id=row.id,
            subject_id=row.subject_id,
            kind=row.kind,
            state=row.state,
            created_at=row.created_at,
            changed_at=row.changed_at,
            **fields,
        )
