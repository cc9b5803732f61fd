"""That a subject was erased, so that no backup brings them back."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class TombstoneRow(Row, table=True):
    """``purged_at``: when the vault folder and the database's spare pages were cleared too."""

    __tablename__ = "tombstone"

    subject_id: str = Field(primary_key=True)
    erased_at: datetime = Field(sa_type=UtcDateTime)
    purged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
