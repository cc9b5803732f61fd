"""A person's own material → evidence: each file sealed and kept as an item of its own, in one timeline with the captures."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

from monitor.evidence.imported import import_folder, read_original
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.safekeeping import put_folder
from monitor.evidence.seal import Seal, Sealing, seal_folder
from monitor.scratch import Scratch
from storage import Scope, Storage
from storage.errors import NotFoundError


@dataclasses.dataclass(frozen=True, slots=True)
class ImportMeans:
    """What imports are made with."""

    sealing: Sealing
    scratch: Scratch
    operator: OperatorEntry
    actor: str


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    """One file that was imported, or (``evidence_id`` empty) was there already."""

    path: Path
    evidence_id: str
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
    content = read_original(path)
    with storage.read(Scope.operator()) as work:
        work.subjects.get(subject_id)
        if hit_id is not None and work.hits.get(hit_id).subject_id != subject_id:
            raise NotFoundError("hit", hit_id)
        # The address is the same for the same bytes of the same person, and means nothing to others.
        if work.vault.put(subject_id, content) in work.evidence.addresses(subject_id) and not is_again:
            return Imported(path, "")
    with means.scratch.folder() as scratch:
        folder = scratch / "imported"
        manifest = import_folder(
            path, content, folder, note=note, imported_by=means.actor, operator=means.operator
        )
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
            note=note,
            hit_id=hit_id,
            subject_id=subject_id,
            sums_sha256=seal.sums_sha256,
            stamped_at=seal.stamped_at,
            stamp_due_at=datetime.now(UTC) if seal.unstamped else None,
            actor=means.actor,
        )
        work.audit.record("material imported", means.actor, subject_id, evidence.id)
    return Imported(path, evidence.id, manifest.media_type, manifest.reading_failure, seal)
