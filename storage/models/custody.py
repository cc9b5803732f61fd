"""Custody logs: one chain of entries for each item of evidence, and the roots over the heads of all."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from storage.models.base import Row, UtcDateTime


class CustodyEntryRow(Row, table=True):
    """One act, as `storage.vault.custody.Entry`. Goes with its evidence; holds no personal data."""

    __tablename__ = "custody_entry"

    evidence_id: str = Field(primary_key=True, foreign_key="evidence.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: str
    action: str
    actor: str
    detail: str
    previous: str
    hash: str


class CustodyRootRow(Row, table=True):
    """``document`` is what is stamped. Roots outlive the evidence: they say nothing about it."""

    __tablename__ = "custody_root"

    id: str = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
    tree_size: int
    document: bytes


class CustodyStampRow(Row, table=True):
    """A trusted timestamp over a root's document."""

    __tablename__ = "custody_stamp"

    root_id: str = Field(primary_key=True, foreign_key="custody_root.id", ondelete="CASCADE")
    tsa: str = Field(primary_key=True)
    response: bytes


class CustodyLeafRow(Row, table=True):
    """A chain's head in a root's tree. Of deleted evidence a trigger leaves the hash alone: proofs of others need it."""

    __tablename__ = "custody_leaf"

    root_id: str = Field(primary_key=True, foreign_key="custody_root.id", ondelete="CASCADE")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    evidence_id: str | None = Field(default=None, foreign_key="evidence.id", ondelete="SET NULL", index=True)
    entries: int
    head: str
    salt: bytes
    leaf: bytes
