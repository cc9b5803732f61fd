"""Channels: where a subject's alerts go. Settings are sealed, because they are addresses and tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, delete, select

from storage.errors import NotFoundError
from storage.models import ChannelRow
from storage.models.base import new_id
from storage.repositories.base import Repository, place


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecord:
    """``is_discreet``: nothing readable on a lock screen. ``shows_picture``: the subject asked for pictures."""

    id: str
    subject_id: str
    kind: str
    label: str = dataclasses.field(repr=False)
    settings: Mapping[str, Any] = dataclasses.field(repr=False)
    is_discreet: bool
    shows_picture: bool
    created_at: datetime


class ChannelRepository(Repository):
    def add(
        self,
        subject_id: str,
        kind: str,
        settings: Mapping[str, Any],
        *,
        is_discreet: bool = True,
        shows_picture: bool = False,
        label: str = "",
    ) -> ChannelRecord:
        """Raises NotFoundError. ``settings`` must be JSON values; what they mean is the sender's affair."""
        secret = self._keys.of(subject_id)
        row_id = new_id("c", 8)
        row = ChannelRow(
            id=row_id,
            subject_id=subject_id,
            kind=str(kind),
            is_discreet=is_discreet,
            shows_picture=shows_picture,
            created_at=self._context.now(),
            sealed=secret.seal(place("channel", row_id), {"settings": dict(settings), "label": label}),
        )
        self._session.add(row)
        self._session.flush()
        return self._record(row)

    def get(self, channel_id: str) -> ChannelRecord:
        """Raises NotFoundError."""
        return self._record(self._row(channel_id))

    def list(self, subject_id: str | None = None) -> Sequence[ChannelRecord]:
        """The channels of one subject or of the whole scope, oldest first."""
        query = select(ChannelRow).where(self._scope.owns(col(ChannelRow.subject_id)))
        if subject_id is not None:
            query = query.where(col(ChannelRow.subject_id) == subject_id)
        rows = self._session.exec(query.order_by(col(ChannelRow.created_at), col(ChannelRow.id))).all()
        self._keys.load(row.subject_id for row in rows)
        return [self._record(row) for row in rows]

    def remove(self, channel_id: str) -> None:
        """Remove the channel with its outbox. Raises NotFoundError."""
        self._run(delete(ChannelRow).where(col(ChannelRow.id) == self._row(channel_id).id))

    def _row(self, channel_id: str) -> ChannelRow:
        query = select(ChannelRow).where(
            col(ChannelRow.id) == channel_id, self._scope.owns(col(ChannelRow.subject_id))
        )
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("channel", channel_id)
        return row

    def _record(self, row: ChannelRow) -> ChannelRecord:
        return ChannelRecord(
            id=row.id,
            subject_id=row.subject_id,
            kind=row.kind,
            is_discreet=row.is_discreet,
            shows_picture=row.shows_picture,
            created_at=row.created_at,
            **self._keys.of(row.subject_id).unseal(place("channel", row.id), row.sealed),
        )
