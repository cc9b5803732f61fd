"""The result of one capture, successful or not, and the files it left in the vault."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class EvidenceRow(Row, table=True):
    """``sealed`` holds the address, the reason, the manifest, a note and the digest of SHA256SUMS.

    ``kind``: "capture" or "import". ``stamp_due_at``: when to ask for timestamps that did not come yet.
    """

    __tablename__ = "evidence"
    __table_args__ = (Index(None, "subject_id", "captured_at"), Index(None, "hit_id", "captured_at"))

    id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.id", ondelete="CASCADE")
    hit_id: str | None = Field(default=None, foreign_key="hit.id", ondelete="CASCADE")
    hit_revision: int | None = None
    kind: str = Field(default="capture", sa_column_kwargs={"server_default": "capture"})
    verdict: str
    captured_at: datetime = Field(sa_type=UtcDateTime)
    stamped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stamp_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    sealed: bytes


class EvidenceFileRow(Row, table=True):
    """``sealed`` holds name and SHA-256: a plain digest would confirm a guessed file."""

    __tablename__ = "evidence_file"

    evidence_id: str = Field(primary_key=True, foreign_key="evidence.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    media_type: str
    size_bytes: int
    vault_address: str = Field(index=True)
    sealed: bytes
