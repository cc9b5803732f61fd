"""One name, phone number, id, e-mail, handle, address or employer of a subject."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class WatchTermRow(Row, table=True):
    """``sealed`` holds value, normal form and associate; ``term_key`` finds a repetition without them."""

    __tablename__ = "watch_term"
    __table_args__ = (UniqueConstraint("subject_id", "term_key"),)

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE")
    kind: str
    state: str = Field(index=True)
    term_key: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime, index=True)
    sealed: bytes
