"""HTTP around the site: GET and HEAD, conditional requests (RFC 9110 §13), one short connection each.

It decides how an answer travels; it never decides what the answer is, and listens on 127.0.0.1 only.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from monitor.practice.site import Answer, Site

HOST = "127.0.0.1"


class ForumServer(ThreadingHTTPServer):
    """A listening socket on loopback; the site is given once the port is known."""

    daemon_threads = True
    request_queue_size = 128
    site: Site

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.requests: Counter[str] = Counter()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "FerryLane"
    sys_version = ""
    timeout = 10
    server: ForumServer

    def do_GET(self) -> None:
        self._send(self.server.site.answer(self.path))

    def do_HEAD(self) -> None:
        self._send(self.server.site.answer(self.path))

    def _send(self, answer: Answer) -> None:
        self.server.requests[self.path] += 1
        # A closed connection after each answer leaves no idle thread behind when the forum stops.
        self.close_connection = True
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:20]}"'
        is_unchanged = answer.status == 200 and self._has(etag, answer.changed_at)
        self.send_response(304 if is_unchanged else answer.status)
        if answer.status == 200:
            self.send_header("ETag", etag)
            self.send_header("Cache-Control", "no-cache")
            if answer.changed_at is not None:
                self.send_header("Last-Modified", format_datetime(answer.changed_at, usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        if not is_unchanged:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not is_unchanged and self.command != "HEAD":
            self.wfile.write(answer.body)

    def _has(self, etag: str, changed_at: datetime | None) -> bool:
        """Whether the visitor holds this very page. If-None-Match outranks If-Modified-Since (§13.2.2)."""
        known = self.headers.get("If-None-Match")
        if known is not None:
            tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
            return "*" in tags or etag in tags
        since = self.headers.get("If-Modified-Since")
        if since is None or changed_at is None:
            return False
        try:
            moment = parsedate_to_datetime(since)
        except ValueError:
            return False
        return changed_at <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Stay silent: a test's or the demo's terminal is not ours."""
