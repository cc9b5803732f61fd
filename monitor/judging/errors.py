"""Why a second reader cannot give an opinion. The docstring is the message; ``{fields}`` are filled in."""

from __future__ import annotations

from monitor.errors import MonitorError


class ReaderUnavailableError(MonitorError):
    """The semantic reader cannot be used: {why}. Hits are decided by the first tier alone."""


class JudgeFailedError(MonitorError):
    """The judge gave no usable answer: {why}. The scorer's verdict stands."""


class JudgeAddressError(MonitorError):
    """SHAMEWATCH_JUDGE_URL cannot be used: {why}"""

    exit_code = 2
