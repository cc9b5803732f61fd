"""``shamewatch init``, ``round`` and ``run``: making a monitor, one pass, the loop."""

from __future__ import annotations

import logging
import sys

import typer
from rich.logging import RichHandler

from monitor.bootstrap import initialise, is_initialised, key_file, only_one, recover_key
from monitor.cli.output import err, out, print_json, say, warn
from monitor.cli.progress import live_progress, print_report
from monitor.cli.session import opened, settings
from monitor.jobs.loop import run_forever
from monitor.jobs.round import RoundEnd, run_round
from monitor.progress import RoundReport


def register(app: typer.Typer) -> None:
    app.command()(init)
    app.command("round")(round_)
    app.command()(run)


def init(
    if_needed: bool = typer.Option(False, "--if-needed", help="Do nothing where a monitor is there already."),
    recover: bool = typer.Option(
        False,
        "--recover",
        help="Write a lost key file again. Asks for the recovery code, or reads it from a pipe.",
    ),
) -> None:
    """Make the data folder, the keys and the database. Prints the recovery code once."""
    current = settings()
    if recover:
        recover_key(current, _asked_code())
        say(f"The key file is back at {key_file(current)} and opens the data.")
        return
    if if_needed and is_initialised(current):
        return
    made = initialise(current)
    say(f"Data: {'the database server and ' if current.database_url else ''}{current.home}")
    say(f"Key:  {key_file(current)}")
    if made.recovery_code:
        say("")
        say(
            "Recovery code. Write it down and lock it away: without the key file or this code, all data is lost.",
            "bold",
        )
        out.print(made.recovery_code, markup=False, highlight=False, soft_wrap=True)
    elif made.is_new:
        say("The key was there already; the database is new.")
    else:
        say("Everything was there already; nothing was changed.")


def _asked_code() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Recovery code", hide_input=True))
    return sys.stdin.readline()


def round_(
    every: bool = typer.Option(False, "--all", help="Read every source now, due or not."),
    as_json: bool = typer.Option(False, "--json", help="Print the account as JSON."),
) -> None:
    """One pass: read the sources that are due, match, capture, alert."""
    with opened() as monitor, only_one(monitor.settings):
        with live_progress(is_shown=not as_json and err.is_terminal) as progress:
            end = run_round(monitor, progress, is_every_source=every)
        if as_json:
            left = {"captures": end.captures_left, "alerts": end.alerts_left}
            print_json({**progress.report.as_json(), "left": left})
        else:
            print_report(progress.report)
            _say_left(end)
    if end.crawl_failure is not None:
        raise end.crawl_failure


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


def _say_round(report: RoundReport, end: RoundEnd) -> None:
    if report.steps:
        print_report(report)
        _say_left(end)
    if end.crawl_failure is not None:
        warn(str(end.crawl_failure))
    sys.stdout.flush()


def _say_left(end: RoundEnd) -> None:
    if end.captures_left or end.alerts_left:
        say(f"Left for the next round: {end.captures_left} captures, {end.alerts_left} alerts.", "yellow")
