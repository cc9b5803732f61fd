"""Opens the proxy's connections to checked addresses and carries their bytes; never reads a request.

Which addresses are admissible is the gate's decision; this module only keeps to it: the checked
address is the connected one, and stays so for the whole life of a ledger (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from urllib.parse import urlsplit

from spiders.gate import Address, Gate, GateRefusedError
from spiders.proxy_ledger import Denial, Ledger

_CHUNK_BYTES = 65536


class Policy(StrEnum):
    """Which of the gate's two policies the proxy applies."""

    CONTENT = "content"
    SERVICES = "services"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLimits:
    """Where a hostile server or page is cut off. Per ledger: all connections of one user together."""

    connection_bytes: int = 200_000_000
    ledger_bytes: int = 500_000_000
    ledger_connections: int = 10_000
    open_connections: int = 256
    head_bytes: int = 65_536
    connect_timeout_s: float = 10.0
    head_timeout_s: float = 60.0
    idle_timeout_s: float = 60.0


class DeniedError(Exception):
    """The proxy does not connect, or cuts a connection. The message is one sentence."""

    def __init__(self, kind: Denial, reason: str) -> None:
        self.kind, self.reason = kind, reason
        super().__init__(reason)


class Router:
    """Looks up, checks and connects, for every connection of one proxy."""

    def __init__(
        self, gate: Gate, policy: Policy, limits: ProxyLimits, denied_hosts: Collection[str]
    ) -> None:
        self._gate = gate
        self._policy = policy
        self._limits = limits
        self._denied_hosts = frozenset(host.lower() for host in denied_hosts)
        # Of its own: the loop's default executor would make close() wait for a hanging resolver.
        self._resolvers = ThreadPoolExecutor(max_workers=16, thread_name_prefix="proxy-resolver")

    def close(self) -> None:
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    def check_url(self, url: str) -> tuple[str, int]:
        """Host and port of an absolute-form target. Raises DeniedError."""
        try:
            is_content = self._policy is Policy.CONTENT
            scheme, host, port = self._gate.check_url(url) if is_content else _service_of(url)
        except GateRefusedError as error:
            raise DeniedError(Denial.ADDRESS_REFUSED, str(error)) from None
        if scheme != "http":
            raise DeniedError(Denial.BAD_REQUEST, "https goes through CONNECT.")
        return host.lower().rstrip("."), port

    async def connect(
        self, host: str, port: int, ledger: Ledger
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to one of the checked addresses, the first that answers. Raises DeniedError."""
        if ledger.note_connection() > self._limits.ledger_connections:
            raise DeniedError(Denial.LIMIT, f"More than {self._limits.ledger_connections} connections.")
        if host in self._denied_hosts:
            raise DeniedError(Denial.ADDRESS_REFUSED, "The browser's own errands are not run.")
        addresses = ledger.pinned(host, port)
        if addresses is None:
            addresses = await self._resolve(host, port)
            ledger.pin(host, port, addresses)
        failure = DeniedError(Denial.UNREACHABLE, f"{host} has no address.")
        for address in addresses:
            try:
                async with asyncio.timeout(self._limits.connect_timeout_s):
                    streams = await asyncio.open_connection(str(address), port, limit=self._limits.head_bytes)
            except TimeoutError:
                failure = DeniedError(Denial.TIMED_OUT, f"{address} port {port} did not answer in time.")
            except OSError as error:
                failure = DeniedError(Denial.UNREACHABLE, f"{address} port {port}: {_sentence(error)}")
            else:
                ledger.note_peer(host, port, address)
                return streams
        raise failure

    async def _resolve(self, host: str, port: int) -> tuple[Address, ...]:
        if self._policy is Policy.SERVICES and not self._gate.is_service(host, port):
            reason = f"{host}:{port} is not one of the operator's services."
            raise DeniedError(Denial.ADDRESS_REFUSED, reason)
        try:
            async with asyncio.timeout(self._limits.connect_timeout_s):
                loop = asyncio.get_running_loop()
                addresses = await loop.run_in_executor(self._resolvers, self._gate.resolve, host, port)
            if self._policy is Policy.CONTENT:  # an operator's service is no exception for content
                self._gate.check_literal(host, port)
                for address in addresses:
                    self._gate.check_address(address, port)
        except GateRefusedError as error:
            raise DeniedError(Denial.ADDRESS_REFUSED, str(error)) from None
        except TimeoutError:
            raise DeniedError(Denial.TIMED_OUT, f"{host} was not looked up in time.") from None
        except (OSError, UnicodeError):
            raise DeniedError(Denial.UNKNOWN_NAME, f"{host} is unknown to the resolver.") from None
        return addresses


class Carrier:
    """Carries the bytes of one connection both ways, counts what the origin sends, and ends idle ones."""

    def __init__(self, ledger: Ledger, limits: ProxyLimits) -> None:
        self._ledger = ledger
        self._limits = limits
        self._active_at = asyncio.get_running_loop().time()

    async def carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_counted: bool
    ) -> None:
        """Until the source ends. Raises DeniedError at a limit, TimeoutError when both ways are idle."""
        total = 0
        while chunk := await self._read(source):
            async with asyncio.timeout(self._limits.idle_timeout_s):
                sink.write(chunk)
                await sink.drain()
            if is_counted:
                total += len(chunk)
                received = self._ledger.note_received(len(chunk))
                if total > self._limits.connection_bytes or received > self._limits.ledger_bytes:
                    raise DeniedError(Denial.LIMIT, f"Cut after {total} bytes.")
        if sink.can_write_eof():
            sink.write_eof()

    async def _read(self, source: asyncio.StreamReader) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(self._limits.idle_timeout_s):
                    chunk = await source.read(_CHUNK_BYTES)
            except TimeoutError:
                # A long download is silent in one direction only.
                if loop.time() - self._active_at >= self._limits.idle_timeout_s:
                    raise
            else:
                self._active_at = loop.time()
                return chunk


def _service_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. That they are exactly a service's is checked before connecting."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise GateRefusedError("The address cannot be read as a URL.")
    return parts.scheme, host, port or 80


def _sentence(error: OSError) -> str:
    # asyncio puts the address again into the text; the system's own words are plainer.
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
