"""The forum's opening content, read from the shipped data files into checked, frozen models.

It decides what stands in the forum when it opens; it never changes afterwards (that is ``discussion``).
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.practice.subjects import DEMO_SUBJECTS

POSTS_PER_PAGE = 10
THREADS_PER_PAGE = 20

Lang = Literal["en", "zh-Hans", "zh-Hant", "id", "tl", "es", "hi"]
_SUBJECT_IDS = frozenset(subject.id for subject in DEMO_SUBJECTS)


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BoardContent(_Content):
    """One board. ``access``: ``members`` answers 403, ``login`` shows a form in place of the threads."""

    slug: str = Field(pattern=r"^[a-z-]+$")
    name: str
    about: str
    lang: Lang
    access: Literal["open", "members", "login"] = "open"
    has_microdata: bool = False


class PostContent(_Content):
    """One post. ``after_min`` is minutes since the post before it.

    ``shames`` names the demo's subjects whom a monitor must find here. ``looks_bad`` says why an
    innocent post is hard to tell from a shaming one.
    """

    by: str
    text: str
    after_min: int | None = Field(default=None, ge=1)
    quotes: int | None = Field(default=None, ge=1)
    images: tuple[str, ...] = ()
    edited_after_min: int | None = Field(default=None, ge=1)
    shames: tuple[str, ...] = ()
    looks_bad: str = ""

    @model_validator(mode="after")
    def _check(self) -> PostContent:
        unknown = set(self.shames) - _SUBJECT_IDS
        if unknown:
            raise ValueError(f"{min(unknown)!r} is no subject of the demo")
        if self.shames and self.looks_bad:
            raise ValueError("a post cannot both shame a subject and only look bad")
        return self


class ThreadContent(_Content):
    """One thread; its first post opens it. Times count back from the moment the forum opens."""

    id: int = Field(ge=1)
    board: str
    title: str
    lang: Lang
    began_days_ago: float = Field(gt=0)
    gap_min: int = Field(default=47, ge=1)
    is_pinned: bool = False
    is_removed: bool = False
    posts: Annotated[tuple[PostContent, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> ThreadContent:
        for number, post in enumerate(self.posts, start=1):
            if post.quotes is not None and post.quotes >= number:
                raise ValueError(f"post {number} of thread {self.id} quotes a post that is not before it")
        last_offset, edited_offset = self.offsets()[-1]
        if max(last_offset, edited_offset or last_offset) >= timedelta(days=self.began_days_ago):
            raise ValueError(f"thread {self.id} would end in the future: began_days_ago is too small")
        return self

    def offsets(self) -> tuple[tuple[timedelta, timedelta | None], ...]:
        """For each post, when it was written and when it was edited, counted from the thread's beginning."""
        offsets = []
        written = timedelta()
        for index, post in enumerate(self.posts):
            if index:
                # People do not answer like clockwork: the gap varies, the same way every time.
                gap_min = post.after_min or self.gap_min * (1 + index * 7 % 5) // 2 + index % 3 + 1
                written += timedelta(minutes=gap_min, seconds=index * 17 % 60)
            edited = None
            if post.edited_after_min is not None:
                edited = written + timedelta(minutes=post.edited_after_min)
            offsets.append((written, edited))
        return tuple(offsets)


class ForumContent(_Content):
    """Everything that stands in the forum when it opens."""

    name: str
    motto: str
    boards: tuple[BoardContent, ...]
    threads: tuple[ThreadContent, ...]
    labels: Mapping[str, Mapping[str, str]]

    @model_validator(mode="after")
    def _check(self) -> ForumContent:
        slugs = {board.slug for board in self.boards}
        ids = [thread.id for thread in self.threads]
        if len(ids) != len(set(ids)):
            raise ValueError("two threads have the same id")
        strays = sorted({thread.board for thread in self.threads} - slugs)
        if strays:
            raise ValueError(f"there is no board {strays[0]!r}")
        keys = set(self.labels["en"])
        for lang, labels in self.labels.items():
            if set(labels) != keys:
                raise ValueError(f"the labels of {lang} are not those of en")
        return self


@functools.cache
def shipped_content() -> ForumContent:
    """The content that ships with the package. Raises pydantic.ValidationError where a data file is wrong."""
    folder = resources.files("monitor.practice") / "content"
    forum = tomllib.loads((folder / "forum.toml").read_text(encoding="utf-8"))
    labels = tomllib.loads((folder / "labels.toml").read_text(encoding="utf-8"))
    threads = [
        tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted((folder / "threads").iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
    return ForumContent.model_validate({**forum, "labels": labels, "threads": threads})
