"""A real web site on loopback and one warm browser, which may reach that site and nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.capture import Capture, capture
from monitor.evidence.chromium import require_chromium
from monitor.evidence.request import CaptureRequest
from spiders.gate import Gate, allowed_network_from_text

Handler = http.server.BaseHTTPRequestHandler
Route = Callable[[Handler], None]

FILLER = "Ordinary talk about the weather, the harvest and the price of rice. " * 6


def answer(
    body: str | bytes, status: int = 200, media_type: str = "text/html; charset=utf-8", **headers: str
) -> Route:
    """A route that always answers the same."""
    data = body.encode() if isinstance(body, str) else body

    def route(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", media_type)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return route


def page(body: str, title: str = "A forum", **more: str) -> Route:
    return answer(
        f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>", **more
    )


@dataclasses.dataclass
class Site:
    """A server whose pages a test sets; it remembers which were asked for."""

    port: int
    scheme: str
    routes: dict[str, Route]
    asked: list[str]

    def url(self, path: str = "/") -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    answer = staticmethod(answer)
    page = staticmethod(page)

    @staticmethod
    def redirect(location: str, status: int = 302) -> Route:
        return answer("", status, Location=location)


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Site]:
    routes: dict[str, Route] = {}
    asked: list[str] = []

    class _Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            asked.append(path)
            try:
                routes.get(path, answer("not here", 404))(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    class _Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Broken TLS handshakes are what some of these tests are about."""

    server = _Server(("127.0.0.1", 0), _Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Site(server.server_address[1], "https" if certificate else "http", routes, asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "untrusted.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def tls_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(_self_signed(tmp_path_factory.mktemp("tls") / "site.pem")) as served:
        yield served


@pytest.fixture(scope="session")
def other_site() -> Iterator[Site]:
    """Another origin."""
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def gate(site: Site, tls_site: Site, other_site: Site) -> Gate:
    return Gate([allowed_network_from_text(f"127.0.0.1:{one.port}") for one in (site, tls_site, other_site)])


@pytest.fixture(scope="session")
def browser(gate: Gate) -> Iterator[Browser]:
    with Browser(require_chromium(Settings()), gate) as warm:
        yield warm


Capturing = Callable[..., Capture]


@pytest.fixture
def captured(site: Site, browser: Browser, tmp_path: Path) -> Capturing:
    """Serve a page under a path of the test's own and capture it."""

    def run(route: Route | str, *expected: str, path: str = "/page", **more: object) -> Capture:
        site.routes.clear()
        site.asked.clear()
        site.routes[path] = page(route) if isinstance(route, str) else route
        routes = more.pop("routes", {})
        assert isinstance(routes, dict)
        site.routes.update(routes)
        more.setdefault("settle_s", 2.0)
        request = CaptureRequest(url=site.url(path), expected=expected, **more)  # type: ignore[arg-type]
        return capture(request, browser, tmp_path / "capture")

    return run
