"""Custody logs: every act on evidence is appended to its item's chain; now and then a root is made over all heads."""

from __future__ import annotations

import dataclasses
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert
from sqlmodel import col, delete, select

from storage.errors import CorruptError, NotFoundError
from storage.models import CustodyEntryRow, CustodyLeafRow, CustodyRootRow, CustodyStampRow, EvidenceRow
from storage.models.base import new_id
from storage.repositories.base import CHUNK, Repository, chunks
from storage.vault.custody import (
    Action,
    ChainError,
    Entry,
    Proof,
    audit_path,
    check_chain,
    check_proof,
    leaf_hash,
    next_entry,
    root_document,
    root_hash,
)

_SALT_BYTES = 16
# An entry written before a root may be committed after it, by a transaction that took long.
_LONGEST_TRANSACTION = timedelta(hours=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RootRecord:
    """A root over the heads of all chains. ``document`` is what authorities stamp; ``stamps``: by their names."""

    id: str
    made_at: datetime
    document: bytes
    stamps: dict[str, bytes]


class CustodyRepository(Repository):
    def record(self, evidence_id: str, action: Action, actor: str, detail: str = "") -> Entry:
        """Append an entry; whoever appends to the same chain waits. No personal data. Raises NotFoundError."""
        self._own(evidence_id, is_locked=True)
        query = select(CustodyEntryRow).where(col(CustodyEntryRow.evidence_id) == evidence_id)
        last = self._session.exec(query.order_by(col(CustodyEntryRow.number).desc()).limit(1)).first()
        entry = next_entry(
            _entry(last) if last else None,
            evidence=evidence_id,
            at=self._context.now(),
            action=action,
            actor=actor,
            detail=detail,
        )
        fields = dataclasses.asdict(entry)
        self._session.add(CustodyEntryRow(evidence_id=fields.pop("evidence"), **fields))
        self._session.flush()
        return entry

    def entries(self, evidence_id: str) -> list[Entry]:
        """The whole chain of an item, oldest first. Raises NotFoundError."""
        self._own(evidence_id)
        query = select(CustodyEntryRow).where(col(CustodyEntryRow.evidence_id) == evidence_id)
        return [_entry(row) for row in self._session.exec(query.order_by(col(CustodyEntryRow.number)))]

    def verify(self, evidence_id: str) -> int:
        """The number of entries, all linked, and none gone that the root of `proof` knows.

        Raises CorruptError, NotFoundError.
        """
        entries = self.entries(evidence_id)
        try:
            check_chain(entries, evidence_id)
            found = self.proof(evidence_id)
            if found is not None:
                check_proof(found[0], entries, found[1].document)
        except ChainError as error:
            raise CorruptError(f"The custody log of {evidence_id} was altered. {error}") from None
        return len(entries)

    def due_for_root(self, now: datetime) -> bool:
        """Whether the UTC day has no root yet and there is an entry that the last one does not know."""
        self._scope.require_operator("make roots of custody logs")
        last = self._session.exec(
            select(CustodyRootRow).order_by(col(CustodyRootRow.made_at).desc()).limit(1)
        ).first()
        if last is None:
            return self._session.exec(select(CustodyEntryRow.evidence_id).limit(1)).first() is not None
        if last.made_at.astimezone(UTC).date() >= now.astimezone(UTC).date():
            return False
        since = (last.made_at.astimezone(UTC) - _LONGEST_TRANSACTION).isoformat(timespec="milliseconds")
        is_known = (
            (col(CustodyLeafRow.root_id) == last.id)
            & (col(CustodyLeafRow.evidence_id) == col(CustodyEntryRow.evidence_id))
            & (col(CustodyLeafRow.entries) >= col(CustodyEntryRow.number))
        )
        unknown = (
            select(CustodyEntryRow.evidence_id)
            .outerjoin(CustodyLeafRow, is_known)
            .where(col(CustodyEntryRow.at) >= since, col(CustodyLeafRow.root_id).is_(None))
            .limit(1)
        )
        return self._session.exec(unknown).first() is not None

    def make_root(self, now: datetime) -> RootRecord | None:
        """A root over the heads of all chains, in random order; None where there is no chain.

        Leaves of roots before the newest stamped one are dropped: no proof is made from them any more.
        """
        self._scope.require_operator("make roots of custody logs")
        heads = self._heads()
        if not heads:
            return None
        secrets.SystemRandom().shuffle(heads)  # the order of leaves says nothing about whose they are
        root_id = new_id("r")
        leaves: list[dict[str, Any]] = []
        for number, (evidence_id, entries, head) in enumerate(heads):
            salt = secrets.token_bytes(_SALT_BYTES)
            leaves.append(
                {
                    "root_id": root_id, "number": number, "evidence_id": evidence_id, "entries": entries,
                    "head": head, "salt": salt, "leaf": leaf_hash(salt, evidence_id, entries, head),
                }
            )  # fmt: skip
        root = root_hash([leaf["leaf"] for leaf in leaves])
        document = root_document(root_id, now, len(leaves), root)
        self._session.add(CustodyRootRow(id=root_id, made_at=now, tree_size=len(leaves), document=document))
        self._session.flush()
        for chunk in chunks(leaves, CHUNK):
            self._session.execute(insert(CustodyLeafRow), chunk)
        self._drop_old_leaves()
        return RootRecord(id=root_id, made_at=now, document=document, stamps={})

    def roots_unstamped(self, limit: int = 10) -> list[RootRecord]:
        """Roots without any stamp, newest first."""
        self._scope.require_operator("stamp roots of custody logs")
        stamped = select(CustodyStampRow.root_id)
        query = select(CustodyRootRow).where(col(CustodyRootRow.id).not_in(stamped))
        query = query.order_by(col(CustodyRootRow.made_at).desc()).limit(limit)
        return [self._root(row) for row in self._session.exec(query)]

    def add_stamp(self, root_id: str, tsa: str, response_der: bytes) -> None:
        """Keep a trusted timestamp over a root's document."""
        self._scope.require_operator("stamp roots of custody logs")
        self._session.add(CustodyStampRow(root_id=root_id, tsa=tsa, response=response_der))
        self._session.flush()

    def proof(self, evidence_id: str) -> tuple[Proof, RootRecord] | None:
        """That the item's chain is in the newest stamped root that knows it, else in the newest; None without one.

        Raises NotFoundError.
        """
        self._own(evidence_id)
        stamped = select(CustodyStampRow.root_id)
        query = (
            select(CustodyLeafRow, CustodyRootRow)
            .join(CustodyRootRow, col(CustodyRootRow.id) == col(CustodyLeafRow.root_id))
            .where(col(CustodyLeafRow.evidence_id) == evidence_id)
            .order_by(col(CustodyLeafRow.root_id).in_(stamped).desc(), col(CustodyRootRow.made_at).desc())
            .limit(1)
        )
        found = self._session.exec(query).first()
        if found is None:
            return None
        leaf, root = found
        leaves = self._session.exec(
            select(CustodyLeafRow.leaf)
            .where(col(CustodyLeafRow.root_id) == root.id)
            .order_by(col(CustodyLeafRow.number))
        ).all()
        proof = Proof(
            root=root.id,
            evidence=evidence_id,
            entries=leaf.entries,
            head=leaf.head,
            salt=leaf.salt.hex(),
            index=leaf.number,
            tree_size=root.tree_size,
            path=tuple(one.hex() for one in audit_path(leaf.number, leaves)),
        )
        return proof, self._root(root)

    def _heads(self) -> list[tuple[str, int, str]]:
        last = (
            select(CustodyEntryRow.evidence_id, func.max(CustodyEntryRow.number).label("number"))
            .group_by(col(CustodyEntryRow.evidence_id))
            .subquery()
        )
        query = select(CustodyEntryRow.evidence_id, CustodyEntryRow.number, CustodyEntryRow.hash).join(
            last,
            (col(CustodyEntryRow.evidence_id) == last.c.evidence_id)
            & (col(CustodyEntryRow.number) == last.c.number),
        )
        return [(evidence_id, number, head) for evidence_id, number, head in self._session.exec(query)]

    def _drop_old_leaves(self) -> None:
        newest = self._session.exec(
            select(CustodyRootRow.made_at)
            .where(col(CustodyRootRow.id).in_(select(CustodyStampRow.root_id)))
            .order_by(col(CustodyRootRow.made_at).desc())
            .limit(1)
        ).first()
        if newest is not None:
            older = select(CustodyRootRow.id).where(col(CustodyRootRow.made_at) < newest)
            self._session.exec(delete(CustodyLeafRow).where(col(CustodyLeafRow.root_id).in_(older)))

    def _root(self, row: CustodyRootRow) -> RootRecord:
        query = select(CustodyStampRow).where(col(CustodyStampRow.root_id) == row.id)
        stamps = {stamp.tsa: stamp.response for stamp in self._session.exec(query)}
        return RootRecord(id=row.id, made_at=row.made_at, document=row.document, stamps=stamps)

    def _own(self, evidence_id: str, *, is_locked: bool = False) -> None:
        query = select(EvidenceRow.id).where(
            col(EvidenceRow.id) == evidence_id, self._scope.owns(col(EvidenceRow.subject_id))
        )
        if is_locked:
            query = query.with_for_update()
        if self._session.exec(query).first() is None:
            raise NotFoundError("evidence", evidence_id)


def _entry(row: CustodyEntryRow) -> Entry:
    return Entry(
        evidence=row.evidence_id,
        number=row.number,
        at=row.at,
        action=row.action,
        actor=row.actor,
        detail=row.detail,
        previous=row.previous,
        hash=row.hash,
    )
