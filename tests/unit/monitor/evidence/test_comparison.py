"""Two captures of one page: what may be said of the later one, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence.comparison import Change, Kind, Seen, compare
from monitor.evidence.timeline import Moment, timeline

FIRST = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)
LATER = FIRST + timedelta(days=1)
POST = "WANTED: Analyn Dimasupil, 0917 000 4417. She owes and hides!"


def seen(verdict: str, text: str = POST, at: datetime = FIRST) -> Seen:
    return Seen(at=at, verdict=verdict, untrusted_post_text=text)


@pytest.mark.parametrize(
    ("earlier", "later", "change"),
    [
        ("ok", "ok", Change.UNCHANGED),
        ("partial", "ok", Change.UNCHANGED),
        ("ok", "gone", Change.ABSENT),
        ("ok", "mention not found", Change.ABSENT),
        ("ok", "blocked", Change.BLOCKED),
        ("ok", "login wall", Change.BLOCKED),
        ("ok", "captcha", Change.BLOCKED),
        ("ok", "unreachable", Change.UNREACHABLE),
        ("ok", "timed out", Change.UNREACHABLE),
        ("ok", "tls error", Change.UNREACHABLE),
        ("ok", "page crashed", Change.NOT_COMPARABLE),
        ("gone", "ok", Change.APPEARED),
        ("blocked", "ok", Change.NOT_COMPARABLE),
        ("blocked", "gone", Change.NOT_COMPARABLE),
    ],
)
def test_each_pair_of_verdicts_says_so_much_and_no_more(earlier: str, later: str, change: Change) -> None:
    assert compare(seen(earlier), seen(later, at=LATER)).change is change


def test_absence_is_said_of_two_times_and_never_called_a_deletion() -> None:
    sentence = compare(seen("ok"), seen("gone", at=LATER)).sentence
    assert sentence == "Present at 2031-03-01 12:00:00 UTC, absent at 2031-03-02 12:00:00 UTC."
    assert "delet" not in sentence


def test_an_edit_shows_which_words_went_and_came() -> None:
    found = compare(seen("ok"), seen("ok", POST.replace("owes and hides!", "paid all."), LATER))
    assert found.change is Change.EDITED
    assert [(run.kind, run.untrusted_text) for run in found.runs] == [
        (Kind.KEPT, "WANTED: Analyn Dimasupil, 0917 000 4417. She"),
        (Kind.REMOVED, "owes and hides!"),
        (Kind.ADDED, "paid all."),
    ]


def test_hanzi_are_compared_one_by_one_and_joined_without_blanks() -> None:
    found = compare(seen("ok", "老赖王伟欠钱不还"), seen("ok", "老赖王伟已经还钱", LATER))
    assert next(run.untrusted_text for run in found.runs if run.kind is Kind.KEPT) == "老赖王伟"
    assert all(" " not in run.untrusted_text for run in found.runs)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2 hours ago", "3 days ago"),
        ("an hour ago", "2 days ago"),
        ("12 likes", "1.4k likes"),
        ("3小时前 88次浏览", "2天前 1,204次浏览"),
        ("hace 2 horas", "hace 3 días"),
        ("5 menit yang lalu", "2 jam yang lalu"),
        ("  two\n blanks", "two blanks"),
    ],
)
def test_ages_counters_and_blanks_are_no_edit(before: str, after: str) -> None:
    earlier, later = seen("ok", f"{POST} {before}"), seen("ok", f"{POST} {after}", LATER)
    assert compare(earlier, later).change is Change.UNCHANGED


def test_another_number_is_an_edit() -> None:
    changed = POST.replace("4417", "4418")
    assert compare(seen("ok"), seen("ok", changed, LATER)).change is Change.EDITED


@given(st.text(max_size=300))
def test_a_post_is_unchanged_against_itself(text: str) -> None:
    found = compare(seen("ok", f"x {text}"), seen("ok", f"x {text}", LATER))
    assert found.change is Change.UNCHANGED


words = st.lists(st.sampled_from(["a", "老", "赖", "owes", "0917", "!"]), min_size=1, max_size=20)


@given(words, words)
def test_the_runs_are_the_earlier_text_and_the_later_one(before: list[str], after: list[str]) -> None:
    found = compare(seen("ok", " ".join(before)), seen("ok", " ".join(after), LATER))
    if found.change is Change.EDITED:
        for kind, text in ((Kind.REMOVED, before), (Kind.ADDED, after)):
            joined = "".join(run.untrusted_text for run in found.runs if run.kind in (Kind.KEPT, kind))
            assert joined.replace(" ", "") == "".join(text)


def moment(number: int, verdict: str, text: str = POST, page: str = "p", kind: str = "capture") -> Moment:
    at = FIRST + timedelta(days=number)
    return Moment(item_id=f"e-{number}", kind=kind, page=page, seen=seen(verdict, text, at))


def test_the_timeline_compares_each_capture_with_the_last_that_showed_the_post() -> None:
    events = timeline(
        [
            moment(0, "mention not found"),
            moment(1, "ok"),
            moment(2, "blocked"),
            moment(3, "ok", POST + " Share this."),
            moment(4, "", kind="import"),
            moment(5, "gone"),
            moment(6, "gone", page="another"),
        ]
    )
    assert [event.key for event in events] == [
        "never_seen",
        "present",
        "refused",
        "edited",
        "imported",
        "absent",
        "never_seen",
    ]
    assert events[5].before == FIRST + timedelta(days=3)
