"""What frames and workers in other processes of the browser asked for: the tab's own network log does not tell of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.evidence.exchange import Exchange, Recording
from monitor.evidence.recorder import BEYOND_TOTAL, MAX_BODY_BYTES, MAX_EXCHANGES, MAX_TOTAL_BYTES, NOT_ENDED

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Response

_AT_ONCE = 4
_PROTOCOLS = {"HTTP/2.0": "h2", "HTTP/3.0": "h3"}


@dataclasses.dataclass(frozen=True, slots=True)
class _Seen:
    """A request that ended, and what was known of it then."""

    request: Request
    asked: Exchange


class ForeignRequests:
    """Listens to the whole context. ``is_failure``: whether an error means that the browser no longer has a thing."""

    def __init__(self, context: BrowserContext, is_failure: Callable[[BaseException], bool]) -> None:
        self._requests: list[_Seen] = []
        self._is_failure = is_failure
        self._unlisted = 0
        self._total_bytes = 0
        self._turns = asyncio.Semaphore(_AT_ONCE)
        context.on("requestfinished", self._on_ended)
        context.on("requestfailed", self._on_ended)

    async def joined(self, own: Recording, timeout_s: float) -> Recording:
        """The tab's own recording and what is not in it. Bodies get ``timeout_s`` together."""
        self._total_bytes = sum(len(one.untrusted_body) for one in own.exchanges)
        # A worker's script or a frame's document is asked for by the page, and comes to its end elsewhere.
        open_ones = [one for one in own.exchanges if one.missing == NOT_ENDED]
        known = Counter(_key(one) for one in own.exchanges) - Counter(_key(one) for one in open_ones)
        room = MAX_EXCHANGES - len(own.exchanges) + len(open_ones)
        foreign = self._beside(known)
        found = await self._exchanges(foreign[:room], timeout_s)
        ended_elsewhere = Counter(_key(one) for one in found)
        kept = [one for one in own.exchanges if one.missing != NOT_ENDED]
        for one in open_ones:
            if ended_elsewhere[_key(one)]:
                ended_elsewhere[_key(one)] -= 1
            else:
                kept.append(one)
        in_order = sorted([*kept, *found], key=lambda exchange: exchange.started_at)
        unlisted = own.unlisted or len(foreign[room:]) + self._unlisted
        return Recording(exchanges=tuple(in_order[:MAX_EXCHANGES]), unlisted=unlisted)

    def _beside(self, known: Counter[tuple[str, str]]) -> list[_Seen]:
        foreign = []
        for request in self._requests:
            key = _key(request.asked)
            if known[key]:
                known[key] -= 1
            else:
                foreign.append(request)
        return foreign

    async def _exchanges(self, requests: Sequence[_Seen], timeout_s: float) -> list[Exchange]:
        tasks = [asyncio.ensure_future(self._exchange(request)) for request in requests]
        if not tasks:
            return []
        _, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        return [
            dataclasses.replace(request.asked, missing="the browser did not hand it over in time")
            if task in late
            else task.result()
            for request, task in zip(requests, tasks, strict=True)
        ]

    def _on_ended(self, request: Request) -> None:
        if not request.url.startswith(("http:", "https:")):
            return
        if len(self._requests) < MAX_EXCHANGES:
            self._requests.append(_Seen(request, _asked(request)))
        else:
            self._unlisted += 1

    async def _exchange(self, seen: _Seen) -> Exchange:
        request, asked = seen.request, seen.asked
        try:
            async with self._turns:
                sent = await request.headers_array()
                response = None if request.failure else await request.response()
                asked = dataclasses.replace(asked, request_headers=_pairs(sent))
                if response is None:
                    return dataclasses.replace(asked, missing=request.failure or "nothing answered")
                received = await response.headers_array()
                protocol = await response.http_version()
        except Exception as error:
            if not self._is_failure(error):
                raise
            return dataclasses.replace(asked, missing="the browser no longer had it")
        answered = dataclasses.replace(
            asked,
            status=response.status,
            reason=response.status_text,
            protocol=_PROTOCOLS.get(protocol, protocol.lower()),
            response_headers=_pairs(received),
        )
        try:
            async with self._turns:
                body, missing = await self._body(request, response)
        except Exception as error:
            if not self._is_failure(error):
                raise
            return dataclasses.replace(answered, missing="the browser no longer had it")
        return dataclasses.replace(
            answered, untrusted_body=body, missing=missing, is_reencoded=_may_be_reencoded(body, answered)
        )

    async def _body(self, request: Request, response: Response) -> tuple[bytes, str]:
        if response.status in range(300, 400) or response.status == 204:
            return b"", ""
        if (await request.sizes())["responseBodySize"] > MAX_BODY_BYTES:
            return b"", f"larger than {MAX_BODY_BYTES:,} bytes"
        if self._total_bytes >= MAX_TOTAL_BYTES:
            return b"", BEYOND_TOTAL
        body = await response.body()
        if self._total_bytes + len(body) > MAX_TOTAL_BYTES:
            return b"", BEYOND_TOTAL
        self._total_bytes += len(body)
        return body, ""


def _key(exchange: Exchange) -> tuple[str, str]:
    return (exchange.method, exchange.untrusted_url)


def _asked(request: Request) -> Exchange:
    timing = request.timing
    began_at = datetime.fromtimestamp(timing["startTime"] / 1000, UTC)
    return Exchange(
        untrusted_url=request.url,
        method=request.method,
        kind=request.resource_type.capitalize(),
        started_at=began_at if timing["startTime"] > 0 else datetime.now(UTC),
        duration_s=round(max(timing["responseEnd"], 0) / 1000, 6),
        request_body=request.post_data_buffer or b"",
        seen_in="frame or worker",
    )


def _may_be_reencoded(body: bytes, answered: Exchange) -> bool:
    """Text from another process comes in UTF-8 or as it was sent; the browser does not say which."""
    types = [value.lower() for name, value in answered.response_headers if name.lower() == "content-type"]
    if body.isascii() or "utf-8" in "".join(types):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _pairs(headers: Sequence[object]) -> tuple[tuple[str, str], ...]:
    return tuple((item["name"], item["value"]) for item in headers if isinstance(item, dict))
