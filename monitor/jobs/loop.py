"""The monitor's loop: rounds on a schedule until it is told to stop. A fault of one round never ends it."""

from __future__ import annotations

import logging
import signal
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

from monitor.bootstrap import Monitor
from monitor.jobs.round import RoundEnd, run_round
from monitor.progress import RoundReport
from storage import Scope
from storage.errors import StorageError

_LOG = logging.getLogger(__name__)
_LONGEST_SLEEP_S = 30.0
_SHORTEST_SLEEP_S = 1.0


def run_forever(monitor: Monitor, *, on_round: Callable[[RoundReport, RoundEnd], None]) -> None:
    """Run rounds until SIGTERM or SIGINT; the round under way is finished first, a second signal ends it at once."""
    stop = threading.Event()

    def _stop(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    while not stop.is_set():
        report = RoundReport()
        try:
            on_round(report, run_round(monitor, report))
        except Exception as error:  # noqa: BLE001 - the one boundary behind which the monitor must live on
            _LOG.error("A round failed: %s The next one takes up what was not finished.", told(error))
        stop.wait(_sleep_s(monitor))


def told(error: Exception) -> str:
    """The error in words. One that is no sentence for people may quote a page or a person: its kind and place only."""
    if hasattr(error, "exit_code"):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"{type(error).__name__} at {place}."


def _sleep_s(monitor: Monitor) -> float:
    """Until the next source, capture or alert may be due, within bounds."""
    now = datetime.now(UTC)
    try:
        with monitor.storage.read(Scope.operator()) as work:
            moments = [source.next_due_at for source in work.sources.list()]
    except StorageError:
        return _LONGEST_SLEEP_S
    wait_s = min(((moment - now).total_seconds() for moment in moments), default=_LONGEST_SLEEP_S)
    return min(max(wait_s, _SHORTEST_SLEEP_S), _LONGEST_SLEEP_S)
