"""A post that mentions a subject and shames them, with the wordings it has had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class HitRow(Row, table=True):
    """One (subject, post). ``revision`` is the number of the newest wording.

    ``evidence_at``: when a capture of that wording was last recorded; empty until then and after an edit.
    ``capture_due_at``: when its page should be captured next; empty where no capture is wanted.
    """

    __tablename__ = "hit"
    __table_args__ = (
        UniqueConstraint("subject_id", "post_key"),
        Index(None, "subject_id", "found_at", "id"),
        Index(None, "found_at", "id"),
        Index(None, "disposition", "found_at"),
        Index(None, "severity", "found_at"),
        Index(None, "source_id", "found_at"),
        Index(
            "ix_hit_capture_due_at",
            "capture_due_at",
            sqlite_where=text("capture_due_at IS NOT NULL"),
            postgresql_where=text("capture_due_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE")
    source_id: str | None = Field(default=None, foreign_key="source.id", ondelete="SET NULL")
    post_key: bytes
    revision: int
    score: float
    severity: str
    disposition: str
    found_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    disposed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disposed_by: str | None = None
    evidence_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    capture_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HitRevisionRow(Row, table=True):
    """One wording of the post. ``sealed`` holds the post, mentions, cues and reasons."""

    __tablename__ = "hit_revision"

    hit_id: str = Field(primary_key=True, foreign_key="hit.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body_key: bytes
    score: float
    severity: str
    seen_at: datetime = Field(sa_type=UtcDateTime)
    sealed: bytes
