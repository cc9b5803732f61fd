"""Who may use the filtering proxy, what they reached and what was refused; never decides an address itself.

A ledger is one user of the proxy: one capture, one sending process. Its credential is made afresh, so
that neither another local user nor a page that guesses the port can send anything through the proxy.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hmac
import secrets
import threading
from enum import StrEnum

from spiders.gate import Address


class Denial(StrEnum):
    """Why the proxy did not connect, or cut a connection."""

    ADDRESS_REFUSED = "address refused"
    UNKNOWN_NAME = "unknown name"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    LIMIT = "limit reached"
    BAD_REQUEST = "bad request"


@dataclasses.dataclass(frozen=True, slots=True)
class ProxyRefusal:
    """One destination that was not reached, and why, in a sentence."""

    host: str
    port: int
    kind: Denial
    reason: str


class Ledger:
    """One user's credential and record. Safe to read from another thread while the proxy writes it.

    ``peers`` maps (host, port) to the address that the first connection really went to.
    """

    def __init__(self) -> None:
        self.username = secrets.token_hex(8)
        self.password = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._peers: dict[tuple[str, int], Address] = {}
        self._pinned: dict[tuple[str, int], tuple[Address, ...]] = {}
        self._refusals: list[ProxyRefusal] = []
        self._received_bytes = 0
        self._connections = 0

    @property
    def peers(self) -> dict[tuple[str, int], Address]:
        with self._lock:
            return dict(self._peers)

    @property
    def refusals(self) -> tuple[ProxyRefusal, ...]:
        with self._lock:
            return tuple(self._refusals)

    @property
    def received_bytes(self) -> int:
        """Bytes that came from destinations, TLS and all."""
        return self._received_bytes

    @property
    def connections(self) -> int:
        """Connections that were asked for, refused ones included."""
        return self._connections

    def note_connection(self) -> int:
        with self._lock:
            self._connections += 1
            return self._connections

    def note_peer(self, host: str, port: int, address: Address) -> None:
        with self._lock:
            self._peers.setdefault((host, port), address)

    def note_refusal(self, refusal: ProxyRefusal) -> None:
        with self._lock:
            if refusal not in self._refusals and len(self._refusals) < 1000:
                self._refusals.append(refusal)

    def note_received(self, size_bytes: int) -> int:
        with self._lock:
            self._received_bytes += size_bytes
            return self._received_bytes

    def pinned(self, host: str, port: int) -> tuple[Address, ...] | None:
        """Addresses that were checked earlier for this user: a name cannot change its mind midway."""
        with self._lock:
            return self._pinned.get((host, port))

    def pin(self, host: str, port: int, addresses: tuple[Address, ...]) -> None:
        with self._lock:
            self._pinned[(host, port)] = addresses

    def admits(self, password: str) -> bool:
        return hmac.compare_digest(self.password.encode(), password.encode("utf-8", "surrogatepass"))


def credential_from_header(value: str) -> tuple[str, str] | None:
    """User name and password of a Basic credential (RFC 7617), None where it is none."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    username, colon, password = decoded.partition(":")
    return (username, password) if colon else None
