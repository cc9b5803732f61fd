"""Whole rounds over the practice forum, without a browser: what is removed meanwhile ends nothing, and nothing is found twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.alerts.channels import channel_from_text, channel_to_json
from monitor.bootstrap import Monitor, initialise, monitor_from_settings
from monitor.config import Settings
from monitor.errors import BadInputError
from monitor.evidence.verdict import Verdict
from monitor.jobs.loop import told
from monitor.jobs.round import RoundEnd, run_round
from monitor.practice import DEMO_SUBJECTS, PracticeForum
from monitor.progress import RoundReport, Step
from spiders.errors import CrawlFailedError
from spiders.gate import allowed_network_from_text
from storage import Scope

FIRST, SECOND = DEMO_SUBJECTS[:2]


class Acting(RoundReport):
    """Counts like any watcher, and does something when a step happens for the n-th time."""

    def __init__(self, step: Step, count: int, act: Callable[[], None]) -> None:
        super().__init__()
        self._when = (step, count)
        self._act = act

    def happened(self, step: Step, *, outcome: str = "", where: str = "") -> None:
        super().happened(step, outcome=outcome, where=where)
        if (step, self.steps[step]) == self._when:
            self._act()


@pytest.fixture
def forum() -> Iterator[PracticeForum]:
    with PracticeForum() as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, forum: PracticeForum) -> Iterator[Monitor]:
    settings = Settings(
        home=tmp_path / "data",
        key_file=tmp_path / "key" / "instance.key",
        allowed_networks=(allowed_network_from_text(forum.network),),
        chromium=tmp_path / "no-such-browser",
    )
    initialise(settings)
    with monitor_from_settings(settings) as opened:
        with opened.storage.begin(Scope.operator()) as work:
            work.sources.add(
                forum.url,
                platform="generic",
                start_url=forum.url,
                will_read="",
                cannot_see="",
                interval_s=900,
            )
        yield opened


def watch(monitor: Monitor, tmp_path: Path, *borrowers: object) -> list[str]:
    """Register borrowers with a folder channel each; their ids."""
    ids = []
    with monitor.storage.begin(Scope.operator()) as work:
        for borrower in borrowers or (FIRST, SECOND):
            subject = work.subjects.add(borrower.id, "en")
            for kind, values in (
                ("name", borrower.names),
                ("phone", borrower.phones),
                ("employer", borrower.employers),
                ("place", borrower.places),
            ):
                for value in values:
                    work.terms.add(subject.id, kind, value, value, "verified")
            channel = channel_from_text(
                "folder", {"path": str(tmp_path / "alerts" / borrower.id)}, is_operator=True
            )
            work.channels.add(subject.id, "folder", {"channel": channel_to_json(channel)})
            ids.append(subject.id)
    return ids


def found(monitor: Monitor) -> set[tuple[str, str]]:
    with monitor.storage.read(Scope.operator()) as work:
        return {(hit.post.url, hit.subject_id) for hit in work.hits.list(limit=1000)}


def expected(forum: PracticeForum, ids: dict[str, str]) -> set[tuple[str, str]]:
    return {(forum.post_url(post), ids[name]) for post, name in forum.expected_hits() if name in ids}


def test_a_round_without_a_browser_records_that_and_alerts_all_the_same(
    monitor: Monitor, forum: PracticeForum, tmp_path: Path
) -> None:
    first, second = watch(monitor, tmp_path)
    report = RoundReport()
    end = run_round(monitor, report)
    assert expected(forum, {FIRST.id: first, SECOND.id: second}) <= found(monitor)
    hits = report.steps[Step.HIT]
    assert report.outcomes[Step.CAPTURE, Verdict.NOT_CAPTURED] == hits
    assert report.outcomes[Step.DELIVERY, "delivered"] == hits
    assert len(list((tmp_path / "alerts").rglob("*.txt"))) == hits
    assert (end.captures_left, end.alerts_left) == (0, 0)
    with monitor.storage.read(Scope.operator()) as work:
        assert all(
            work.evidence.latest(hit.id).verdict == Verdict.NOT_CAPTURED for hit in work.hits.list(limit=1000)
        )


def test_a_second_round_finds_nothing_twice_and_asks_for_less(
    monitor: Monitor, forum: PracticeForum, tmp_path: Path
) -> None:
    watch(monitor, tmp_path)
    first, second = RoundReport(), RoundReport()
    run_round(monitor, first)
    run_round(monitor, second, is_every_source=True)
    assert (second.steps[Step.HIT], second.steps[Step.DELIVERY]) == (0, 0)
    assert second.steps[Step.PAGE] < first.steps[Step.PAGE]


def test_a_person_who_registers_later_is_told_of_what_was_read_before(
    monitor: Monitor, forum: PracticeForum, tmp_path: Path
) -> None:
    (first,) = watch(monitor, tmp_path, FIRST)
    run_round(monitor, RoundReport())
    (second,) = watch(monitor, tmp_path, SECOND)
    with monitor.storage.begin(Scope.operator()) as work:
        work.pages.forget()
    report = RoundReport()
    run_round(monitor, report, is_every_source=True)
    assert expected(forum, {SECOND.id: second}) <= found(monitor)
    with monitor.storage.read(Scope.operator()) as work:
        assert all(hit.revision == 1 for hit in work.hits.list(subject_id=first))


def test_an_edit_is_an_event_of_its_hit_also_after_a_term_was_added(
    monitor: Monitor, forum: PracticeForum, tmp_path: Path
) -> None:
    (first,) = watch(monitor, tmp_path, FIRST)
    run_round(monitor, RoundReport())
    post_id = min(post for post, name in forum.expected_hits() if name == FIRST.id)
    forum.edit_post(post_id, "The post was taken back, sorry.")
    watch(monitor, tmp_path, SECOND)
    with monitor.storage.begin(Scope.operator()) as work:
        work.pages.forget()
    run_round(monitor, RoundReport(), is_every_source=True)
    with monitor.storage.read(Scope.operator()) as work:
        (edited,) = [
            hit for hit in work.hits.list(subject_id=first) if hit.post.url == forum.post_url(post_id)
        ]
    assert edited.revision == 2
    assert "taken back" in edited.post.untrusted_text


def test_a_person_who_is_erased_while_a_round_runs_ends_it_for_nobody_else(
    monitor: Monitor, forum: PracticeForum, tmp_path: Path
) -> None:
    first, second = watch(monitor, tmp_path)

    def erase() -> None:
        with monitor.storage.begin(Scope.operator()) as work:
            work.subjects.erase(first)

    for step, count in ((Step.PAGE, 2), (Step.CAPTURE, 1)):
        report = Acting(step, count, erase)
        end = run_round(monitor, report, is_every_source=True)
        assert end.crawl_failure is None
        assert expected(forum, {SECOND.id: second}) <= found(monitor)
        assert list((tmp_path / "alerts" / SECOND.id).glob("*.txt"))
        (first,) = watch(monitor, tmp_path, FIRST)
        with monitor.storage.begin(Scope.operator()) as work:
            work.pages.forget()


def test_a_source_that_is_removed_while_it_is_read_keeps_the_hits_found_there(
    monitor: Monitor, forum: PracticeForum, tmp_path: Path
) -> None:
    first, second = watch(monitor, tmp_path)

    def remove() -> None:
        with monitor.storage.begin(Scope.operator()) as work:
            for source in work.sources.list():
                work.sources.remove(source.id)

    end = run_round(monitor, Acting(Step.PAGE, 3, remove))
    assert end.crawl_failure is None
    assert expected(forum, {FIRST.id: first, SECOND.id: second}) <= found(monitor)
    with monitor.storage.read(Scope.operator()) as work:
        assert work.sources.list() == []


def test_nobody_watched_means_nothing_is_read(monitor: Monitor, forum: PracticeForum) -> None:
    assert run_round(monitor, RoundReport()) == RoundEnd(captures_left=0, alerts_left=0)
    assert sum(forum.requests.values()) == 0


def test_an_error_is_told_without_what_it_may_quote() -> None:
    assert told(CrawlFailedError("The crawl process ended.")) == "The crawl process ended."
    with pytest.raises(ValueError, match="Ana") as caught:
        raise ValueError("Ana Reyes, +639170004417")
    assert told(caught.value).startswith("ValueError at test_round.py:")
    assert "Ana" not in told(caught.value)


def test_settings_of_authorities_that_cannot_be_used_hold_up_no_alert(
    monitor: Monitor, tmp_path: Path
) -> None:
    watch(monitor, tmp_path, FIRST)
    broken = Monitor(
        monitor.settings.model_copy(update={"tsa_roots": (tmp_path / "no.pem",)}), monitor.storage
    )
    report = RoundReport()
    with pytest.raises(BadInputError, match="cannot be read"):
        run_round(broken, report)
    assert report.steps[Step.HIT]
    assert report.outcomes[Step.DELIVERY, "delivered"] == report.steps[Step.HIT]
