"""Pages become strips that lose no line and fit on paper; what cannot be read is said, not raised."""

from __future__ import annotations

import base64
import dataclasses
import io
from pathlib import Path

import pytest
from PIL import Image

from monitor.evidence.report.figures import Figures
from monitor.evidence.report.pictures import PictureError, single, strips, strips_for_each
from monitor.evidence.report.wording import wording
from tests.integration.evidence.report_samples import item, sample


def picture(path: Path, size: tuple[int, int], mode: str = "RGB", colour: object = "white") -> Path:
    Image.new(mode, size, colour).save(path)  # type: ignore[arg-type]
    return path


def decoded(source: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))


@pytest.mark.parametrize(
    ("size", "count"),
    [((1280, 900), 1), ((1280, 1460), 1), ((1280, 1461), 2), ((640, 4000), 6), ((2560, 2000), 1)],
)
def test_a_page_becomes_strips_that_fit_on_paper(tmp_path: Path, size: tuple[int, int], count: int) -> None:
    found, is_cut = strips(picture(tmp_path / "p.png", size), 10)
    assert len(found) == count
    assert not is_cut
    for one in found:
        assert one.width_mm <= 174
        assert one.height_mm <= 199
        assert max(decoded(one.source).size) <= 1460


def test_strips_overlap_and_together_hold_the_whole_page(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    striped = Image.new("RGB", (1280, 5000), "white")
    for top in range(0, 5000, 10):
        striped.paste((top % 250, top // 250, 0), (0, top, 1280, top + 10))
    striped.save(path)
    found, _ = strips(path, 10)
    heights = [decoded(one.source).size[1] for one in found]
    assert sum(heights) == 5000 + 24 * (len(heights) - 1)


def test_more_strips_than_may_be_are_cut_and_said(tmp_path: Path) -> None:
    found, is_cut = strips(picture(tmp_path / "p.png", (1280, 9000)), 3)
    assert (len(found), is_cut) == (3, True)


def test_transparent_pictures_stand_on_white(tmp_path: Path) -> None:
    clear = picture(tmp_path / "p.png", (40, 40), "RGBA", (0, 0, 0, 0))
    assert decoded(single(clear).source).getpixel((5, 5)) == (255, 255, 255)


def test_small_pictures_are_not_blown_up(tmp_path: Path) -> None:
    assert single(picture(tmp_path / "p.png", (96, 48))).width_mm == 25.4


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_picture_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.png").write_bytes(content)
    with pytest.raises(PictureError):
        single(tmp_path / "p.png")


def test_a_picture_that_cannot_be_read_leaves_a_sentence(tmp_path: Path) -> None:
    contents = sample(tmp_path, "en", hits=0)
    one = item(tmp_path, 5, height_px=700)
    (tmp_path / "screenshot.png").write_bytes(b"broken")
    broken = dataclasses.replace(one, pictures=[tmp_path / "screenshot.png"])
    figures = Figures.read(dataclasses.replace(contents, hits=[], loose_items=[broken]))
    (figure,) = figures.of_item(broken, wording("en"))
    assert figure.picture is None
    assert figure.caption == "The file screenshot.png could not be shown here."


def test_the_whole_page_is_shown_once_for_a_post_and_the_newest_capture_briefly(tmp_path: Path) -> None:
    contents = sample(tmp_path, "en", hits=1, height_px=4000)
    first, last = contents.hits[0].items
    between = dataclasses.replace(item(tmp_path, 77, height_px=4000), id="e-between")
    hit = dataclasses.replace(contents.hits[0], items=[first, between, last])
    figures = Figures.read(dataclasses.replace(contents, hits=[hit], loose_items=[]))
    words = wording("en")
    assert [one.caption for one in figures.of_item(first, words)] == [
        "The page at the post. The outline was drawn on the picture afterwards.",
        *(f"The whole page, part {part} of 3." for part in (1, 2, 3)),
    ]
    assert [one.caption for one in figures.of_item(between, words)] == [
        "The picture of the whole page is in the file screenshot.png."
    ]
    assert [one.caption for one in figures.of_item(last, words)] == [
        "The top of the page. The whole picture is in the file screenshot.png."
    ]


def test_the_more_posts_the_fewer_strips_each() -> None:
    assert [strips_for_each(count) for count in (0, 1, 6, 10, 36, 500)] == [6, 6, 6, 3, 1, 1]
