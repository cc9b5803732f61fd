"""Draws the outline of a mention on a picture of the page; pure. The page itself is never changed for it."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from monitor.evidence.observation import Box

_COLOUR = (214, 0, 36)
_WIDTH_PX = 3
_MARGIN_PX = 4
_GAP_PX = 8.0


def outlined(png: bytes, boxes: Sequence[Box]) -> bytes:
    """The picture with a frame around every box. ``boxes`` are in the picture's pixels."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as original:
        picture = original.convert("RGB")
    pen = ImageDraw.Draw(picture)
    for box in merged(boxes):
        left, top = box.x - _MARGIN_PX, box.y - _MARGIN_PX
        right, bottom = box.x + box.width + _MARGIN_PX, box.y + box.height + _MARGIN_PX
        pen.rectangle((left, top, right, bottom), outline=_COLOUR, width=_WIDTH_PX)
    target = io.BytesIO()
    picture.save(target, format="PNG")
    return target.getvalue()


def merged(boxes: Sequence[Box]) -> list[Box]:
    """One box for each line: neighbours on a line (a name in two elements) become one."""
    result: list[Box] = []
    for box in sorted(boxes, key=lambda item: (round(item.y), item.x)):
        last = result[-1] if result else None
        if last is not None and _is_same_line(last, box) and box.x <= last.x + last.width + _GAP_PX:
            right = max(last.x + last.width, box.x + box.width)
            bottom = max(last.y + last.height, box.y + box.height)
            top = min(last.y, box.y)
            result[-1] = Box(x=last.x, y=top, width=right - last.x, height=bottom - top)
        else:
            result.append(box)
    return result


def _is_same_line(one: Box, other: Box) -> bool:
    overlap = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return overlap > min(one.height, other.height) / 2
