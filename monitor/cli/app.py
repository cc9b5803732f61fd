"""The command ``shamewatch``: its parts, and what happens to errors. Each part has a file of its own noun.

A part is loaded when it is called: a command that needs no database or browser does not wait for them.
"""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any, NoReturn

import typer
import typer.main
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import TyperException

from monitor import __version__
from monitor.cli.output import err

# Command -> its module here, and its line in the list of commands.
_PARTS = {
    "init": ("lifecycle", "Make the data folder, the keys and the database."),
    "setup": ("setup", "Find or install Chromium and fonts."),
    "doctor": ("doctor", "Check browser, fonts, database, vault, channels, timestamps, clock and disk."),
    "demo": ("demo", "Show the main job on a practice forum."),
    "subjects": ("subjects", "The people protected."),
    "terms": ("terms", "What is looked for."),
    "sources": ("sources", "What is read."),
    "channels": ("channels", "Where alerts go."),
    "round": ("lifecycle", "One pass: read, match, capture, alert."),
    "run": ("lifecycle", "Start the monitor."),
    "hits": ("hits", "What was found."),
    "capture": ("capture", "Capture a page now."),
    "evidence": ("evidence", "Sealed evidence: packs, verification, a person's own material."),
    "vault": ("vault", "Where evidence files lie, and whether they are unharmed."),
    "crawl": ("crawl", "Read pages now and print every post once. Nothing is stored."),
    "scan": ("scan", "Run the detector on a file of posts. Needs no database."),
}

_INTERRUPTED = 130
# docs/commands.md is made from this.
EXIT_CODES = {
    0: "done",
    1: "something was wrong or was skipped; standard error says what",
    2: "the command line or the input cannot be used",
    3: "what was named does not exist",
    4: "there is no monitor yet: `shamewatch init`",
    5: "another monitor is using the same folder",
    6: "the data cannot be read or written",
    7: "no Chromium, or it does not start",
    8: "a page was refused, or its capture is not whole",
    9: "the crawl process failed",
    10: "`evidence verify`: something was altered",
    11: "`evidence verify`: nothing was altered, but not everything can be checked here",
    _INTERRUPTED: "stopped with Ctrl-C; `run` finishes its round and ends with 0",
}


class _Parts(TyperGroup):
    """A group whose commands are the modules of this package."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's interface
        return list(_PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click's interface
        if cmd_name not in _PARTS:
            return None
        module = importlib.import_module(f"monitor.cli.{_PARTS[cmd_name][0]}")
        if hasattr(module, "app"):
            group = typer.main.get_command(module.app)
            group.name = cmd_name
            return group
        part = typer.Typer(rich_markup_mode=None, add_completion=False)
        module.register(part)
        part.callback()(lambda: None)
        commands: dict[str, Any] = typer.main.get_command(part).commands  # type: ignore[attr-defined]
        return commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's interface
        """The list of commands, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _PARTS.items()])


app = typer.Typer(
    name="shamewatch",
    cls=_Parts,
    help="Watches public pages for debt-shaming, preserves what it finds as evidence, and alerts the borrower.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number, not an error in its place.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False) or 0
    except TyperException as error:
        usage_error: Any = error
        usage_error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        # The errors of all three packages that are sentences for people carry the exit code with them.
        known = getattr(error, "exit_code", None)
        if not isinstance(known, int):
            raise
        _fail(str(error), known)
    if code == _INTERRUPTED:
        _fail("Stopped. Nothing that is stored is lost.", code)
    sys.exit(code)


def _fail(sentence: str, code: int) -> NoReturn:
    err.print(Text(sentence, style="red"))
    sys.exit(code)


if __name__ == "__main__":
    main()
