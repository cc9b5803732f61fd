"""Who may sign in, and for whose subjects."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class AccountRow(Row, table=True):
    """``sealed`` holds the login (an e-mail address); ``login_key`` finds it."""

    __tablename__ = "account"

    id: str = Field(primary_key=True)
    login_key: bytes = Field(unique=True)
    role: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    sealed: bytes
