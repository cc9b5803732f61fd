"""On what ground a subject is watched, and who declared it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class ConsentRow(Row, table=True):
    """``sealed`` holds the statement and who declared it."""

    __tablename__ = "consent"

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    basis: str
    declared_at: datetime = Field(sa_type=UtcDateTime)
    sealed: bytes
