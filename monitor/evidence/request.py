"""What a capture is asked for: the page, the mention to look for, and what is known beforehand. Visits nothing."""

from __future__ import annotations

import dataclasses
from datetime import datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PostFacts:
    """What the source said of the post. ``chars``: how long its text was, blanks aside."""

    id: str = ""
    untrusted_author: str = ""
    published_at: datetime | None = None
    chars: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRequest:
    """What to capture.

    ``expected``: the strings of the mention as they stand in the post, empty for a page without one.
    ``context_text``: the post's own words, ``anchors``: its ids, both to find the right post among many.
    ``is_in_post``: whether ``expected`` is from the post's own text; False where it is from the thread's
    title or from words that the post quotes, which stand elsewhere on the page and are "ok" there.
    ``timeout_s`` covers the whole visit; up to ``settle_s`` of it is spent on waiting for a mention that
    is not there yet.
    """

    url: str
    expected: tuple[str, ...] = ()
    context_text: str = ""
    anchors: tuple[str, ...] = ()
    is_in_post: bool = True
    post: PostFacts = PostFacts()
    case_reference: str = ""
    reached_by: str = "the address of the post, as its source gave it"
    robots: str = "not consulted: one visit to one public page, on behalf of the person it is about"
    timeout_s: float = 60.0
    settle_s: float = 4.0
