"""A front before an S3 server: passes requests on, notes them, and fails in the ways that a test chooses."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclasses.dataclass(frozen=True)
class Fault:
    """What comes instead of the server's answer. ``is_cut``: the answer breaks off in the middle of its body.

    ``is_flipped``: one bit of the body is another; ``is_unheard``: the server acts, but its answer is lost.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    is_cut: bool = False
    is_flipped: bool = False
    is_unheard: bool = False


def s3_error(status: int, code: str) -> Fault:
    """An error as S3 servers word it."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'
    return Fault(status=status, body=body.encode(), headers=(("Content-Type", "application/xml"),))


class Front:
    """An HTTP server before the S3 server: notes every request, and answers with the faults that it was given."""

    def __init__(self, port_behind: int, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.faults: list[Fault | None] = []
        self.always: Fault | None = None
        self._port_behind = port_behind
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle_one_request()

            def log_message(self, *_: Any) -> None:
                pass

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: front._answer(self)
                raise AttributeError(name)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.seen.append((request.command, request.path, dict(request.headers)))
        content = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        fault = self.faults.pop(0) if self.faults else self.always
        if fault is None or fault.is_cut or fault.is_flipped or fault.is_unheard:
            status, headers, body = self._ask(request, content)
        else:
            status, headers, body = fault.status, list(fault.headers), fault.body
        if fault is not None and fault.is_unheard:
            request.close_connection = True
            return
        if fault is not None and fault.is_flipped:
            body = bytes([body[0] ^ 1]) + body[1:]
        request.send_response_only(status)
        for name, value in headers:
            request.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            request.send_header("Content-Length", str(len(body)))
        if fault is not None:
            request.send_header("Connection", "close")  # also sets close_connection
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body[: len(body) // 2] if fault is not None and fault.is_cut else body)

    def _ask(
        self, request: BaseHTTPRequestHandler, content: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port_behind, timeout=20)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "expect"}
            connection.request(request.command, request.path, content, headers)
            answer = connection.getresponse()
            body = answer.read()
            kept = [
                (name, value)
                for name, value in answer.getheaders()
                if name.lower() not in ("connection", "transfer-encoding")
            ]
            return answer.status, kept, body
        finally:
            connection.close()
