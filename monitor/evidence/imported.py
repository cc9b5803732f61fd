"""A person's own material becomes a folder that can be sealed: the original bytes, a small picture, a manifest."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import MonitorError
from monitor.evidence.import_manifest import ImportManifest
from monitor.evidence.machine_facts import machine, tool_version
from monitor.evidence.manifest import FileEntry, OperatorEntry, Origin
from monitor.evidence.media import read_media

ORIGINALS = "original"
THUMBNAIL = "thumbnail.png"
MANIFEST = "manifest.json"
MAX_BYTES = 200_000_000


class ImportRefusedError(MonitorError):
    """{path} was not imported: {why}"""

    exit_code = 2


def read_original(path: Path) -> bytes:
    """The file's bytes, read once. Raises ImportRefusedError for what is no file, is empty or too large."""
    try:
        if not path.is_file():
            raise ImportRefusedError(path=path, why="it is no file. Name the files one by one.")
        if path.stat().st_size > MAX_BYTES:
            raise ImportRefusedError(
                path=path, why=f"it is larger than {MAX_BYTES // 1_000_000} MB. Cut it into parts."
            )
        content = path.read_bytes()
    except OSError as error:
        raise ImportRefusedError(path=path, why=f"{error.strerror}.") from None
    if not content:
        raise ImportRefusedError(path=path, why="it is empty.")
    return content


def import_folder(
    path: Path, content: bytes, into: Path, *, note: str, imported_by: str, operator: OperatorEntry
) -> ImportManifest:
    """Write the folder ``into``, which must not exist: original, thumbnail, manifest. Raises OSError."""
    name = safe_name(path.name)
    modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None
    (into / ORIGINALS).mkdir(mode=0o700, parents=True)
    original = into / ORIGINALS / name
    original.write_bytes(content)
    media = read_media(original)
    about = "The file as it was handed in, byte for byte."
    files = [_entry(f"{ORIGINALS}/{name}", content, media.media_type, Origin.ORIGINAL, about)]
    if media.thumbnail_png:
        (into / THUMBNAIL).write_bytes(media.thumbnail_png)
        about = "A small picture of it, for looking through."
        files.append(_entry(THUMBNAIL, media.thumbnail_png, "image/png", Origin.DERIVED, about))
    manifest = ImportManifest(
        import_id=uuid.uuid4().hex,
        imported_at=datetime.now(UTC),
        imported_by=imported_by,
        operator=operator,
        name=path.name,
        media_type=media.media_type,
        size_bytes=len(content),
        sha256=files[0].sha256,
        modified_at=modified_at,
        note=note,
        metadata=media.untrusted_metadata,
        reading_failure=media.failure,
        files=tuple(files),
        tool="shamewatch",
        tool_version=tool_version(),
        machine=machine(),
    )
    (into / MANIFEST).write_text(manifest.to_json(), encoding="utf-8", errors="replace")
    return manifest


def safe_name(untrusted_name: str) -> str:
    """The name with everything that could mislead a file system, a terminal or a reader replaced by ``_``."""
    plain = unicodedata.normalize("NFC", untrusted_name)
    kept = "".join(char if char.isalnum() or char in " ._-()" else "_" for char in plain)
    kept = re.sub(r"\s+", " ", kept).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not stem or len(suffix) > 10:
        stem, dot, suffix = kept, "", ""
    return f"{stem[:80].strip() or 'file'}{dot}{suffix}"


def _entry(name: str, content: bytes, media_type: str, origin: Origin, description: str) -> FileEntry:
    return FileEntry(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        media_type=media_type,
        origin=origin,
        description=description,
    )
