"""What can go wrong with the browser itself, in sentences and codes; knows only the texts of Playwright's errors."""

from __future__ import annotations

from monitor.errors import MonitorError


class BrowserStartError(MonitorError):
    """Chromium ({path}) does not start: {why}"""

    exit_code = 7


class BrowserLostError(MonitorError):
    """The browser was lost before the page was captured: {why} Nothing was decided about the page. Capture it again; where this happens more often, run `shamewatch doctor`."""

    exit_code = 7


class NavigationFailedError(Exception):
    """The main page did not come. ``code`` is Chromium's ``net::ERR_…``, or a word of Playwright's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class TabLostError(Exception):
    """The page crashed, or cannot be read any more, in the middle of a step."""


class StepFailedError(Exception):
    """One step failed, and the page may still be there."""


def code_from_error(text: str) -> str:
    """``net::ERR_…`` out of Playwright's message, else its first line without the call's name."""
    for word in text.replace(":\n", " ").split():
        if word.startswith("net::ERR_"):
            return word.rstrip(":;,")
    return text.partition("\n")[0].removeprefix("Page.goto: ")[:300]


def start_failure(text: str) -> str:
    """Why Chromium did not start, and what to do, from Playwright's long message."""
    if "No usable sandbox" in text or "namespace" in text.lower():
        return (
            "its sandbox needs user namespaces, which this machine does not allow. Allow them (a container: "
            "a seccomp profile that permits them; Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0), "
            "or, only where nothing else works, set SHAMEWATCH_CHROMIUM_NO_SANDBOX=true."
        )
    lines = [line.strip() for line in text.splitlines() if line.strip() and "Call log" not in line]
    return " ".join(lines[:3])[:400] + " Run `shamewatch doctor`."


def says_lost(error: BaseException) -> bool:
    """Whether Playwright's message means that the page, the browser or the driver is gone, not that one step failed."""
    return any(words in str(error) for words in ("crashed", "has been closed", "Connection closed"))


def first_line(error: BaseException) -> str:
    """Playwright's message without its log."""
    return str(error).partition("\n")[0].rstrip(".")[:300]
