"""What was done, by whom, when: append-only, each entry linked to the one before. No personal data."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class AuditRow(Row, table=True):
    """``link`` is a keyed digest over this entry and the link before it. Survives the subject's erasure."""

    __tablename__ = "audit"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    action: str
    actor: str
    subject_id: str | None = Field(default=None, index=True)
    detail: str
    link: bytes
