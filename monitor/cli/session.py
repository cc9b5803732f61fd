"""How a command gets at the monitor: settings read with clear sentences, storage opened and closed."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError

from monitor.bootstrap import Monitor, monitor_from_settings
from monitor.config import Settings
from monitor.errors import BadInputError
from storage import Scope, UnitOfWork

JSON = typer.Option(False, "--json", help="Print JSON, one object a line.")


def settings() -> Settings:
    """The settings of this environment. Raises BadInputError that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        why = first["msg"].removeprefix("Value error, ")
        raise BadInputError(why=f"SHAMEWATCH_{name}: {why}.") from None


@contextmanager
def opened() -> Iterator[Monitor]:
    """The monitor of this environment."""
    with monitor_from_settings(settings()) as monitor:
        yield monitor


@contextmanager
def reading() -> Iterator[UnitOfWork]:
    """One reading transaction of the operator."""
    with opened() as monitor, monitor.storage.read(Scope.operator()) as work:
        yield work


@contextmanager
def writing() -> Iterator[UnitOfWork]:
    """One writing transaction of the operator."""
    with opened() as monitor, monitor.storage.begin(Scope.operator()) as work:
        yield work


def actor() -> str:
    """Who is at the keyboard, for the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli"
