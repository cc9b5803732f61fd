"""What is remembered of one page between two crawls."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class PageStateRow(Row, table=True):
    """``sealed`` holds address, kind, marker and validators: a thread's address can be a person's name."""

    __tablename__ = "page_state"

    source_id: str = Field(primary_key=True, foreign_key="source.id", ondelete="CASCADE")
    page_key: bytes = Field(primary_key=True)
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sealed: bytes
