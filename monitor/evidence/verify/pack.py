"""Everything of a pack, or of a single sealed folder, part by part: what holds, what was altered, what cannot be checked here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import BadInputError
from monitor.evidence.sums import SIGNATURE_NAME, SUMS_NAME, tsa_from_stamp_name
from monitor.evidence.verify.cms import fingerprint_of
from monitor.evidence.verify.contents import check_contents
from monitor.evidence.verify.custody import ROOTS, check_custody, check_roots
from monitor.evidence.verify.findings import Finding, Verification, altered, not_checkable
from monitor.evidence.verify.manifest import MANIFEST
from monitor.evidence.verify.opening import opened
from monitor.evidence.verify.report import REPORT, check_report
from monitor.evidence.verify.sealed import SealedFolder, Trusted, check_sealed

INSTRUCTIONS = "VERIFY.txt"
_CERTIFICATES = ("certs", "certificates")
_ITEM = re.compile(r"(capture|imported)-([A-Za-z0-9][A-Za-z0-9-]{0,60})")
_LOG = re.compile(r"custody-(.+?)(\.jsonl|\.proof\.json)")
_MAX_NAMED = 10


def verify(path: Path, trusted: Trusted) -> Verification:
    """Check a pack (zip file or unpacked folder) or one sealed folder.

    Raises BadInputError where the path is neither or cannot be read; whatever is wrong inside is a finding.
    """
    try:
        with opened(path) as (folder, oddities):
            findings = [altered("zip file", sentence) for sentence in oddities]
            top = check_sealed(folder, "", trusted)
            findings += top.findings
            sealed = [top]
            if _is_pack(folder):
                findings += _check_pack(top, sealed, trusted)
            else:
                findings += check_contents(top)
    except OSError as error:
        raise BadInputError(why=f"{error.filename or path} cannot be read: {error.strerror}.") from None
    signers = [fingerprint_of(one.signer) for one in sealed if one.signer is not None]
    return Verification(tuple(findings), tuple(dict.fromkeys(signers)))


def _is_pack(folder: Path) -> bool:
    """Whatever has one part that only packs have is held to be one: a manifest put beside it changes nothing."""
    has_items = any((path / SUMS_NAME).is_file() for path in folder.iterdir())
    return has_items or (folder / INSTRUCTIONS).exists() or not (folder / MANIFEST).exists()


def _check_pack(top: SealedFolder, sealed: list[SealedFolder], trusted: Trusted) -> Iterator[Finding]:
    """``sealed`` grows by each item."""
    items = {
        path.name: match for path in sorted(top.folder.iterdir()) if (match := _ITEM.fullmatch(path.name))
    }
    roots: set[str] = set()
    if not items:
        yield altered("pack", "There is no evidence in this pack.")
    for name, match in items.items():
        item = check_sealed(top.folder / name, name, trusted)
        sealed.append(item)
        yield from item.findings
        yield from check_contents(item)
        yield from _against_top(item, top, trusted)
        for finding, root in check_custody(top, item, match[1], match[2]):
            roots.add(root)
            yield finding
    yield from check_roots(top, roots)
    if top.signer is not None:
        yield check_report(top, top.signer)
    yield from _strays(top, {match[2] for match in items.values()}, set(items))


def _against_top(item: SealedFolder, top: SealedFolder, trusted: Trusted) -> Iterator[Finding]:
    if item.stamped_at and top.stamped_at and item.stamped_at > top.stamped_at:
        yield altered(item.name, "It was stamped after the pack that it lies in.")
    if item.signer is None or top.signer is None or trusted.signers:
        return
    if fingerprint_of(item.signer) != fingerprint_of(top.signer):
        yield not_checkable(
            item.part(SIGNATURE_NAME),
            "Signed by another key than the pack: an earlier one of the installation, or a stranger's. Ask the "
            "operator for the fingerprints of both and give each with --signer.",
        )


def _strays(top: SealedFolder, evidence: set[str], items: set[str]) -> Iterator[Finding]:
    """What is in the list and signed, and still is no part of a pack: nothing else says what it is."""
    odd = []
    for path in sorted(top.folder.iterdir()):
        log = _LOG.fullmatch(path.name)
        if path.is_dir():
            is_known = path.name in items or path.name in (*_CERTIFICATES, ROOTS)
        elif log is not None:
            is_known = log[1] in evidence
        else:
            is_known = path.name in (INSTRUCTIONS, REPORT, SUMS_NAME, SIGNATURE_NAME)
        if not is_known and tsa_from_stamp_name(path.name) is None:
            odd.append(path.name)
    if odd:
        yield altered("pack", f"No part of a pack is called: {', '.join(odd[:_MAX_NAMED])}.")
    if not (top.folder / INSTRUCTIONS).is_file():
        yield altered(INSTRUCTIONS, "The instructions are missing.")
