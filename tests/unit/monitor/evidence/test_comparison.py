"""Two captures of one page: what may be said of the later one, and what never is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence.comparison import Change, Kind, Run, Seen, compare, seen_from_manifest
from monitor.evidence.timeline import _FIRST, Moment, timeline
from monitor.evidence.verdict import Verdict

FIRST = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)
LATER = FIRST + timedelta(days=1)
# Ours, not the page's: the timeline says that no capture could be made.
UNTOLD = (Verdict.PAGE_CRASHED, Verdict.UNREADABLE, Verdict.NOT_CAPTURED)
POST = "WANTED: Analyn Dimasupil, 0917 000 4417. She owes and hides!"


def seen(verdict: str, text: str | None = None, at: datetime = FIRST, **more: Any) -> Seen:
    shown = POST if verdict in ("ok", "partial") else ""
    return Seen(at=at, verdict=verdict, untrusted_post_text=shown if text is None else text, **more)


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
        ("ok", "server error", Change.UNREACHABLE),
        ("ok", "address refused", Change.UNREACHABLE),
        ("ok", "page crashed", Change.NOT_COMPARABLE),
        ("ok", "unreadable", Change.NOT_COMPARABLE),
        ("ok", "not captured", Change.NOT_COMPARABLE),
        ("partial", "gone", Change.ABSENT),
        ("gone", "ok", Change.APPEARED),
        ("mention not found", "partial", Change.APPEARED),
        ("gone", "gone", Change.NOT_COMPARABLE),
        ("blocked", "ok", Change.NOT_COMPARABLE),
        ("blocked", "gone", Change.NOT_COMPARABLE),
    ],
)
def test_each_pair_of_verdicts_says_so_much_and_no_more(earlier: str, later: str, change: Change) -> None:
    assert compare(seen(earlier), seen(later, at=LATER)).change is change


@pytest.mark.parametrize("verdict", Verdict)
def test_no_verdict_is_forgotten(verdict: Verdict) -> None:
    found = compare(seen("ok"), seen(verdict.value, at=LATER))
    assert (found.change is Change.UNCHANGED) is verdict.shows_mention
    assert found.sentence.count("2031-03-0") == 2
    assert not {"delet", "remov", "taken down"} & set(found.sentence.split())
    assert _FIRST[verdict.value] if verdict not in UNTOLD else verdict.value not in _FIRST


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
        ("23 hours ago", "2 days ago"),
        ("12 likes", "1.4k likes"),
        ("3小时前 88次浏览", "1天前 1,204次浏览"),
        ("hace 2 horas", "hace 1 día"),
        ("\n4", "\n17"),
        ("", "\n1 like"),
        ("", "(edited)"),
    ],
)
def test_ages_and_counters_are_no_edit_and_are_shown(before: str, after: str) -> None:
    found = compare(seen("ok", f"{POST} {before}"), seen("ok", f"{POST} {after}", LATER))
    assert found.change is Change.UNCHANGED
    assert found.runs[0] == Run(Kind.KEPT, POST)
    assert {run.kind for run in found.runs[1:]} == {Kind.PASSING}


def test_blanks_are_no_edit_and_not_even_shown() -> None:
    found = compare(seen("ok", "  two\n blanks"), seen("ok", "two blanks", LATER))
    assert (found.change, found.runs) == (Change.UNCHANGED, ())


def test_a_date_that_somebody_wrote_is_an_edit() -> None:
    before, after = "Pay by 1 March 2031!", "Pay by 5 March 2031!"
    found = compare(seen("ok", before), seen("ok", after, LATER))
    assert [(run.kind, run.untrusted_text) for run in found.runs] == [
        (Kind.KEPT, "Pay by"),
        (Kind.REMOVED, "1 March 2031"),
        (Kind.ADDED, "5 March 2031"),
        (Kind.KEPT, "!"),
    ]


def test_the_end_of_a_very_long_post_is_compared_too() -> None:
    before = "老赖" * 9_999
    assert compare(seen("ok", f"{before}甲"), seen("ok", f"{before}乙", LATER)).change is Change.EDITED
    assert compare(seen("ok", f"{before}甲"), seen("ok", f"{before}甲", LATER)).change is Change.UNCHANGED


def test_hostile_lengths_are_compared_in_time() -> None:
    begin = time.perf_counter()
    for before, after in (
        ("a b " * 5_000, "b a " * 5_000),
        ("1" * 20_000, "1 " * 10_000),
        ("2h " * 6_000, "h2 " * 6_000),
    ):
        assert compare(seen("ok", before), seen("ok", after, LATER)).change is not Change.UNCHANGED
    assert time.perf_counter() - begin < 10


def test_a_post_without_the_name_is_edited_and_not_absent() -> None:
    hidden = POST.replace("Analyn Dimasupil", "A*** D***")
    found = compare(seen("ok"), seen("mention not found", hidden, LATER))
    assert found.change is Change.EDITED
    assert Run(Kind.REMOVED, "Analyn Dimasupil,") in found.runs
    assert (
        compare(seen("ok"), seen("mention not found", "Ordinary talk about rice", LATER)).change
        is Change.ABSENT
    )


def test_another_text_with_the_name_may_be_another_post() -> None:
    other = "Happy birthday to Analyn Dimasupil from all of us at the office"
    assert compare(seen("ok"), seen("ok", other, LATER)).change is Change.ANOTHER_TEXT
    known = {"is_post_known": True}
    assert compare(seen("ok", **known), seen("ok", other, LATER, **known)).change is Change.EDITED


def test_without_the_words_of_the_post_no_more_is_said_than_that_it_was_there() -> None:
    assert compare(seen("ok", ""), seen("ok", at=LATER)).change is Change.PRESENT


def test_a_post_that_moved_to_another_page_is_found_again_but_not_missed_there() -> None:
    first, second = {"page": "https://forum.example/t/1"}, {"page": "https://forum.example/t/1?page=2"}
    moved = compare(seen("ok", **first), seen("ok", at=LATER, **second))
    assert (moved.change, moved.is_moved) == (Change.UNCHANGED, True)
    assert "on another page" in moved.sentence
    for verdict in ("gone", "mention not found", "blocked", "unreachable"):
        assert compare(seen("ok", **first), seen(verdict, at=LATER, **second)).change is Change.NOT_COMPARABLE


def test_two_posts_are_never_compared() -> None:
    assert (
        compare(seen("ok", post_id="p1"), seen("ok", at=LATER, post_id="p2")).change is Change.NOT_COMPARABLE
    )


def test_old_and_empty_manifests_can_be_read() -> None:
    for manifest in ({}, {"schema_version": "shamewatch-capture/1", "mentions": []}):
        old = seen_from_manifest(manifest, FIRST, "ok", "https://forum.example/t/1#p9")
        assert old == Seen(at=FIRST, verdict="ok", page="https://forum.example/t/1")


def test_another_number_is_an_edit() -> None:
    changed = POST.replace("4417", "4418")
    assert compare(seen("ok"), seen("ok", changed, LATER)).change is Change.EDITED


@given(st.text(max_size=300))
def test_a_post_is_unchanged_against_itself(text: str) -> None:
    found = compare(seen("ok", f"x {text}"), seen("ok", f"x {text}", LATER))
    assert found.change is Change.UNCHANGED


WORDS = st.lists(st.sampled_from(["a", "老", "赖", "owes", "0917", "!"]), min_size=1, max_size=20)


@given(WORDS, WORDS)
def test_the_runs_are_the_earlier_text_and_the_later_one(before: list[str], after: list[str]) -> None:
    found = compare(seen("ok", " ".join(before)), seen("ok", " ".join(after), LATER))
    if found.change is Change.EDITED:
        for kind, text in ((Kind.REMOVED, before), (Kind.ADDED, after)):
            joined = "".join(run.untrusted_text for run in found.runs if run.kind in (Kind.KEPT, kind))
            assert joined.replace(" ", "") == "".join(text)


def moment(number: int, verdict: str, text: str | None = None, page: str = "p", **more: Any) -> Moment:
    at = FIRST + timedelta(days=number)
    return Moment(
        item_id=f"e-{number}", page=page, seen=seen(verdict, text, at), **{"kind": "capture", **more}
    )


def test_the_timeline_compares_each_capture_with_the_last_that_showed_the_post() -> None:
    moments = [
        moment(0, "mention not found"),
        moment(1, "ok"),
        moment(2, "blocked"),
        moment(3, "ok", POST + " Share this."),
        moment(4, "", kind="import"),
        moment(5, "gone"),
        moment(6, "gone", page="another"),
        moment(7, "ok", "Happy birthday, Analyn Dimasupil, from all of us"),
        moment(8, "partial", POST + " Share this."),
    ]
    events = timeline(list(reversed(moments)))
    assert [event.key for event in events] == [
        "never_seen", "present", "refused", "edited", "imported", "absent", "never_seen", "present", "present",
    ]  # fmt: skip
    assert [event.item_id for event in events] == [one.item_id for one in moments]
    assert (events[5].before, events[5].before_id) == (FIRST + timedelta(days=3), "e-3")
    last = events[8].comparison
    assert last is not None
    assert (last.change, events[8].before_id) == (Change.UNCHANGED, "e-3")


def test_two_posts_of_one_page_are_two_stories() -> None:
    other = "LOOK at Ramil Huwad, 0917 000 5528, the thief of our street"
    events = timeline(
        [moment(0, "ok", series="h-1"), moment(1, "ok", other, series="h-2"), moment(2, "ok", series="h-1")]
    )
    assert [event.key for event in events] == ["present", "present", "present"]
    assert events[1].comparison is None
    assert events[2].before_id == "e-0"
