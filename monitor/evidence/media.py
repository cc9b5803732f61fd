"""Has a person's file looked into by a process of its own: what it is, what it says of itself, a small picture.

Such files may come from collectors: broken, huge once unpacked, or made to break their reader. So the
libraries run in ``media_reader``, with little memory, little time, nothing of our environment and, as
far as the system allows, neither rights nor network. What it cannot read is kept all the same.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.evidence.content_type import HEAD_BYTES, OPAQUE, type_from_head

THUMBNAIL_PX = 600
_TIMEOUT_S = 40.0
_MAX_ANSWER_BYTES = 8_000_000
_MAX_KEY, _MAX_VALUE, _MAX_ENTRIES = 60, 300, 60
_PNG_HEAD = struct.Struct(">8s4x4sII")
_UNREADABLE = "The file could not be read by the programs that know such files; it is kept as it is."
_TOO_LONG = "Reading the file took too long; it is kept as it is."
_READABLE = frozenset({OPAQUE, "application/pdf", "application/zip"})
# Where libraries and the program's own modules lie; all else of our environment stays behind.
_KEPT_VARIABLES = ("LD_LIBRARY_PATH",)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What could be read. ``failure``: why not more, in a sentence; empty where all went well."""

    media_type: str
    untrusted_metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    thumbnail_png: bytes = b""
    failure: str = ""


class Answer(BaseModel):
    """What ``media_reader`` says on its standard output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    media_type: str
    metadata: dict[str, str]
    thumbnail: str = ""
    failure: str = ""


def read_media(path: Path) -> Media:
    """Never raises for what is in the file, which nobody else may change meanwhile. Raises OSError."""
    with path.open("rb") as file:
        stated = type_from_head(file.read(HEAD_BYTES))
        if not has_reader(stated):
            return Media(media_type=stated)
        file.seek(0)
        try:
            answer = _ask(file.fileno(), path.parent)
        except subprocess.TimeoutExpired:
            return Media(media_type=stated, failure=_TOO_LONG)
    if answer is None:
        return Media(media_type=stated, failure=_UNREADABLE)
    return Media(
        media_type=_clean(answer.media_type, 100) or stated,
        untrusted_metadata={
            _clean(key, _MAX_KEY): _clean(value, _MAX_VALUE)
            for key, value in list(answer.metadata.items())[:_MAX_ENTRIES]
        },
        thumbnail_png=_checked_png(answer.thumbnail),
        failure=_clean(answer.failure, _MAX_VALUE),
    )


def has_reader(media_type: str) -> bool:
    """Whether a library knows more of such files. Text says itself what it is, and drawings would be web pages."""
    if media_type == "image/svg+xml":
        return False
    return media_type in _READABLE or media_type.startswith(("image/", "audio/", "video/"))


def _ask(file: int, private_folder: Path) -> Answer | None:
    """None where the reader died or said what makes no sense. The answer has no name on the disk, and a bound."""
    root = str(Path(__file__).parents[2])
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    with tempfile.TemporaryFile(dir=private_folder) as said:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "monitor.evidence.media_reader", str(_MAX_ANSWER_BYTES)],
            cwd=root, env={**kept, "LANG": "C.UTF-8", "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=file, stdout=said, stderr=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            return None
        said.seek(0)
        try:
            return Answer.model_validate_json(said.read(_MAX_ANSWER_BYTES))
        except ValidationError:
            return None


def _clean(untrusted_text: str, limit: int) -> str:
    """Files hold broken characters, which JSON and databases refuse."""
    return untrusted_text[:limit].encode("utf-8", "replace").decode().replace("\0", "")


def _checked_png(encoded: str) -> bytes:
    """The reader may have been taken over: only a PNG of the size that was asked for is kept."""
    try:
        data = base64.b64decode(encoded, validate=True)
        signature, kind, width, height = _PNG_HEAD.unpack_from(data)
    except (binascii.Error, struct.error):
        return b""
    is_ours = signature == b"\x89PNG\r\n\x1a\n" and kind == b"IHDR"
    return data if is_ours and 0 < width <= THUMBNAIL_PX and 0 < height <= THUMBNAIL_PX else b""
