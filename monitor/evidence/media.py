"""Looks into a file that a person handed in: its type by content, its metadata, a small picture. In a process of its own.

Such files may come from collectors: broken, huge once unpacked, or made to crash a reader. So the readers
(MediaInfo, Pillow, PDFium) run in a child with little memory, little time and nothing of our environment.
What it cannot read is kept all the same; nothing of a file is ever executed or shown as a web page.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import resource
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import ExifTags, Image, UnidentifiedImageError
from pymediainfo import MediaInfo

_TIMEOUT_S = 40
_CPU_S = 30
_MEMORY_BYTES = 2_000_000_000
_MAX_OUTPUT_BYTES = 8_000_000
_THUMBNAIL_PX = 600
_MAX_PIXELS = 120_000_000
_MAX_VALUE = 300
_HEAD_BYTES = 4096
_TRACK_FIELDS = (
    "format",
    "codec_id",
    "duration",
    "sampling_rate",
    "channel_s",
    "width",
    "height",
    "frame_rate",
)
_GENERAL_FIELDS = (
    "format",
    "duration",
    "encoded_date",
    "tagged_date",
    "recorded_date",
    "writing_application",
    "performer",
    "title",
)
_EXIF_FIELDS = (
    "DateTime",
    "DateTimeOriginal",
    "DateTimeDigitized",
    "OffsetTimeOriginal",
    "Make",
    "Model",
    "Software",
)
_OPAQUE = "application/octet-stream"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What could be read. ``failure``: why not more, in a sentence; empty where all went well."""

    media_type: str = _OPAQUE
    untrusted_metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    thumbnail_png: bytes = b""
    failure: str = ""


def read_media(path: Path) -> Media:
    """Never raises for what is in the file."""
    environment = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG") if name in os.environ
    }
    command = [sys.executable, "-P", "-m", "monitor.evidence.media", str(path)]
    root = str(Path(__file__).parents[2])
    try:
        done = subprocess.run(
            command, cwd=root, env={**environment, "PYTHONPATH": root}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
        if done.returncode != 0 or len(done.stdout) > _MAX_OUTPUT_BYTES:
            return Media(
                failure="The file could not be read by the programs that know such files; it is kept as it is."
            )
        fields: dict[str, Any] = json.loads(done.stdout)
        return Media(
            media_type=str(fields["media_type"])[:100],
            untrusted_metadata={
                str(key)[:60]: str(value)[:_MAX_VALUE] for key, value in fields["metadata"].items()
            },
            thumbnail_png=base64.b64decode(fields["thumbnail"]),
            failure=str(fields["failure"])[:_MAX_VALUE],
        )
    except subprocess.TimeoutExpired:
        return Media(failure="Reading the file took too long; it is kept as it is.")
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return Media(failure="What the reader said of the file could not be understood; it is kept as it is.")


def _main(path: Path) -> None:
    """The child: limits first, then the readers; one JSON object on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    found = _read(path)
    sys.stdout.write(
        json.dumps(
            {
                "media_type": found.media_type,
                "metadata": found.untrusted_metadata,
                "thumbnail": base64.b64encode(found.thumbnail_png).decode(),
                "failure": found.failure,
            }
        )
    )


def _read(path: Path) -> Media:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[:1024].lstrip().startswith(b"%PDF-"):
        return _pdf(path)
    picture = _picture(path)
    if picture is not None:
        return picture
    recording = _recording(path)
    if recording is not None:
        return recording
    if head.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        return _archive(path)
    return Media(media_type=_text_type(head))


def _pdf(path: Path) -> Media:
    try:
        document = pypdfium2.PdfDocument(path)
        metadata = {key: value for key, value in document.get_metadata_dict().items() if value}
        metadata["Pages"] = str(len(document))
        page = document[0]
        scale = _THUMBNAIL_PX / max(page.get_width(), page.get_height(), 1)
        png = _png(page.render(scale=min(scale, 4)).to_pil())
    except (pypdfium2.PdfiumError, ValueError, IndexError):
        return Media(
            media_type="application/pdf", failure="The PDF is damaged or locked; it is kept as it is."
        )
    return Media(media_type="application/pdf", untrusted_metadata=metadata, thumbnail_png=png)


def _picture(path: Path) -> Media | None:
    try:
        with Image.open(path) as picture:
            media_type = Image.MIME.get(picture.format or "", _OPAQUE)
            metadata = {"Size": f"{picture.width} x {picture.height}", **_exif(picture)}
            try:
                picture.draft("RGB", (_THUMBNAIL_PX, _THUMBNAIL_PX))
                picture.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
                png, failure = _png(picture.convert("RGB")), ""
            except (OSError, ValueError, SyntaxError, MemoryError):
                png, failure = b"", "The picture is damaged; it is kept as it is."
    except UnidentifiedImageError:
        return None
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return Media(
            media_type="image/*",
            failure="The picture is too large or damaged to be shown; it is kept as it is.",
        )
    return Media(media_type=media_type, untrusted_metadata=metadata, thumbnail_png=png, failure=failure)


def _exif(picture: Image.Image) -> dict[str, str]:
    exif = picture.getexif()
    named = {
        ExifTags.TAGS.get(tag, ""): value
        for tag, value in {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}.items()
    }
    found = {name: str(named[name]).strip("\0 ") for name in _EXIF_FIELDS if named.get(name)}
    if exif.get_ifd(ExifTags.IFD.GPSInfo):
        found["GPS"] = "the file says where it was made"
    return found


def _recording(path: Path) -> Media | None:
    tracks = MediaInfo.parse(path, parse_speed=0.3).tracks
    heard = [track for track in tracks if track.track_type in ("Audio", "Video")]
    if not heard:
        return None
    general = next((track for track in tracks if track.track_type == "General"), None)
    metadata = _fields("", general, _GENERAL_FIELDS) if general is not None else {}
    for track in heard[:4]:
        metadata.update(_fields(f"{track.track_type} ", track, _TRACK_FIELDS))
    kind = "video" if any(track.track_type == "Video" for track in heard) else "audio"
    stated = str(getattr(general, "internet_media_type", None) or "")
    return Media(media_type=stated if "/" in stated else f"{kind}/x-unknown", untrusted_metadata=metadata)


def _fields(prefix: str, track: Any, names: tuple[str, ...]) -> dict[str, str]:
    values = {name: getattr(track, name, None) for name in names}
    return {
        f"{prefix}{name.replace('_', ' ')}": str(value)
        for name, value in values.items()
        if value not in (None, "")
    }


def _archive(path: Path) -> Media:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    metadata = {"Files": str(len(names)), "First files": ", ".join(names[:5])}
    is_document = "[Content_Types].xml" in names
    return Media(
        media_type="application/vnd.openxmlformats" if is_document else "application/zip",
        untrusted_metadata=metadata,
    )


def _text_type(head: bytes) -> str:
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return _OPAQUE
    if "\0" in text or not text.strip():
        return _OPAQUE
    begin = text.lstrip()[:200].lower()
    if begin.startswith("<?xml"):
        return "application/xml"
    return "text/html" if begin.startswith(("<!doctype html", "<html")) else "text/plain"


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
