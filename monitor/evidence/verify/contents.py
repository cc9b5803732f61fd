"""What lies in one sealed capture or import, part by part: manifest, times, web archive."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.evidence.verify.archive import check_archive
from monitor.evidence.verify.findings import Finding
from monitor.evidence.verify.manifest import MANIFEST, check_manifest
from monitor.evidence.verify.sealed import SealedFolder
from monitor.evidence.verify.times import check_times

_ARCHIVE = "capture.wacz"


def check_contents(sealed: SealedFolder) -> Iterator[Finding]:
    """The manifest against schema and files, its times against the stamps, the archive against itself and its neighbours."""
    part = sealed.part(MANIFEST)
    finding, said = check_manifest(sealed.folder, part)
    yield finding
    if said is None:
        return
    yield from check_times(part, said.began_at, said.ended_at, sealed.stamped_at)
    if _ARCHIVE in said.digests:
        yield check_archive(sealed.folder / _ARCHIVE, sealed.part(_ARCHIVE), said.digests)
