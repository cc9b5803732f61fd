"""Headers as the browser tells of them become pairs in their order, no more than a server has a reason to send. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from monitor.evidence.exchange import Headers

MAX_HEADERS_CHARS = 64_000


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What of a response is used: a page can have thousands, and the browser tells much of each."""

    status: int = 0
    reason: str = ""
    protocol: str = ""
    headers: Headers = ()


def answer_from_event(told: Mapping[str, Any]) -> Answer:
    """From ``Network.Response`` of the DevTools protocol."""
    headers = headers_from_map(told["headers"])
    return Answer(int(told["status"]), told.get("statusText", ""), told.get("protocol", ""), headers)


def headers_from_map(headers: Mapping[str, str]) -> Headers:
    """Chromium joins repeated headers with a line feed."""
    return _bounded((name, part) for name, value in headers.items() for part in str(value).split("\n"))


def headers_from_text(text: str) -> Headers:
    """From the raw head of a response, its status line included."""
    lines = [line.partition(":") for line in text.split("\r\n")[1:] if ":" in line]
    return _bounded((name.strip(), value.strip()) for name, _, value in lines)


def raw_headers(event: Mapping[str, Any]) -> tuple[Headers, str]:
    """Headers and status line of ``Network.responseReceivedExtraInfo``. The line is empty where it cannot be had."""
    text = event.get("headersText", "")
    # Chromium reads the text as UTF-8: what is none (\xe9 in Latin-1) swallows the ends of lines.
    if text and text.isascii():
        return headers_from_text(text), text.partition("\r\n")[0]
    return headers_from_map(event["headers"]), ""


def bytes_of_header(text: str) -> bytes:
    """Back to the bytes of the wire, which Chromium tells as characters of Windows-1252."""
    return b"".join(_bytes_of_char(char) for char in text) if not text.isascii() else text.encode("ascii")


def _bytes_of_char(char: str) -> bytes:
    for encoding in ("cp1252", "latin-1"):
        try:
            return char.encode(encoding)
        except UnicodeEncodeError:
            continue
    return char.encode("utf-8", "replace")


def expected_bytes(answer: Answer) -> int:
    """The length of the body as the server said it; 0 where it said none, or that of something encoded."""
    said = {name.lower(): value.strip() for name, value in answer.headers}
    length = said.get("content-length", "")
    is_plain = said.get("content-encoding", "identity").lower() in ("", "identity")
    return int(length) if is_plain and length.isascii() and length.isdigit() and len(length) < 16 else 0


def is_full(headers: Headers) -> bool:
    """Whether some were left out for their size."""
    return bool(headers) and headers[-1] == _CUT


_CUT = ("", "")


def _bounded(headers: Iterable[tuple[str, str]]) -> Headers:
    kept: list[tuple[str, str]] = []
    left = MAX_HEADERS_CHARS
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            return (*kept, _CUT)
        kept.append((name, value))
    return tuple(kept)
