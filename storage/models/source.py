"""A board, feed or page that is read on a schedule, and the refusals met there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class SourceRow(Row, table=True):
    """In the clear: sources are public pages, and none is chosen by a subject's name or number."""

    __tablename__ = "source"

    id: str = Field(primary_key=True)
    url: str
    url_sha256: bytes = Field(unique=True)
    host: str = Field(index=True)
    platform: str
    start_url: str
    will_read: str
    cannot_see: str
    interval_s: int
    added_at: datetime = Field(sa_type=UtcDateTime)
    next_due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    last_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures_in_row: int = 0
    is_cut: bool = False
    last_posts: int = 0
    posts_total: int = 0
    requests_total: int = 0


class RefusalRow(Row, table=True):
    """A page that was not read. ``sealed`` holds its address and the detail: a thread's address can be a name."""

    __tablename__ = "refusal"
    __table_args__ = (Index(None, "source_id", "at"),)

    id: str = Field(primary_key=True)
    source_id: str = Field(foreign_key="source.id", ondelete="CASCADE")
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    status: int
    sealed: bytes
