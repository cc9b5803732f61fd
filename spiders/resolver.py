"""Which addresses the crawler's sockets may connect to: those that the gate admitted, and no others.

The reactor's resolver never looks a name up. The gate's middleware resolves a name once, checks every
answer and pins the addresses here; so the checked address is the connected address, and a request
that somehow missed the gate finds no address at all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence
from typing import Any, Self

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution
from zope.interface import implementer  # type: ignore[import-untyped]

from spiders.gate import Address, Gate

_PIN_TTL_S = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Pin:
    addresses: tuple[Address, ...]
    expires_at_s: float


class Pins:
    """Names that the gate has admitted in this process, with their checked addresses."""

    def __init__(self) -> None:
        self._pins: dict[tuple[str, int], _Pin] = {}

    def fresh(self, host: str, port: int) -> tuple[Address, ...] | None:
        """Addresses that were admitted within the last minute, else None."""
        pin = self._pins.get(_key(host, port))
        return pin.addresses if pin is not None and pin.expires_at_s > time.monotonic() else None

    def resolve(self, gate: Gate, host: str, port: int) -> tuple[Address, ...]:
        """Ask the gate and pin what it admits. Blocks on DNS. Raises as ``Gate.resolve`` does."""
        key = _key(host, port)
        self._pins.pop(key, None)
        addresses = gate.resolve(host, port)
        self._pins[key] = _Pin(addresses, time.monotonic() + _PIN_TTL_S)
        return addresses

    def pinned(self, host: str, port: int) -> tuple[Address, ...]:
        """What may be connected to, however long the request has waited for its turn since the check."""
        pin = self._pins.get(_key(host, port))
        return pin.addresses if pin is not None else ()


# One process has one reactor and so one resolver: both share the pins of that process.
PINS = Pins()


@implementer(IHostResolution)
class _Done:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing is under way: answers come at once."""


@implementer(IHostnameResolver)
class PinnedResolver:
    """The reactor's resolver. Answers from the pins at once, or with nothing."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:  # noqa: ARG003 - Scrapy's signature
        """Scrapy's way of building components."""
        return cls(reactor)

    def install_on_reactor(self) -> None:
        """Scrapy's way of putting a resolver in force."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's interface
        self,
        resolutionReceiver: Any,  # noqa: N803 - an IResolutionReceiver; zope's interfaces have no types
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: ARG002, N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Twisted's interface: hand over the pinned addresses."""
        done = _Done(hostName)
        resolutionReceiver.resolutionBegan(done)
        for address in PINS.pinned(hostName, portNumber):
            family: Any = IPv6Address if address.version == 6 else IPv4Address
            resolutionReceiver.addressResolved(family(transportSemantics, str(address), portNumber))
        resolutionReceiver.resolutionComplete()
        return done


def _key(host: str, port: int) -> tuple[str, int]:
    bare = host.strip("[]").lower()
    if not bare.isascii():
        # Twisted hands over the readable form of an internationalised name, the URL holds the other.
        with contextlib.suppress(UnicodeError):
            bare = bare.encode("idna").decode("ascii")
    return bare, port
