"""What is asked of the page's isolated world, and its answers as typed values; never touches the page's own scripts.

The answers come from a renderer that ran hostile code, so they are parsed like any other input.
"""

from __future__ import annotations

from importlib import resources

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from monitor.evidence.observation import Box, Match, TextSearch


def _source(name: str) -> str:
    text = resources.files("monitor.evidence").joinpath(name).read_text(encoding="utf-8")
    return text.rstrip().rstrip(";")


# One expression: the object whose functions can be asked for.
SCRIPT = f"((page) => ({{...page, ...({_source('banner_script.js')})(page)}}))({_source('page_script.js')})"


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class BoxAnswer(_Answer):
    x: float
    y: float
    width: float
    height: float

    def box(self) -> Box:
        return Box(x=self.x, y=self.y, width=self.width, height=self.height)


class _MatchAnswer(_Answer):
    expected: str
    text: str
    path: str
    in_post: bool
    boxes: list[BoxAnswer]


class SearchAnswer(_Answer):
    """Where the expected strings stand."""

    visible_chars: int
    foreign_frames: int
    is_post_found: bool
    missing: list[str]
    hidden: list[str]
    title: str
    matches: list[_MatchAnswer] = Field(max_length=5000)

    def search(self) -> TextSearch:
        return TextSearch(
            matches=tuple(
                Match(
                    expected=match.expected,
                    untrusted_text=match.text,
                    dom_path=match.path,
                    boxes=tuple(box.box() for box in match.boxes),
                    is_in_post=match.in_post,
                )
                for match in self.matches
            ),
            missing=tuple(self.missing),
            hidden=tuple(self.hidden),
            visible_chars=self.visible_chars,
            is_post_found=self.is_post_found,
            foreign_frames=self.foreign_frames,
        )


class _Scroll(_Answer):
    x: float
    y: float


class ViewAnswer(_Answer):
    """Which matches are in view, in viewport pixels, and whether something lies over the first."""

    covered: bool
    scroll: _Scroll
    boxes: list[BoxAnswer] = Field(max_length=20000)


class FrameAnswer(_Answer):
    """Where a frame's content begins in the viewport. ``covered``: something lies over its middle."""

    shown: bool
    covered: bool
    x: float
    y: float
    scroll: _Scroll
    path: str


class BannerAnswer(_Answer):
    """A consent banner's button: where to press, in viewport pixels."""

    x: float
    y: float
    label: str
    path: str
    text: str


class SizeAnswer(_Answer):
    width: float
    height: float
    view_width: float
    view_height: float


class ScrollAnswer(_Answer):
    height: float
    pending: int
