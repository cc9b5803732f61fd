"""The custody log's form: a hash-linked chain for each item of evidence, and a Merkle tree over the heads of all. Pure.

Whoever gets one item's chain and its inclusion proof can check both without learning of any other item:
leaves are salted, so that a sibling's hash confirms no guess. Trees are those of RFC 6962 §2.1.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

NOTHING_BEFORE = "0" * 64
ROOT_SCHEMA = "shamewatch-custody-root/1"
PROOF_SCHEMA = "shamewatch-custody-proof/1"
_LEAF, _NODE = b"\x00", b"\x01"
_DIGEST, _SALT = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")
# What reading hostile JSON may raise: half characters, fields that are not there, endless nesting, impossible times.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)


class Action(StrEnum):
    """What may be done with evidence."""

    CAPTURED = "captured"
    IMPORTED = "imported"
    STAMPED = "stamped"
    ACCESSED = "accessed"
    COPIED = "copied"
    EXPORTED = "exported"
    REHASHED = "rehashed"
    DAMAGED = "damaged"
    RESTORED = "restored"


class ChainError(ValueError):
    """A custody log or proof that is not what was written. The message is one sentence for people."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act. ``at`` is UTC to the millisecond; ``hash`` covers everything else and the hash before."""

    evidence: str
    number: int
    at: str
    action: str
    actor: str
    detail: str
    previous: str
    hash: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a chain's head after ``entries`` entries is leaf ``index`` of a root's tree. Hashes are hexadecimal."""

    root: str
    evidence: str
    entries: int
    head: str
    salt: str
    index: int
    tree_size: int
    path: tuple[str, ...]


def next_entry(
    before: Entry | None, *, evidence: str, at: datetime, action: Action, actor: str, detail: str
) -> Entry:
    """The entry that follows ``before`` (None: the first)."""
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return linked(
        Entry(
            evidence=evidence,
            number=before.number + 1 if before else 1,
            at=moment,
            action=str(action),
            actor=actor,
            detail=detail,
            previous=before.hash if before else NOTHING_BEFORE,
        )
    )


def linked(entry: Entry) -> Entry:
    """The entry with the hash that its fields have."""
    fields = {name: value for name, value in dataclasses.asdict(entry).items() if name != "hash"}
    return dataclasses.replace(entry, hash=hashlib.sha256(canonical(fields)).hexdigest())


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON in one form only: sorted keys, no blanks, UTF-8 (as RFC 8785 writes strings and integers)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check_chain(entries: Sequence[Entry], evidence: str) -> None:
    """Raises ChainError at the first entry that is altered, moved, missing or of another item.

    Entries cut off at the end leave no trace in the chain itself: a proof or the sums of a pack show them.
    """
    before = NOTHING_BEFORE
    for number, entry in enumerate(entries, 1):
        if entry.evidence != evidence:
            raise ChainError(f"Entry {number} belongs to another item.")
        if entry.number != number or entry.previous != before:
            raise ChainError(f"Entry {number} does not follow the one before it.")
        if linked(entry).hash != entry.hash:
            raise ChainError(f"Entry {number} was altered.")
        before = entry.hash
    if not entries:
        raise ChainError("The log has no entry.")


def jsonl_from_entries(entries: Iterable[Entry]) -> bytes:
    """One entry a line, as packs carry it."""
    return b"".join(canonical(dataclasses.asdict(entry)) + b"\n" for entry in entries)


def entries_from_jsonl(data: bytes) -> list[Entry]:
    """Read what ``jsonl_from_entries`` wrote, to the byte; links are ``check_chain``'s affair. Raises ChainError."""
    entries = []
    *lines, rest = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            entry = Entry(**json.loads(line))
            written = canonical(dataclasses.asdict(entry))
        except _UNREADABLE:
            raise ChainError(f"Line {number} is no entry of a custody log.") from None
        if not _has_types_of_an_entry(entry):
            raise ChainError(f"Line {number} is no entry of a custody log.")
        if written != line:
            raise ChainError(f"Line {number} is not written as such a log is.")
        entries.append(entry)
    if rest:
        raise ChainError(f"Line {len(lines) + 1} is cut off.")
    return entries


def leaf_hash(salt: bytes, evidence: str, entries: int, head: str) -> bytes:
    """The leaf of one chain's head. ``salt``: 16 random bytes."""
    fields = canonical({"evidence": evidence, "entries": entries, "head": head})
    return hashlib.sha256(_LEAF + salt + fields).digest()


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of at least one leaf hash (RFC 6962 §2.1)."""
    return _levels(leaves)[-1][0]


def audit_path(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """The sibling hashes from the leaf up (RFC 6962 §2.1.1)."""
    path = []
    for level in _levels(leaves)[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return tuple(path)


def root_from_path(leaf: bytes, index: int, tree_size: int, path: Sequence[bytes]) -> bytes:
    """The root that a leaf and its path lead to (RFC 9162 §2.1.3.2). Raises ChainError for a path of wrong length."""
    if not 0 <= index < tree_size:
        raise ChainError("The proof names a leaf that the tree does not have.")
    siblings, last, node = iter(path), tree_size - 1, leaf
    try:
        while last:
            if index & 1:
                node = _node(next(siblings), node)
            elif index != last:
                node = _node(node, next(siblings))
            index, last = index >> 1, last >> 1
    except StopIteration:
        raise ChainError("The proof is cut short.") from None
    if next(siblings, None) is not None:
        raise ChainError("The proof is longer than its tree is high.")
    return node


def root_document(root_id: str, made_at: datetime, tree_size: int, root: bytes) -> bytes:
    """What is stamped: one line of canonical JSON."""
    fields = {
        "schema": ROOT_SCHEMA,
        "id": root_id,
        "made_at": made_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "tree_size": tree_size,
        "root": root.hex(),
    }
    return canonical(fields) + b"\n"


def proof_to_json(proof: Proof) -> bytes:
    """As packs carry it."""
    return canonical({"schema": PROOF_SCHEMA, **dataclasses.asdict(proof)}) + b"\n"


def proof_from_json(data: bytes) -> Proof:
    """Raises ChainError."""
    try:
        fields = json.loads(data)
        schema = fields.pop("schema")
        proof = Proof(**{**fields, "path": tuple(fields["path"])})
        is_whole = data == canonical({"schema": schema, **dataclasses.asdict(proof)}) + b"\n"
    except _UNREADABLE:
        raise ChainError("This is no inclusion proof of a custody log.") from None
    if schema != PROOF_SCHEMA:
        raise ChainError("This is an inclusion proof of another version.")
    if not is_whole or not _has_types_of_a_proof(proof):
        raise ChainError("This is no inclusion proof of a custody log.")
    return proof


def check_proof(proof: Proof, entries: Sequence[Entry], document: bytes) -> None:
    """Whether the chain, up to the proof's number of entries, is in the stamped root. Raises ChainError."""
    root_id, size, stated = _root_from_document(document)
    if root_id != proof.root or size != proof.tree_size:
        raise ChainError("The proof is for another root.")
    if not 0 < proof.entries <= len(entries):
        raise ChainError(f"The log is cut off: the stamped root knows {proof.entries} entries.")
    last = entries[proof.entries - 1]
    if last.evidence != proof.evidence or last.hash != proof.head:
        raise ChainError("The log is not the one that the stamped root knows.")
    leaf = leaf_hash(bytes.fromhex(proof.salt), proof.evidence, proof.entries, proof.head)
    if (
        root_from_path(leaf, proof.index, proof.tree_size, [bytes.fromhex(one) for one in proof.path])
        != stated
    ):
        raise ChainError("The log's head is not in the tree of the stamped root.")


def _root_from_document(document: bytes) -> tuple[str, int, bytes]:
    """Id, tree size and hash, where the document is as ``root_document`` writes it. Raises ChainError."""
    try:
        root = json.loads(document)
        made_at = datetime.fromisoformat(root["made_at"])
        values = root["id"], root["tree_size"], bytes.fromhex(root["root"])
        is_ours = document == root_document(values[0], made_at, values[1], values[2])
    except _UNREADABLE:
        raise ChainError("This is no root of custody logs.") from None
    if not is_ours or type(values[0]) is not str or type(values[1]) is not int:
        raise ChainError("This is no root of custody logs.")
    return values


def _has_types_of_an_entry(entry: Entry) -> bool:
    texts = (entry.evidence, entry.at, entry.action, entry.actor, entry.detail, entry.previous, entry.hash)
    return type(entry.number) is int and all(type(text) is str for text in texts)


def _has_types_of_a_proof(proof: Proof) -> bool:
    numbers, texts = (proof.entries, proof.index, proof.tree_size), (proof.root, proof.evidence)
    digests = (proof.head, *proof.path)
    return (
        all(type(number) is int for number in numbers)
        and all(type(text) is str for text in (*texts, *digests, proof.salt))
        and all(_DIGEST.fullmatch(digest) for digest in digests)
        and _SALT.fullmatch(proof.salt) is not None
    )


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels from the leaves to the root: a node without a sibling moves up as it is, which is RFC 6962's tree."""
    if not leaves:
        raise ChainError("A tree needs a leaf.")
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_node(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(above) * 2 :])
    return levels


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
