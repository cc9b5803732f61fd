"""Writes into a tab's log what its requests did; knows which of them are steps of the main frame. Judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.evidence.page_log import PageLog

if TYPE_CHECKING:
    from playwright.async_api import Page, Request, Response


class RequestWatcher:
    """Listens from its making on, for as long as the page lives."""

    def __init__(self, page: Page, log: PageLog) -> None:
        self._page = page
        self._log = log
        self._hop_numbers: dict[Request, int] = {}
        self._main: list[Response] = []
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failed)
        page.on("requestfinished", self._on_finished)

    @property
    def response(self) -> Response | None:
        """The response that the document shown came with."""
        shown = self._page.url.partition("#")[0]
        fitting = [response for response in self._main if response.url.partition("#")[0] == shown]
        final = [response for response in self._main if not 300 <= response.status < 400]
        return next(reversed(fitting or final), None)

    def _on_request(self, request: Request) -> None:
        self._log.request_count += 1
        self._log.pending_count += 1
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            number = self._log.start_hop(request.url, is_redirect=request.redirected_from is not None)
            if number is not None:
                self._hop_numbers[request] = number

    def _on_response(self, response: Response) -> None:
        number = self._hop_numbers.get(response.request)
        if number is not None:
            self._log.end_hop(number, status=response.status)
            self._main.append(response)
        elif response.status >= 400:
            self._log.note_failed(response.url, response.request.resource_type, status=response.status)

    def _on_finished(self, _request: Request) -> None:
        self._log.pending_count -= 1

    def _on_failed(self, request: Request) -> None:
        self._log.pending_count -= 1
        error = request.failure or "failed"
        number = self._hop_numbers.get(request)
        if number is not None:
            self._log.end_hop(number, status=self._log.hops[number].status, error=error)
        else:
            self._log.note_failed(request.url, request.resource_type, error=error)
