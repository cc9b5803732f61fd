"""Makes the picture of an alert: covered so that nothing can be read, or scaled to what a service takes.

It decides no more than how a picture looks; whether one goes along is the policy's business.
"""

from __future__ import annotations

import dataclasses
import io

from PIL import Image

from monitor.alerts.message import Attachment

# A full page of 1280 by 60,000 pixels. More is refused before it is decoded.
MAX_PIXELS = 80_000_000
# A whole page in so few patches: each is the mean of dozens of words, which no de-pixelation undoes.
_COVER_COLUMNS, _COVER_ROWS = 6, 8
_COVER_SHADES = 16
_COVER_WIDTH_PX = 360
_JPEG_QUALITIES = (85, 70, 55)
_SMALLEST_SIDE_PX = 200


class PictureRefusedError(Exception):
    """The picture cannot be used. The message is one sentence for people."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimit:
    """What a service takes: bytes, and (0: no limit) pixels along a side."""

    max_bytes: int
    max_side_px: int = 0


def covered_picture(picture: bytes, name: str = "notice-1.png") -> Attachment:
    """A small picture with the colours and the shape of the page and nothing that can be read.

    Raises PictureRefusedError.
    """
    with _opened(picture) as image:
        patches = image.convert("RGB").resize((_COVER_COLUMNS, _COVER_ROWS), Image.Resampling.BOX)
        ratio = image.height / image.width
    patches = patches.point(lambda value: value // _COVER_SHADES * _COVER_SHADES + _COVER_SHADES // 2)
    height_px = min(max(round(_COVER_WIDTH_PX * ratio), _COVER_WIDTH_PX // 2), _COVER_WIDTH_PX * 2)
    covered = patches.resize((_COVER_WIDTH_PX, height_px), Image.Resampling.NEAREST)
    return Attachment(name=name, media_type="image/png", content=_encoded(covered, "PNG"))


def fitted_picture(picture: bytes, limit: PictureLimit, name: str = "notice-1.png") -> Attachment:
    """The picture as it is where the service takes it, else a JPEG that is as large as allowed.

    Raises PictureRefusedError for what is no picture, too large to open, or does not fit at any size.
    """
    with _opened(picture) as image:
        is_small_enough = limit.max_side_px == 0 or max(image.size) <= limit.max_side_px
        if len(picture) <= limit.max_bytes and is_small_enough and image.format == "PNG":
            return Attachment(name=name, media_type="image/png", content=picture)
        flat = image.convert("RGB")
    if limit.max_side_px:
        flat.thumbnail((limit.max_side_px, limit.max_side_px), Image.Resampling.LANCZOS)
    jpeg_name = name.rsplit(".", 1)[0] + ".jpg"
    while max(flat.size) >= _SMALLEST_SIDE_PX:
        for quality in _JPEG_QUALITIES:
            # JPEG holds no more than 65,535 pixels along a side.
            if max(flat.size) < 65_500:
                content = _encoded(flat, "JPEG", quality=quality, optimize=True)
                if len(content) <= limit.max_bytes:
                    return Attachment(name=jpeg_name, media_type="image/jpeg", content=content)
        flat = flat.resize(
            (max(1, flat.width * 7 // 10), max(1, flat.height * 7 // 10)), Image.Resampling.LANCZOS
        )
    raise PictureRefusedError(f"The picture does not fit into {limit.max_bytes} bytes.")


def _opened(picture: bytes) -> Image.Image:
    """Open and decode, after the size that the header claims has been checked."""
    try:
        image = Image.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
        if image.width * image.height > MAX_PIXELS:
            raise PictureRefusedError(
                f"The picture claims {image.width} by {image.height} pixels, which is too large."
            )
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefusedError("The picture claims more pixels than may be opened.") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise PictureRefusedError(f"The picture cannot be read: {error}.") from None
    return image


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
