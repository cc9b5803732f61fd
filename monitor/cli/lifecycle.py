"""``shamewatch init``, ``round`` and ``run``: making a monitor, one pass, the loop."""

from __future__ import annotations

import logging
import sys

import typer
from rich.logging import RichHandler

from monitor.bootstrap import initialise, is_initialised, key_file, only_one
from monitor.cli.output import err, out, print_json, say, warn
from monitor.cli.progress import live_progress, print_report
from monitor.cli.session import opened, settings
from monitor.jobs.loop import run_forever
from monitor.jobs.round import run_round
from monitor.progress import RoundReport
from spiders.errors import CrawlError


def register(app: typer.Typer) -> None:
    app.command()(init)
    app.command("round")(round_)
    app.command()(run)


def init(
    if_needed: bool = typer.Option(False, "--if-needed", help="Do nothing where a monitor is there already."),
) -> None:
    """Make the data folder, the keys and the database. Prints the recovery code once."""
    current = settings()
    if if_needed and is_initialised(current):
        return
    recovery_code = initialise(current)
    say(f"Data: {(current.database_url and 'the database server and ') or ''}{current.home}")
    say(f"Key:  {key_file(current)}")
    if recovery_code:
        say("")
        say(
            "Recovery code. Write it down and lock it away: without the key file or this code, all data is lost.",
            "bold",
        )
        out.print(recovery_code, markup=False, highlight=False, soft_wrap=True)
    else:
        say("Everything was there already; nothing was changed.")


def round_(
    every: bool = typer.Option(False, "--all", help="Read every source now, due or not."),
    as_json: bool = typer.Option(False, "--json", help="Print the account as JSON."),
) -> None:
    """One pass: read the sources that are due, match, capture, alert."""
    with opened() as monitor, only_one(monitor.settings):
        failure: CrawlError | None = None
        with live_progress(is_shown=not as_json and err.is_terminal) as progress:
            try:
                run_round(monitor, progress, is_every_source=every)
            except CrawlError as error:
                failure = error
        if as_json:
            print_json(progress.report.as_json())
        else:
            print_report(progress.report)
    if failure is not None:
        warn(str(failure))
        raise typer.Exit(1)


def run() -> None:
    """Start the monitor: rounds on a schedule until it is stopped with Ctrl-C or SIGTERM."""
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_path=False, markup=False)],
    )
    with opened() as monitor, only_one(monitor.settings):
        say(f"Watching. Data in {monitor.settings.home}. Stop with Ctrl-C.")
        sys.stdout.flush()
        run_forever(monitor, on_round=_say_round)
    say("Stopped. Nothing that was stored is lost.")


def _say_round(report: RoundReport) -> None:
    if report.steps:
        print_report(report)
        sys.stdout.flush()
