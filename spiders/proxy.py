"""A filtering HTTP proxy on loopback: every connection of a browser or a sending process passes the gate here.

It opens no TLS (CONNECT is tunnelled, so certificates are checked by the client) and serves only
those who know the credential of one of its ledgers.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self

from spiders import proxy_http
from spiders.gate import Address, Gate
from spiders.proxy_http import Head, MalformedHeadError
from spiders.proxy_ledger import Denial, Ledger, ProxyRefusal, credential_from_header
from spiders.proxy_route import Carrier, DeniedError, Policy, ProxyLimits, Router

__all__ = ["CHROMIUM_HOSTS", "FilteringProxy", "Ledger", "Policy", "ProxyLimits", "ProxyRefusal"]

# What Chromium asks for on its own account, whatever page is open.
CHROMIUM_HOSTS = frozenset(
    {"accounts.google.com", "android.clients.google.com", "clients1.google.com", "clients2.google.com", "clients3.google.com",
     "clients4.google.com", "clientservices.googleapis.com", "content-autofill.googleapis.com", "edgedl.me.gvt1.com", "mtalk.google.com",
     "optimizationguide-pa.googleapis.com", "passwordsleakcheck-pa.googleapis.com", "redirector.gvt1.com", "safebrowsing.googleapis.com",
     "safebrowsingohttpgateway.googleapis.com", "sb-ssl.google.com", "tools.google.com", "update.googleapis.com"}
)  # fmt: skip
_CLOSE = ("Connection", "close")


class FilteringProxy:
    """Context manager; the proxy runs in a thread of its own on 127.0.0.1 and a free port.

    It comes with one ledger (``username``, ``password``, ``peers``, ``refusals``); ``open_ledger``
    makes further ones, so that captures that share a proxy keep their records apart.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        policy: Policy = Policy.CONTENT,
        limits: ProxyLimits | None = None,
        denied_hosts: Collection[str] = (),
    ) -> None:
        self._limits = limits or ProxyLimits()
        self._router = Router(gate, policy, self._limits, denied_hosts)
        self._own = Ledger()
        self._ledgers = {self._own.username: self._own}
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def server(self) -> str:
        """``http://127.0.0.1:port`` without the credential."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The proxy with the credential of its own ledger, for ``HTTP_PROXY`` and the like."""
        return f"http://{self.username}:{self.password}@127.0.0.1:{self.port}"

    @property
    def username(self) -> str:
        return self._own.username

    @property
    def password(self) -> str:
        return self._own.password

    @property
    def peers(self) -> dict[tuple[str, int], Address]:
        return self._own.peers

    @property
    def refusals(self) -> tuple[ProxyRefusal, ...]:
        return self._own.refusals

    def open_ledger(self) -> Ledger:
        """A further user with its own credential and record."""
        ledger = Ledger()
        self._ledgers[ledger.username] = ledger
        return ledger

    def close_ledger(self, ledger: Ledger) -> None:
        """Void the credential and cut what is still open under it."""
        self._ledgers.pop(ledger.username, None)
        self._call_soon(lambda: self._cut(ledger.username))

    def start(self) -> None:
        """Raises OSError where no port can be had."""
        self._thread = threading.Thread(target=self._run, name="filtering-proxy", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Cut every connection and end the thread. A second call does nothing."""
        if self._stop is not None:
            self._call_soon(self._stop.set)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._router.close()

    def _call_soon(self, action: Callable[[], object]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(action)

    def _cut(self, username: str) -> None:
        for task, user in tuple(self._tasks.items()):
            if user == username:
                task.cancel()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        limit = self._limits.head_bytes
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=limit, backlog=256)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= self._limits.open_connections:
            _reset(writer)
            return
        self._tasks[task] = ""
        try:
            await self._converse(task, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            _reset(writer)  # the client went away or fell silent: nobody is left to tell
        except asyncio.CancelledError:
            _reset(writer)  # close() or close_ledger(): ends here, the task has no one above it
        finally:
            self._tasks.pop(task, None)
            writer.close()

    async def _converse(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read requests until one brings a credential, and serve that one: one request a connection."""
        for _ in range(3):
            try:
                head = await self._read_head(reader)
            except MalformedHeadError as error:
                await _answer(writer, proxy_http.own_response(400, "Bad Request", (_CLOSE,), str(error)))
                return
            ledger = self._ledger_of(head)
            if ledger is not None:
                self._tasks[task] = ledger.username
                await self._serve_request(head, ledger, reader, writer)
                return
            asked = (("Proxy-Authenticate", 'Basic realm="shamewatch"'),)
            await _answer(writer, proxy_http.own_response(407, "Proxy Authentication Required", asked))
            if head.has_body:
                return

    async def _read_head(self, reader: asyncio.StreamReader) -> Head:
        try:
            async with asyncio.timeout(self._limits.head_timeout_s):
                return proxy_http.head_from_bytes(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            raise MalformedHeadError("The head of the message is too long.") from None

    def _ledger_of(self, head: Head) -> Ledger | None:
        credential = credential_from_header(head.get("proxy-authorization"))
        if credential is None:
            return None
        ledger = self._ledgers.get(credential[0])
        return ledger if ledger is not None and ledger.admits(credential[1]) else None

    async def _serve_request(
        self, head: Head, ledger: Ledger, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        method, target, _ = head.start
        host, port = proxy_http.place_from_target(target)
        try:
            host, port = self._destination(method, target)
            origin_reader, origin_writer = await self._router.connect(host, port, ledger)
        except DeniedError as denial:
            ledger.note_refusal(ProxyRefusal(host, port, denial.kind, denial.reason))
            await _answer(writer, _denial_response(denial))
            return
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
            else:
                origin_writer.write(proxy_http.request_for_origin(head, target))
            carrier = Carrier(ledger, self._limits)
            is_tunnel = method == "CONNECT"
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(carrier.carry(reader, origin_writer, is_counted=False))
                receiving = group.create_task(
                    self._receive(origin_reader, writer, carrier, is_tunnel=is_tunnel)
                )
                receiving.add_done_callback(lambda _: sending.cancel())
        except* (OSError, asyncio.IncompleteReadError, MalformedHeadError) as failures:
            _reset(writer)
            kind = Denial.TIMED_OUT if failures.subgroup(TimeoutError) else Denial.UNREACHABLE
            reason = f"The connection to {host} broke off."
            ledger.note_refusal(ProxyRefusal(host, port, kind, reason))
        except* DeniedError as cuts:
            _reset(writer)
            for cut in cuts.exceptions:
                reason = str(cut)
                ledger.note_refusal(ProxyRefusal(host, port, Denial.LIMIT, reason))
        finally:
            origin_writer.close()

    def _destination(self, method: str, target: str) -> tuple[str, int]:
        if method != "CONNECT":
            return self._router.check_url(target)
        try:
            return proxy_http.authority_from_connect(target)
        except MalformedHeadError as error:
            raise DeniedError(Denial.BAD_REQUEST, str(error)) from None

    async def _receive(
        self, origin: asyncio.StreamReader, client: asyncio.StreamWriter, carrier: Carrier, *, is_tunnel: bool
    ) -> None:
        is_final = is_tunnel
        while not is_final:
            head = await self._read_head(origin)
            client.write(proxy_http.response_for_client(head))
            is_final = head.start[1] == "101" or not head.start[1].startswith("1")
        await carrier.carry(origin, client, is_counted=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End with RST instead of FIN, so that a truncation never looks like the end of a page."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _answer(writer: asyncio.StreamWriter, response: bytes) -> None:
    writer.write(response)
    await writer.drain()


def _denial_response(denial: DeniedError) -> bytes:
    match denial.kind:
        case Denial.ADDRESS_REFUSED | Denial.LIMIT:
            fields = ((proxy_http.REFUSED_HEADER, denial.reason), _CLOSE)
            return proxy_http.own_response(403, "Forbidden", fields, denial.reason)
        case Denial.BAD_REQUEST:
            return proxy_http.own_response(400, "Bad Request", (_CLOSE,), denial.reason)
        case Denial.TIMED_OUT:
            status, phrase = 504, "Gateway Timeout"
        case _:
            status, phrase = 502, "Bad Gateway"
    fields = ((proxy_http.FAILED_HEADER, denial.kind.value), _CLOSE)
    return proxy_http.own_response(status, phrase, fields, denial.reason)
