"""What frames and workers in other processes of the browser asked for: the tab's own network log does not tell of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.evidence.exchange import Exchange
from monitor.evidence.recorder import MAX_BODY_BYTES

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Response

_MAX_REQUESTS = 300
_REENCODED = "The browser handed text over in UTF-8, whatever it was sent in."


class ForeignRequests:
    """Listens to the whole context. ``is_gone``: whether an error means that the page or browser is gone."""

    def __init__(self, context: BrowserContext, is_failure: Callable[[BaseException], bool]) -> None:
        self._requests: list[Request] = []
        self._is_failure = is_failure
        self.unlisted = 0
        context.on("requestfinished", self._on_finished)

    async def beside(self, known: Iterable[Exchange], timeout_s: float) -> list[Exchange]:
        """Those that are not among ``known``, with their bodies as far as they come within ``timeout_s``."""
        seen = Counter((one.method, one.untrusted_url) for one in known)
        foreign = []
        for request in self._requests:
            key = (request.method, request.url)
            if seen[key]:
                seen[key] -= 1
            else:
                foreign.append(request)
        tasks = [asyncio.ensure_future(self._exchange(request)) for request in foreign]
        if not tasks:
            return []
        done, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        return [task.result() for task in tasks if task in done]

    def _on_finished(self, request: Request) -> None:
        if not request.url.startswith(("http:", "https:")):
            return
        if len(self._requests) < _MAX_REQUESTS:
            self._requests.append(request)
        else:
            self.unlisted += 1

    async def _exchange(self, request: Request) -> Exchange:
        timing = request.timing
        asked = Exchange(
            untrusted_url=request.url,
            method=request.method,
            kind=request.resource_type.capitalize(),
            started_at=datetime.fromtimestamp(max(timing["startTime"], 0) / 1000, UTC),
            duration_s=round(max(timing["responseEnd"], 0) / 1000, 6),
            seen_in="frame or worker",
        )
        try:
            response = await request.response()
            if response is None:
                return dataclasses.replace(asked, missing="nothing answered")
            sent = tuple((item["name"], item["value"]) for item in await request.headers_array())
            received = tuple((item["name"], item["value"]) for item in await response.headers_array())
            body, missing = await self._body(response)
        except Exception as error:
            if not self._is_failure(error):
                raise
            return dataclasses.replace(asked, missing="the browser no longer had it")
        return dataclasses.replace(
            asked,
            request_headers=sent,
            status=response.status,
            reason=response.status_text,
            response_headers=received,
            untrusted_body=body,
            missing=missing,
            note=_REENCODED,
        )

    async def _body(self, response: Response) -> tuple[bytes, str]:
        if response.status in range(300, 400) or response.status == 204:
            return b"", ""
        try:
            body = await response.body()
        except Exception as error:
            if not self._is_failure(error):
                raise
            return b"", "the browser no longer had it"
        if len(body) > MAX_BODY_BYTES:
            return b"", f"larger than {MAX_BODY_BYTES:,} bytes"
        return body, ""
