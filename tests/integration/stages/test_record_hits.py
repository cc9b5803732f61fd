"""Post → hit: what becomes a hit, what an edit does to it, and what leaves no trace."""

from __future__ import annotations

from monitor.posts import CollectedPost
from monitor.progress import Step
from monitor.stages.record_hits import record_hits
from spiders.items import Post
from storage import Scope
from tests.integration.stages.conftest import Watch

SHAMING = (
    "WANTED: Analyn Dimasupil, 0917 000 4417. Thief and scammer, she refuses to pay her debt. Share this!"
)
HARMLESS = "Thank you Analyn Dimasupil for the lovely lunch yesterday."
OTHER = "The ferry leaves at nine on Sundays."


def collected(watch: Watch, text: str, *, post_id: str = "7", is_edited: bool = False) -> CollectedPost:
    post = Post(
        platform="generic", source_url="https://forum.example/", site="https://forum.example", id=post_id,
        url=f"https://forum.example/t/1#{post_id}", untrusted_text=text,
    )  # fmt: skip
    return CollectedPost(source_id=watch.source_id, post=post, is_edited=is_edited)


def hits(watch: Watch) -> list[tuple[str, int, str]]:
    with watch.storage.read(Scope.operator()) as work:
        return [(hit.subject_id, hit.revision, hit.post.untrusted_text) for hit in work.hits.list()]


def test_a_shaming_post_is_one_hit_however_often_it_is_read(watch: Watch) -> None:
    assert record_hits(watch.storage, watch.detector, [collected(watch, SHAMING)], watch.report) == 1
    assert record_hits(watch.storage, watch.detector, [collected(watch, SHAMING)], watch.report) == 0
    assert hits(watch) == [(watch.subject_id, 1, SHAMING)]
    assert watch.report.steps[Step.HIT] == 1


def test_posts_that_are_no_hit_leave_nothing_in_the_database(watch: Watch) -> None:
    posts = [collected(watch, HARMLESS, post_id="8"), collected(watch, OTHER, post_id="9")]
    assert record_hits(watch.storage, watch.detector, posts, watch.report) == 0
    assert hits(watch) == []
    for path in (watch.storage.database_path, watch.storage.database_path.with_name("shamewatch.db-wal")):
        assert b"lovely lunch" not in path.read_bytes()


def test_an_edit_of_a_hit_is_a_revision_of_it(watch: Watch) -> None:
    record_hits(watch.storage, watch.detector, [collected(watch, SHAMING)], watch.report)
    worse = f"{SHAMING} We are coming to your office."
    assert (
        record_hits(watch.storage, watch.detector, [collected(watch, worse, is_edited=True)], watch.report)
        == 1
    )
    assert hits(watch) == [(watch.subject_id, 2, worse)]


def test_an_edit_that_takes_the_shaming_out_is_an_event_of_the_hit(watch: Watch) -> None:
    record_hits(watch.storage, watch.detector, [collected(watch, SHAMING)], watch.report)
    record_hits(watch.storage, watch.detector, [collected(watch, HARMLESS, is_edited=True)], watch.report)
    assert hits(watch) == [(watch.subject_id, 2, HARMLESS)]


def test_an_edit_that_takes_the_name_out_is_an_event_of_the_hit(watch: Watch) -> None:
    record_hits(watch.storage, watch.detector, [collected(watch, SHAMING)], watch.report)
    record_hits(watch.storage, watch.detector, [collected(watch, OTHER, is_edited=True)], watch.report)
    assert hits(watch) == [(watch.subject_id, 2, OTHER)]
    with watch.storage.read(Scope.operator()) as work:
        (hit,) = work.hits.list()
    assert "no longer mentions" in hit.content.reasons[0]
    assert hit.severity == "critical" or hit.severity == "high"


def test_an_edit_of_a_post_that_was_no_hit_can_become_one(watch: Watch) -> None:
    record_hits(watch.storage, watch.detector, [collected(watch, HARMLESS)], watch.report)
    assert (
        record_hits(watch.storage, watch.detector, [collected(watch, SHAMING, is_edited=True)], watch.report)
        == 1
    )
    assert hits(watch) == [(watch.subject_id, 1, SHAMING)]
