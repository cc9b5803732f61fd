"""Real receivers on loopback: a mail server, push servers that speak as ntfy and Gotify do, a CA of one's own."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import email
import email.policy
import io
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image

from monitor.alerts.message import Attachment, OutgoingMessage


@pytest.fixture(scope="session")
def screenshot() -> bytes:
    """A PNG of some hundred kilobytes."""
    pixels = np.random.default_rng(11).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def message(screenshot: bytes) -> OutgoingMessage:
    return OutgoingMessage(
        alert_id="alert-4711",
        title="一个新通知",
        body="There is something new for you.\n\nÖffnen Sie es später. <b>&amp;</b> *x* _y_\nReference: alert-4711",
        attachments=(Attachment(name="notice-1.png", media_type="image/png", content=screenshot),),
    )


class Mailbox:
    """What the mail server received, and how it is told to behave."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.greetings: list[str] = []
        self.was_encrypted: list[bool] = []
        self.data_replies: list[str] = []
        self.rcpt_reply = ""
        self.refuses_pictures_with = ""
        self.delay_s = 0.0
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_reply:
            return self.rcpt_reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.delay_s:
            time.sleep(self.delay_s)  # noqa: ASYNC251 - a server that hangs is what is wanted
        content = envelope.original_content or b""
        if self.refuses_pictures_with and b"image/png" in content:
            return self.refuses_pictures_with
        if self.data_replies:
            reply = self.data_replies.pop(0)
            if not reply.startswith("2"):
                return reply
        self.greetings.append(str(session.host_name))
        self.was_encrypted.append(session.ssl is not None)
        self.recipients.append(list(envelope.rcpt_tos))
        parsed = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 taken"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def mail_server() -> Iterator[Callable[..., Mailbox]]:
    """Starts a mail server with the given options of aiosmtpd."""
    running: list[Controller] = []

    def start(*, password: str = "", **options: Any) -> Mailbox:
        mailbox = Mailbox()
        mailbox.port = free_port()
        if password:

            def check(
                server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
            ) -> AuthResult:
                is_right = isinstance(data, LoginPassword) and data.password == password.encode()
                return AuthResult(success=is_right, handled=False)

            options |= {"authenticator": check, "auth_required": True}
        controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
        controller.start()
        running.append(controller)
        return mailbox

    yield start
    for controller in running:
        controller.stop()


@dataclasses.dataclass(frozen=True)
class Request:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class Push:
    """A push server: records every request and answers from ``answers`` (then 200)."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.refuses_pictures_with = 0
        self.delay_s = 0.0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer_to(self, request: Request) -> tuple[int, dict[str, str]]:
        if self.refuses_pictures_with and (b"PNG" in request.body[:8] or b"iVBORw0KGgo" in request.body):
            return self.refuses_pictures_with, {}
        return self.answers.pop(0) if self.answers else (200, {})


@contextlib.contextmanager
def running_push(context: ssl.SSLContext | None = None) -> Iterator[Push]:
    """A push server, over TLS where a context is given."""
    state = Push()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(state.delay_s)
            parts = urlsplit(self.path)
            request = Request(parts.path, parse_qs(parts.query), dict(self.headers), body)
            state.requests.append(request)
            status, headers = state.answer_to(request)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the sender has left
                self.wfile.write(b'{"id": 1}')

        do_PUT = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Tests read the requests, not a log."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A visitor who leaves during the handshake is what some tests want."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def push() -> Iterator[Push]:
    with running_push() as state:
        yield state


@dataclasses.dataclass(frozen=True)
class Authority:
    """A certificate authority made for one test, and a server certificate by it for 127.0.0.1."""

    ca_file: Path
    server_context: ssl.SSLContext


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        certificate(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        certificate(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), key.public_key())
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    ca_file, chain = tmp_path / "ca.pem", tmp_path / "server.pem"
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return Authority(ca_file, context)


@pytest.fixture
def unused_port() -> int:
    """A port on which nothing listens."""
    return free_port()


@pytest.fixture
def tls_push(authority: Authority) -> Iterator[Push]:
    """A push server whose certificate is by the test's own authority."""
    with running_push(authority.server_context) as state:
        yield state
