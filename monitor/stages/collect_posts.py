"""Source → post: reads due sources in the blind process and yields what is new or edited.

Never looks at what posts say. What was read is remembered only after whoever takes a batch has come
back for the next, so that a crash in between leads to reading again and never to a lost post.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from monitor.posts import CollectedPost, WatchAge
from monitor.progress import Step, Watcher
from spiders.crawl import CrawlJob, SourceJob, crawl
from spiders.errors import CrawlError
from spiders.items import PageRead, PageState, Post, Record, Refusal, SourceDone
from storage import Scope, Storage, UnitOfWork
from storage.repositories.page import PageStateRecord
from storage.repositories.source import RefusalRecord, SourceRecord

_BATCH = 200


def crawl_job(
    sources: Sequence[SourceRecord],
    states: Callable[[str], Sequence[PageStateRecord]],
    template: CrawlJob,
) -> CrawlJob:
    """The template with these sources and what is remembered of their pages."""
    jobs = tuple(
        SourceJob(
            source_url=source.url,
            platform=source.platform,
            start_url=source.start_url,
            states=tuple(PageState(**dataclasses.asdict(state)) for state in states(source.id)),
        )
        for source in sources
    )
    return dataclasses.replace(template, sources=jobs)


class _Tally:
    """What has been read of each source since the crawl began, and what is not yet remembered."""

    def __init__(self, sources: Sequence[SourceRecord]) -> None:
        self.ids = {source.url: source.id for source in sources}
        self.posts: list[Post] = []
        self.states: dict[str, list[PageStateRecord]] = defaultdict(list)
        self.pages_read: Counter[str] = Counter()
        self.refusals: dict[str, list[RefusalRecord]] = defaultdict(list)
        self.done: list[SourceDone] = []

    def take(self, record: Record, watcher: Watcher) -> None:
        source_id = self.ids.get(record.source_url, "")
        match record:
            case Post():
                self.posts.append(record)
                watcher.happened(Step.POST)
            case PageRead():
                self.pages_read[source_id] += 1
                watcher.happened(Step.PAGE, where=record.url)
            case Refusal():
                self.refusals[source_id].append(_refusal_record(record))
                watcher.happened(Step.REFUSAL, outcome=record.kind.value, where=record.url)
            case PageState():
                self.states[source_id].append(_state_record(record))
            case SourceDone():
                self.done.append(record)
                watcher.happened(Step.SOURCE)
            case _:
                pass


def collect_posts(
    storage: Storage,
    sources: Sequence[SourceRecord],
    template: CrawlJob,
    age: WatchAge,
    watcher: Watcher,
) -> Iterator[list[CollectedPost]]:
    """Read the sources; yield batches of posts that are new, edited, or not yet matched against this watch list.

    Raises CrawlError at the end where the crawl process failed; sources it did not come to are noted
    as refused, and everything it handed over has been yielded and remembered.
    """
    with storage.read(Scope.operator()) as work:
        job = crawl_job(sources, work.pages.states, template)
    tally = _Tally(sources)
    failure: CrawlError | None = None
    records = crawl(job)
    try:
        for record in records:
            tally.take(record, watcher)
            if len(tally.posts) >= _BATCH or isinstance(record, SourceDone):
                yield from _flush(storage, tally, age)
    except CrawlError as error:
        failure = error
    finally:
        records.close()
    yield from _flush(storage, tally, age)
    if failure is not None:
        raise failure


def _flush(storage: Storage, tally: _Tally, age: WatchAge) -> Iterator[list[CollectedPost]]:
    """Yield what is to be matched of the posts so far; once it is dealt with, remember it and what was read."""
    by_site: dict[str, list[Post]] = defaultdict(list)
    for post in tally.posts:
        by_site[post.site].append(post)
    fresh: list[CollectedPost] = []
    with storage.read(Scope.operator()) as work:
        for site, posts in by_site.items():
            bodies = [(post.id, post.body_sha256) for post in posts]
            verdicts = work.seen.compare(site, bodies, stale_before=age.changed_at)
            fresh += [
                CollectedPost(source_id=tally.ids[post.source_url], post=post, is_edited=verdict == "edited")
                for post, verdict in zip(posts, verdicts, strict=True)
                if verdict != "known"
            ]
    if fresh:
        yield fresh
    with storage.begin(Scope.operator()) as work:
        _remember(work, tally, by_site, age)
    tally.posts.clear()
    tally.states.clear()
    tally.done.clear()


def _remember(work: UnitOfWork, tally: _Tally, by_site: Mapping[str, Sequence[Post]], age: WatchAge) -> None:
    now = datetime.now(UTC)
    for site, posts in by_site.items():
        work.seen.remember(site, [(post.id, post.body_sha256) for post in posts], at=age.made_at)
    # A source may have been removed while it was read.
    standing = {source.id for source in work.sources.list()}
    for source_id, states in tally.states.items():
        if source_id in standing:
            work.pages.save(source_id, states)
    for done in tally.done:
        source_id = tally.ids[done.source_url]
        refusals = tally.refusals.pop(source_id, ())
        if source_id in standing:
            work.sources.mark_read(
                source_id,
                now,
                done.posts,
                done.requests,
                is_cut=done.is_cut,
                refusals=refusals,
                is_success=tally.pages_read[source_id] > 0,
            )


def _state_record(state: PageState) -> PageStateRecord:
    return PageStateRecord(
        **{field.name: getattr(state, field.name) for field in dataclasses.fields(PageStateRecord)}
    )


def _refusal_record(refusal: Refusal) -> RefusalRecord:
    return RefusalRecord(
        url=refusal.url,
        kind=refusal.kind.value,
        status=refusal.status,
        detail=refusal.detail,
        retry_after_s=refusal.retry_after_s,
    )
