"""The one secret of the installation that stays the same when the instance key is rotated."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class InstanceRow(Row, table=True):
    """``wrapped``: the lookup secret, wrapped by the instance key. A single row, number 1."""

    __tablename__ = "instance"

    number: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    created_at: datetime = Field(sa_type=UtcDateTime)
    wrapped: bytes
