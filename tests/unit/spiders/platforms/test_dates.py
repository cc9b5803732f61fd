"""Which moment a text means, in many forms and languages."""

from datetime import UTC, datetime, timedelta

import pytest

from spiders.platforms.dates import is_day_first_in, looks_like_time, moment_from_text

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
AFTERNOON = datetime(2026, 11, 23, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 15:12", "2026/11/23 15:12", "2026年11月23日 15:12", "2026年11月23日 下午3:12", "2026/11/23 下午 3:12", "发表于 2026-11-23 15:12",
        "Nov. 23, 2026, 3:12 p.m.", "November 23, 2026 at 3:12 pm", "23 Nov 2026 15:12", "Mon Nov 23, 2026 3:12 pm",
        "23 de noviembre de 2026 a las 15:12", "23 November 2026 15.12", "23 Nov 2026 pukul 15.12", "Nob 23, 2026 3:12 PM",
        "23.11.2026 15:12", "23/11/2026, 15:12", "11-23-2026, 03:12 PM", "11-23 15:12", "11月23日 15:12",
    ],
)  # fmt: skip
def test_dates_of_many_languages_without_a_zone_are_taken_as_utc_and_say_so(text: str) -> None:
    moment = moment_from_text(text, NOW)
    assert moment is not None
    assert (moment.at, moment.has_zone, moment.is_exact) == (AFTERNOON, False, True)


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T15:12:00Z", "2026-11-23T23:12:00+08:00", "2026-11-23T10:12:00.000-0500", "Mon, 23 Nov 2026 15:12:00 GMT",
     "Mon, 23 Nov 2026 23:12:00 +0800", "1795446720", "1795446720000"],
)  # fmt: skip
def test_a_stated_zone_is_turned_into_utc(text: str) -> None:
    moment = moment_from_text(text, NOW)
    assert moment is not None
    assert (moment.at, moment.has_zone) == (AFTERNOON, True)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("5s", timedelta(seconds=5)), ("3 hours ago", timedelta(hours=3)), ("an hour ago", timedelta(hours=1)), ("3小时前", timedelta(hours=3)),
        ("3 小時前", timedelta(hours=3)), ("半小时前", timedelta(minutes=30)), ("刚刚", timedelta()), ("3 jam yang lalu", timedelta(hours=3)),
        ("hace 3 horas", timedelta(hours=3)), ("3 oras ang nakalipas", timedelta(hours=3)), ("2 araw ang nakakaraan", timedelta(days=2)),
        ("31\xa0秒前", timedelta(seconds=31)),
    ],
)  # fmt: skip
def test_an_age_is_counted_back_from_the_visit_and_is_not_exact(text: str, age: timedelta) -> None:
    moment = moment_from_text(text, NOW)
    assert moment is not None
    assert (NOW - moment.at, moment.is_exact) == (age, False)


@pytest.mark.parametrize(
    "text", ["昨天 15:12", "Yesterday at 03:12 PM", "kemarin 15:12", "Ayer a las 15:12", "Kahapon 3:12 PM"]
)
def test_a_day_word_with_a_clock_names_the_same_moment_all_day(text: str) -> None:
    first, second = (moment_from_text(text, NOW + timedelta(hours=hours)) for hours in (0, 12))
    assert first is not None
    assert first == second
    assert (first.at, first.is_exact) == (datetime(2026, 11, 24, 15, 12, tzinfo=UTC), True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "admin",
        "hello there 33",
        "9999-01-01",
        "2026-13-45",
        "31/02/2026",
        "13800138000",
        "12 hari",
        "1970-01-01",
        "x" * 500,
        "今天晚饭吃什么",
    ],
)
def test_what_names_no_likely_moment_gives_none(text: str) -> None:
    assert moment_from_text(text, NOW) is None


def test_an_ambiguous_date_is_read_in_the_order_that_its_page_shows() -> None:
    day_first, month_first = (
        moment_from_text("05-06-2026", NOW, is_day_first=order) for order in (True, False)
    )
    assert day_first is not None
    assert month_first is not None
    assert (day_first.at.month, month_first.at.month) == (6, 5)
    assert is_day_first_in(["05-06-2026", "23-06-2026"], "en-US")
    assert not is_day_first_in(["05-06-2026", "06-23-2026"], "es")
    assert is_day_first_in(["05-06-2026"], "id")
    assert not is_day_first_in(["05-06-2026"], "en-US")


def test_a_date_without_a_year_is_of_the_last_twelve_months() -> None:
    moment = moment_from_text("12-30 09:00", NOW)
    assert moment is not None
    assert moment.at == datetime(2025, 12, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "is_time"),
    [("2026-11-23 15:12", True), ("昨天 21:30", True), ("3 minutes ago", True), ("Today", True), ("23 Okt 2026", True), ("今天第二次去，不鹹了", False),
     ("今天晚饭吃什么？", False), ("0812-0000-7315", False), ("138-0013-8000", False), ("yesterday I went home", False), ("price 1:2", False)],
)  # fmt: skip
def test_the_cheap_test_tells_times_from_talk_and_phone_numbers(text: str, is_time: bool) -> None:
    assert looks_like_time(text) is is_time
