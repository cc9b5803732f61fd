from __future__ import annotations

import io

import numpy as np
from PIL import Image

from monitor.evidence.observation import Box
from monitor.evidence.outline import merged, outlined


def _png(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(target, "PNG")
    return target.getvalue()


def test_a_frame_is_drawn_around_the_box_and_nothing_within_it() -> None:
    result = Image.open(io.BytesIO(outlined(_png(200, 100), [Box(x=50, y=40, width=60, height=20)]))).convert(
        "RGB"
    )
    pixels = np.asarray(result)
    is_changed = (pixels != 255).any(axis=2)
    rows, columns = np.nonzero(is_changed)
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (46, 36, 114, 64)
    assert not is_changed[42:58, 52:108].any()


def test_parts_of_one_name_on_one_line_share_a_frame() -> None:
    parts = [Box(x=10, y=10, width=20, height=16), Box(x=32, y=11, width=15, height=16)]
    assert merged(parts) == [Box(x=10, y=10, width=37, height=17)]


def test_distant_words_and_other_lines_keep_their_own_frames() -> None:
    boxes = [
        Box(x=10, y=10, width=20, height=16),
        Box(x=90, y=10, width=20, height=16),
        Box(x=10, y=40, width=9, height=16),
    ]
    assert len(merged(boxes)) == 3


def test_boxes_beyond_the_picture_do_no_harm() -> None:
    png = outlined(
        _png(50, 50), [Box(x=-30, y=-30, width=10, height=10), Box(x=40, y=40, width=500, height=500)]
    )
    assert Image.open(io.BytesIO(png)).size == (50, 50)
