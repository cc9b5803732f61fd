"""The monitor's loop: rounds on a schedule until it is told to stop. A fault of one round never ends it."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

from monitor.bootstrap import Monitor
from monitor.errors import MonitorError
from monitor.jobs.round import run_round
from monitor.progress import RoundReport
from spiders.errors import CrawlError
from storage import Scope
from storage.errors import StorageError

_LOG = logging.getLogger(__name__)
_LONGEST_SLEEP_S = 30.0
_SHORTEST_SLEEP_S = 1.0


def run_forever(monitor: Monitor, *, on_round: Callable[[RoundReport], None]) -> None:
    """Run rounds until SIGTERM or SIGINT; the round under way is finished first, a second signal ends it at once."""
    stop = threading.Event()

    def _stop(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    while not stop.is_set():
        try:
            on_round(run_round(monitor))
        except (MonitorError, StorageError, CrawlError) as error:
            # The next round tries again: what was not finished is still in the database.
            _LOG.error("%s", error)
        stop.wait(_sleep_s(monitor))


def _sleep_s(monitor: Monitor) -> float:
    """Until the next source or alert is due, within bounds."""
    now = datetime.now(UTC)
    try:
        with monitor.storage.read(Scope.operator()) as work:
            moments = [source.next_due_at for source in work.sources.list()]
    except StorageError:
        return _LONGEST_SLEEP_S
    wait_s = min(((moment - now).total_seconds() for moment in moments), default=_LONGEST_SLEEP_S)
    return min(max(wait_s, _SHORTEST_SLEEP_S), _LONGEST_SLEEP_S)
