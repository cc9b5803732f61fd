"""What a round looks like while it runs, and its account afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from monitor.cli.output import err, out, shown
from monitor.progress import RoundReport, Step

_LABELS = {
    Step.SOURCE: "sources",
    Step.PAGE: "pages read",
    Step.POST: "posts read",
    Step.REFUSAL: "refused",
    Step.HIT: "hits",
    Step.CAPTURE: "captures",
    Step.STAMP: "timestamps",
    Step.DELIVERY: "alerts",
}


class LiveProgress:
    """Counts what happens and draws it."""

    def __init__(self) -> None:
        self.report = RoundReport()
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._where = ""

    def attach(self, live: Live) -> None:
        self._live = live

    def happened(self, step: Step, *, outcome: str = "", where: str = "") -> None:
        """Count and redraw."""
        self.report.happened(step, outcome=outcome, where=where)
        if step is Step.PAGE:
            self._where = shown(urlsplit(where).path or "/", 50)
        elif step is Step.CAPTURE:
            self._where = "capturing"
        elif step is Step.DELIVERY:
            self._where = "sending"
        if self._live is not None:
            self._live.update(self.drawn())

    def drawn(self) -> Table:
        """One line: a spinner, the counts, where we are."""
        line = Table.grid(padding=(0, 1))
        counts = Text(" · ").join(
            Text(f"{self.report.steps[step]} {label}")
            for step, label in _LABELS.items()
            if self.report.steps[step] or step in (Step.PAGE, Step.POST, Step.HIT)
        )
        line.add_row(self._spinner, counts, Text(self._where, style="dim"))
        return line


@contextmanager
def live_progress(*, is_shown: bool) -> Iterator[LiveProgress]:
    """A progress line on standard error while the block runs, where somebody looks."""
    progress = LiveProgress()
    if not is_shown:
        yield progress
        return
    with Live(progress.drawn(), console=err, transient=True, refresh_per_second=10) as live:
        progress.attach(live)
        yield progress


def print_report(report: RoundReport) -> None:
    """The account of a round: counts, and the outcomes in words."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="bold")
    table.add_column()
    table.add_column(style="dim")
    for step, label in _LABELS.items():
        count = report.steps[step]
        if count or step in (Step.PAGE, Step.POST, Step.HIT):
            outcomes = ", ".join(
                f"{number} {name}" for (of, name), number in sorted(report.outcomes.items()) if of is step
            )
            table.add_row(str(count), label, outcomes)
    out.print(table)
