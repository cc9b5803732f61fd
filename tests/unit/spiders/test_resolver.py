from __future__ import annotations

import socket

import pytest

from spiders import resolver
from spiders.gate import Gate, GateRefusedError
from spiders.resolver import PINS, PinnedResolver


class Receiver:
    """What Twisted's endpoints hand to a resolver."""

    def __init__(self):
        self.addresses, self.is_complete = [], False

    def resolutionBegan(self, resolution):  # noqa: N802
        resolution.cancel()

    def addressResolved(self, address):  # noqa: N802
        self.addresses.append((address.host, address.port))

    def resolutionComplete(self):  # noqa: N802
        self.is_complete = True


def connectable(host, port):
    receiver = Receiver()
    PinnedResolver(reactor=None).resolveHostName(receiver, host, portNumber=port)
    assert receiver.is_complete
    return receiver.addresses


def answering(monkeypatch, *addresses):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)


def test_a_name_that_never_passed_the_gate_has_no_address():
    assert connectable("localhost", 80) == []
    assert connectable("127.0.0.1", 80) == []


def test_the_checked_address_is_the_connected_address(monkeypatch):
    answering(monkeypatch, "93.184.216.34")
    PINS.resolve(Gate(), "rebinding.test", 80)
    answering(monkeypatch, "127.0.0.1")

    assert connectable("rebinding.test", 80) == [("93.184.216.34", 80)]
    assert connectable("REBINDING.test", 80) == [("93.184.216.34", 80)]
    assert connectable("rebinding.test", 8080) == []


def test_a_name_that_turns_private_loses_its_address(monkeypatch):
    answering(monkeypatch, "93.184.216.34")
    PINS.resolve(Gate(), "turning.test", 80)
    answering(monkeypatch, "93.184.216.34", "10.0.0.1")

    with pytest.raises(GateRefusedError):
        PINS.resolve(Gate(), "turning.test", 80)

    assert connectable("turning.test", 80) == []


def test_an_admission_is_asked_for_anew_after_a_minute(monkeypatch):
    answering(monkeypatch, "93.184.216.34")
    now = 1000.0
    monkeypatch.setattr(resolver.time, "monotonic", lambda: now)
    PINS.resolve(Gate(), "old.test", 80)
    assert PINS.fresh("old.test", 80)

    now += 61
    assert PINS.fresh("old.test", 80) is None


def test_an_internationalised_name_is_one_name_in_both_spellings(monkeypatch):
    answering(monkeypatch, "93.184.216.34")
    PINS.resolve(Gate(), "xn--bcher-kva.test", 443)

    assert connectable("bücher.test", 443) == [("93.184.216.34", 443)]
