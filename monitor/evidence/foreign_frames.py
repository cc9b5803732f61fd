"""Looks for a mention in the page's frames of other origins, which the page's own script cannot enter; judges nothing.

Only frames that stand in the page itself are entered, and only where something is missing in the page's own
text. Whatever a frame does, it costs no more than a fixed time.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Protocol

from monitor.evidence.browser_errors import StepFailedError, TabLostError
from monitor.evidence.isolated_world import IsolatedWorld
from monitor.evidence.observation import Box, Match, TextSearch
from monitor.evidence.page_script import FrameAnswer, SearchAnswer, ViewAnswer

MAX_FRAMES = 12
_FRAME_S = 2.0
_ALL_FRAMES_S = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class ForeignFrame:
    """One frame: the world of its own document, and its element in the world of the page around it."""

    inner: IsolatedWorld
    outer: IsolatedWorld
    owner_node: int

    async def place(self, *, is_scrolled_to: bool = False) -> FrameAnswer:
        """Where its content begins in the viewport, and whether it is shown. Raises TabLostError, StepFailedError."""
        return FrameAnswer.model_validate(
            await self.outer.ask_about(self.owner_node, "placeOfFrame", is_scrolled_to)
        )


class Frames(Protocol):
    """What is needed of a tab."""

    async def foreign_frames(self, limit: int) -> list[ForeignFrame]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """What was found with the frames' help. ``holder``: the frame with the first match, where the page has none."""

    search: TextSearch
    holder: ForeignFrame | None = None


async def look_into_frames(tab: Frames, own: TextSearch, context_text: str, anchors: Sequence[str]) -> Look:
    """Look for what is missing on the page. ``foreign_frames`` of the result counts those that could not be searched."""
    search, holder, left = own, None, own.foreign_frames
    with contextlib.suppress(TimeoutError, StepFailedError, TabLostError):
        async with asyncio.timeout(_ALL_FRAMES_S):
            for frame in await tab.foreign_frames(MAX_FRAMES):
                if not search.missing:
                    break
                with contextlib.suppress(TimeoutError, StepFailedError, TabLostError):
                    async with asyncio.timeout(_FRAME_S):
                        found = await _search(frame, search, context_text, anchors)
                    left += found.foreign_frames - 1
                    if found.matches and not search.matches:
                        holder = frame
                    search = _joined(search, found)
    return Look(dataclasses.replace(search, foreign_frames=max(0, left)), holder)


async def view_of_mention(frame: ForeignFrame) -> ViewAnswer | None:
    """Scroll to the frame's first match. Where it then is in the viewport. Raises TabLostError, StepFailedError."""
    await frame.place(is_scrolled_to=True)
    answer = await frame.inner.ask("show")
    if answer is None:
        return None
    view, place = ViewAnswer.model_validate(answer), await frame.place()
    moved = [box.model_copy(update={"x": box.x + place.x, "y": box.y + place.y}) for box in view.boxes]
    return view.model_copy(update={"boxes": moved, "covered": view.covered or place.covered})


async def _search(
    frame: ForeignFrame, own: TextSearch, context_text: str, anchors: Sequence[str]
) -> TextSearch:
    asked = ("search", list(own.missing), context_text, list(anchors))
    found, scroll = SearchAnswer.model_validate(await frame.inner.ask(*asked)).search(), None
    if (
        found.matches
    ):  # what lies beyond the frame's edge is scrolled to, so that places are those of the pictures
        scroll = ViewAnswer.model_validate(await frame.inner.ask("show")).scroll
        found = SearchAnswer.model_validate(await frame.inner.ask(*asked)).search()
    place = await frame.place()
    if not place.shown:
        seen = tuple(dict.fromkeys(match.expected for match in found.matches))
        return dataclasses.replace(found, matches=(), hidden=found.hidden + seen, visible_chars=0)
    x = place.x + place.scroll.x - (scroll.x if scroll else 0)
    y = place.y + place.scroll.y - (scroll.y if scroll else 0)
    return dataclasses.replace(
        found, matches=tuple(_moved(match, place.path, x, y) for match in found.matches)
    )


def _moved(match: Match, path: str, x: float, y: float) -> Match:
    boxes = tuple(Box(x=box.x + x, y=box.y + y, width=box.width, height=box.height) for box in match.boxes)
    return dataclasses.replace(match, dom_path=f"{path} > document > {match.dom_path}", boxes=boxes)


def _joined(own: TextSearch, found: TextSearch) -> TextSearch:
    return dataclasses.replace(
        own,
        matches=own.matches + found.matches,
        missing=found.missing,
        hidden=own.hidden + found.hidden,
        visible_chars=own.visible_chars + found.visible_chars,
        is_post_found=own.is_post_found or found.is_post_found,
    )
