"""Ages and counters pass by themselves; dates, numbers and whatever somebody wrote do not."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence.passing import Passing, Token, has_passed, tokens_from_text

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def token(text: str) -> Token:
    (found,) = tokens_from_text(text)
    return found


@pytest.mark.parametrize(
    ("before", "after", "elapsed"),
    [
        ("2 hours ago", "3 days ago", 3 * DAY),
        ("an hour ago", "2 days ago", 2 * DAY),
        ("just now", "5 minutes ago", timedelta(minutes=5)),
        ("2h", "3d", 3 * DAY),
        ("59 min", "1 h", timedelta(minutes=4)),
        ("3 weeks ago", "1 month ago", WEEK),
        ("昨天", "3天前", 2 * DAY),
        ("3小时前", "2天前", 2 * DAY),
        ("hace 2 horas", "hace 3 días", 3 * DAY),
        ("há 2 horas", "há 1 semana", WEEK),
        ("5 menit yang lalu", "2 jam yang lalu", 2 * HOUR),
        ("isang oras na ang nakalipas", "2 oras na ang nakalipas", HOUR),
        ("2 giờ trước", "3 ngày trước", 3 * DAY),
        ("2 घंटे पहले", "3 दिन पहले", 3 * DAY),
        ("yesterday", "1 March 2031", WEEK),
        ("昨天", "3月1日", WEEK),
    ],
)
def test_an_age_passes_with_the_time(before: str, after: str, elapsed: timedelta) -> None:
    assert token(before).passing is Passing.TIME
    assert has_passed(token(before), token(after), elapsed)


@pytest.mark.parametrize(
    ("before", "after", "elapsed"),
    [
        ("2 months ago", "4 months ago", DAY),
        ("3 days ago", "2 hours ago", DAY),
        ("1 March 2031", "5 March 2031", 4 * DAY),
        ("2031-03-01", "2031-03-02", DAY),
        ("1 March 2031", "2 days ago", DAY),
        ("2 hours ago", "12 likes", HOUR),
    ],
)
def test_what_time_does_not_explain_somebody_did(before: str, after: str, elapsed: timedelta) -> None:
    assert not has_passed(token(before), token(after), elapsed)


@pytest.mark.parametrize(
    "text",
    ["12 likes", "1.4k likes", "2,345 views", "88次浏览", "1.2万 赞", "12 me gusta", "1,5 rb suka", "3 curtidas", "👍 12", "7"],
)  # fmt: skip
def test_counters_are_known(text: str) -> None:
    assert token(text).passing is Passing.COUNTER


@pytest.mark.parametrize(
    "text",
    [
        "0917 000 4417", "09170004417", "+639170004417", "13800004417", "She owes 50000 pesos", "She owes 5m",
        "In 2 days I come to your house, to your school and to your church, and all will know", "Room 12h3",
        "likes", "day", "ago",
    ],
)  # fmt: skip
def test_what_somebody_wrote_is_no_age_and_no_counter(text: str) -> None:
    assert [one.passing for one in tokens_from_text(text) if one.passing] == []


def test_a_number_in_a_line_of_its_own_counts_only_at_the_end() -> None:
    text = "She owes\n50000\npesos and hides from all of us\n12\n3\nReply"
    assert [one.untrusted_text for one in tokens_from_text(text) if one.passing] == ["12", "3"]


def test_marks_of_an_edit_are_known_beside_the_text_and_not_in_it() -> None:
    assert [one.passing for one in tokens_from_text("Paid (edited)")] == [Passing.NO, Passing.LABEL]
    assert [one.passing for one in tokens_from_text("I edited it")] == [Passing.NO] * 3


@given(st.text(max_size=200))
def test_no_character_but_blanks_is_lost(text: str) -> None:
    joined = "".join(one.untrusted_text for one in tokens_from_text(text))
    assert "".join(joined.split()) == "".join(unicodedata.normalize("NFC", text).split())


AGES = st.lists(
    st.sampled_from(
        ["2", " ", "hours", "hora", "ago", "hace ", "天", "前", "个", "月", "an ", "se", "jam", "今天", "\n", "·", "d",
         "Mar", "2031", "-", "likes", "赞", "edited", "(", "पहले", "एक", "दिन", "x"]
    ),
    max_size=14,
)  # fmt: skip


@given(AGES, AGES)
def test_whatever_stands_together_can_be_compared(before: list[str], after: list[str]) -> None:
    for old in tokens_from_text("".join(before)):
        assert has_passed(old, old, timedelta(0)) or not old.passing or old.age_s is None
        for new in tokens_from_text("".join(after)):
            assert has_passed(old, new, DAY) in (True, False)
