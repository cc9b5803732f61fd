"""The site and browser of tests/integration/evidence, and traps: ports that must never be reached."""

from __future__ import annotations

import dataclasses
import importlib.util
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHARED = Path(__file__).parents[2] / "integration" / "evidence" / "conftest.py"
_spec = importlib.util.spec_from_file_location("evidence_site", _SHARED)
assert _spec is not None
assert _spec.loader is not None
_shared = importlib.util.module_from_spec(_spec)
sys.modules["evidence_site"] = _shared
_spec.loader.exec_module(_shared)

site = _shared.site
tls_site = _shared.tls_site
other_site = _shared.other_site
gate = _shared.gate
browser = _shared.browser
captured = _shared.captured


@dataclasses.dataclass
class Trap:
    """A port on loopback, TCP and UDP, that the gate does not allow. ``touched`` names what came."""

    port: int
    touched: list[str]

    @property
    def origin(self) -> str:
        return f"127.0.0.1:{self.port}"


def _sprung(tcp: socket.socket, udp: socket.socket, trap: Trap, stop: threading.Event) -> None:
    tcp.settimeout(0.05)
    udp.settimeout(0.05)
    while not stop.is_set():
        try:
            connection, _ = tcp.accept()
            trap.touched.append("tcp")
            connection.close()
        except TimeoutError:
            pass
        try:
            udp.recvfrom(2048)
            trap.touched.append("udp")
        except TimeoutError:
            pass


@pytest.fixture
def trap() -> Iterator[Trap]:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        set_trap = Trap(port, [])
        stop = threading.Event()
        thread = threading.Thread(target=_sprung, args=(tcp, udp, set_trap, stop))
        thread.start()
        try:
            yield set_trap
        finally:
            stop.set()
            thread.join()
