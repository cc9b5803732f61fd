"""The one gate for every outgoing request: which scheme, host, port and address may be reached.

Two policies (docs/threat-model.md):

*Content* — pages and all their parts, links to capture, pictures, targets that a borrower gave: http
and https only, public addresses only, exceptions by ``SHAMEWATCH_ALLOWED_NETWORKS`` only.

*Services* — the operator's own mail server, push server, object store: exact host and port, nothing else.

The gate resolves a name once and hands back the addresses; whoever connects must connect to one of
those, so that the checked address is the connected address (DNS rebinding).
"""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Ports that browsers refuse as well (https://fetch.spec.whatwg.org/#port-blocking): a "page" there is
# another protocol being abused through HTTP.
_BLOCKED_PORTS = frozenset(
    {0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
     103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
     512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
     995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
     6669, 6679, 6697, 10080}
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CGNAT = ipaddress.ip_network("100.64.0.0/10")


class GateRefusedError(Exception):
    """The address may not be reached. The message is one sentence for people."""


@dataclasses.dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """An exception from the rule of public addresses: a network, and one port or every port."""

    network: Network
    port: int | None = None

    def covers(self, address: Address, port: int) -> bool:
        return (
            address.version == self.network.version and address in self.network and self.port in (None, port)
        )


def allowed_network_from_text(text: str) -> AllowedNetwork:
    """Parse ``127.0.0.1:8101``, ``10.0.0.0/8``, ``[::1]:8101`` or ``fd00::/8``.

    Raises ValueError with a sentence that says what is wrong.
    """
    text = text.strip()
    host, port = text, ""
    if text.startswith("[") and "]" in text:
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        network = ipaddress.ip_network(host)
        number = int(port) if port else None
    except ValueError:
        number = network = None
    if network is None or (number is not None and not 0 < number < 65536):
        raise ValueError(f"{text!r} is no network: write it as 10.0.0.0/8, 127.0.0.1:8101 or [::1]:8101")
    return AllowedNetwork(network, number)


def is_public(address: Address) -> bool:
    """Whether the address is on the public internet, also where another family wraps it."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo:
            wrapped = address.teredo[1]
        if wrapped is not None:
            return is_public(wrapped)
    elif address in _CGNAT:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class Gate:
    """The content policy, with the operator's exceptions and exact services."""

    def __init__(
        self,
        allowed: Sequence[AllowedNetwork] = (),
        services: Sequence[tuple[str, int]] = (),
    ) -> None:
        self._allowed = tuple(allowed)
        self._services = frozenset((host.lower().rstrip("."), port) for host, port in services)

    def check_url(self, url: str) -> tuple[str, str, int]:
        """Scheme, host and port of an acceptable URL. Looks no name up. Raises GateRefusedError."""
        if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in url) or "\\" in url:
            raise GateRefusedError("The address holds a space, a control character or a backslash.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise GateRefusedError("The address cannot be read as a URL.") from None
        if parts.scheme not in ("http", "https"):
            raise GateRefusedError(
                f"Only http and https addresses are read, not {parts.scheme or 'an address without a scheme'}."
            )
        if not host:
            raise GateRefusedError("The address names no host.")
        if parts.username is not None or parts.password is not None:
            raise GateRefusedError("The address holds a user name or password.")
        port = port if port is not None else (443 if parts.scheme == "https" else 80)
        self.check_literal(host, port)
        return parts.scheme, host, port

    def check_literal(self, host: str, port: int) -> None:
        """Refuse at once what needs no look-up: a blocked port, or an address written as numbers."""
        address = address_from_literal(host)
        if address is not None:
            self.check_address(address, port)
        elif port in _BLOCKED_PORTS:
            raise GateRefusedError(f"Port {port} does not belong to the web.")

    def check_address(self, address: Address, port: int) -> None:
        """Raises GateRefusedError unless the address is public on a web port, or excepted."""
        if any(exception.covers(address, port) for exception in self._allowed):
            return
        if port in _BLOCKED_PORTS:
            raise GateRefusedError(f"Port {port} does not belong to the web.")
        if not is_public(address):
            raise GateRefusedError(
                f"{address} is a private, loopback or link-local address. "
                "The operator can allow it in SHAMEWATCH_ALLOWED_NETWORKS."
            )

    def is_service(self, host: str, port: int) -> bool:
        """Whether host and port are exactly one of the operator's own services."""
        return (host.lower().rstrip("."), port) in self._services

    def resolve(self, host: str, port: int) -> tuple[Address, ...]:
        """The addresses that may be connected to, in the resolver's order.

        A name with one refused address among good ones is refused whole: it is a rebinding attempt
        or a mistake, and both are better seen. Raises GateRefusedError; OSError where the name is
        unknown.
        """
        is_service = self.is_service(host, port)
        if not is_service:
            self.check_literal(host, port)
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = tuple(
            dict.fromkeys(ipaddress.ip_address(str(answer[4][0]).split("%", 1)[0]) for answer in answers)
        )
        if not is_service:
            for address in addresses:
                self.check_address(address, port)
        return addresses


def address_from_literal(host: str) -> Address | None:
    """The address that a resolver would read from ``127.1``, ``0x7f000001`` or ``[::1]``, else None."""
    bare = host.strip("[]").split("%", 1)[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    # inet_aton also takes the short, octal and hexadecimal forms that C resolvers still accept.
    if bare and all(char in "0123456789abcdefABCDEFxX." for char in bare):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(bare))
        except OSError:
            return None
    return None
