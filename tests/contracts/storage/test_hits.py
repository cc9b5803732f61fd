"""Hits and their wordings, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from storage import Scope, Storage
from storage.errors import BadValueError, GoneError, NotFoundError
from storage.repositories.hit_records import HitCue, HitMention, HitPost

SITE = "https://board.test"


def _record(
    unit, subject_id: str, post_id: str = "p1", body: str = "a", text: str = "She is a thief", **more
):
    post = HitPost(site=SITE, id=post_id, url=f"{SITE}/t#{post_id}", untrusted_text=text)
    return unit.hits.record(
        subject_id, post=post, body_sha256=body, **{"score": 0.9, "severity": "high", **more}
    )


@pytest.fixture
def subject_id(storage: Storage, operator: Scope) -> str:
    with storage.begin(operator) as unit:
        return unit.subjects.add("Ann Example").id


def test_a_hit_comes_back_with_everything_that_was_found(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    post = HitPost(
        site=SITE,
        id="p9",
        url=f"{SITE}/t#p9",
        untrusted_text="老赖 \ud83d half a pair",
        untrusted_title="Title",
        untrusted_quoted="Quoted",
        untrusted_author="collector",
        published_at=datetime(2031, 2, 28, 23, 30, tzinfo=timezone(timedelta(hours=8))),
        thread_url=f"{SITE}/t",
        images=("https://img.test/1.png",),
        platform="spirit",
    )
    mention = HitMention(kind="name", term="老", field="text", start=0, end=1, text="老", certainty=0.5)
    cue = HitCue(family="insult", field="text", start=0, end=2, text="老赖")
    with storage.begin(operator) as unit:
        hit, outcome = unit.hits.record(
            subject_id,
            post=post,
            body_sha256="a",
            score=0.75,
            severity="critical",
            mentions=[mention],
            cues=[cue],
            reasons=["It says so."],
        )
    assert outcome == "new"
    with storage.read(operator) as unit:
        found = unit.hits.get(hit.id)
    assert found == hit
    assert found.post == post
    assert (found.content.mentions, found.content.cues, found.content.reasons) == (
        (mention,),
        (cue,),
        ("It says so.",),
    )
    assert (found.score, found.severity, found.disposition, found.found_at) == (
        0.75,
        "critical",
        "new",
        clock.now,
    )


def test_the_same_post_is_one_hit_and_an_edit_is_its_revision(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    with storage.begin(operator) as unit:
        first, _ = _record(unit, subject_id)
    clock.forward(hours=1)
    with storage.begin(operator) as unit:
        same, outcome = _record(unit, subject_id)
        assert (same, outcome) == (first, "known")
        edited, outcome = _record(unit, subject_id, body="b", text="She is a rapist", severity="critical")
        assert outcome == "revised"
    assert (edited.id, edited.revision, edited.severity, edited.found_at) == (
        first.id,
        2,
        "critical",
        first.found_at,
    )
    with storage.read(operator) as unit:
        assert len(unit.hits.list()) == 1
        texts = [(item.number, item.content.post.untrusted_text) for item in unit.hits.revisions(first.id)]
        assert texts == [(1, "She is a thief"), (2, "She is a rapist")]
        assert unit.hits.list()[0].post.untrusted_text == "She is a rapist"


def test_one_post_about_two_subjects_is_two_hits(storage: Storage, operator: Scope, subject_id: str) -> None:
    with storage.begin(operator) as unit:
        other = unit.subjects.add("Bea Example").id
        assert _record(unit, subject_id)[1] == _record(unit, other)[1] == "new"
        assert unit.hits.count_by("subject_id") == {subject_id: 1, other: 1}


def test_hits_are_listed_newest_first_filtered_and_by_pages(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    with storage.begin(operator) as unit:
        ids = []
        for number in range(5):
            clock.forward(minutes=1)
            ids.insert(
                0, _record(unit, subject_id, f"p{number}", severity="low" if number % 2 else "high")[0].id
            )
        unit.hits.set_disposition(ids[0], "dismissed", "operator")
    with storage.read(operator) as unit:
        assert [hit.id for hit in unit.hits.list()] == ids
        assert [hit.id for hit in unit.hits.list(limit=2, offset=1)] == ids[1:3]
        second = unit.hits.get(ids[1])
        assert [hit.id for hit in unit.hits.list(limit=2, before=(second.found_at, second.id))] == ids[2:4]
        assert [hit.id for hit in unit.hits.list(severity="low")] == [ids[1], ids[3]]
        assert [hit.id for hit in unit.hits.list(disposition="dismissed")] == [ids[0]]
        assert unit.hits.list(source_id="src-22222222") == []
        assert unit.hits.count_by("severity") == {"low": 2, "high": 3}
        assert unit.hits.count_by("disposition", subject_id=subject_id) == {"new": 4, "dismissed": 1}


def test_hits_of_one_moment_are_paged_without_loss_or_repetition(
    storage: Storage, operator: Scope, subject_id: str
) -> None:
    with storage.begin(operator) as unit:
        stored = {_record(unit, subject_id, f"p{number}")[0].id for number in range(7)}
    seen, before = [], None
    with storage.read(operator) as unit:
        while page := unit.hits.list(limit=3, before=before):
            seen += [hit.id for hit in page]
            before = (page[-1].found_at, page[-1].id)
    assert len(seen) == 7
    assert set(seen) == stored


def test_a_person_decides_what_becomes_of_a_hit(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    with storage.begin(operator) as unit:
        hit, _ = _record(unit, subject_id)
        decided = unit.hits.set_disposition(hit.id, "confirmed", "acc-1")
        assert (decided.disposition, decided.disposed_by, decided.disposed_at) == (
            "confirmed",
            "acc-1",
            clock.now,
        )
        with pytest.raises(BadValueError, match="new, confirmed, dismissed"):
            unit.hits.set_disposition(hit.id, "ignored", "acc-1")
        with pytest.raises(NotFoundError):
            unit.hits.set_disposition("h-222222222222", "new", "acc-1")


def test_a_hit_waits_for_evidence_of_its_newest_wording(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    def capture(unit, verdict: str) -> None:
        unit.evidence.add(
            hit_id=hit.id,
            url="u",
            verdict=verdict,
            reason="r",
            captured_at=clock.forward(hours=1),
            manifest={},
        )

    def waiting(unit) -> list[str]:
        return [item.id for item in unit.hits.capture_due(clock.now)]

    with storage.begin(operator) as unit:
        hit, _ = _record(unit, subject_id)
        assert waiting(unit) == [hit.id]
        capture(unit, "gone")
        assert waiting(unit) == []
        _record(unit, subject_id, body="b")
        assert waiting(unit) == [hit.id]
        capture(unit, "ok")
        assert waiting(unit) == []
        assert [item.hit_revision for item in unit.evidence.of_hit(hit.id)] == [1, 2]


def test_hits_outlive_the_source_they_were_found_at(
    storage: Storage, operator: Scope, subject_id: str
) -> None:
    with storage.begin(operator) as unit:
        source = unit.sources.add(
            SITE, platform="feed", start_url=SITE, will_read="", cannot_see="", interval_s=60
        )
        hit, _ = _record(unit, subject_id, source_id=source.id)
        assert [item.id for item in unit.hits.list(source_id=source.id)] == [hit.id]
        unit.sources.remove(source.id)
    with storage.read(operator) as unit:
        assert unit.hits.get(hit.id).source_id is None


def test_a_severity_that_nobody_knows_is_refused(storage: Storage, operator: Scope, subject_id: str) -> None:
    with storage.begin(operator) as unit, pytest.raises(BadValueError, match="low, medium, high, critical"):
        _record(unit, subject_id, severity="terrible")


def test_a_time_without_a_zone_is_refused(storage: Storage, operator: Scope, subject_id: str) -> None:
    with pytest.raises(Exception, match="without a zone"), storage.begin(operator) as unit:
        unit.consents.add(
            subject_id, "self", "", "", at=datetime(2031, 1, 1, tzinfo=UTC).replace(tzinfo=None)
        )


def test_a_hit_of_an_unknown_source_is_refused_with_a_sentence(
    storage: Storage, operator: Scope, subject_id: str
) -> None:
    with storage.begin(operator) as unit, pytest.raises(GoneError, match="removed in the meantime"):
        _record(unit, subject_id, source_id="src-22222222")


def test_dismissed_hits_expire_with_their_evidence_and_others_stay(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    with storage.begin(operator) as unit:
        kept, _ = _record(unit, subject_id, "kept")
        gone, _ = _record(unit, subject_id, "gone")
        unit.evidence.add(
            hit_id=gone.id, url="u", verdict="ok", reason="", captured_at=clock.now, manifest={}
        )
        for hit in (kept, gone):
            unit.hits.set_disposition(hit.id, "confirmed" if hit is kept else "dismissed", "operator")
        assert unit.hits.expire_dismissed(clock.now) == 0
        assert unit.hits.expire_dismissed(clock.forward(days=1)) == 1
        assert [hit.id for hit in unit.hits.list()] == [kept.id]
        assert unit.evidence.list() == []


def test_a_capture_that_failed_for_the_moment_is_due_again_at_its_time(
    storage: Storage, operator: Scope, subject_id: str, clock
) -> None:
    with storage.begin(operator) as unit:
        hit, _ = _record(unit, subject_id)
        later = clock.now + timedelta(minutes=10)
        unit.evidence.add(
            hit_id=hit.id,
            url="u",
            verdict="timed out",
            reason="r",
            captured_at=clock.now,
            manifest={},
            again_at=later,
        )
        assert unit.hits.count_capture_due(clock.now) == 0
        assert unit.hits.get(hit.id).evidence_at is not None, "its alert does not wait"
        assert [item.id for item in unit.hits.capture_due(later)] == [hit.id]
        assert unit.hits.count_capture_due(later) == 1


def test_what_a_post_was_a_hit_for_is_found_per_subject_whichever_source_showed_it(
    storage: Storage, operator: Scope, subject_id: str
) -> None:
    with storage.begin(operator) as unit:
        source = unit.sources.add(
            f"{SITE}/a", platform="feed", start_url=SITE, will_read="", cannot_see="", interval_s=60
        )
        second = unit.subjects.add("Bea Example").id
        hits = [_record(unit, owner, source_id=source.id)[0].id for owner in (subject_id, second)]
        _record(unit, subject_id, "p2", source_id=source.id)
        assert sorted(hit.id for hit in unit.hits.of_post(SITE, "p1")) == sorted(hits)
        assert unit.hits.of_post(SITE, "p3") == []
        assert unit.hits.of_post("https://other.test", "p1") == []
