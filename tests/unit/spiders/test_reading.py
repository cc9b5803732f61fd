from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from spiders import isolation, reading
from spiders.fetching import Fetched
from spiders.items import Post, RefusalKind
from spiders.platforms.base import Follow, Page, Reading
from spiders.reading import other_ways, raise_for_reading, raise_for_refusal, reading_from_page
from spiders.refusals import PageRefusedError

PAGE = Page(
    url="https://f.test/",
    requested_url="https://f.test/",
    source_url="https://f.test/",
    status=200,
    headers={"content-type": "text/html"},
    untrusted_body="<p>SECRET</p>",
    fetched_at=datetime(2026, 11, 25, tzinfo=UTC),
)
POST = Post(platform="x", source_url="s", site="s", id="1", url="u", untrusted_text="t")


class Failing:
    name = "failing"

    def __init__(self, fail):
        self.read = self.on_refusal = fail


def raising(page):
    raise LookupError(page.untrusted_body)


def endless(page):
    for _ in itertools.count():
        pass


def fetched(status, headers=None, body=""):
    return Fetched(url=PAGE.url, status=status, headers=headers or {}, untrusted_body=body, size_bytes=0)


def test_a_reader_that_raises_is_a_refusal_without_page_text():
    with pytest.raises(PageRefusedError) as refused:
        reading_from_page(Failing(raising), PAGE)

    assert refused.value.kind is RefusalKind.UNREADABLE
    assert "LookupError" in refused.value.detail
    assert "SECRET" not in refused.value.detail
    assert refused.value.__cause__ is None
    assert other_ways(Failing(raising), PAGE) == ()


def test_a_reader_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(reading, "reading_time_limit", lambda: isolation.reading_time_limit(0.2))

    with pytest.raises(PageRefusedError, match="too long"):
        reading_from_page(Failing(endless), PAGE)


@pytest.mark.parametrize(
    "given",
    [
        Reading(posts=[POST]),
        Reading(follow=[Follow(url="u", kind="k")]),
        Reading(watermark="w"),
        Reading(promised=0),
    ],
)
def test_a_page_that_gave_something_or_promised_nothing_is_read(given):
    assert raise_for_reading(given, may_be_empty=False) is None


@pytest.mark.parametrize("promised", [None, 3])
def test_a_page_that_gave_nothing_is_unreadable_unless_it_is_the_end(promised):
    raise_for_reading(Reading(promised=promised), may_be_empty=True)

    with pytest.raises(PageRefusedError) as refused:
        raise_for_reading(Reading(promised=promised), may_be_empty=False)

    assert refused.value.kind is RefusalKind.UNREADABLE


def test_a_wall_that_a_reader_sees_is_that_wall():
    with pytest.raises(PageRefusedError) as refused:
        raise_for_reading(Reading(refusal=RefusalKind.LOGIN_WALL, refusal_detail="Why."), may_be_empty=True)

    assert (refused.value.kind, refused.value.detail) == (RefusalKind.LOGIN_WALL, "Why.")


def test_503_with_retry_after_is_rate_limiting_and_without_it_a_server_error():
    with pytest.raises(PageRefusedError) as limited:
        raise_for_refusal(fetched(503, {"retry-after": "120"}), PAGE)
    with pytest.raises(PageRefusedError) as failed:
        raise_for_refusal(fetched(503), PAGE)

    assert (limited.value.kind, limited.value.retry_after_s) == (RefusalKind.RATE_LIMITED, 120.0)
    assert failed.value.kind is RefusalKind.SERVER_ERROR


def test_a_good_page_passes():
    assert raise_for_refusal(fetched(200), PAGE) is None
