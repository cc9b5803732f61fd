"""Pictures for paper: the whole page in strips that can be read on A4, small enough for a report to be mailed.

Only copies are made smaller; the sealed picture stays as it is.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

# Print of 174 mm at 187 dots an inch: letters of a page for desktops stay sharp.
_WIDTH_PX = 1280
# The height of a strip that fits on a page with its caption and the heading of its item.
_STRIP_PX = 1460
# Strips repeat a little of the one before, so that no line is lost in a cut.
_OVERLAP_PX = 24
_MOST_STRIPS = 6
# Of a report: what stays below 20 MB, and below what anybody leafs through.
_STRIPS_IN_REPORT = 36
_QUALITY = 74
_PRINT_WIDTH_MM, _PRINT_HEIGHT_MM = 174.0, 199.0
_BLANK = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture as a data URI, and how large it is printed."""

    source: str
    width_mm: float
    height_mm: float


class PictureError(ValueError):
    """A picture that cannot be read."""


def strips_for_each(count: int) -> int:
    """How many strips each of ``count`` whole pages may have in one report."""
    return max(1, min(_MOST_STRIPS, _STRIPS_IN_REPORT // max(1, count)))


def strips(path: Path, most: int) -> tuple[list[Picture], bool]:
    """The picture cut from the top into at most ``most`` strips, and whether it goes on below the last.

    Raises PictureError.
    """
    whole = _opened(path)
    cuts = _cuts(whole.size)
    pictures = [_picture(whole.crop((0, top, whole.width, bottom))) for top, bottom in cuts[:most]]
    return pictures, len(cuts) > most


def single(path: Path) -> Picture:
    """The whole picture, at most as wide and high as a page. Raises PictureError."""
    return _picture(_opened(path))


def _cuts(size: tuple[int, int]) -> Sequence[tuple[int, int]]:
    width, height = size
    step = max(1, round((_STRIP_PX - _OVERLAP_PX) * width / _WIDTH_PX))
    overlap = round(_OVERLAP_PX * width / _WIDTH_PX)
    count = max(1, math.ceil((height - overlap) / step))
    return [(number * step, min(height, (number + 1) * step + overlap)) for number in range(count)]


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            picture.load()
            return _on_white(picture)
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"{path.name} cannot be read.") from error


def _on_white(picture: Image.Image) -> Image.Image:
    """JPEG knows no transparency, which would turn black."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        whole = picture.convert("RGBA")
        paper = Image.new("RGB", whole.size, "white")
        paper.paste(whole, mask=whole.getchannel("A"))
        return paper
    return picture.convert("RGB")


def _picture(image: Image.Image) -> Picture:
    small = image.copy()
    small.thumbnail((_WIDTH_PX, _STRIP_PX))
    # Small pictures are not blown up: a pixel is printed as a browser shows it, 96 to the inch.
    width_mm = min(_PRINT_WIDTH_MM, image.width * 25.4 / 96)
    height_mm = width_mm * small.height / small.width
    if height_mm > _PRINT_HEIGHT_MM:
        width_mm, height_mm = width_mm * _PRINT_HEIGHT_MM / height_mm, _PRINT_HEIGHT_MM
    return Picture(source=_uri(small), width_mm=round(width_mm, 1), height_mm=round(height_mm, 1))


def _uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def empty(picture: Picture) -> Picture:
    """A blank that takes the same room on paper."""
    return dataclasses.replace(picture, source=_BLANK)
