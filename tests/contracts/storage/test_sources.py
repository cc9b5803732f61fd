"""Sources, what is remembered of their pages, and which posts were seen, on both engines."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from storage import Scope, Storage
from storage.errors import DuplicateError, NotFoundError
from storage.repositories.page import PageStateRecord
from storage.repositories.source import RefusalRecord, SourceRecord

SITE = "https://board.test"


def _add(unit, url: str = f"{SITE}/forum", interval_s: int = 600) -> SourceRecord:
    return unit.sources.add(
        url,
        platform="spirit",
        start_url=url,
        will_read="Topics.",
        cannot_see="Private topics.",
        interval_s=interval_s,
    )


def test_a_source_is_due_at_once_and_then_after_its_interval(
    storage: Storage, operator: Scope, clock
) -> None:
    with storage.begin(operator) as unit:
        source = _add(unit)
        assert [item.id for item in unit.sources.due(clock.now)] == [source.id]
        read = unit.sources.mark_read(source.id, clock.now, 7, 3)
        assert read.last_success_at == read.last_attempt_at == clock.now
        assert unit.sources.due(clock.now + timedelta(seconds=599)) == []
        assert len(unit.sources.due(clock.now + timedelta(seconds=600))) == 1
        again = unit.sources.mark_read(source.id, clock.forward(seconds=600), 2, 1, is_cut=True)
    assert (again.posts_total, again.last_posts, again.requests_total, again.is_cut) == (9, 2, 4, True)
    assert again.host == "board.test"


def test_refusals_double_the_interval_and_keep_the_last_success(
    storage: Storage, operator: Scope, clock
) -> None:
    refusal = RefusalRecord(url=f"{SITE}/forum", kind="forbidden", status=403, detail="Members only.")
    with storage.begin(operator) as unit:
        source = _add(unit)
        success = unit.sources.mark_read(source.id, clock.now, 1, 1).last_success_at
        waits = []
        for _ in range(10):
            at = clock.forward(days=2)
            marked = unit.sources.mark_read(source.id, at, 0, 1, refusals=[refusal])
            waits.append((marked.next_due_at - at).total_seconds())
        assert waits[:3] == [1200, 2400, 4800]
        assert waits[-1] == 86_400
        assert marked.last_success_at == success
        assert marked.failures_in_row == 10
        recovered = unit.sources.mark_read(source.id, at, 1, 1)
        assert (recovered.failures_in_row, recovered.next_due_at - at) == (0, timedelta(seconds=600))


def test_a_source_is_not_asked_again_before_the_time_it_named(
    storage: Storage, operator: Scope, clock
) -> None:
    refusal = RefusalRecord(url=f"{SITE}/x", kind="rate limited", status=429, retry_after_s=5000.0)
    with storage.begin(operator) as unit:
        source = _add(unit)
        marked = unit.sources.mark_read(source.id, clock.now, 5, 9, refusals=[refusal])
    assert marked.failures_in_row == 0
    assert marked.next_due_at == clock.now + timedelta(seconds=5000)


def test_recent_refusals_are_listed_newest_first(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit:
        source = _add(unit)
        for kind in ("robots", "captcha"):
            refusal = RefusalRecord(url=f"{SITE}/{kind}", kind=kind, detail="Said so.", retry_after_s=1.5)
            unit.sources.mark_read(source.id, clock.forward(hours=1), 0, 1, refusals=[refusal])
        newest, oldest = unit.sources.recent_refusals(source.id)
        assert (newest.url, newest.kind, newest.detail, newest.retry_after_s, newest.at) == (
            f"{SITE}/captcha",
            "captcha",
            "Said so.",
            1.5,
            clock.now,
        )
        assert oldest.kind == "robots"
        unit.sources.mark_read(source.id, clock.forward(days=31), 1, 1)
        assert unit.sources.recent_refusals(source.id) == []


def test_an_address_is_stored_as_a_source_once(storage: Storage, operator: Scope) -> None:
    with storage.begin(operator) as unit:
        source = _add(unit)
        with pytest.raises(DuplicateError) as caught:
            _add(unit)
        assert caught.value.key == source.id
        unit.sources.remove(source.id)
        with pytest.raises(NotFoundError):
            unit.sources.get(source.id)
        _add(unit)


def test_page_states_come_back_and_are_replaced_by_address(storage: Storage, operator: Scope, clock) -> None:
    first = PageStateRecord(url=f"{SITE}/t/1", kind="thread", marker="3", last_page_url=f"{SITE}/t/1?p=2", etag='"a"',
                            last_modified="Mon", read_at=clock.now)  # fmt: skip
    second = PageStateRecord(url=f"{SITE}/t/2", kind="thread")
    newer = PageStateRecord(url=f"{SITE}/t/1", kind="thread", marker="4")
    with storage.begin(operator) as unit:
        source, other = _add(unit), _add(unit, f"{SITE}/other")
        unit.pages.save(source.id, [first, second])
        unit.pages.save(other.id, [first])
        assert sorted(unit.pages.states(source.id), key=lambda state: state.url) == [first, second]
        unit.pages.save(source.id, [newer, newer])
        assert sorted(unit.pages.states(source.id), key=lambda state: state.url) == [newer, second]
        assert unit.pages.forget(source.id) == 2
        assert unit.pages.states(source.id) == []
        assert unit.pages.states(other.id) == [first]
        assert unit.pages.forget() == 1


def test_seen_posts_are_new_then_known_then_edited(storage: Storage, operator: Scope, clock) -> None:
    body, edited = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
    with storage.begin(operator) as unit:
        assert unit.seen.compare(SITE, [("p1", body), ("p2", body)]) == ["new", "new"]
        unit.seen.remember(SITE, [("p1", body)])
    with storage.begin(operator) as unit:
        assert unit.seen.compare(SITE, [("p2", body), ("p1", body), ("p1", edited)]) == [
            "new",
            "known",
            "edited",
        ]
        assert unit.seen.compare("https://other.test", [("p1", body)]) == ["new"]
        later, earlier = clock.now + timedelta(seconds=1), clock.now - timedelta(seconds=1)
        assert unit.seen.compare(SITE, [("p1", body)], stale_before=later) == ["stale"]
        assert unit.seen.compare(SITE, [("p1", edited)], stale_before=later) == ["edited"]
        assert unit.seen.compare(SITE, [("p1", body)], stale_before=earlier) == ["known"]
        unit.seen.remember(SITE, [("p1", body)], at=earlier - timedelta(days=1))
        assert unit.seen.compare(SITE, [("p1", body)], stale_before=earlier) == ["stale"]
        unit.seen.remember(SITE, [("p1", body), ("p1", edited)])
        assert unit.seen.compare(SITE, [("p1", edited)]) == ["known"]


def test_fingerprints_of_posts_not_met_for_long_can_be_dropped(
    storage: Storage, operator: Scope, clock
) -> None:
    with storage.begin(operator) as unit:
        unit.seen.remember(SITE, [("old", "a")])
        moment = clock.forward(days=1)
        unit.seen.remember(SITE, [("young", "a")])
        assert unit.seen.forget_before(moment) == 1
        assert unit.seen.compare(SITE, [("old", "a"), ("young", "a")]) == ["new", "known"]


def test_twelve_thousand_posts_are_compared_in_order_and_in_one_go(storage: Storage, operator: Scope) -> None:
    """More than one statement can bind, with new, known and edited ones mixed."""
    posts = [(f"p{number}", "a") for number in range(12_000)]
    with storage.begin(operator) as unit:
        unit.seen.remember(
            SITE,
            [(post_id, "a" if index % 2 else "b") for index, (post_id, _) in enumerate(posts) if index % 3],
        )
        verdicts = unit.seen.compare(SITE, posts)
    expected = ["new" if not index % 3 else "known" if index % 2 else "edited" for index in range(12_000)]
    assert verdicts == expected


def test_every_source_can_be_made_due_but_those_that_refused(
    storage: Storage, operator: Scope, clock
) -> None:
    with storage.begin(operator) as unit:
        read, refused = _add(unit), _add(unit, f"{SITE}/other")
        unit.sources.mark_read(read.id, clock.now, 1, 1)
        unit.sources.mark_read(refused.id, clock.now, 0, 1, refusals=[RefusalRecord(url=SITE, kind="robots")])
        clock.forward(seconds=1)
        assert unit.sources.due(clock.now) == []
        assert unit.sources.make_due() == 1
        assert [source.id for source in unit.sources.due(clock.now)] == [read.id]
