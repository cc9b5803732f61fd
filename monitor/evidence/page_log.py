"""Keeps what a tab reports while a page loads, within fixed limits; never waits for anything and never judges."""

from __future__ import annotations

import dataclasses

from monitor.evidence.observation import Hop, SubRequest

_MAX_FAILED = 200
_MAX_CONSOLE = 100
_MAX_HOPS = 60
_MAX_TEXT = 1000


@dataclasses.dataclass(slots=True)
class PageLog:
    """A hostile page may report without end, so every list here is capped and its counter goes on."""

    hops: list[Hop] = dataclasses.field(default_factory=list)
    failed: list[SubRequest] = dataclasses.field(default_factory=list)
    console: list[str] = dataclasses.field(default_factory=list)
    request_count: int = 0
    pending_count: int = 0
    failed_count: int = 0
    console_count: int = 0
    dialog_count: int = 0
    popup_count: int = 0
    download_count: int = 0
    is_crashed: bool = False

    def start_hop(self, url: str, *, is_redirect: bool) -> int | None:
        """A step of the main frame begins. Returns its number, None when too many were seen."""
        if len(self.hops) >= _MAX_HOPS:
            return None
        cause = "http redirect" if is_redirect else "page" if self.hops else "requested"
        self.hops.append(Hop(url=url[:4000], status=0, cause=cause))
        return len(self.hops) - 1

    def end_hop(self, number: int, *, status: int = 0, error: str = "") -> None:
        self.hops[number] = dataclasses.replace(self.hops[number], status=status, error=error)

    def note_failed(self, url: str, kind: str, *, status: int = 0, error: str = "") -> None:
        self.failed_count += 1
        if len(self.failed) < _MAX_FAILED:
            self.failed.append(
                SubRequest(untrusted_url=url[:_MAX_TEXT], kind=kind, status=status, error=error)
            )

    def note_console(self, text: str) -> None:
        self.console_count += 1
        if len(self.console) < _MAX_CONSOLE:
            self.console.append(text[:_MAX_TEXT])

    def note_message(self, kind: str, text: str) -> None:
        """A line on the console; only errors are kept."""
        if kind in ("error", "assert"):
            self.note_console(text)

    def note_crash(self) -> None:
        self.is_crashed = True

    def note_download(self) -> None:
        self.download_count += 1

    def notes(self) -> list[str]:
        """Sentences on what the page tried beside being read."""
        found = (
            (self.dialog_count, "opened {} dialog(s), which were dismissed"),
            (self.popup_count, "opened {} window(s), which were closed"),
            (self.download_count, "began {} download(s), which were refused"),
            (max(0, self.failed_count - len(self.failed)), "had {} more failed parts than are listed"),
            (max(0, self.console_count - len(self.console)), "logged {} more errors than are listed"),
        )
        return [f"The page {text.format(count)}." for count, text in found if count]
