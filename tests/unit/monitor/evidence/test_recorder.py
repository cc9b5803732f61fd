"""The recorder on what Chromium tells in cases that a real page gives only now and then; events as Chromium 156 sends them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from monitor.evidence import recorder
from monitor.evidence.browser_errors import StepFailedError
from monitor.evidence.exchange import Exchange, Recording
from monitor.evidence.recorder import Recorder

Event = tuple[str, Mapping[str, Any]]
URL = "https://forum.example/t/1"


class Told:
    """A session that tells what it is given, and has the bodies of ``bodies``."""

    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        self.bodies = bodies
        self._listeners: dict[str, Callable[[Mapping[str, Any]], None]] = {}

    def on(self, event: str, f: Callable[[Mapping[str, Any]], None]) -> None:
        self._listeners[event] = f

    def tell(self, event: Event) -> None:
        self._listeners[f"Network.{event[0]}"](event[1])

    async def send(self, method: str, options: Mapping[str, Any]) -> Any:
        if method == "Network.enable":
            return {}
        if options["requestId"] not in self.bodies:
            raise StepFailedError("No resource with given identifier found")
        body = base64.b64encode(self.bodies[options["requestId"]]).decode()
        return {"body": body, "base64Encoded": True}


def recorded(*events: Event, **bodies: bytes) -> Recording:
    async def run() -> Recording:
        told = Told(bodies)
        listening = Recorder(told, told.send)
        await listening.start()
        for event in events:
            told.tell(event)
        return await listening.finish(1.0)

    return asyncio.run(run())


def only(recording: Recording) -> Exchange:
    (exchange,) = recording.exchanges
    return exchange


def asked(name: str = "a", url: str = URL, **more: Any) -> Event:
    request = {"url": url, "method": "GET", "headers": {"Accept": "*/*"}, **more.pop("request", {})}
    event = {"requestId": name, "request": request, "wallTime": 1_790_000_000.0, "timestamp": 5.0, **more}
    return "requestWillBeSent", event


def answered(name: str = "a", status: int = 200, **headers: str) -> Event:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    response = {"status": status, "statusText": "", "protocol": "h2", "headers": named}
    return "responseReceived", {"requestId": name, "response": response}


def ended(name: str = "a", wire_bytes: int = 100) -> Event:
    return "loadingFinished", {"requestId": name, "timestamp": 5.25, "encodedDataLength": wire_bytes}


def test_a_request_its_answer_and_its_body_make_an_exchange() -> None:
    raw = (
        "responseReceivedExtraInfo",
        {"requestId": "a", "statusCode": 200, "headers": {"Set-Cookie": "x=1\ny=2"}},
    )
    exchange = only(recorded(asked(), raw, answered(), ended(), a=b"\xff\xfe body"))
    assert exchange.untrusted_body == b"\xff\xfe body"
    assert exchange.response_headers == (("Set-Cookie", "x=1"), ("Set-Cookie", "y=2"))
    assert (exchange.status, exchange.protocol, exchange.duration_s, exchange.missing) == (
        200,
        "h2",
        0.25,
        "",
    )


def test_hops_of_a_redirect_are_exchanges_of_their_own() -> None:
    moved = {"status": 301, "statusText": "Moved", "protocol": "http/1.1", "headers": {"Location": "/t/2"}}
    recording = recorded(
        asked(), asked(url=f"{URL}?2", redirectResponse=moved), answered(), ended(), a=b"there"
    )
    assert [(one.status, one.untrusted_body) for one in recording.exchanges] == [(301, b""), (200, b"there")]


def test_what_comes_after_a_failure_is_not_the_sites() -> None:
    failed = ("loadingFailed", {"requestId": "a", "timestamp": 5.1, "errorText": "net::ERR_UNSAFE_REDIRECT"})
    exchange = only(recorded(asked(), failed, ended(), a=b"<html>the browser's own error page"))
    assert (exchange.untrusted_body, exchange.missing) == (b"", "net::ERR_UNSAFE_REDIRECT")


def test_a_body_that_was_broken_off_is_missing() -> None:
    exchange = only(recorded(asked(), answered(content_length="5000"), ended(wire_bytes=5000), a=b""))
    assert exchange.missing == "the browser broke it off and kept 0 bytes"


def test_an_encoded_body_may_be_longer_or_shorter_than_its_length_says() -> None:
    head = answered(content_length="5000", content_encoding="gzip")
    assert only(recorded(asked(), head, ended(), a=b"short")).missing == ""


def test_a_body_that_the_browser_no_longer_has_is_missing() -> None:
    assert "had not kept it" in only(recorded(asked(), answered(), ended())).missing


def test_a_large_body_is_not_asked_for() -> None:
    exchange = only(recorded(asked(), answered(), ended(wire_bytes=16_000_001), a=b"never asked for"))
    assert exchange.missing == "larger than 16,000,000 bytes"


def test_an_answer_without_end_is_missing() -> None:
    assert only(recorded(asked(), answered())).missing == recorder.NOT_ENDED


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_lacks_none(status: int) -> None:
    assert only(recorded(asked(), answered(status=status), ended())).missing == ""


def test_what_is_sent_is_kept_byte_for_byte() -> None:
    parts = [{"bytes": base64.b64encode(b"\x00\xff").decode()}, {"bytes": base64.b64encode(b"end").decode()}]
    sent = {"method": "POST", "hasPostData": True, "postDataEntries": parts}
    assert only(recorded(asked(request=sent))).request_body == b"\x00\xffend"


def test_what_was_sent_and_is_not_handed_over_is_noted() -> None:
    sent = {"method": "POST", "hasPostData": True}
    assert only(recorded(asked(request=sent))).note == "The browser did not hand over what was sent."


def test_beyond_the_limit_requests_are_counted_and_confuse_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_EXCHANGES", 2)
    moved = {"status": 302, "headers": {"Location": "/on"}}
    recording = recorded(
        asked("a"), asked("b"), asked("c"), answered("c"), ended("c"),
        asked("b", url=f"{URL}?on", redirectResponse=moved), answered("b"), ended("b"),
        a=b"a", b=b"of the hop that is not kept", c=b"c",
    )  # fmt: skip
    assert [one.status for one in recording.exchanges] == [0, 302]
    assert recording.exchanges[1].untrusted_body == b""
    assert recording.unlisted == 2


def test_all_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_TOTAL_BYTES", 10)
    events = [event for name in "abc" for event in (asked(name), answered(name), ended(name))]
    recording = recorded(*events, a=b"123456", b=b"123456", c=b"1234")
    assert [one.untrusted_body for one in recording.exchanges] == [b"123456", b"", b"1234"]
    assert recording.exchanges[1].missing == recorder.BEYOND_TOTAL


def test_headers_without_end_are_cut_and_noted() -> None:
    many = {f"X-{number}": "y" * 1000 for number in range(200)}
    exchange = only(recorded(asked(), answered(**many), ended(), a=b"body"))
    assert len(exchange.response_headers) < 70
    assert exchange.note == "Further headers of the answer were not kept."


def test_addresses_inside_of_the_page_are_no_exchanges() -> None:
    assert recorded(asked(url="data:text/plain,x"), answered(), ended(), a=b"x").exchanges == ()
