"""A person's own material becomes a folder that can be sealed: the original bytes, a small picture, a manifest."""

from __future__ import annotations

import dataclasses
import hashlib
import os
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
# File systems take 255 bytes; some programs put something before or behind.
_MAX_NAME_BYTES = 180
_MAX_SUFFIX_CHARS = 10
# Names that mean devices where the pack may be opened (Windows, with any suffix).
_DEVICES = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")


class ImportRefusedError(MonitorError):
    """{path} was not imported: {why}"""

    exit_code = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Original:
    """A file as it was handed in, read once. Name and time are what the file system said, unproved."""

    untrusted_name: str
    modified_at: datetime | None
    content: bytes = dataclasses.field(repr=False)

    @property
    def sha256(self) -> str:
        """In hex, of what was read."""
        return hashlib.sha256(self.content).hexdigest()


def read_original(path: Path) -> Original:
    """Read the file once. Raises ImportRefusedError for what is no file, is empty or too large."""
    try:
        if path.is_dir():
            raise ImportRefusedError(path=path, why="it is a folder. Name its files one by one.")
        if not path.is_file():
            raise ImportRefusedError(path=path, why="there is no file of that name.")
        with path.open("rb") as file:
            modified_s = os.fstat(file.fileno()).st_mtime
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise ImportRefusedError(path=path, why=f"{getattr(error, 'strerror', None) or error}.") from None
    if len(content) > MAX_BYTES:
        raise ImportRefusedError(
            path=path, why=f"it is larger than {MAX_BYTES // 1_000_000} MB. Cut it into parts."
        )
    if not content:
        raise ImportRefusedError(path=path, why="it is empty.")
    return Original(well_formed(path.name), _moment(modified_s), content)


def import_folder(
    original: Original, into: Path, *, note: str, imported_by: str, operator: OperatorEntry
) -> ImportManifest:
    """Write the folder ``into``, which must not exist: original, thumbnail, manifest. Raises OSError."""
    name = safe_name(original.untrusted_name)
    (into / ORIGINALS).mkdir(mode=0o700, parents=True)
    kept = into / ORIGINALS / name
    kept.write_bytes(original.content)
    media = read_media(kept)
    about = "The file as it was handed in, byte for byte."
    files = [_entry(f"{ORIGINALS}/{name}", original.content, media.media_type, Origin.ORIGINAL, about)]
    if media.thumbnail_png:
        (into / THUMBNAIL).write_bytes(media.thumbnail_png)
        about = "A small picture of it, for looking through."
        files.append(_entry(THUMBNAIL, media.thumbnail_png, "image/png", Origin.DERIVED, about))
    manifest = ImportManifest(
        import_id=uuid.uuid4().hex,
        imported_at=datetime.now(UTC),
        imported_by=imported_by,
        operator=operator,
        name=original.untrusted_name,
        media_type=media.media_type,
        size_bytes=len(original.content),
        sha256=original.sha256,
        modified_at=original.modified_at,
        note=well_formed(note),
        metadata=media.untrusted_metadata,
        reading_failure=media.failure,
        files=tuple(files),
        tool="shamewatch",
        tool_version=tool_version(),
        machine=machine(),
    )
    (into / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def safe_name(untrusted_name: str) -> str:
    """The name with everything that could mislead a file system, a terminal or a reader replaced by ``_``.

    Letters, marks and digits of every script stay, so that people find their files again.
    """
    plain = unicodedata.normalize("NFC", untrusted_name)
    kept = "".join(char if _is_harmless(char) else "_" for char in plain)
    kept = re.sub(r" +", " ", kept).strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if not stem or len(suffix) > _MAX_SUFFIX_CHARS:
        stem, dot, suffix = kept, "", ""
    ending = f"{dot}{suffix}"
    room = _MAX_NAME_BYTES - len(ending.encode())
    stem = stem.encode()[:room].decode(errors="ignore").strip() or "file"
    return f"_{stem}{ending}" if _DEVICES.match(stem + ending) else f"{stem}{ending}"


def well_formed(untrusted_text: str) -> str:
    """Text without what no encoding can carry: names on a disk need not be text at all."""
    return untrusted_text.encode("utf-8", "replace").decode()


def _is_harmless(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" or char in " ._-()"


def _moment(seconds: float) -> datetime | None:
    """None for a time that no calendar has: file systems hold anything."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _entry(name: str, content: bytes, media_type: str, origin: Origin, description: str) -> FileEntry:
    return FileEntry(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        media_type=media_type,
        origin=origin,
        description=description,
    )
