"""Every platform keeps the promises of spiders/platforms/base.py, on its own recorded pages and on those of the others."""

import dataclasses
import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest

from spiders.items import PageState
from spiders.platforms.base import Page, Platform
from spiders.platforms.registry import PLATFORMS, platform_by_name

every_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)


def _load_cases() -> ModuleType:
    path = Path(__file__).parents[1] / "platforms" / "test_cases.py"
    spec = importlib.util.spec_from_file_location("platform_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["platform_cases"] = module
    spec.loader.exec_module(module)
    return module


CASES = _load_cases()


def recorded_pages(name: str = "") -> Iterator[Page]:
    for case in CASES.CASES:
        if name in ("", case.parent.name):
            for described in CASES.described_pages(case):
                yield CASES.page_from(case, described)


def own_pages() -> list[Any]:
    return [
        pytest.param(platform, page, id=f"{platform.name}-{number}")
        for platform in PLATFORMS
        for number, page in enumerate(recorded_pages(platform.name))
        if page.status == 200
    ]


@every_platform
def test_a_platform_is_called_as_its_file_is_and_can_be_found_by_its_name(platform: Platform) -> None:
    module = importlib.import_module(f"spiders.platforms.{platform.name}")
    assert module.PLATFORM is platform
    assert platform_by_name(platform.name) is platform
    assert platform.title.strip() == platform.title != ""


@every_platform
def test_a_crawl_begins_on_the_source_s_own_site_whatever_is_remembered(platform: Platform) -> None:
    several = [
        PageState(url=f"https://site.example/{kind}/{number}", kind=kind, marker=marker)
        for kind in ("comments", "feed", "thread")
        for number, marker in enumerate(("", "no time", "2026-11-01T00:00:00+00:00"))
    ]
    states = {state.url: state for state in several}
    for start_url in (
        "https://site.example/",
        "https://site.example/x?y=1#z",
        "https://site.example/wp-json/",
    ):
        for remembered in ({}, states):
            follows = platform.begin(start_url, remembered)
            assert follows
            assert {urlsplit(follow.url).hostname for follow in follows} == {"site.example"}
            assert all(follow.kind and not follow.is_continuation for follow in follows)


@every_platform
def test_recognising_says_in_whole_sentences_what_will_be_read_and_what_cannot_be_seen(
    platform: Platform,
) -> None:
    recognitions = [found for page in recorded_pages() if (found := platform.recognise(page)) is not None]
    assert recognitions
    for found in recognitions:
        assert found.platform == platform.name
        assert found.start_url.startswith(("http://", "https://"))
        assert found.interval_s >= 60
        for text in (found.will_read, found.cannot_see):
            assert text[0].isupper()
            assert text.endswith(".")
            assert len(text.split()) >= 5


@pytest.mark.parametrize(("platform", "page"), own_pages())
def test_posts_have_ids_of_their_own_absolute_addresses_and_times_in_utc(
    platform: Platform, page: Page
) -> None:
    reading = platform.read(page)
    ids = [post.id for post in reading.posts]
    assert len(ids) == len(set(ids))
    for post in reading.posts:
        assert post.platform == platform.name
        assert post.site == f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}"
        assert post.source_url == page.source_url
        for url in (post.url, *post.images, *([post.thread_url] if post.thread_url else [])):
            assert urlsplit(url).scheme in ("http", "https")
            assert urlsplit(url).hostname
        for moment in (post.published_at, post.edited_at):
            assert moment is None or moment.utcoffset() == timedelta(0)
    for note in (*reading.notes, *([reading.refusal_detail] if reading.refusal else [])):
        assert note[0].isupper() or note[0].isdigit()
        assert note.endswith(".")


@pytest.mark.parametrize(("platform", "page"), own_pages())
def test_reading_the_same_page_twice_gives_the_same(platform: Platform, page: Page) -> None:
    assert platform.read(page) == platform.read(page)


@pytest.mark.parametrize(("platform", "page"), own_pages())
def test_ids_and_markers_do_not_change_while_only_time_passes(platform: Platform, page: Page) -> None:
    """A marker or id made of "3 minutes ago" would make every visit look like news."""
    later = dataclasses.replace(page, fetched_at=page.fetched_at + timedelta(hours=3))
    now_reading, later_reading = platform.read(page), platform.read(later)
    assert [post.id for post in now_reading.posts] == [post.id for post in later_reading.posts]
    assert list(now_reading.follow) == list(later_reading.follow)


@pytest.mark.parametrize(("platform", "page"), own_pages())
def test_a_next_page_is_another_page_of_the_same_site(platform: Platform, page: Page) -> None:
    for follow in platform.read(page).follow:
        if follow.is_continuation:
            assert follow.url not in (page.url, page.requested_url)
            assert urlsplit(follow.url).netloc == urlsplit(page.url).netloc


@pytest.mark.parametrize(
    ("name", "case", "before", "after"),
    [
        ("spirit", "active-topics", "</i> 3<", "</i> 4<"),
        ("spirit", "active-topics", 'title="Nov. 24, 2026, 3 p.m."', 'title="Nov. 25, 2026, 7 a.m."'),
        ("generic", "board-with-reply-counts", ">1.204<", ">1.205<"),
        ("feeds", "rss-with-comment-feeds", "<slash:comments>4<", "<slash:comments>5<"),
        ("feeds", "atom-pages-and-replies", "2026-11-24T09:00:00Z", "2026-11-24T09:30:00Z"),
    ],
)
def test_a_marker_changes_when_a_reply_is_added(name: str, case: str, before: str, after: str) -> None:
    platform = platform_by_name(name)
    assert platform is not None
    folder = CASES.HERE / name / case
    page = CASES.page_from(folder, CASES.described_pages(folder)[0])
    assert page.untrusted_body.count(before) == 1
    grown = dataclasses.replace(page, untrusted_body=page.untrusted_body.replace(before, after))
    old = {follow.url: follow.marker for follow in platform.read(page).follow}
    new = {follow.url: follow.marker for follow in platform.read(grown).follow}
    assert old.keys() == new.keys()
    assert sum(old[url] != new[url] for url in old) == 1


@every_platform
def test_pages_of_other_platforms_are_read_without_complaint(platform: Platform) -> None:
    for page in recorded_pages():
        reading = platform.read(page)
        assert all(post.id for post in reading.posts)
        refused = platform.on_refusal(dataclasses.replace(page, status=403))
        assert all(follow.url.startswith("http") for follow in refused)


@every_platform
def test_a_page_from_the_far_future_or_past_is_no_reason_to_fail(platform: Platform) -> None:
    for year in (1970, 9998):
        for page in recorded_pages(platform.name):
            moved = dataclasses.replace(page, fetched_at=datetime(year, 12, 31, 23, tzinfo=UTC))
            assert len(platform.read(moved).posts) == len(platform.read(page).posts)
