"""The errors a person may meet. The docstring is the message; ``{fields}`` are filled in.

Whatever reaches the command line as a MonitorError is printed as one sentence without a traceback.
Exit codes are listed in docs/commands.md.
"""

from __future__ import annotations

import inspect


class MonitorError(Exception):
    """Something went wrong."""

    exit_code = 1

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(inspect.cleandoc(type(self).__doc__ or "").format(**fields))


class BadInputError(MonitorError):
    """The input cannot be used: {why}"""

    exit_code = 2


class AlreadyRunningError(MonitorError):
    """Another monitor is using {home} (process {pid}). Stop it first, or set SHAMEWATCH_HOME to another folder."""

    exit_code = 5


class FolderNotWritableError(MonitorError):
    """{path} cannot be written to: {why}. Nothing that was stored before is lost."""

    exit_code = 6


class BrowserMissingError(MonitorError):
    """No Chromium was found. Run `shamewatch setup`, or set SHAMEWATCH_CHROMIUM to its path."""

    exit_code = 7


class RefusedError(MonitorError):
    """{url} was not read: {why}"""

    exit_code = 8
