"""Which page of a source is read next, and what is remembered of it. Pure: never fetches, knows no platform.

A *chain* is a page and its continuations: a thread with its pages, a listing with its pages. A chain's
marker is remembered only once the chain was read to its end, so whatever was missed is read again.

What is remembered, as ``PageState``:

- each page that held posts: ``read_at`` and validators, so that edits are found by reading again;
- the first page of a chain besides: ``marker``, and ``last_page_url`` where the chain ended. A thread
  that its listing calls changed is read from there on. A page of which nobody says anything is read at
  both ends, since new posts may stand first or last; its marker is the ids of its posts, and reading
  on from the front stops at a known one;
- a page that is its chain's end names itself as ``last_page_url``: only such a page is asked for
  conditionally, because 304 hides links;
- ``<start>#walk``: whether the listing has been walked to its end. Until it has, a page of unchanged
  threads does not end the walk;
- ``<start>#resume``: where an API that is read page by page was cut by the limit of pages.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from spiders.chains import Chain, Step, holds_known, known_posts
from spiders.items import PageState
from spiders.links import page_url
from spiders.platforms.base import Follow, Reading

_WALK = "walk"
_WALKED = "walked"
_WALKING = "walking"
_NEVER = datetime.min.replace(tzinfo=UTC)


class Frontier:
    """The order of pages of one source in one crawl."""

    def __init__(
        self,
        start_url: str,
        begin: Iterable[Follow],
        states: Mapping[str, PageState],
        *,
        max_pages: int,
        reread_pages: int,
    ) -> None:
        self._states = {page_url(url): state for url, state in states.items() if "#" not in url}
        self._walk_url, self._resume_key = page_url(start_url) + "#walk", page_url(start_url) + "#resume"
        walk = states.get(self._walk_url)
        self._was_walked = walk is not None and walk.marker == _WALKED
        self._queue: deque[Step] = deque()
        self._known = known_posts(self._states.values())
        self._seen: set[str] = set()
        self._fetched: set[str] = set()
        self._pages_left = max_pages
        self._rereads_left = reread_pages
        self._rereads: deque[Step] | None = None
        self._is_walk_whole = True
        self._resume_url = ""
        self.is_cut = False
        for follow in begin:
            self._enter(follow, is_begin=True)
        self._enter_resumed(states.get(self._resume_key))

    def next(self) -> Step | None:
        """The next page, None at the end or where the limit of pages is reached (``is_cut``)."""
        if self._queue:
            if self._pages_left <= 0:
                self.is_cut = True
                return None
            self._pages_left -= 1
            step = self._queue.popleft()
            self._fetched.add(step.url)
            return step
        if self._rereads is None:
            self._rereads = self._plan_rereads()
        if not self._rereads or self._pages_left <= 0:
            return None
        self._pages_left -= 1
        return self._rereads.popleft()

    def started(self) -> list[PageState]:
        """To remember before the first page is read: until ``finish``, the walk is not whole."""
        return [PageState(url=self._walk_url, kind=_WALK, marker=_WALKING)] if self._was_walked else []

    def took(
        self,
        step: Step,
        reading: Reading,
        validators: Mapping[str, str],
        now: datetime,
        *,
        has_new: bool = True,
    ) -> list[PageState]:
        """A page was read. Returns what is to be remembered once its posts are safe.

        ``has_new``: whether the page held a post that this crawl had not read before.
        """
        states: list[PageState] = []
        own = [follow for follow in reading.follow if follow.is_continuation]
        others = [follow for follow in reading.follow if not follow.is_continuation]
        was_end = step.was.last_page_url if step.was else ""
        if reading.posts or reading.watermark:
            state = PageState(
                url=step.url,
                kind=step.follow.kind,
                marker=step.page_marker(reading.posts, reading.watermark),
                last_page_url=step.url if not (own or others) else was_end if was_end != step.url else "",
                etag=validators.get("etag", ""),
                last_modified=validators.get("last-modified", ""),
                read_at=now,
            )
            states.append(state)
            step.chain.note(step, state, reading.watermark)
        if step.is_reread:
            return states
        if step.url == self._resume_url:
            self._resume_url = ""
        if (step.is_front and holds_known(reading.posts, self._known)) or (
            step.chain.is_resumed and not has_new
        ):
            own = []
        self._add(step, own, others, has_posts=bool(reading.posts))
        return states + self._closed(step.chain, now)

    def unchanged(self, step: Step, now: datetime) -> list[PageState]:
        """The server says that the page is as remembered (304)."""
        if step.was is None:
            return self._closed(step.chain, now)
        state = dataclasses.replace(step.was, read_at=now)
        if step.is_reread:
            return [state]
        step.chain.note(step, state, "")
        return [state, *self._closed(step.chain, now)]

    def refused(
        self, step: Step, other_ways: Sequence[Follow], now: datetime, *, is_final: bool
    ) -> list[PageState]:
        """A page was refused. ``is_final``: asking again at the next crawl would not help.

        A finally refused page is remembered as read, so that it neither is asked for at every crawl
        nor stays at the head of the pages to read again.
        """
        for follow in other_ways:
            self._enter(follow, is_begin=step.chain.is_begin)
        states: list[PageState] = []
        if not is_final:
            step.chain.is_whole = False
            self._is_walk_whole = self._is_walk_whole and step.is_reread
        elif step.was is not None or step.follow.marker:
            states.append(
                dataclasses.replace(step.was or PageState(url=step.url, kind=step.follow.kind), read_at=now)
            )
        if step.is_reread:
            return states
        if is_final:
            self._after_final_refusal(step, states)
        return states + self._closed(step.chain, now)

    def _after_final_refusal(self, step: Step, states: list[PageState]) -> None:
        if step.url == self._resume_url:
            self._resume_url = ""
        if step.url == step.chain.key:
            step.chain.first_page = states[0] if states else None
        elif step.follow is step.chain.start and step.chain.key not in self._fetched:
            # The thread has shrunk: what was its last page is gone. Read it from its first page.
            step.chain.was = None
            self._push(Step(step.follow, step.chain.key, step.chain, None), at_front=True)

    def finish(self, now: datetime) -> list[PageState]:
        """The source has been read to its end, or cut: what is to be remembered of the whole."""
        states: list[PageState] = []
        pending = next((step for step in self._queue if step.chain.is_begin and step.chain.is_whole), None)
        kind = ""
        if pending is not None and pending.chain.has_posts:
            # An API that is read page by page: newer than its watermark is all read, the rest is resumed.
            states += pending.chain.watermarks.values()
            self._resume_url, kind = pending.url, pending.follow.kind
        if self._resume_url or self._was_resumed:
            states.append(
                PageState(
                    url=self._resume_key, kind=kind or self._resume_kind, last_page_url=self._resume_url
                )
            )
        is_whole = self._is_walk_whole and not self._queue and not self._resume_url
        marker = _WALKED if is_whole else _WALKING
        return [*states, PageState(url=self._walk_url, kind=_WALK, marker=marker, read_at=now)]

    def _enter(self, follow: Follow, *, is_begin: bool = False) -> bool:
        """Begin a chain. False where its marker says that nothing is new, or where it was entered before."""
        key = page_url(follow.url)
        was = self._states.get(key)
        if key in self._seen:
            return False
        if follow.marker and was is not None and was.marker == follow.marker:
            return False
        end = was.last_page_url if was is not None and was.last_page_url else key
        self._seen.update((key, end))
        chain = Chain(start=follow, key=key, is_begin=is_begin, was=was)
        if end != key and not follow.marker:
            self._push(Step(follow, key, chain, was, is_front=True))
        self._push(Step(follow, end, chain, self._states.get(end)))
        return True

    def _enter_resumed(self, resume: PageState | None) -> None:
        """Go on where the limit of pages cut an earlier crawl."""
        url = resume.last_page_url if resume is not None else ""
        self._was_resumed = bool(url)
        self._resume_kind = resume.kind if resume is not None else ""
        if url and url not in self._seen:
            self._resume_url = url
            self._seen.add(url)
            follow = Follow(url=url, kind=self._resume_kind, is_continuation=True)
            chain = Chain(start=follow, key=url, is_begin=True, was=None, is_resumed=True)
            self._push(Step(follow, url, chain, None))

    def _push(self, step: Step, *, at_front: bool = False) -> None:
        step.chain.open_pages += 1
        if at_front:
            self._queue.appendleft(step)
        else:
            self._queue.append(step)

    def _add(self, step: Step, own: list[Follow], others: list[Follow], *, has_posts: bool) -> None:
        entered = [self._enter(follow) for follow in others]
        is_unchanged_listing = (
            bool(others) and not any(entered) and not has_posts and all(follow.marker for follow in others)
        )
        if is_unchanged_listing and self._was_walked:
            return
        steps = []
        for follow in own:
            url = page_url(follow.url)
            if url not in self._seen:
                self._seen.add(url)
                was = self._states.get(url)
                steps.append(Step(follow, url, step.chain, was, is_front=step.is_front))
        # A thread is read to its end before the next one; a listing's next page waits for its threads.
        for new in reversed(steps) if has_posts else steps:
            self._push(new, at_front=has_posts)

    def _closed(self, chain: Chain, now: datetime) -> list[PageState]:
        """Called once per page of a chain: after the last one, the chain's marker may be remembered."""
        chain.open_pages -= 1
        return chain.remembered(now) if not chain.open_pages and chain.is_whole else []

    def _plan_rereads(self) -> deque[Step]:
        """Remembered pages that this crawl has not read, least recently read first."""
        known = [state for url, state in self._states.items() if url not in self._fetched]
        known.sort(key=lambda state: state.read_at or _NEVER)
        steps: deque[Step] = deque()
        for state in known[: self._rereads_left]:
            url = page_url(state.url)
            follow = Follow(url=url, kind=state.kind)
            chain = Chain(start=follow, key=url, is_begin=False, was=None, open_pages=1)
            steps.append(Step(follow, url, chain, state, is_reread=True))
        return steps
