"""The custody log of each item in a pack: linked, of this item, and in a root of all logs that was stamped."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified
from monitor.evidence.verify.sealed import Authorities, SealedFolder, Trusted, trust_of_folder
from storage.vault.custody import ChainError, check_chain, check_proof, entries_from_jsonl, proof_from_json

ROOTS = "custody-roots"


def check_custody(top: SealedFolder, item: SealedFolder, evidence: str) -> Iterator[Finding]:
    """``item``: the sealed folder that the log is about."""
    part = f"custody-{evidence}.jsonl"
    try:
        entries = entries_from_jsonl((top.folder / part).read_bytes())
        check_chain(entries, evidence)
    except OSError:
        yield altered(part, "The custody log is missing.")
        return
    except ChainError as error:
        yield altered(part, str(error))
        return
    if item.sums_sha256 not in entries[0].detail:
        yield altered(part, f"The log was begun for other files than those in {item.name}.")
        return
    yield verified(part, f"{len(entries)} entries, each linked to the one before, from {entries[0].at} on.")
    proof_part = f"custody-{evidence}.proof.json"
    if not (top.folder / proof_part).exists():
        yield not_checkable(proof_part, "No root of all custody logs had been made yet.")
        return
    try:
        proof = proof_from_json((top.folder / proof_part).read_bytes())
        document = (top.folder / ROOTS / f"{proof.root}.json").read_bytes()
        check_proof(proof, entries, document)
    except OSError:
        yield altered(proof_part, "The root that the proof names is missing.")
        return
    except ChainError as error:
        yield altered(proof_part, str(error))
        return
    yield verified(proof_part, f"The first {proof.entries} entries are in root {proof.root} over all logs.")


def check_roots(top: SealedFolder, trusted: Trusted) -> Iterator[Finding]:
    """The stamps over the roots that a pack brings along. They prove the roots' time, not the pack's."""
    folder = top.folder / ROOTS
    authorities = Authorities(trusted.tsa, trust_of_folder(top.folder))
    for document in sorted(folder.glob("*.json")):
        stamps = sorted(folder.glob(f"{document.stem}.*.tsr"))
        for stamp in stamps:
            finding, _ = authorities.check(f"{ROOTS}/{stamp.name}", stamp.read_bytes(), document.read_bytes())
            yield finding
        if not stamps:
            yield not_checkable(f"{ROOTS}/{document.name}", "This root is not yet stamped.")
