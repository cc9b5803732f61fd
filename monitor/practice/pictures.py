"""The forum's pictures, drawn at run time: cats, food, a ball, a sunset, and two "wanted" posters.

It decides what each picture shows. Every face is a cartoon; nobody is depicted.
"""

from __future__ import annotations

import dataclasses
import functools
import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

_SCALE = 3  # drawn larger and shrunk, because Pillow's shapes have hard edges
Box = tuple[float, float, float, float]


class _Canvas:
    """Shapes in the picture's own pixels, on a larger image underneath."""

    def __init__(self, size: tuple[int, int], background: str) -> None:
        self.size = size
        self._image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), background)
        self._draw = ImageDraw.Draw(self._image)

    def ellipse(self, box: Box, fill: str, outline: str | None = None, width: int = 0) -> None:
        self._draw.ellipse([value * _SCALE for value in box], fill, outline, width * _SCALE)

    def rectangle(self, box: Box, fill: str | None, outline: str | None = None, width: int = 0) -> None:
        self._draw.rectangle([value * _SCALE for value in box], fill, outline, width * _SCALE)

    def polygon(self, points: list[tuple[float, float]], fill: str) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill)

    def arc(self, box: Box, start: float, end: float, fill: str, width: int) -> None:
        self._draw.arc([value * _SCALE for value in box], start, end, fill, width * _SCALE)

    def line(self, points: list[tuple[float, float]], fill: str, width: int) -> None:
        self._draw.line([(x * _SCALE, y * _SCALE) for x, y in points], fill, width * _SCALE, "curve")

    def text(self, middle: tuple[float, float], text: str, size: int, fill: str) -> None:
        font = ImageFont.load_default(size * _SCALE)
        place = (middle[0] * _SCALE, middle[1] * _SCALE)
        self._draw.text(
            place, text, fill, font, anchor="mm", stroke_width=size * _SCALE // 40, stroke_fill=fill
        )

    def png(self) -> bytes:
        buffer = io.BytesIO()
        self._image.resize(self.size, Image.Resampling.LANCZOS).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A picture's alternative text, its size in pixels, and how it is drawn."""

    alt: str
    size: tuple[int, int]
    background: str
    draw: Callable[[_Canvas], None]


def _cat(fur: str, dark: str, eyes: str) -> Callable[[_Canvas], None]:
    def draw(canvas: _Canvas) -> None:
        canvas.rectangle((0, 215, 420, 280), "#b9a58a")
        canvas.ellipse((120, 130, 300, 300), fur)
        canvas.line([(290, 240), (340, 225), (352, 180), (335, 150)], dark, 20)
        for left in (135, 232):
            canvas.polygon([(left, 92), (left + 14, 22), (left + 58, 68)] if left < 200 else
                           [(left - 4, 68), (left + 40, 22), (left + 54, 92)], fur)  # fmt: skip
        canvas.ellipse((128, 52, 292, 190), fur)
        for x in (190, 210, 230):
            canvas.line([(x, 56), (x, 78)], dark, 6)
        for x in (158, 222):
            canvas.ellipse((x, 98, x + 40, 136), eyes)
            canvas.ellipse((x + 15, 100, x + 25, 134), "#1d1d1d")
        canvas.polygon([(201, 144), (219, 144), (210, 155)], "#d98880")
        canvas.arc((190, 146, 210, 168), 0, 170, "#3b2f2f", 3)
        canvas.arc((210, 146, 230, 168), 10, 180, "#3b2f2f", 3)
        for offset in (-6, 4, 14):
            canvas.line([(178, 152 + offset / 3), (112, 146 + offset)], "#f7f3ec", 2)
            canvas.line([(242, 152 + offset / 3), (308, 146 + offset)], "#f7f3ec", 2)
        for x in (165, 215):
            canvas.ellipse((x, 248, x + 42, 276), dark)

    return draw


def _noodles(canvas: _Canvas) -> None:
    canvas.ellipse((40, 222, 380, 268), "#9c8468")
    canvas.ellipse((55, 60, 365, 250), "#f4efe6", "#2f6f8f", 6)
    canvas.ellipse((80, 78, 340, 222), "#c9803f")
    for step in range(9):
        canvas.arc((95 + step * 9, 92 + step * 3, 290 + step * 5, 196 + step * 2), 180, 355, "#f6dc9b", 6)
    canvas.ellipse((230, 120, 305, 178), "#fffaf0")
    canvas.ellipse((251, 134, 286, 165), "#f2a93b")
    for x, y in ((140, 150), (165, 176), (200, 190), (125, 175), (190, 120)):
        canvas.ellipse((x, y, x + 16, y + 11), "#4f8f4a")
    canvas.line([(300, 40), (170, 190)], "#6b3e26", 7)
    canvas.line([(330, 52), (190, 196)], "#6b3e26", 7)


def _bread(canvas: _Canvas) -> None:
    canvas.ellipse((30, 196, 390, 262), "#8a6f52")
    canvas.ellipse((40, 188, 380, 246), "#e8dcc8")
    for x, y in ((78, 120), (196, 120), (137, 76), (252, 92), (60, 158), (160, 152), (264, 152)):
        canvas.ellipse((x, y, x + 112, y + 76), "#c98a4b")
        canvas.ellipse((x + 10, y + 6, x + 96, y + 48), "#dfa765")
        canvas.arc((x + 24, y + 12, x + 84, y + 52), 200, 330, "#fff1d6", 3)


def _ball(canvas: _Canvas) -> None:
    canvas.rectangle((0, 190, 420, 280), "#5f9a4f")
    for x in range(0, 420, 60):
        canvas.polygon([(x, 190), (x + 30, 190), (x + 6, 280), (x - 30, 280)], "#6aa859")
    canvas.ellipse((130, 210, 300, 250), "#44763a")
    canvas.ellipse((130, 60, 290, 220), "#fbfbfb", "#444444", 3)
    canvas.polygon([(210, 108), (243, 132), (230, 170), (190, 170), (177, 132)], "#222222")
    for x, y in ((210, 62), (286, 120), (258, 205), (162, 205), (134, 120)):
        canvas.line([(210 + (x - 210) * 0.45, 140 + (y - 140) * 0.45), (x, y)], "#444444", 4)


def _sunset(canvas: _Canvas) -> None:
    bands = ("#2f3e6e", "#5a4a82", "#8f5687", "#c76b7a", "#ea8f66", "#f7b765", "#fbd98c")
    for index, colour in enumerate(bands):
        canvas.rectangle((0, index * 26, 420, index * 26 + 27), colour)
    canvas.ellipse((165, 110, 255, 200), "#fff0c2")
    canvas.rectangle((0, 180, 420, 280), "#34507a")
    for row in range(6):
        half = 62 - row * 8
        canvas.rectangle((210 - half, 188 + row * 14, 210 + half, 192 + row * 14), "#f4c987")
    canvas.polygon([(280, 186), (350, 186), (338, 204), (290, 204)], "#1d2436")
    canvas.polygon([(314, 110), (314, 182), (282, 182)], "#f3ead9")
    canvas.line([(316, 104), (316, 188)], "#1d2436", 3)


def _poster(heading: str, name: str, *lines: str) -> Callable[[_Canvas], None]:
    def draw(canvas: _Canvas) -> None:
        canvas.rectangle((14, 14, 406, 526), None, "#7a1f1f", 5)
        canvas.text((210, 62), heading, 54, "#9c1c1c")
        canvas.rectangle((110, 110, 310, 320), "#fff8e8", "#5b4630", 4)
        canvas.ellipse((150, 250, 270, 380), "#6c7f93")
        canvas.rectangle((112, 318, 308, 384), "#f1e2bf")
        canvas.ellipse((155, 140, 265, 270), "#e8c39e")
        canvas.ellipse((148, 126, 272, 186), "#4a3728")
        for x in (184, 226):
            canvas.ellipse((x, 194, x + 12, 208), "#2b2b2b")
        canvas.line([(208, 206), (204, 228), (214, 228)], "#b98a63", 3)
        canvas.arc((186, 232, 234, 256), 200, 340, "#7a4a3a", 4)
        canvas.text((210, 372), name, 30, "#1f1a14")
        for index, line in enumerate(lines):
            canvas.text((210, 416 + index * 34), line, 23, "#3a2c1c")

    return draw


PICTURES: dict[str, Picture] = {
    "cat-ginger": Picture("A ginger cat", (420, 280), "#dfe9ee", _cat("#e0913f", "#b96b22", "#9ccf6a")),
    "cat-grey": Picture("A grey cat", (420, 280), "#e9e4da", _cat("#8d949c", "#666d75", "#e3c35a")),
    "cat-black": Picture("A black cat", (420, 280), "#f0e3d2", _cat("#2f2f35", "#1b1b20", "#f0d04f")),
    "noodles": Picture("A bowl of noodles with an egg", (420, 280), "#d9c3a5", _noodles),
    "bread": Picture("A plate of small loaves", (420, 280), "#efe5d5", _bread),
    "ball": Picture("A football on grass", (420, 280), "#bfe0f2", _ball),
    "sunset": Picture("A sailing boat at sunset", (420, 280), "#2f3e6e", _sunset),
    "poster-wanted": Picture(
        "Poster",
        (420, 540),
        "#f1e2bf",
        _poster(
            "WANTED", "Maricel Dalogdog", "ESTAFADOR / SCAMMER", "Barangay San Telmo", "Tel. 0917 000 7361"
        ),
    ),
    "poster-busca": Picture(
        "Cartel",
        (420, 540),
        "#f1e2bf",
        _poster("SE BUSCA", "Jimena Zaldumbide", "RATERA Y ESTAFADORA", "Los Fresnos", "Tel. 55 0000 1947"),
    ),
}


@functools.cache
def picture_png(name: str) -> bytes:
    """The picture as PNG. Raises KeyError where there is none of that name."""
    picture = PICTURES[name]
    canvas = _Canvas(picture.size, picture.background)
    picture.draw(canvas)
    return canvas.png()
