"""What a report tells of one item, read from the item's own sealed folder; believes nothing that is not in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from monitor.evidence.report.contents import ReportedFile, ReportedItem
from monitor.evidence.seal import SIGNER_CERT
from monitor.evidence.signing import fingerprint_of
from monitor.evidence.sums import digest_of_file, files_of_folder
from monitor.evidence.told_manifest import Told

_MANIFEST = "manifest.json"
_PICTURES = ("mention.png", "screenshot.png", "thumbnail.png")
_MOST_LIMITS = 20
_MOST_FACTS = 20


def item_from_folder(
    evidence_id: str, folder: Path, *, kind: str, made_at: datetime, stamps: Sequence[tuple[str, datetime]]
) -> ReportedItem:
    """The item as the report tells of it. Raises OSError, ValueError where the folder is not a sealed one."""
    fields: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
    told = Told.model_validate(fields)
    signer = x509.load_pem_x509_certificate((folder / SIGNER_CERT).read_bytes())
    return ReportedItem(
        id=evidence_id,
        kind=kind,
        untrusted_url=told.requested_url,
        untrusted_final_url=told.final_url,
        untrusted_title=told.page.title,
        case_reference=told.case_reference,
        verdict=told.verdict,
        reason=told.reason,
        made_at=made_at,
        browser=" ".join(filter(None, (told.browser.name, told.browser.version))),
        server_address=told.server_address,
        tls=", ".join(filter(None, (told.tls.protocol, told.tls.subject, told.tls.issuer))) if told.tls else "",
        signer_fingerprint=fingerprint_of(signer),
        stamps=stamps,
        files=[_file(name, path, told) for name, path in files_of_folder(folder)],
        pictures=[folder / name for name in _PICTURES if (folder / name).exists()],
        limits=list(_limits(told)),
        untrusted_note=told.note,
        untrusted_facts=list(_facts(told)),
    )  # fmt: skip


def _file(name: str, path: Path, told: Told) -> ReportedFile:
    listed = next((file for file in told.files if file.name == name), None)
    origin = listed.origin if listed else "record" if name == _MANIFEST else "seal"
    return ReportedFile(
        name=name,
        sha256=digest_of_file(path),
        size_bytes=path.stat().st_size,
        media_type=listed.media_type if listed else "",
        origin=origin,
    )


def _limits(told: Told) -> Iterator[str]:
    pictures = [f"A picture of the page is missing: {url}" for url in told.missing_pictures]
    failure = [told.reading_failure] if told.reading_failure else []
    yield from [*told.notes, *told.modifications, *pictures, *failure][:_MOST_LIMITS]


def _facts(told: Told) -> Iterator[tuple[str, str]]:
    """What an imported file says of itself, and what the file system said of it."""
    if not told.name:
        return
    yield "name", told.name
    yield "type", told.media_type
    if told.modified_at is not None:
        yield "modified", f"{told.modified_at:%Y-%m-%d %H:%M:%S} UTC"
    yield from list(told.metadata.items())[:_MOST_FACTS]
