from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.gate import (
    Gate,
    GateRefusedError,
    address_from_literal,
    allowed_network_from_text,
    is_public,
)

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"]
NOT_PUBLIC = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
]  # fmt: skip


def answering(monkeypatch, *addresses):
    """Every name has these addresses."""

    def getaddrinfo(host, port, **_):
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_does_not_change_what_it_is(address):
    wrapped = ipaddress.IPv6Address(f"::ffff:{address}")
    translated = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))

    assert is_public(wrapped) == is_public(address)
    assert is_public(translated) == is_public(address)


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://example.com:8443/a?b#c", "http://93.184.216.34/"]
)
def test_ordinary_addresses_pass(url):
    assert Gate().check_url(url)[0] == url.partition(":")[0]


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "javascript:alert(1)",
        "data:text/html,x", "http:///path", "http://", "http://user@example.com/", "http://user:word@example.com/", "http://example.com:25/",
        "http://example.com:6379x/", "http://example.com:99999/", "http://exa mple.com/", "http://example.com/\n", "http://a\\@example.com/",
        "http://127.1/", "http://0x7f.1/", "http://017700000001/", "http://2130706433/", "http://[::1]/", "http://[::ffff:7f00:1]/", "http://[fe80::1%25eth0]/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_without_a_look_up(url):
    with pytest.raises(GateRefusedError, match=r"\.$"):
        Gate().check_url(url)


@pytest.mark.parametrize(
    "literal", ["127.1", "0x7f000001", "0177.0.0.1", "2130706433", "127.0.0.1", "[::1]", "::1%1"]
)
def test_every_way_to_write_loopback_is_understood(literal):
    assert address_from_literal(literal).is_loopback


@pytest.mark.parametrize("name", ["example.com", "face.b00c", "dead.beef.cafe.x", "1.2.3.4.5", ""])
def test_names_are_no_addresses(name):
    assert address_from_literal(name) is None


def test_a_name_with_public_addresses_resolves_to_them(monkeypatch):
    answering(monkeypatch, *PUBLIC[:2])

    assert Gate().check_url("https://example.com/") == ("https", "example.com", 443)
    assert [str(address) for address in Gate().resolve("example.com", 443)] == PUBLIC[:2]


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_name_with_one_private_address_is_refused_whole(monkeypatch, private, order):
    answering(monkeypatch, *[PUBLIC[0], private][::order])

    with pytest.raises(GateRefusedError, match="private, loopback or link-local"):
        Gate().resolve("example.com", 80)


def test_an_exception_covers_its_network_and_port_only(monkeypatch):
    gate = Gate([allowed_network_from_text("127.0.0.1:8101"), allowed_network_from_text("10.0.0.0/8")])

    assert gate.check_url("http://127.0.0.1:8101/")
    assert gate.check_url("http://10.9.9.9:25/")
    for url in ("http://127.0.0.1:8102/", "http://127.0.0.2:8101/", "http://192.168.0.1/"):
        with pytest.raises(GateRefusedError):
            gate.check_url(url)
    answering(monkeypatch, "127.0.0.1")
    assert gate.resolve("localhost", 8101)
    with pytest.raises(GateRefusedError):
        gate.resolve("localhost", 8102)


def test_a_service_is_exactly_its_host_and_port(monkeypatch):
    answering(monkeypatch, "10.0.0.1")
    gate = Gate(services=[("Mail.Internal", 25)])

    assert gate.resolve("mail.internal.", 25)
    for host, port in (("mail.internal", 26), ("other.internal", 25)):
        with pytest.raises(GateRefusedError):
            gate.resolve(host, port)


@pytest.mark.parametrize(
    ("text", "network", "port"),
    [
        ("127.0.0.1:8101", "127.0.0.1/32", 8101),
        (" 10.0.0.0/8 ", "10.0.0.0/8", None),
        ("127.0.0.1/32:8101", "127.0.0.1/32", 8101),
        ("[::1]:8101", "::1/128", 8101),
        ("fd00::/8", "fd00::/8", None),
    ],
)
def test_networks_as_people_write_them(text, network, port):
    allowed = allowed_network_from_text(text)

    assert (str(allowed.network), allowed.port) == (network, port)


@pytest.mark.parametrize(
    "text", ["", "localhost", "10.0.0.1/8", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:x", "[::1"]
)
def test_what_is_no_network_is_said(text):
    with pytest.raises(ValueError, match="is no network"):
        allowed_network_from_text(text)
