"""The filtering proxy: real sockets on loopback, with only the listed port allowed."""

from __future__ import annotations

import base64
import http.server
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import requests

from spiders.gate import AllowedNetwork, Gate, allowed_network_from_text
from spiders.proxy import FilteringProxy, Policy, ProxyLimits
from spiders.proxy_ledger import Denial


class _Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/big":
            self.send_response(200)
            self.send_header("Content-Length", "3000000")
            self.end_headers()
            self.wfile.write(b"x" * 3_000_000)
            return
        if self.path == "/forged":
            body, extra = b"forged", {"X-Shamewatch-Refused": "no"}
        else:
            body = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
            extra = {}
        self.send_response(200)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Echo(socketserver.BaseRequestHandler):
    """Answers a WebSocket handshake, then echoes bytes; what a CONNECT tunnel carries is echoed too."""

    def handle(self) -> None:
        data = self.request.recv(65536)
        if b"Upgrade: websocket" in data:
            self.request.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
            )
            data = self.request.recv(65536)
        while data:
            self.request.sendall(data)
            data = self.request.recv(65536)


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site() -> Iterator[int]:
    with _serving(_Site) as port:
        yield port


def _gate(*ports: int) -> Gate:
    return Gate([allowed_network_from_text(f"127.0.0.1:{port}") for port in ports])


@contextmanager
def _listener() -> Iterator[tuple[int, socket.socket]]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.3)
        yield listener.getsockname()[1], listener


def _was_reached(listener: socket.socket) -> bool:
    try:
        connection, _ = listener.accept()
    except TimeoutError:
        return False
    connection.close()
    return True


def _get(proxy: FilteringProxy, url: str, **more: object) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    with session:
        return session.get(url, proxies={"http": proxy.url, "https": proxy.url}, timeout=10, **more)  # type: ignore[arg-type]


def _basic(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def _connect(
    proxy: FilteringProxy, target: str, credential: str | None = None
) -> tuple[bytes, socket.socket]:
    """Send a CONNECT by hand; returns the head of the answer and the open socket."""
    known = _basic(proxy.username, proxy.password)
    connection = socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    header = f"Proxy-Authorization: Basic {known if credential is None else credential}\r\n"
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{header}\r\n".encode())
    return connection.recv(65536), connection


def test_an_allowed_page_is_read_and_its_real_address_is_recorded(site: int) -> None:
    with FilteringProxy(_gate(site)) as proxy:
        answer = _get(proxy, f"http://127.0.0.1:{site}/page?x=1")
        assert answer.status_code == 200
        assert {key: str(value) for key, value in proxy.peers.items()} == {("127.0.0.1", site): "127.0.0.1"}
        assert proxy.refusals == ()


def test_the_credential_and_hop_by_hop_fields_never_reach_the_site(site: int) -> None:
    with FilteringProxy(_gate(site)) as proxy:
        headers = {"Connection": "X-Secret", "X-Secret": "1", "X-Kept": "2", "Host": "elsewhere.example"}
        seen = _get(proxy, f"http://127.0.0.1:{site}/", headers=headers).text.lower()
    assert "proxy-" not in seen
    assert "x-secret" not in seen
    assert "x-kept: 2" in seen
    assert f"host: 127.0.0.1:{site}" in seen


def test_a_post_body_passes_unchanged(site: int) -> None:
    body = bytes(range(256)) * 4000
    with FilteringProxy(_gate(site)) as proxy, requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"http://127.0.0.1:{site}/", data=body, proxies={"http": proxy.url}, timeout=10)
    assert answer.status_code == 201
    assert answer.content == body


def test_other_loopback_ports_are_refused_with_the_reason_and_never_reached(site: int) -> None:
    with _listener() as (port, listener), FilteringProxy(_gate(site)) as proxy:
        answer = _get(proxy, f"http://127.0.0.1:{port}/")
        assert answer.status_code == 403
        assert "private, loopback" in answer.headers["X-Shamewatch-Refused"]
        head, connection = _connect(proxy, f"127.0.0.1:{port}")
        connection.close()
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"X-Shamewatch-Refused: " in head
        assert not _was_reached(listener)
        assert {(refusal.host, refusal.port, refusal.kind) for refusal in proxy.refusals} == {
            ("127.0.0.1", port, Denial.ADDRESS_REFUSED)
        }


@pytest.mark.parametrize(
    "target",
    ["127.1", "0x7f000001", "2130706433", "localhost", "0", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"],
)  # fmt: skip
def test_every_spelling_of_a_private_address_is_refused(target: str) -> None:
    with _listener() as (port, listener), FilteringProxy(Gate()) as proxy:
        head, connection = _connect(proxy, f"{target}:{port}")
        connection.close()
        assert head.startswith(b"HTTP/1.1 403 ")
        assert not _was_reached(listener)


def test_without_the_credential_nothing_passes(site: int) -> None:
    with FilteringProxy(_gate(site)) as proxy:
        for credential in ("", "bm9ib2R5Om5vdGhpbmc=", "not base64"):
            head, connection = _connect(proxy, f"127.0.0.1:{site}", credential)
            connection.close()
            assert head.startswith(b"HTTP/1.1 407 ")
        assert proxy.peers == {}


def test_a_credential_that_comes_second_is_taken_on_the_same_connection(site: int) -> None:
    """Chromium asks without a credential first and answers the 407 on the connection it has."""
    with FilteringProxy(_gate(site)) as proxy:
        known = _basic(proxy.username, proxy.password)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
            connection.sendall(f"CONNECT 127.0.0.1:{site} HTTP/1.1\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 407 ")
            connection.sendall(
                f"CONNECT 127.0.0.1:{site} HTTP/1.1\r\nProxy-Authorization: Basic {known}\r\n\r\n".encode()
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_tunnel_carries_bytes_both_ways() -> None:
    with _serving(_Echo) as port, FilteringProxy(_gate(port)) as proxy:
        head, connection = _connect(proxy, f"127.0.0.1:{port}")
        with connection:
            assert head.startswith(b"HTTP/1.1 200 ")
            connection.sendall(b"\x16\x03\x01hello")
            assert connection.recv(100) == b"\x16\x03\x01hello"


def test_a_websocket_upgrade_passes_to_an_allowed_port() -> None:
    with _serving(_Echo) as port, FilteringProxy(_gate(port)) as proxy:
        known = _basic(proxy.username, proxy.password)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
            connection.sendall(
                f"GET http://127.0.0.1:{port}/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Proxy-Authorization: Basic {known}\r\n\r\n".encode()
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")
            connection.sendall(b"frame")
            assert connection.recv(100) == b"frame"


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "https"])
def test_only_plain_http_is_read_in_absolute_form(scheme: str, site: int) -> None:
    with FilteringProxy(_gate(site)) as proxy:
        known = _basic(proxy.username, proxy.password)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
            connection.sendall(
                f"GET {scheme}://127.0.0.1:{site}/ HTTP/1.1\r\nProxy-Authorization: Basic {known}\r\n\r\n".encode()
            )
            assert connection.recv(65536).split(b" ")[1] in (b"400", b"403")
        assert proxy.peers == {}


def test_a_site_cannot_forge_a_refusal(site: int) -> None:
    with FilteringProxy(_gate(site)) as proxy:
        assert "X-Shamewatch-Refused" not in _get(proxy, f"http://127.0.0.1:{site}/forged").headers


def test_a_closed_port_is_reported_as_unreachable() -> None:
    with _listener() as (port, _):
        pass
    with FilteringProxy(_gate(port)) as proxy:
        answer = _get(proxy, f"http://127.0.0.1:{port}/")
        assert answer.status_code == 502
        assert answer.headers["X-Shamewatch-Failed"] == "unreachable"
        assert [refusal.kind for refusal in proxy.refusals] == [Denial.UNREACHABLE]


def test_a_silent_server_ends_as_timed_out() -> None:
    with (
        _listener() as (port, _),
        FilteringProxy(_gate(port), limits=ProxyLimits(head_timeout_s=0.3)) as proxy,
    ):
        with pytest.raises(requests.exceptions.ConnectionError):
            _get(proxy, f"http://127.0.0.1:{port}/")
        assert [refusal.kind for refusal in proxy.refusals] == [Denial.TIMED_OUT]


def test_a_response_over_the_limit_is_cut_and_recorded(site: int) -> None:
    with FilteringProxy(_gate(site), limits=ProxyLimits(connection_bytes=100_000)) as proxy:
        with pytest.raises(requests.exceptions.RequestException):
            _get(proxy, f"http://127.0.0.1:{site}/big")
        assert [refusal.kind for refusal in proxy.refusals] == [Denial.LIMIT]


def test_too_many_connections_of_one_ledger_are_refused(site: int) -> None:
    with FilteringProxy(_gate(site), limits=ProxyLimits(ledger_connections=2)) as proxy:
        answers = [_get(proxy, f"http://127.0.0.1:{site}/").status_code for _ in range(3)]
    assert answers == [200, 200, 403]


def test_a_name_is_resolved_once_for_a_ledger(site: int) -> None:
    """DNS rebinding: the second answer of the resolver, which points at another machine, is not asked for."""
    answers = iter([[("127.0.0.1", site)], [("127.0.0.2", site)]])

    real_resolver = socket.getaddrinfo

    def resolver(host: str, *more: object, **options: object) -> object:
        if host != "rebind.example":
            return real_resolver(host, *more, **options)  # type: ignore[arg-type]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in next(answers)]

    with FilteringProxy(_gate(site)) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr("spiders.gate.socket.getaddrinfo", resolver)
        for _ in range(2):
            head, connection = _connect(proxy, f"rebind.example:{site}")
            connection.close()
            assert head.startswith(b"HTTP/1.1 200 ")
        assert {str(peer) for peer in proxy.peers.values()} == {"127.0.0.1"}
    with FilteringProxy(_gate(site)) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr("spiders.gate.socket.getaddrinfo", resolver)
        head, connection = _connect(proxy, f"rebind.example:{site}")
        connection.close()
        assert head.startswith(b"HTTP/1.1 403 ")


def test_content_may_not_use_the_operators_services(site: int) -> None:
    with FilteringProxy(Gate(services=[("127.0.0.1", site)])) as proxy:
        assert _get(proxy, f"http://127.0.0.1:{site}/").status_code == 403


def test_the_services_policy_reaches_the_services_and_nothing_else(site: int) -> None:
    with _serving(_Site) as other:
        gate = Gate([AllowedNetwork(allowed_network_from_text("127.0.0.1").network)], [("127.0.0.1", site)])
        with FilteringProxy(gate, policy=Policy.SERVICES) as proxy:
            assert _get(proxy, f"http://127.0.0.1:{site}/").status_code == 200
            refused = _get(proxy, f"http://127.0.0.1:{other}/")
            assert refused.status_code == 403
            assert "not one of the operator's services" in refused.headers["X-Shamewatch-Refused"]


def test_denied_hosts_are_refused_without_a_look_up() -> None:
    with FilteringProxy(Gate(), denied_hosts={"update.googleapis.com"}) as proxy:
        head, connection = _connect(proxy, "update.googleapis.com:443")
        connection.close()
        assert head.startswith(b"HTTP/1.1 403 ")
        assert b"own errands" in head


def test_a_closed_ledger_is_void_and_its_connections_are_cut() -> None:
    with _serving(_Echo) as port, FilteringProxy(_gate(port)) as proxy:
        ledger = proxy.open_ledger()
        credential = _basic(ledger.username, ledger.password)
        head, connection = _connect(proxy, f"127.0.0.1:{port}", credential)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert list(ledger.peers) == [("127.0.0.1", port)]
        assert proxy.peers == {}
        proxy.close_ledger(ledger)
        with connection, pytest.raises(ConnectionResetError):
            connection.recv(10)
        head, connection = _connect(proxy, f"127.0.0.1:{port}", credential)
        connection.close()
        assert head.startswith(b"HTTP/1.1 407 ")


def test_garbage_gets_a_400_and_the_proxy_goes_on(site: int) -> None:
    with FilteringProxy(_gate(site)) as proxy:
        for garbage in (
            b"\x16\x03\x01\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
            b"x" * 70_000,
        ):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
                connection.sendall(garbage)
                assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        assert _get(proxy, f"http://127.0.0.1:{site}/").status_code == 200


def test_the_proxy_listens_on_loopback_only_and_ends_when_closed() -> None:
    proxy = FilteringProxy(Gate())
    proxy.start()
    port = proxy.port
    proxy.close()
    proxy.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
