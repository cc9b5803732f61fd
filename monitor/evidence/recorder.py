"""Writes down every exchange that a tab's network log tells of, with its body; pauses and changes no request.

Bodies are asked for with "durable messages": kept outside of the renderer, byte for byte, also across a
navigation. Intercepting each response instead would hold back what streams. A page can ask without end,
so everything here is bounded and what lies beyond is counted.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from monitor.evidence.browser_errors import StepFailedError, TabLostError
from monitor.evidence.exchange import Exchange, Headers, Recording
from monitor.evidence.wire_headers import (
    Answer,
    answer_from_event,
    expected_bytes,
    headers_from_map,
    is_full,
    raw_headers,
)

MAX_EXCHANGES = 2_000
MAX_BODY_BYTES = 16_000_000
MAX_TOTAL_BYTES = 64_000_000
BEYOND_TOTAL = f"beyond the {MAX_TOTAL_BYTES:,} bytes that are kept of one visit"
NOT_ENDED = "had not ended when the visit did"
_MAX_URL = 8_000
_MAX_SENT_BYTES = 1_000_000
_MORE_THAN_HEADERS = 300_000
_AT_ONCE = 6
_WITHOUT_BODY = frozenset({"HEAD", "OPTIONS"})


class Session(Protocol):
    """A session of the DevTools protocol, as Playwright gives it."""

    def on(self, event: Any, f: Any) -> None: ...


Send = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


@dataclasses.dataclass(slots=True, eq=False)
class _Hop:
    """One exchange while it is under way."""

    url: str
    method: str
    kind: str
    started_at: datetime
    began_s: float
    headers: Headers
    body: bytes
    response: Answer | None = None
    ended_s: float | None = None
    content: bytes = b""
    missing: str = NOT_ENDED
    wire_bytes: int = 0
    note: str = ""
    has_failed: bool = False


@dataclasses.dataclass(slots=True)
class _Chain:
    """All hops of one request id, and the raw headers that Chromium reports apart from them.

    ``is_cut``: a further hop is not kept, so what is still told is not of the last one that is.
    """

    hops: list[_Hop] = dataclasses.field(default_factory=list)
    sent: list[Headers] = dataclasses.field(default_factory=list)
    received: list[tuple[Headers, str, int]] = dataclasses.field(default_factory=list)
    is_cut: bool = False


class Recorder:
    """Listens from ``start`` on. ``send`` is used for the bodies; it raises StepFailedError or TabLostError."""

    def __init__(self, session: Session, send: Send) -> None:
        self._session = session
        self._send = send
        self._chains: dict[str, _Chain] = {}
        self._hops: list[tuple[str, _Hop]] = []
        self._bodies: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._total_bytes = 0
        self.unlisted = 0

    async def start(self) -> None:
        """Raises StepFailedError or TabLostError."""
        for event, listener in (
            ("Network.requestWillBeSent", self._on_request),
            ("Network.requestWillBeSentExtraInfo", self._on_sent),
            ("Network.responseReceived", self._on_response),
            ("Network.responseReceivedExtraInfo", self._on_received),
            ("Network.loadingFinished", self._on_finished),
            ("Network.loadingFailed", self._on_failed),
            ("Network.webSocketCreated", self._on_socket),
        ):
            self._session.on(event, listener)
        sizes = {
            "maxTotalBufferSize": MAX_TOTAL_BYTES * 2,
            "maxResourceBufferSize": MAX_BODY_BYTES,
            "maxPostDataSize": _MAX_SENT_BYTES,
        }
        await self._send("Network.enable", {**sizes, "enableDurableMessages": True})

    async def finish(self, timeout_s: float) -> Recording:
        """What was seen so far. Bodies that are still on their way get ``timeout_s`` together."""
        if self._bodies:
            await asyncio.wait(self._bodies, timeout=timeout_s)
        for task in self._bodies:
            task.cancel()
        return Recording(
            exchanges=tuple(self._exchange(self._chains[name], hop) for name, hop in self._hops),
            unlisted=self.unlisted,
        )

    def _on_request(self, event: Mapping[str, Any]) -> None:
        request, name = event["request"], event["requestId"]
        chain = self._chains.get(name)
        if chain is not None and chain.hops and "redirectResponse" in event:
            before = chain.hops[-1]
            before.response, before.missing = answer_from_event(event["redirectResponse"]), ""
            before.ended_s = event["timestamp"]
        is_http = request["url"].startswith(("http:", "https:"))
        if not is_http or len(self._hops) >= MAX_EXCHANGES:
            self.unlisted += is_http
            if chain is not None:
                chain.is_cut = True
            return
        chain = self._chains.setdefault(name, _Chain())
        sent, note = self._sent_body(request)
        hop = _Hop(
            url=request["url"][:_MAX_URL],
            method=request["method"],
            kind=event.get("type", "Other"),
            started_at=datetime.fromtimestamp(event["wallTime"], UTC),
            began_s=event["timestamp"],
            headers=headers_from_map(request["headers"]),
            body=sent,
            note=note or ("Its address was cut." if len(request["url"]) > _MAX_URL else ""),
        )
        chain.hops.append(hop)
        self._hops.append((name, hop))

    def _sent_body(self, request: Mapping[str, Any]) -> tuple[bytes, str]:
        if not request.get("hasPostData"):
            return b"", ""
        parts = request.get("postDataEntries", ())
        body = b"".join(base64.b64decode(part.get("bytes", "")) for part in parts)
        if not body:
            return b"", "The browser did not hand over what was sent."
        if self._total_bytes + len(body) > MAX_TOTAL_BYTES:
            return b"", f"What was sent lies {BEYOND_TOTAL}."
        self._total_bytes += len(body)
        return body, ""

    def _on_socket(self, event: Mapping[str, Any]) -> None:
        if len(self._hops) >= MAX_EXCHANGES:
            self.unlisted += 1
            return
        hop = _Hop(
            url=event["url"][:_MAX_URL],
            method="GET",
            kind="WebSocket",
            started_at=datetime.now(UTC),
            began_s=0.0,
            headers=(),
            body=b"",
            missing="the messages of a socket are not kept",
        )
        self._chains.setdefault(event["requestId"], _Chain()).hops.append(hop)
        self._hops.append((event["requestId"], hop))

    def _on_sent(self, event: Mapping[str, Any]) -> None:
        if event["requestId"] in self._chains or len(self._chains) < MAX_EXCHANGES:
            chain = self._chains.setdefault(event["requestId"], _Chain())
            chain.sent.append(headers_from_map(event["headers"]))

    def _on_received(self, event: Mapping[str, Any]) -> None:
        if event["requestId"] in self._chains:
            headers, line = raw_headers(event)
            self._chains[event["requestId"]].received.append((headers, line, event.get("statusCode", 0)))

    def _on_response(self, event: Mapping[str, Any]) -> None:
        hop = self._last(event["requestId"])
        if hop is not None:
            hop.response = answer_from_event(event["response"])

    def _on_finished(self, event: Mapping[str, Any]) -> None:
        hop = self._last(event["requestId"])
        # After a failure the browser tells of the end of its own error page, under the same id.
        if hop is None or hop.has_failed:
            return
        hop.ended_s = event["timestamp"]
        hop.wire_bytes = int(event.get("encodedDataLength", 0))
        hop.missing = ""
        status = hop.response.status if hop.response else 0
        if hop.method in _WITHOUT_BODY or status in (204, 304):
            return
        if hop.wire_bytes > MAX_BODY_BYTES:
            hop.missing = f"larger than {MAX_BODY_BYTES:,} bytes"
        elif self._total_bytes >= MAX_TOTAL_BYTES:
            hop.missing = BEYOND_TOTAL
        else:
            task = asyncio.ensure_future(self._fetch_body(event["requestId"], hop))
            self._bodies.add(task)
            task.add_done_callback(self._bodies.discard)

    def _on_failed(self, event: Mapping[str, Any]) -> None:
        hop = self._last(event["requestId"])
        if hop is not None:
            hop.ended_s, hop.has_failed = event["timestamp"], True
            hop.missing = event.get("blockedReason") or event.get("errorText") or "failed"

    async def _fetch_body(self, name: str, hop: _Hop) -> None:
        hop.missing = "the browser did not hand it over in time"
        try:
            async with self._turns:
                answer = await self._send("Network.getResponseBody", {"requestId": name})
        except (StepFailedError, TabLostError):
            hop.missing = f"the browser had not kept it, as it does beyond {MAX_BODY_BYTES:,} bytes"
            return
        body = answer["body"]
        content = base64.b64decode(body) if answer["base64Encoded"] else body.encode("utf-8", "surrogatepass")
        if self._total_bytes + len(content) > MAX_TOTAL_BYTES:
            hop.missing = BEYOND_TOTAL
            return
        self._total_bytes += len(content)
        hop.content, hop.missing = content, ""
        expected = expected_bytes(hop.response or Answer())
        # The browser breaks off what it cannot read (a picture that is none), and calls it finished.
        if len(content) < expected or (not content and hop.wire_bytes > _MORE_THAN_HEADERS):
            hop.missing = f"the browser broke it off and kept {len(content):,} bytes"

    def _last(self, name: str) -> _Hop | None:
        chain = self._chains.get(name)
        return chain.hops[-1] if chain is not None and chain.hops and not chain.is_cut else None

    def _exchange(self, chain: _Chain, hop: _Hop) -> Exchange:
        number = chain.hops.index(hop)
        sent = chain.sent[number] if len(chain.sent) == len(chain.hops) else hop.headers
        response = hop.response or Answer()
        status, received, line = response.status, response.headers, ""
        # Chromium reports raw headers once for each answer, in order; where one is lacking, none is taken.
        answered = sum(one.response is not None for one in chain.hops)
        if len(chain.received) in (answered, len(chain.hops)) and number < len(chain.received):
            received, line, told = chain.received[number]
            # Of what it refuses to take (a redirect to a file, say) it reports the raw headers alone.
            status = status or told
        return Exchange(
            untrusted_url=hop.url,
            method=hop.method,
            kind=hop.kind,
            started_at=hop.started_at,
            duration_s=round(max(0.0, (hop.ended_s or hop.began_s) - hop.began_s), 6),
            request_headers=sent,
            request_body=hop.body,
            status=status,
            reason=(line.split(" ", 2)[2:] or [response.reason])[0],
            protocol=response.protocol,
            response_headers=received,
            untrusted_body=hop.content,
            missing=hop.missing,
            note=hop.note or ("Further headers of the answer were not kept." if is_full(received) else ""),
        )
