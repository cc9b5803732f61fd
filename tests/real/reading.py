"""Read a site through the product's own door, the blind crawl process, and compare with what stands there."""

from __future__ import annotations

import dataclasses
import urllib.request
from collections import Counter
from collections.abc import Iterable, Sequence

from bs4 import BeautifulSoup

from spiders.crawl import CrawlJob, CrawlLimits, SourceJob, crawl, recognise
from spiders.gate import allowed_network_from_text
from spiders.items import PageRead, PageState, Post, Refusal, SourceDone
from spiders.platforms.base import Recognition
from tests.real.conversation import RealPost


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one crawl of one source handed over."""

    posts: tuple[Post, ...]
    states: tuple[PageState, ...]
    pages: tuple[PageRead, ...]
    refusals: tuple[Refusal, ...]
    done: SourceDone

    @property
    def by_id(self) -> dict[int, Post]:
        """The posts by the software's own number, which is the end of the post's id."""
        return {number_of(post): post for post in self.posts}


def number_of(post: Post) -> int:
    """The software's own number of a post, whatever the reader puts before it."""
    return int(post.id.rpartition("-")[2])


def recognised(url: str, network: str) -> Recognition | Refusal:
    """What the crawl process says that the address is."""
    return recognise(url, allowed_networks=(allowed_network_from_text(network),))


def read(
    found: Recognition, network: str, states: Iterable[PageState] = (), *, reread_pages: int = 10
) -> Outcome:
    """Crawl one source to its end, without a pause between requests: it is our own server.

    ``reread_pages`` remembered pages are read again in search of edits.
    """
    job = CrawlJob(
        sources=(
            SourceJob(
                source_url=found.start_url,
                platform=found.platform,
                start_url=found.start_url,
                states=tuple(states),
            ),
        ),
        limits=CrawlLimits(delay_s=0.0, time_limit_s=240.0, reread_pages=reread_pages),
        allowed_networks=(allowed_network_from_text(network),),
    )
    records = tuple(crawl(job))
    done = [record for record in records if isinstance(record, SourceDone)]
    assert len(done) == 1
    return Outcome(
        posts=tuple(record for record in records if isinstance(record, Post)),
        states=tuple(record for record in records if isinstance(record, PageState)),
        pages=tuple(record for record in records if isinstance(record, PageRead)),
        refusals=tuple(record for record in records if isinstance(record, Refusal)),
        done=done[0],
    )


def remembered(*outcomes: Outcome) -> tuple[PageState, ...]:
    """The states as a monitor keeps them: the latest of each page."""
    latest = {state.url: state for outcome in outcomes for state in outcome.states}
    return tuple(latest.values())


def news(outcome: Outcome, known: Iterable[Post]) -> tuple[Post, ...]:
    """Posts whose id or body was not known before: what a monitor would look at."""
    seen = {(post.id, post.body_sha256) for post in known}
    return tuple(post for post in outcome.posts if (post.id, post.body_sha256) not in seen)


def letters(text: str) -> str:
    """Text without space and punctuation, which the software's typography may change."""
    return "".join(char for char in text if char.isalnum())


def faults(outcome: Outcome, expected: Sequence[RealPost]) -> list[str]:
    """Every way in which the crawl differs from what stands in the software, as sentences."""
    standing = {post.id: post for post in expected if not post.is_removed}
    found: list[str] = []
    for number, count in Counter(number_of(post) for post in outcome.posts).items():
        if count > 1:
            found.append(f"{number} was read {count} times")
        if number not in standing:
            found.append(f"{number} was read and does not stand there")
    by_id = outcome.by_id
    for number, real in standing.items():
        if number not in by_id:
            found.append(f"{number} by {real.author} in {real.title!r} was not read")
        else:
            found += [f"{number}: {fault}" for fault in _differences(by_id[number], real)]
    return found


def _differences(post: Post, real: RealPost) -> list[str]:
    found = []
    if post.untrusted_author != real.author:
        found.append(f"author {post.untrusted_author!r} instead of {real.author!r}")
    if letters(post.untrusted_text) != letters(real.text):
        found.append(f"text {post.untrusted_text!r} instead of {real.text!r}")
    if letters(real.quoted) not in letters(post.untrusted_quoted):
        found.append(f"quoted {post.untrusted_quoted!r} instead of {real.quoted!r}")
    if real.title not in post.untrusted_title:
        found.append(f"title {post.untrusted_title!r} instead of {real.title!r}")
    if post.published_at is None:
        found.append("no time")
    # The pages show minutes.
    elif abs((post.published_at - real.published_at).total_seconds()) >= 60:
        found.append(f"time {post.published_at} instead of {real.published_at}")
    return found


def shown_at(permalink: str) -> str:
    """The text of the element that a browser jumps to when it opens the permalink."""
    with urllib.request.urlopen(permalink, timeout=60) as answer:
        anchor = answer.url.partition("#")[2] or permalink.partition("#")[2]
        page = BeautifulSoup(answer.read(), "lxml")
    element = page.find(id=anchor) if anchor else None
    return element.get_text() if element is not None else ""
