"""Pictures for paper: the whole page in strips that can be read on A4, small enough for a report to be mailed."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

# Width of print at 150 dots an inch, and the height of a strip that fits under its caption.
_WIDTH_PX = 1000
_STRIP_PX = 1240
_MAX_STRIPS = 6
_QUALITY = 72


def strips(path: Path) -> tuple[list[str], bool]:
    """The picture cut into data URIs from the top, and whether it goes on below the last one.

    Only copies are made smaller; the sealed picture stays as it is. Raises OSError where it cannot be read.
    """
    with Image.open(path) as picture:
        picture.load()
        whole = picture.convert("RGB")
    parts = max(1, math.ceil(whole.height * _WIDTH_PX / whole.width / _STRIP_PX))
    return list(_cut(whole, min(parts, _MAX_STRIPS))), parts > _MAX_STRIPS


def single(path: Path) -> str:
    """The whole picture as one data URI, at most as wide and high as a page. Raises OSError."""
    with Image.open(path) as picture:
        picture.load()
        small = picture.convert("RGB")
    small.thumbnail((_WIDTH_PX, _STRIP_PX))
    return _uri(small)


def _cut(whole: Image.Image, count: int) -> Iterator[str]:
    height = round(_STRIP_PX * whole.width / _WIDTH_PX)
    for number in range(count):
        top = number * height
        part = whole.crop((0, top, whole.width, min(whole.height, top + height)))
        scale = min(1.0, _WIDTH_PX / part.width)
        yield _uri(part.resize((max(1, round(part.width * scale)), max(1, round(part.height * scale)))))


def _uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
