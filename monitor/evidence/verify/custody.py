"""The custody log of each item in a pack: linked, of this item, and in a root of all logs that was stamped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path

from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified
from monitor.evidence.verify.reading import MissingError, UnreadableError, read_file
from monitor.evidence.verify.sealed import SealedFolder
from monitor.evidence.verify.stamps import MAX_STAMP_BYTES
from monitor.evidence.verify.times import CLOCK_TOLERANCE
from storage.vault.custody import (
    Action,
    ChainError,
    Entry,
    check_chain,
    check_proof,
    entries_from_jsonl,
    proof_from_json,
)

ROOTS = "custody-roots"
_MAX_LOG_BYTES = 200_000_000
_MAX_PROOF_BYTES = 100_000
_ROOT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,60}")
_BEGUN = {"capture": Action.CAPTURED, "imported": Action.IMPORTED}


def check_custody(
    top: SealedFolder, item: SealedFolder, kind: str, evidence: str
) -> Iterator[tuple[Finding, str]]:
    """Findings, each with the id of the root that it is about (empty: of none). ``item``: the folder that the log is about."""
    part = f"custody-{evidence}.jsonl"
    try:
        entries = entries_from_jsonl(read_file(top.folder / part, _MAX_LOG_BYTES))
        check_chain(entries, evidence)
        _check_story(entries, item, kind)
        odd = _odd_times(entries, top.stamped_at)
    except MissingError:
        yield altered(part, "The custody log is missing."), ""
        return
    except (UnreadableError, ChainError) as error:
        yield altered(part, str(error)), ""
        return
    told = f"{len(entries)} entries, each linked to the one before, from {entries[0].at} on."
    yield not_checkable(part, f"{told} {odd}") if odd else verified(part, told), ""
    yield from _check_proof(top, entries, f"custody-{evidence}.proof.json")


def _check_story(entries: Sequence[Entry], item: SealedFolder, kind: str) -> None:
    """Whether the log can be that of what lies in the pack. Raises ChainError."""
    if entries[0].action != _BEGUN[kind] or not item.sums_sha256 or item.sums_sha256 not in entries[0].detail:
        raise ChainError(f"The log was begun for other files than those in {item.name}.")
    if all(entry.action != Action.EXPORTED for entry in entries):
        raise ChainError("The log does not tell that the item was put into a pack: its end is cut off.")


def _odd_times(entries: Sequence[Entry], packed_at: datetime | None) -> str:
    """A sentence on times that cannot all be right: a clock that was set back is no forgery. Raises ChainError."""
    try:
        moments = [datetime.fromisoformat(entry.at) for entry in entries]
        latest = moments[0]
        for number, moment in enumerate(moments, 1):
            if moment < latest - CLOCK_TOLERANCE:
                return f"Entry {number} is dated before an earlier one: the clock was wrong at one of them."
            latest = max(latest, moment)
        is_late = packed_at is not None and latest - CLOCK_TOLERANCE > packed_at
    except (TypeError, ValueError, OverflowError):  # TypeError: a time without a zone among others
        raise ChainError("An entry has no time.") from None
    return (
        "An entry is dated after the pack was stamped: the clock was wrong at one of them." if is_late else ""
    )


def _check_proof(top: SealedFolder, entries: Sequence[Entry], part: str) -> Iterator[tuple[Finding, str]]:
    try:
        proof = proof_from_json(read_file(top.folder / part, _MAX_PROOF_BYTES))
    except MissingError:
        yield not_checkable(part, "No root of all custody logs had been made yet."), ""
        return
    except (UnreadableError, ChainError) as error:
        yield altered(part, str(error)), ""
        return
    root = proof.root if _ROOT_ID.fullmatch(proof.root) else ""
    if not root:
        yield altered(part, "The proof names a root that can be none."), ""
        return
    try:
        check_proof(proof, entries, read_file(top.folder / ROOTS / f"{root}.json", _MAX_PROOF_BYTES))
    except MissingError:
        yield altered(part, "The root that the proof names is missing."), root
    except (UnreadableError, ChainError) as error:
        yield altered(part, str(error)), root
    else:
        told = f"The first {proof.entries} of {len(entries)} entries are in root {root} over all logs."
        yield verified(part, told), root


def check_roots(top: SealedFolder, wanted: AbstractSet[str]) -> Iterator[Finding]:
    """The stamps over the roots that a pack's proofs name. They prove the roots' time, not the pack's."""
    names = _names(top.folder / ROOTS)
    for root in sorted(wanted & {name.removesuffix(".json") for name in names}):
        names.discard(f"{root}.json")
        stamps = sorted(name for name in names if name.startswith(f"{root}.") and name.endswith(".tsr"))
        names -= set(stamps)
        for name in stamps:
            yield _root_stamp(top, root, name)
        if not stamps:
            yield not_checkable(f"{ROOTS}/{root}.json", "This root is not yet stamped.")
    if names:
        yield altered(ROOTS, f"No proof names these: {', '.join(sorted(names)[:10])}.")


def _root_stamp(top: SealedFolder, root: str, name: str) -> Finding:
    part, folder = f"{ROOTS}/{name}", top.folder / ROOTS
    try:
        document = read_file(folder / f"{root}.json", _MAX_PROOF_BYTES)
        response_der = read_file(folder / name, MAX_STAMP_BYTES)
    except UnreadableError as error:
        return altered(part, str(error))
    finding, moment = top.authorities.check(part, response_der, document)
    if moment and top.stamped_at and moment > top.stamped_at + CLOCK_TOLERANCE:
        return altered(part, "The root was stamped after the pack that it lies in.")
    return finding


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()
