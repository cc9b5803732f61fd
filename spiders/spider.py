"""The one Spider: asks a platform what to request, hands it what came back, writes posts and refusals.

It reads every source of the job, one request at a time per host, and knows no site: what a page means is
the platform's business, which page comes next is the frontier's.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import scrapy

from spiders.chains import Step
from spiders.fetching import Fetched, Fetcher
from spiders.frontier import Frontier
from spiders.items import (
    PageRead,
    PageState,
    Post,
    Record,
    Refusal,
    RefusalKind,
    SourceDone,
    SourceRecognised,
)
from spiders.job import RECOGNISE, CrawlJob, SourceJob
from spiders.platforms import registry
from spiders.platforms.base import Follow, Page, Platform, Reading
from spiders.reading import (
    other_ways,
    raise_for_reading,
    raise_for_refusal,
    reading_from_page,
    recognition_from_page,
)
from spiders.refusals import PageRefusedError

NO_REQUESTS: tuple[scrapy.Request, ...] = ()
Sink = Callable[[Sequence[Record]], Awaitable[None]]

# Asking again at the next crawl would not help; a changed marker or the round of edits asks again.
_FINAL = frozenset(
    {RefusalKind.FORBIDDEN, RefusalKind.GONE, RefusalKind.ROBOTS, RefusalKind.LOGIN_WALL, RefusalKind.TOO_LARGE,
     RefusalKind.REDIRECT_LOOP, RefusalKind.ADDRESS_REFUSED, RefusalKind.UNREADABLE}
)  # fmt: skip


@dataclasses.dataclass(slots=True)
class _Source:
    """A source while it is being read."""

    job: SourceJob
    platform: Platform
    frontier: Frontier
    requests: int = 0
    posts: int = 0
    is_cut: bool = False


class ForumSpider(scrapy.Spider):
    """Reads the sources of one job. Records go to ``sink`` page by page, in order."""

    name = "forum"

    def __init__(
        self,
        *args: Any,
        job: CrawlJob,
        sink: Sink,
        before_first_request: Callable[[], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._before_first_request = before_first_request
        self.gate = job.gate()
        self._job = job
        self._sink = sink
        self._posts_seen: set[tuple[str, str]] = set()
        self._fetcher: Fetcher
        self._deadline_s: float

    async def start(self) -> AsyncIterator[Any]:
        """Scrapy's entry. Yields nothing to Scrapy: requests go through its downloader one by one."""
        self._before_first_request()
        self._deadline_s = asyncio.get_running_loop().time() + self._job.limits.time_limit_s
        self._fetcher = Fetcher(self.crawler, self._job.limits)
        turns = asyncio.Semaphore(self._job.limits.sources_at_once)
        read = self._recognise if self._job.mode == RECOGNISE else self._read_source

        async def in_turn(source: SourceJob) -> None:
            async with turns:
                await read(source)

        async with asyncio.TaskGroup() as group:
            for source in self._job.sources:
                group.create_task(in_turn(source))
        for request in NO_REQUESTS:
            yield request

    async def _recognise(self, source: SourceJob) -> None:
        step_url = source.start_url
        try:
            async with asyncio.timeout_at(self._deadline_s):
                fetched = await self._fetcher.fetch(step_url, {})
            page = _page(fetched, step_url, Follow(url=step_url, kind=""), source)
            raise_for_refusal(fetched, page)
            recognition = recognition_from_page(page)
            record: Record = SourceRecognised(source_url=source.source_url, **dataclasses.asdict(recognition))
        except PageRefusedError as refusal:
            record = _refusal(source.source_url, step_url, refusal)
        except TimeoutError:
            record = _refusal(source.source_url, step_url, _TIMED_OUT)
        done = SourceDone(source_url=source.source_url, platform="", requests=1, posts=0)
        await self._sink([record, done])

    async def _read_source(self, job: SourceJob) -> None:
        platform = registry.platform_by_name(job.platform)
        if platform is None:
            refusal = PageRefusedError(RefusalKind.UNREADABLE, f"There is no platform {job.platform!r}.")
            done = SourceDone(source_url=job.source_url, platform=job.platform, requests=0, posts=0)
            await self._sink([_refusal(job.source_url, job.start_url, refusal), done])
            return
        states = {state.url: state for state in job.states}
        limits = self._job.limits
        frontier = Frontier(
            job.start_url,
            platform.begin(job.start_url, states),
            states,
            max_pages=limits.max_pages_per_source,
            reread_pages=limits.reread_pages,
        )
        source = _Source(job, platform, frontier)
        await self._write(job, frontier.started())
        await self._read_pages(source)
        await self._write(
            job,
            [
                *frontier.finish(datetime.now(UTC)),
                SourceDone(
                    source_url=job.source_url,
                    platform=platform.name,
                    requests=source.requests,
                    posts=source.posts,
                    is_cut=source.is_cut or frontier.is_cut,
                ),
            ],
        )

    async def _write(self, job: SourceJob, records: Sequence[Record]) -> None:
        """Hand records over, each page state with the source that it belongs to."""
        await self._sink(
            [
                dataclasses.replace(record, source_url=job.source_url)
                if isinstance(record, PageState)
                else record
                for record in records
            ]
        )

    async def _read_pages(self, source: _Source) -> None:
        while (step := source.frontier.next()) is not None:
            source.requests += 1
            try:
                # A turn may be long in coming: a Crawl-delay, other sources of the host, a Retry-After.
                async with asyncio.timeout_at(self._deadline_s):
                    fetched = await self._fetcher.fetch(step.url, step.validators())
            except TimeoutError:
                source.is_cut = True
                return
            except PageRefusedError as refusal:
                self._fetcher.refuse(step.url, refusal)
                await self._report(source, step, refusal, _ways_without_page(source, step, refusal))
            else:
                await self._take(source, step, fetched)
            if self._fetcher.given_up(step.url) is not None:
                return

    async def _take(self, source: _Source, step: Step, fetched: Fetched) -> None:
        """A page came, with whatever status."""
        if fetched.is_unchanged:
            states = source.frontier.unchanged(step, datetime.now(UTC))
            await self._write(source.job, [*states, _page_read(source, step, fetched, 0, None)])
            return
        page = _page(fetched, step.url, step.follow, source.job)
        try:
            raise_for_refusal(fetched, page)
            reading = reading_from_page(source.platform, page)
            raise_for_reading(reading, may_be_empty=step.is_continuation)
        except PageRefusedError as refusal:
            self._fetcher.refuse(step.url, refusal)
            others = other_ways(source.platform, page) if fetched.status != 200 else ()
            await self._report(source, step, refusal, others)
            return
        await self._keep(source, step, fetched, reading)

    async def _keep(self, source: _Source, step: Step, fetched: Fetched, reading: Reading) -> None:
        new: list[Post] = []
        for post in reading.posts:
            key = (post.site, post.id)
            if key not in self._posts_seen:
                self._posts_seen.add(key)
                new.append(post)
        source.posts += len(new)
        states = source.frontier.took(
            step, reading, fetched.headers, datetime.now(UTC), has_new=bool(new) or not reading.posts
        )
        read = _page_read(source, step, fetched, len(reading.posts), reading.promised)
        await self._write(source.job, [*new, *states, read])

    async def _report(
        self, source: _Source, step: Step, refusal: PageRefusedError, others: Sequence[Follow]
    ) -> None:
        now = datetime.now(UTC)
        states = source.frontier.refused(step, others, now, is_final=refusal.kind in _FINAL)
        records: list[Record] = [*states]
        if not others:
            records.append(_refusal(source.job.source_url, step.url, refusal))
        await self._write(source.job, records)


_TIMED_OUT = PageRefusedError(
    RefusalKind.TIMED_OUT, "The page did not come in the time that a crawl may take."
)


def _ways_without_page(source: _Source, step: Step, refusal: PageRefusedError) -> Sequence[Follow]:
    """Other ways where nothing came back but the host may still be asked: robots.txt closes the API, say."""
    if refusal.kind not in _FINAL - {RefusalKind.ADDRESS_REFUSED}:
        return ()
    nothing = Fetched(url=step.url, status=refusal.status, headers={}, untrusted_body="", size_bytes=0)
    return other_ways(source.platform, _page(nothing, step.url, step.follow, source.job))


def _page(fetched: Fetched, requested_url: str, follow: Follow, source: SourceJob) -> Page:
    return Page(
        url=fetched.url,
        requested_url=requested_url,
        source_url=source.source_url,
        status=fetched.status,
        headers=fetched.headers,
        untrusted_body=fetched.untrusted_body,
        fetched_at=datetime.now(UTC),
        kind=follow.kind,
        context=follow.context,
    )


def _page_read(source: _Source, step: Step, fetched: Fetched, posts: int, promised: int | None) -> PageRead:
    return PageRead(
        source_url=source.job.source_url,
        url=step.url,
        kind=step.follow.kind,
        status=fetched.status,
        posts=posts,
        promised=promised,
        size_bytes=fetched.size_bytes,
    )


def _refusal(source_url: str, url: str, refusal: PageRefusedError) -> Refusal:
    return Refusal(
        source_url=source_url,
        url=url,
        kind=refusal.kind,
        status=refusal.status,
        detail=refusal.detail,
        retry_after_s=refusal.retry_after_s,
    )
