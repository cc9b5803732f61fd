"""The custody log's form: what breaks a chain, and that trees are those of RFC 6962."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.vault.custody import (
    Action,
    ChainError,
    Entry,
    Proof,
    audit_path,
    canonical,
    check_chain,
    check_proof,
    entries_from_jsonl,
    jsonl_from_entries,
    leaf_hash,
    linked,
    next_entry,
    proof_from_json,
    proof_to_json,
    root_document,
    root_from_path,
    root_hash,
)

BEGIN = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)


def chain(length: int, evidence: str = "e-1") -> list[Entry]:
    entries: list[Entry] = []
    for number in range(length):
        entries.append(
            next_entry(
                entries[-1] if entries else None,
                evidence=evidence,
                at=BEGIN + timedelta(minutes=number),
                action=Action.ACCESSED,
                actor="cli:ada",
                detail=f"第{number}次",
            )
        )
    return entries


def test_a_chain_that_was_written_is_read_back_and_holds() -> None:
    entries = chain(5)
    assert entries_from_jsonl(jsonl_from_entries(entries)) == entries
    check_chain(entries, "e-1")


def swapped(entries: list[Entry]) -> list[Entry]:
    return [entries[0], entries[2], entries[1], entries[3]]


def reworded(entries: list[Entry]) -> list[Entry]:
    return [*entries[:1], dataclasses.replace(entries[1], actor="cli:eve"), *entries[2:]]


def relinked(entries: list[Entry]) -> list[Entry]:
    """A change with its own hash put right: the next entry still knows the old one."""
    return [*entries[:1], linked(dataclasses.replace(entries[1], actor="cli:eve")), *entries[2:]]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (swapped, "Entry 2 does not follow"),
        (reworded, "Entry 2 was altered"),
        (relinked, "Entry 3 does not follow"),
        (lambda entries: entries[1:], "Entry 1 does not follow"),
        (lambda entries: entries[:1] + entries[2:], "Entry 2 does not follow"),
        (lambda entries: [], "no entry"),
    ],
)
def test_a_changed_chain_does_not_hold(change, what: str) -> None:
    with pytest.raises(ChainError, match=what):
        check_chain(change(chain(4)), "e-1")


def test_another_items_chain_is_told() -> None:
    with pytest.raises(ChainError, match="belongs to another item"):
        check_chain(chain(2, "e-2"), "e-1")


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"no json", b'{"evidence":1}'])
def test_a_line_that_is_no_entry_is_told_with_its_number(line: bytes) -> None:
    with pytest.raises(ChainError, match="Line 2 is no entry"):
        entries_from_jsonl(jsonl_from_entries(chain(1)) + line + b"\n")


def test_an_entry_written_another_way_is_refused() -> None:
    data = jsonl_from_entries(chain(1)).replace(b'","', b'", "', 1)
    with pytest.raises(ChainError, match="not written as such a log is"):
        entries_from_jsonl(data)


def test_a_log_with_other_line_ends_or_a_line_cut_off_is_refused() -> None:
    data = jsonl_from_entries(chain(2))
    with pytest.raises(ChainError, match="Line 1 is not written as"):
        entries_from_jsonl(data.replace(b"\n", b"\r\n"))
    with pytest.raises(ChainError, match="Line 2 is cut off"):
        entries_from_jsonl(data[:-1])


HOSTILE_VALUES = [None, True, 0, -1, 1.0, 10**50, "", "zz", "\ud800", [], {}, [1], float("nan")]


def proved() -> tuple[list[Entry], Proof, bytes]:
    """A chain of three in a tree of one."""
    entries, salt = chain(3), b"s" * 16
    leaf = leaf_hash(salt, "e-1", 3, entries[-1].hash)
    proof = Proof(
        root="r-1", evidence="e-1", entries=3, head=entries[-1].hash, salt=salt.hex(),
        index=0, tree_size=1, path=(),
    )  # fmt: skip
    return entries, proof, root_document("r-1", BEGIN, 1, leaf)


def fields_and_values(document: bytes) -> list[bytes]:
    """The document with each of its fields replaced by each hostile value, written as canonically as can be."""
    fields = json.loads(document)
    changed = [{**fields, name: value} for name in fields for value in HOSTILE_VALUES]
    return [
        json.dumps(one, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        for one in changed
        if one != fields
        or [type(value) for value in one.values()] != [type(value) for value in fields.values()]
    ]


NO_JSON = [b"[" * 200_000, b'{"a":' * 100_000, b"\xff", b"null\n", b"9" * 5000, b"\n"]


def test_hostile_values_in_a_log_a_proof_or_a_root_are_told_and_never_crash() -> None:
    entries, proof, document = proved()
    check_proof(proof_from_json(proof_to_json(proof)), entries, document)
    for data in [*fields_and_values(jsonl_from_entries(entries[:1])), *NO_JSON]:
        with pytest.raises(ChainError):
            check_chain(entries_from_jsonl(data), "e-1")
    for data in [*fields_and_values(proof_to_json(proof)), *NO_JSON]:
        with pytest.raises(ChainError):
            check_proof(proof_from_json(data), entries, document)
    impossible = document.replace(b"2031-03-01T12:00:00.000+00:00", b"0001-01-01T00:00:00.000+14:00")
    for data in [*fields_and_values(document), *NO_JSON, impossible]:
        with pytest.raises(ChainError):
            check_proof(proof, entries, data)


def test_a_root_with_a_word_added_is_no_root() -> None:
    entries, proof, document = proved()
    with pytest.raises(ChainError, match="no root of custody logs"):
        check_proof(proof, entries, canonical({**json.loads(document), "note": "trust me"}) + b"\n")


def test_checking_a_log_needs_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); import storage.vault.custody; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, cwd=Path(__file__).parents[4], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["storage"]


def rfc6962(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 §2.1, word for word, over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + rfc6962(leaves[:split]) + rfc6962(leaves[split:])).digest()


leaf_lists = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


@given(leaf_lists)
def test_the_tree_is_that_of_rfc_6962_and_every_leaf_is_proved_in_it(leaves: list[bytes]) -> None:
    root = root_hash(leaves)
    assert root == rfc6962(leaves)
    for index, leaf in enumerate(leaves):
        assert root_from_path(leaf, index, len(leaves), audit_path(index, leaves)) == root


@given(leaf_lists, st.data())
def test_a_path_of_the_wrong_length_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(index, leaves)
    with pytest.raises(ChainError, match="longer"):
        root_from_path(leaves[index], index, len(leaves), [*path, b"\x00" * 32])
    if path:
        with pytest.raises(ChainError, match="cut short"):
            root_from_path(leaves[index], index, len(leaves), path[:-1])


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema":"shamewatch-custody-proof/1"}'])
def test_what_is_no_proof_is_told(data: bytes) -> None:
    with pytest.raises(ChainError, match="no inclusion proof"):
        proof_from_json(data)
