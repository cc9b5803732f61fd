"""Everything of a pack, or of a single sealed folder, part by part: what holds, what was altered, what cannot be checked here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from monitor.evidence.sums import SUMS_NAME
from monitor.evidence.verify.contents import MANIFEST, check_contents
from monitor.evidence.verify.custody import check_custody, check_roots
from monitor.evidence.verify.findings import Finding, Verification, altered
from monitor.evidence.verify.opening import opened
from monitor.evidence.verify.report import REPORT, check_report
from monitor.evidence.verify.sealed import SealedFolder, Trusted, check_sealed

_KINDS = {"capture": "captured", "imported": "imported"}


def verify(path: Path, trusted: Trusted) -> Verification:
    """Check a pack (zip file or unpacked folder) or one sealed folder.

    Raises BadInputError where the path is neither; whatever is wrong inside is a finding.
    """
    with opened(path) as (folder, oddities):
        findings = [altered("zip file", sentence) for sentence in oddities]
        top = check_sealed(folder, "", trusted)
        findings += top.findings
        if (folder / MANIFEST).exists():
            findings += check_contents(top)
        else:
            findings += _check_pack(top, trusted)
    return Verification(tuple(findings))


def _check_pack(top: SealedFolder, trusted: Trusted) -> Iterator[Finding]:
    items = [path for path in sorted(top.folder.iterdir()) if (path / SUMS_NAME).is_file()]
    if not items:
        yield altered("pack", "There is no evidence in this pack.")
    for path in items:
        item = check_sealed(path, path.name, trusted)
        yield from item.findings
        yield from check_contents(item)
        if item.stamped_at and top.stamped_at and item.stamped_at > top.stamped_at:
            yield altered(path.name, "It was stamped after the pack that it lies in.")
        kind, _, evidence = path.name.partition("-")
        if kind not in _KINDS or not evidence:
            yield altered(path.name, "This folder is not named as evidence is.")
        else:
            yield from check_custody(top, item, evidence)
    yield from _strays(top, {path.name.partition("-")[2] for path in items})
    yield from check_roots(top, trusted)
    if (top.folder / REPORT).exists() and top.signer is not None:
        yield check_report((top.folder / REPORT).read_bytes(), top.signer, trusted.tsa)
    elif not (top.folder / REPORT).exists():
        yield altered(REPORT, "The report is missing.")


def _strays(top: SealedFolder, known: set[str]) -> Iterator[Finding]:
    for path in sorted(top.folder.glob("custody-*.jsonl")):
        if path.name.removeprefix("custody-").removesuffix(".jsonl") not in known:
            yield altered(path.name, "This is the custody log of an item that is not in the pack.")
