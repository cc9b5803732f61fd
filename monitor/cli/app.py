"""The command ``shamewatch``: its parts, and what happens to errors. Each part has a file of its own noun."""

from __future__ import annotations

import os
import sys

import typer
from rich.text import Text

from monitor import __version__
from monitor.cli import (
    capture,
    channels,
    crawl,
    demo,
    doctor,
    hits,
    lifecycle,
    scan,
    setup,
    sources,
    subjects,
    terms,
)
from monitor.cli.output import err
from monitor.errors import MonitorError
from spiders.errors import CrawlError
from storage.errors import StorageError

app = typer.Typer(
    name="shamewatch",
    help="Watches public pages for debt-shaming, preserves what it finds as evidence, and alerts the borrower.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for part in (lifecycle, crawl, scan, capture, doctor, setup, demo):
    part.register(app)
for noun in (subjects, terms, sources, hits, channels):
    app.add_typer(noun.app, name=noun.__name__.rpartition(".")[2])


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shamewatch {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Show the version."
    ),
) -> None:
    pass


def main() -> None:
    """Run the command. Whatever a person can mend comes as one sentence and an exit code, no traceback."""
    try:
        app()
    except (MonitorError, StorageError, CrawlError) as error:
        _fail(str(error), getattr(error, "exit_code", 6))
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        _fail("Stopped. Nothing that was stored is lost.", 130)


def _fail(sentence: str, code: int) -> None:
    err.print(Text(sentence, style="red"))
    sys.exit(code)


if __name__ == "__main__":
    main()
