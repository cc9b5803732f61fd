"""What a capture's or an import's manifest says, against its schema and against the files that lie beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from monitor.evidence.import_manifest import ImportManifest
from monitor.evidence.manifest import Manifest
from monitor.evidence.sums import SumsError, digest_of_file, files_of_folder, is_listed
from monitor.evidence.verdict import Verdict
from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified
from monitor.evidence.verify.reading import UnreadableError, read_file

MANIFEST = "manifest.json"
ORIGINALS = "original/"
_MAX_BYTES = 50_000_000
_MAX_NAMED = 10
_FIRST_YEAR, _LAST_YEAR = 1990, 9000
_SCHEMAS: Mapping[str, type[Manifest | ImportManifest]] = {
    kind.model_fields["schema_version"].default: kind for kind in (Manifest, ImportManifest)
}
_NEEDED_FOR_OK = "screenshot.png"
# What there may be none of, where a browser could not hand it over; whoever reads is told.
_USUAL = ("dom.html", "page.mhtml", "capture.wacz")


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What other checks need of a manifest. ``digests``: SHA-256 of the files beside it, as they are."""

    began_at: datetime
    ended_at: datetime
    digests: Mapping[str, str]


class _File(BaseModel):
    name: str
    sha256: str
    size_bytes: int


class _Core(BaseModel):
    """What every version of every manifest has in common."""

    schema_version: str
    files: tuple[_File, ...]
    started_at: datetime | None = None
    ended_at: datetime | None = None
    imported_at: datetime | None = None


def check_manifest(folder: Path, part: str) -> tuple[Finding, Said | None]:
    """One finding, and what the manifest says where it is one of ours."""
    try:
        data = read_file(folder / MANIFEST, _MAX_BYTES)
        core = _Core.model_validate_json(data)
        present = {
            name: digest_of_file(path)
            for name, path in files_of_folder(folder)
            if is_listed(name) and name != MANIFEST and not name.startswith("certs/")
        }
        ended_at = _utc(core.ended_at or core.imported_at)
        said = Said(_utc(core.started_at) if core.started_at else ended_at, ended_at, present)
    except (UnreadableError, SumsError) as error:
        return altered(part, str(error)), None
    except ValueError:
        return altered(part, "The manifest is none."), None
    wrong = list(_misfits(core, folder, present))
    if wrong:
        names = ", ".join(sorted(wrong)[:_MAX_NAMED])
        return altered(part, f"The manifest does not fit these files: {names}."), said
    return _against_schema(part, data, core), said


def _utc(moment: datetime | None) -> datetime:
    """Raises ValueError for a time without a zone, which no manifest of ours has, and one beyond all calendars."""
    if moment is None or moment.tzinfo is None or not _FIRST_YEAR < moment.year < _LAST_YEAR:
        raise ValueError("no time of ours")
    return moment.astimezone(UTC)


def _misfits(core: _Core, folder: Path, present: Mapping[str, str]) -> Iterator[str]:
    listed = {entry.name: entry for entry in core.files}
    yield from listed.keys() ^ present.keys()
    for name in listed.keys() & present.keys():
        stated = (listed[name].sha256, listed[name].size_bytes)
        if stated != (present[name], (folder / name).stat().st_size):
            yield name
    if len(listed) != len(core.files):
        yield "(a file listed twice)"


def _against_schema(part: str, data: bytes, core: _Core) -> Finding:
    schema = _SCHEMAS.get(core.schema_version)
    if schema is None:
        return not_checkable(
            part, f"The files fit. Its form ({core.schema_version!r:.60}) is not known to this version."
        )
    try:
        manifest = schema.model_validate_json(data)
    except ValidationError as error:
        return _misfit(part, error)
    if isinstance(manifest, ImportManifest):
        return _of_import(part, manifest)
    names = {entry.name for entry in manifest.files}
    if manifest.verdict is Verdict.OK and _NEEDED_FOR_OK not in names:
        return altered(part, f"The manifest says “ok” and has no {_NEEDED_FOR_OK}.")
    lacking = [name for name in _USUAL if name not in names]
    without = f" Without {', '.join(lacking)}." if lacking else ""
    told = f"Its {len(names)} files are those of the manifest. Verdict: {manifest.verdict.value}.{without}"
    return verified(part, told)


def _misfit(part: str, error: ValidationError) -> Finding:
    """Fields too many or too few come from another version of this software; anything else is no manifest of ours."""
    wrong = error.errors(include_url=False, include_input=False)
    fields = ", ".join(sorted({".".join(str(step) for step in one["loc"])[:80] for one in wrong}))[:300]
    if all(one["type"] in ("extra_forbidden", "missing") for one in wrong):
        return not_checkable(
            part, f"The files fit. Another version of this software writes it otherwise: {fields}."
        )
    return altered(part, f"The manifest does not follow its schema at: {fields}.")


def _of_import(part: str, manifest: ImportManifest) -> Finding:
    originals = [entry for entry in manifest.files if entry.name.startswith(ORIGINALS)]
    if [(one.sha256, one.size_bytes) for one in originals] != [(manifest.sha256, manifest.size_bytes)]:
        return altered(part, "The manifest tells of another file than the one that was handed in.")
    return verified(part, f"The file that was handed in is the manifest's ({manifest.size_bytes:,} bytes).")
