"""What a capture's or an import's manifest says, against what lies beside it and against the time of its seal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from monitor.evidence.sums import SumsError, digest_of_file, files_of_folder, is_listed
from monitor.evidence.verify.archive import check_archive
from monitor.evidence.verify.findings import Finding, altered, verified
from monitor.evidence.verify.sealed import SealedFolder

MANIFEST = "manifest.json"
_ARCHIVE = "capture.wacz"
# A machine's clock may be off by so much before a stamp says something else than the manifest.
_CLOCK_TOLERANCE = timedelta(minutes=10)


def check_contents(sealed: SealedFolder) -> Iterator[Finding]:
    """The manifest, the web archive, and whether the times can be."""
    part = sealed.part(MANIFEST)
    try:
        manifest: dict[str, Any] = json.loads((sealed.folder / MANIFEST).read_bytes())
        listed = {entry["name"]: entry["sha256"] for entry in manifest["files"]}
        ended_at = datetime.fromisoformat(manifest.get("ended_at") or manifest["imported_at"])
        word = manifest.get("verdict", "imported")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        yield altered(part, "The manifest is missing or is none.")
        return
    try:
        present = {
            name: path
            for name, path in files_of_folder(sealed.folder)
            if is_listed(name) and name != MANIFEST and not name.startswith("certs/")
        }
    except SumsError as error:
        yield altered(part, str(error))
        return
    wrong = sorted(
        name
        for name in listed.keys() | present.keys()
        if name not in listed or name not in present or digest_of_file(present[name]) != listed[name]
    )
    if wrong:
        yield altered(part, f"The manifest does not fit these files: {', '.join(wrong[:10])}.")
    else:
        yield verified(part, f"Its {len(listed)} files are those of the manifest. Verdict: {word}.")
    if sealed.stamped_at is not None and ended_at > sealed.stamped_at + _CLOCK_TOLERANCE:
        yield altered(part, "The manifest says that it ended after it was stamped.")
    if _ARCHIVE in present:
        yield check_archive(present[_ARCHIVE], sealed.part(_ARCHIVE))
