from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spiders.items import RefusalKind
from spiders.politeness import HostBook, backoff_s, retry_after_s_from_header, wait_before_retry_s
from spiders.refusals import PageRefusedError

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


def refusal(kind, retry_after_s=None):
    return PageRefusedError(kind, "Because.", retry_after_s=retry_after_s)


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 25 Nov 2026 12:01:40 GMT", 100.0),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("９", None),
        ("9" * 400, None),
        ("Wed, 99 Nov 2026 12:01:40 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after_s_from_header(value, NOW) == seconds


def test_backoff_doubles_and_is_jittered():
    assert [backoff_s(attempt, lambda: 0.0) for attempt in range(3)] == [1.0, 2.0, 4.0]
    assert [backoff_s(attempt, lambda: 1.0) for attempt in range(3)] == [2.0, 4.0, 8.0]


@pytest.mark.parametrize("kind", [RefusalKind.SERVER_ERROR, RefusalKind.TIMED_OUT, RefusalKind.UNREACHABLE])
def test_passing_failures_are_tried_three_times(kind):
    waits = [wait_before_retry_s(refusal(kind), attempt, 60) for attempt in range(3)]

    assert waits[0] is not None
    assert waits[1] is not None
    assert waits[2] is None


@pytest.mark.parametrize(
    "kind",
    [RefusalKind.FORBIDDEN, RefusalKind.ROBOTS, RefusalKind.CAPTCHA, RefusalKind.GONE, RefusalKind.TLS_ERROR],
)
def test_an_answer_is_taken_as_one(kind):
    assert wait_before_retry_s(refusal(kind), 0, 60) is None


def test_what_the_server_asks_for_is_waited_within_the_bound():
    assert wait_before_retry_s(refusal(RefusalKind.RATE_LIMITED, 60.0), 0, 60) == 60.0
    assert wait_before_retry_s(refusal(RefusalKind.RATE_LIMITED, 61.0), 0, 60) is None


def test_a_pause_is_for_every_source_of_the_host():
    clock = Clock()
    book = HostBook(clock)
    book.pause("a.test", 10)
    book.pause("a.test", 5)

    assert book.wait_s("a.test") == 10
    assert book.wait_s("b.test") == 0
    clock.now_s += 11
    assert book.wait_s("a.test") == 0


@pytest.mark.parametrize(
    ("kind", "pages"),
    [
        (RefusalKind.RATE_LIMITED, 1),
        (RefusalKind.CAPTCHA, 1),
        (RefusalKind.UNREACHABLE, 1),
        (RefusalKind.TIMED_OUT, 3),
        (RefusalKind.SERVER_ERROR, 3),
        (RefusalKind.FORBIDDEN, 5),
    ],
)
def test_a_host_is_given_up_after_so_many_refusals_in_a_row(kind, pages):
    book = HostBook(Clock())
    for _ in range(pages - 1):
        book.refused("a.test", refusal(kind))
    assert book.given_up("a.test") is None

    book.refused("a.test", refusal(kind))

    assert book.given_up("a.test").kind is kind
    assert book.given_up("b.test") is None


def test_a_page_that_comes_clears_the_strikes():
    book = HostBook(Clock())
    for _ in range(10):
        book.refused("a.test", refusal(RefusalKind.SERVER_ERROR))
        book.refused("a.test", refusal(RefusalKind.SERVER_ERROR))
        book.succeeded("a.test")

    assert book.given_up("a.test") is None


def test_robots_refusals_never_give_a_host_up():
    book = HostBook(Clock())
    for _ in range(50):
        book.refused("a.test", refusal(RefusalKind.ROBOTS))
        book.refused("a.test", refusal(RefusalKind.GONE))

    assert book.given_up("a.test") is None


def test_a_server_that_is_down_is_asked_three_times_by_all_its_sources_together():
    book = HostBook(Clock())
    for _ in range(2):
        book.attempt_failed("a.test", refusal(RefusalKind.UNREACHABLE), 1.0)
    assert book.given_up("a.test") is None
    assert book.wait_s("a.test") == 1.0

    book.attempt_failed("a.test", refusal(RefusalKind.UNREACHABLE), 1.0)

    assert book.given_up("a.test").kind is RefusalKind.UNREACHABLE
