"""A person's own material → evidence: each file sealed and kept as an item of its own, in one timeline with the captures."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

from monitor.evidence.imported import import_folder, read_original, well_formed
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.safekeeping import put_folder
from monitor.evidence.seal import Seal, Sealing, seal_folder
from monitor.scratch import Scratch
from storage import Scope, Storage, UnitOfWork
from storage.errors import NotFoundError

_LOOK_BACK = 100_000


@dataclasses.dataclass(frozen=True, slots=True)
class ImportMeans:
    """What imports are made with."""

    sealing: Sealing
    scratch: Scratch
    operator: OperatorEntry
    actor: str


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    """One file and the item that holds it. ``is_new``: it was not there already."""

    path: Path
    evidence_id: str
    is_new: bool
    media_type: str = ""
    reading_failure: str = ""
    seal: Seal | None = None


def import_material(
    storage: Storage,
    path: Path,
    means: ImportMeans,
    *,
    subject_id: str,
    note: str = "",
    hit_id: str | None = None,
    is_again: bool = False,
) -> Imported:
    """Seal and keep one file for a subject, or for one of their hits.

    A file that is kept for this person already is not kept twice, unless ``is_again``.
    Raises ImportRefusedError, NotFoundError, StorageError, OSError.
    """
    original = read_original(path)
    with storage.read(Scope.operator()) as work:
        work.subjects.get(subject_id)
        if hit_id is not None and work.hits.get(hit_id).subject_id != subject_id:
            raise NotFoundError("hit", hit_id)
        # The address is the same for the same bytes of the same person, and means nothing to others.
        is_known = work.vault.put(subject_id, original.content) in work.evidence.addresses(subject_id)
        holder = _holder(work, subject_id, original.sha256) if is_known and not is_again else None
    if holder is not None:
        return Imported(path, holder, is_new=False)
    with means.scratch.folder() as scratch:
        folder = scratch / "imported"
        manifest = import_folder(
            original, folder, note=note, imported_by=means.actor, operator=means.operator
        )
        del original  # it lies in the folder now, and may be large
        seal = seal_folder(folder, means.sealing)
        with storage.read(Scope.operator()) as work:
            files = put_folder(work, subject_id, folder)
    with storage.begin(Scope.operator()) as work:
        evidence = work.evidence.add(
            kind="import",
            url="",
            verdict="imported",
            reason=manifest.name,
            captured_at=manifest.imported_at,
            manifest=json.loads(manifest.model_dump_json()),
            files=files,
            note=well_formed(note),
            hit_id=hit_id,
            subject_id=subject_id,
            sums_sha256=seal.sums_sha256,
            stamped_at=seal.stamped_at,
            stamp_due_at=datetime.now(UTC) if seal.unstamped else None,
            actor=means.actor,
        )
        work.audit.record("material imported", means.actor, subject_id, evidence.id)
    return Imported(
        path,
        evidence.id,
        is_new=True,
        media_type=manifest.media_type,
        reading_failure=manifest.reading_failure,
        seal=seal,
    )


def _holder(work: UnitOfWork, subject_id: str, sha256: str) -> str | None:
    """The person's newest import of exactly these bytes. What a capture made is nobody's own material."""
    records = work.evidence.list(subject_id=subject_id, limit=_LOOK_BACK)
    return next(
        (one.id for one in records if one.kind == "import" and one.manifest.get("sha256") == sha256), None
    )
