"""That a post was read before: two keyed fingerprints, nothing that could be read back."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class SeenPostRow(Row, table=True):
    """``post_key`` stands for the post, ``body_key`` for its wording."""

    __tablename__ = "seen_post"
    __table_args__ = ({"sqlite_with_rowid": False},)

    post_key: bytes = Field(primary_key=True)
    body_key: bytes
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)
