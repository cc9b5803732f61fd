"""Where a subject's alerts go."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class ChannelRow(Row, table=True):
    """``sealed`` holds the settings (addresses, tokens) and the label."""

    __tablename__ = "channel"

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE", index=True)
    kind: str
    is_discreet: bool
    shows_picture: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    sealed: bytes
