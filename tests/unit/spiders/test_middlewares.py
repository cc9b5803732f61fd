"""The gate in front of every request, with a crawler reduced to what it touches."""

from __future__ import annotations

import asyncio
import socket
import time
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.settings import Settings

from spiders.gate import Gate, GateRefusedError, allowed_network_from_text
from spiders.items import RefusalKind
from spiders.middlewares import GateMiddleware
from spiders.refusals import PageRefusedError
from spiders.resolver import PINS


@pytest.fixture
def downloader():
    return SimpleNamespace(
        per_slot_settings={}, get_slot_key=lambda request: request.url.split("/")[2].partition(":")[0]
    )


@pytest.fixture
def gate(downloader):
    crawler = SimpleNamespace(
        settings=Settings({"DOWNLOAD_TIMEOUT": 0.5}), engine=SimpleNamespace(downloader=downloader)
    )
    return GateMiddleware(crawler, Gate([allowed_network_from_text("10.0.0.0/8")]))


def answering(monkeypatch, answer):
    def getaddrinfo(host, port, **_):
        address = answer(host) if callable(answer) else answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_public_host_keeps_the_polite_delay_and_an_excepted_one_has_none(gate, downloader, monkeypatch):
    answering(monkeypatch, lambda host: "93.184.216.34" if host == "public.test" else "10.0.0.1")

    asyncio.run(gate.process_request(Request("http://public.test/")))
    asyncio.run(gate.process_request(Request("http://own.test/")))

    assert downloader.per_slot_settings == {"own.test": {"concurrency": 1, "delay": 0.0, "jitter": 0.0}}
    assert PINS.pinned("public.test", 80)


def test_a_name_that_answers_with_a_private_address_is_refused(gate, monkeypatch):
    answering(monkeypatch, "192.168.0.1")

    with pytest.raises(GateRefusedError):
        asyncio.run(gate.process_request(Request("http://inside.test/")))

    assert PINS.pinned("inside.test", 80) == ()


def test_an_unknown_name_is_unreachable(gate, monkeypatch):
    def unknown(host):
        raise socket.gaierror

    answering(monkeypatch, unknown)

    with pytest.raises(PageRefusedError) as refused:
        asyncio.run(gate.process_request(Request("http://unknown.test/")))

    assert refused.value.kind is RefusalKind.UNREACHABLE


def test_a_name_server_that_does_not_answer_is_not_waited_for_for_ever(gate, monkeypatch):
    def slow(host):
        time.sleep(1.5)
        return "93.184.216.34"

    answering(monkeypatch, slow)

    with pytest.raises(TimeoutError):
        asyncio.run(gate.process_request(Request("http://slow.test/")))


def test_many_requests_to_one_host_look_its_name_up_once(gate, monkeypatch):
    asked = []
    answering(monkeypatch, lambda host: asked.append(host) or "93.184.216.34")

    async def many():
        await asyncio.gather(*(gate.process_request(Request(f"http://busy.test/{n}")) for n in range(20)))

    asyncio.run(many())

    assert asked == ["busy.test"]
