"""A covered picture cannot be read, a fitted one fits, and a bomb is not opened."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from monitor.alerts.picture import (
    MAX_PIXELS,
    PictureLimit,
    PictureRefusedError,
    covered_picture,
    fitted_picture,
)


def page(text: str = "ZHOU LANFANG 138 0000 1234", *, width: int = 1280, height: int = 2400) -> Image.Image:
    """A page of black lines on white, as a screenshot of a forum is."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for top in range(20, height - 40, 40):
        draw.text((40, top), text * 3, fill="black", font_size=24)
    return image


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def noise(width: int, height: int) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return png(Image.fromarray(pixels, "RGB"))


def decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def contrast_within_lines(image: Image.Image) -> float:
    """Mean step between neighbouring pixels of a row, 0..255: what a reader or a text recogniser lives on."""
    grey = np.asarray(image.convert("L"), dtype=np.int16)
    return float(np.abs(np.diff(grey, axis=1)).mean())


def test_the_contrast_of_writing_is_gone_from_a_covered_picture() -> None:
    source = page()
    covered = decoded(covered_picture(png(source)).content)
    assert contrast_within_lines(source) > 10
    assert contrast_within_lines(covered) < 0.5


def test_pages_that_differ_in_a_name_and_a_number_are_covered_to_the_same_picture() -> None:
    """What is the same for two names tells neither: no patch depends on single letters."""
    one = covered_picture(png(page("CALL 138 0000 1234 ZHOU"))).content
    other = covered_picture(png(page("CALL 139 1111 7654 CHEN"))).content
    assert one == other


def test_a_covered_picture_still_tells_a_dark_page_from_a_light_one() -> None:
    light = decoded(covered_picture(png(page())).content)
    dark = decoded(covered_picture(png(Image.new("RGB", (1280, 2400), (30, 30, 60)))).content)
    assert np.asarray(light).mean() - np.asarray(dark).mean() > 100


def test_a_covered_picture_is_small_and_keeps_no_metadata() -> None:
    stream = io.BytesIO()
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415

    info = PngInfo()
    info.add_text("Title", "Zhou Lanfang")
    page().save(stream, "PNG", pnginfo=info)
    covered = covered_picture(stream.getvalue())
    assert len(covered.content) < 20_000
    assert b"Lanfang" not in covered.content


def test_a_picture_that_fits_is_handed_on_byte_for_byte() -> None:
    picture = png(page())
    fitted = fitted_picture(picture, PictureLimit(max_bytes=5_000_000))
    assert (fitted.content, fitted.name, fitted.media_type) == (picture, "notice-1.png", "image/png")


@pytest.mark.parametrize("max_bytes", [400_000, 60_000, 15_000])
def test_a_picture_that_is_too_large_is_scaled_to_the_limit(max_bytes: int) -> None:
    fitted = fitted_picture(noise(1200, 1600), PictureLimit(max_bytes=max_bytes))
    assert max_bytes / 4 < len(fitted.content) <= max_bytes
    assert (fitted.name, fitted.media_type) == ("notice-1.jpg", "image/jpeg")
    assert decoded(fitted.content).format == "JPEG"


def test_a_picture_with_a_side_that_is_too_long_is_scaled() -> None:
    fitted = fitted_picture(png(page(height=6000)), PictureLimit(max_bytes=9_000_000, max_side_px=4000))
    assert decoded(fitted.content).size[1] <= 4000


def test_a_picture_that_fits_at_no_size_is_refused_with_a_sentence() -> None:
    with pytest.raises(PictureRefusedError, match="does not fit into 300 bytes"):
        fitted_picture(noise(400, 400), PictureLimit(max_bytes=300))


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its body never delivers."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4096))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    assert side * side > MAX_PIXELS
    with pytest.raises(PictureRefusedError, match="pixels"):
        covered_picture(bomb(side, side))


@pytest.mark.parametrize(
    "junk", [b"", b"GIF89a" + b"\0" * 64, b"<svg/>", png(page())[:400], bomb(100, 100)],
    ids=["empty", "gif", "svg", "truncated", "short body"],
)  # fmt: skip
def test_what_is_no_whole_png_or_jpeg_is_refused(junk: bytes) -> None:
    with pytest.raises(PictureRefusedError):
        fitted_picture(junk, PictureLimit(max_bytes=100))
