"""The person protected, and the data key that all of their data is sealed with."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class SubjectRow(Row, table=True):
    """``sealed`` holds label, time zone, language and region."""

    __tablename__ = "subject"

    id: str = Field(primary_key=True)
    account_id: str | None = Field(default=None, foreign_key="account.id", index=True, ondelete="RESTRICT")
    state: str
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    sealed: bytes


class SubjectKeyRow(Row, table=True):
    """The subject's data key, wrapped by the instance key. Erasure overwrites and removes this row.

    It stands in a table of its own so that PostgreSQL can rewrite the whole table at an erasure.
    """

    __tablename__ = "subject_key"

    subject_id: str = Field(primary_key=True, foreign_key="subject.id", ondelete="CASCADE")
    wrapped: bytes
