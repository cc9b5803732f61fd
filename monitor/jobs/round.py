"""One round: read due sources, match, capture, alert. Decides the order of the stages and nothing else."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from monitor.bootstrap import Monitor
from monitor.progress import RoundReport, Step, Watcher
from monitor.stages.collect_posts import collect_posts
from monitor.stages.preserve_evidence import preserve_evidence
from monitor.stages.raise_alerts import deliver_alerts, enqueue_alerts
from monitor.stages.record_hits import record_hits
from monitor.stages.watch_subjects import detector_from_storage
from spiders.errors import CrawlError
from storage import Scope, Storage


@dataclasses.dataclass(slots=True)
class _Both:
    """Tells the report and whoever else watches."""

    report: RoundReport
    other: Watcher | None

    def happened(self, step: Step, *, outcome: str = "", where: str = "") -> None:
        self.report.happened(step, outcome=outcome, where=where)
        if self.other is not None:
            self.other.happened(step, outcome=outcome, where=where)


def _take_over(storage: Storage) -> None:
    """Take up at once what a killed round was sending: on SQLite nobody else can be sending it."""
    if storage.database_path is not None:
        with storage.begin(Scope.operator()) as work:
            work.alerts.release_claims()


def run_round(
    monitor: Monitor, watcher: Watcher | None = None, *, is_every_source: bool = False
) -> RoundReport:
    """One pass over the due sources (or every source), and whatever an earlier round left undone.

    Nobody watched means nothing is read. Raises CrawlError after everything else of the round is done.
    """
    report = RoundReport()
    both = _Both(report, watcher)
    storage = monitor.storage
    _take_over(storage)
    with storage.read(Scope.operator()) as work:
        sources = work.sources.list() if is_every_source else work.sources.due(datetime.now(UTC))
    detector, subjects = detector_from_storage(storage)
    failure: CrawlError | None = None
    monitor.scratch.sweep()
    if subjects and sources:
        try:
            for batch in collect_posts(storage, sources, monitor.crawl_template(), both):
                record_hits(storage, detector, batch, both)
        except CrawlError as error:
            failure = error
    preserve_evidence(storage, monitor.capture_means(), both)
    enqueue_alerts(storage)
    deliver_alerts(storage, monitor.send, both)
    if failure is not None:
        raise failure
    return report
