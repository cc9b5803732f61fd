"""One round: read due sources, match, capture, alert. Decides the order of the stages and nothing else."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime

from monitor.bootstrap import Monitor
from monitor.progress import Watcher
from monitor.stages.collect_posts import collect_posts
from monitor.stages.preserve_evidence import preserve_evidence
from monitor.stages.raise_alerts import deliver_alerts, enqueue_alerts
from monitor.stages.record_hits import record_hits
from monitor.stages.stamp_evidence import stamp_custody, stamp_evidence
from monitor.stages.watch_subjects import watch_from_storage
from spiders.errors import CrawlError
from storage import Scope, Storage

# The first alert waits for no more captures than these.
_CAPTURES_AT_ONCE = 10
# What cannot be captured and sent in this time is left for the next round, so that sources are read on time.
_LONGEST_FOLLOW_UP_S = 900.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RoundEnd:
    """What a round left undone, and whether its crawl failed. The next round takes up both."""

    captures_left: int
    alerts_left: int
    crawl_failure: CrawlError | None = None


def run_round(monitor: Monitor, watcher: Watcher, *, is_every_source: bool = False) -> RoundEnd:
    """One pass over the due sources (or every source), and whatever an earlier round left undone.

    Nobody watched means nothing is read. Captures and alerts are made also where the crawl failed.
    """
    _take_over(monitor)
    failure = _read_and_match(monitor, watcher, is_every_source=is_every_source)
    _follow_up(monitor, watcher)
    now = datetime.now(UTC)
    with monitor.storage.read(Scope.operator()) as work:
        captures_left = work.hits.count_capture_due(now)
        alerts_left = len(work.alerts.due(now, limit=100_000))
    return RoundEnd(captures_left=captures_left, alerts_left=alerts_left, crawl_failure=failure)


def _take_over(monitor: Monitor) -> None:
    """Clear up after a round that was killed. On SQLite nobody else can be sending what it had claimed."""
    monitor.sweep()
    if monitor.storage.database_path is not None:
        with monitor.storage.begin(Scope.operator()) as work:
            work.alerts.release_claims()


def _read_and_match(monitor: Monitor, watcher: Watcher, *, is_every_source: bool) -> CrawlError | None:
    storage: Storage = monitor.storage
    with storage.read(Scope.operator()) as work:
        sources = work.sources.list() if is_every_source else work.sources.due(datetime.now(UTC))
    watch = watch_from_storage(storage)
    if not watch.subjects or not sources:
        return None
    panel = monitor.panel(watch.detector)
    try:
        for batch in collect_posts(storage, sources, monitor.crawl_template(), watch.age, watcher):
            record_hits(storage, panel, batch, watcher)
    except CrawlError as error:
        return error
    return None


def _follow_up(monitor: Monitor, watcher: Watcher) -> None:
    """Capture and alert by turns until nothing waits or the time is up; then stamps that did not come, and the day's root."""
    until_s = time.monotonic() + _LONGEST_FOLLOW_UP_S
    while True:
        captured = preserve_evidence(
            monitor.storage, monitor.capture_means(), watcher, limit=_CAPTURES_AT_ONCE
        )
        enqueue_alerts(monitor.storage)
        sent = deliver_alerts(monitor.storage, monitor.send, watcher)
        if not (captured or sent) or time.monotonic() > until_s:
            break
    # Last, so that nothing about timestamps holds up an alert: not even settings that cannot be used.
    stamper = monitor.stamper()
    stamp_evidence(monitor.storage, stamper, watcher)
    stamp_custody(monitor.storage, stamper, watcher)
