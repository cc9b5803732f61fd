"""Reads and rewrites the heads of HTTP/1.1 messages for the filtering proxy; never reads a body, never connects.

RFC 9112 (messages), RFC 9110 §7.6.1 (hop-by-hop fields).
"""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import urlsplit

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:/@?#\[\]\s\\]+):([0-9]{1,5})\Z")
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te", "trailer", "upgrade"}
)  # fmt: skip
REFUSED_HEADER = "X-Shamewatch-Refused"
FAILED_HEADER = "X-Shamewatch-Failed"
_OURS = frozenset({REFUSED_HEADER.lower(), FAILED_HEADER.lower()})


class MalformedHeadError(Exception):
    """The head of a message breaks the grammar. The message is one sentence."""


@dataclasses.dataclass(frozen=True, slots=True)
class Head:
    """Start line and fields of one message, as they came."""

    start: tuple[str, str, str]
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """All values of a field, joined; empty where there is none. ``name`` in lower case."""
        return ", ".join(value for field, value in self.fields if field.lower() == name)

    @property
    def is_upgrade(self) -> bool:
        tokens = {token.strip().lower() for token in self.get("connection").split(",")}
        return "upgrade" in tokens and self.get("upgrade").strip().lower() == "websocket"

    @property
    def has_body(self) -> bool:
        return bool(self.get("transfer-encoding")) or self.get("content-length").strip() not in ("", "0")


def head_from_bytes(data: bytes) -> Head:
    """Parse everything up to and including the empty line. Raises MalformedHeadError."""
    lines = data.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) == 2 and parts[0].startswith("HTTP/"):
        parts.append("")  # a status line without a reason phrase and without its space
    if len(parts) != 3:
        raise MalformedHeadError("The start line is not of three parts.")
    fields = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.match(name) or "\n" in value or "\r" in value or "\0" in value:
            raise MalformedHeadError("A header field is malformed.")
        fields.append((name, value.strip(" \t")))
    return Head((parts[0], parts[1], parts[2]), tuple(fields))


def authority_from_connect(target: str) -> tuple[str, int]:
    """Host and port of a CONNECT target (RFC 9112 §3.2.3). Raises MalformedHeadError."""
    match = _AUTHORITY.match(target)
    if match is None or not 0 < int(match[2]) < 65536:
        raise MalformedHeadError("CONNECT needs host:port.")
    return match[1].strip("[]").lower().rstrip("."), int(match[2])


def place_from_target(target: str) -> tuple[str, int]:
    """Host and port as far as any can be read from a target: for the record of a refusal only."""
    try:
        parts = urlsplit(target if "://" in target else f"//{target}")
        return parts.hostname or target[:200], parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return target[:200], 0


def request_for_origin(head: Head, url: str) -> bytes:
    """The request as the origin server gets it: origin-form, Host from the URL, one request a connection.

    RFC 9112 §3.2.2: a proxy replaces Host by the authority of the absolute-form target.
    """
    parts = urlsplit(url)
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    host = parts.netloc.rpartition("@")[2]
    lines = [f"{head.start[0]} {target} HTTP/1.1", f"Host: {host}"]
    lines += _end_to_end(head, drop={"host"})
    lines += ["Connection: Upgrade", "Upgrade: websocket"] if head.is_upgrade else ["Connection: close"]
    return _encoded(lines)


def response_for_client(head: Head) -> bytes:
    """The response as the client gets it: told that the connection ends, and without forged headers of ours."""
    version, status, phrase = head.start
    lines = [f"{version} {status} {phrase}", *_end_to_end(head, drop=_OURS)]
    if head.is_upgrade:
        lines += ["Connection: Upgrade", "Upgrade: websocket"]
    elif not status.startswith("1"):
        lines.append("Connection: close")
    return _encoded(lines)


def own_response(status: int, phrase: str, fields: tuple[tuple[str, str], ...] = (), body: str = "") -> bytes:
    """An answer of the proxy itself. Text is made safe for a header line."""
    payload = body.encode()
    lines = [f"HTTP/1.1 {status} {phrase}", f"Content-Length: {len(payload)}"]
    if payload:
        lines.append("Content-Type: text/plain; charset=utf-8")
    for name, value in fields:
        safe = "".join(char if 0x20 <= ord(char) < 0x7F else "?" for char in value)
        lines.append(f"{name}: {safe}")
    return _encoded(lines) + payload


def _end_to_end(head: Head, drop: set[str] | frozenset[str]) -> list[str]:
    named = {token.strip().lower() for token in head.get("connection").split(",")}
    dropped = _HOP_BY_HOP | named | drop
    return [f"{name}: {value}" for name, value in head.fields if name.lower() not in dropped]


def _encoded(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
