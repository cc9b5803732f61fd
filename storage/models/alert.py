"""The outbox: one message about a topic to a channel, and every attempt to send it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class AlertRow(Row, table=True):
    """Unique on (topic, channel, kind), so that work that is done twice alerts once.

    ``topic`` is ``hit:<id>``, or another subject of messages such as a campaign. ``attempts`` counts the
    sendings begun; ``forgiven`` of them were made before a person asked to try again.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("topic", "channel_id", "kind"),
        Index(None, "state", "next_attempt_at"),
        # Answers "is this hit in the outbox for that channel?" without reading the row.
        Index(None, "hit_id", "channel_id", "kind", "state"),
    )

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    channel_id: str = Field(foreign_key="channel.id", ondelete="CASCADE", index=True)
    hit_id: str | None = Field(default=None, foreign_key="hit.id", ondelete="CASCADE")
    topic: str
    kind: str
    state: str
    attempts: int = 0
    forgiven: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeliveryRow(Row, table=True):
    """One attempt. ``sealed`` holds the reason: mail servers repeat addresses in theirs. Empty: no reason."""

    __tablename__ = "delivery"

    alert_id: str = Field(primary_key=True, foreign_key="alert.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str
    sealed: bytes
