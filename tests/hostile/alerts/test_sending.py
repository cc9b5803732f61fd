"""Alerts under attack: inward addresses, redirects, servers that lie, secrets that must not leak."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.alerts.channels import ChannelSettings, EmailChannel, channel_from_text, channel_to_json
from monitor.alerts.job import Destination, MailRoute, SendJob, SendResult, bytes_from_wire
from monitor.alerts.mailserver import MailMode
from monitor.alerts.message import DeliveryStatus, OutgoingMessage
from monitor.alerts.sender import send
from monitor.config import Settings
from spiders.gate import allowed_network_from_text

MESSAGE = OutgoingMessage(alert_id="a-1", title="A new notice", body="Reference: a-1")
CHANNEL = EmailChannel(to="ana.lim@example.org")


class Server:
    """Speaks a script to each visitor: what to say first, then an answer to each line or request."""

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.visits = 0
        self._talk = talk
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            self._talk(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], Server]]:
    running: list[Server] = []

    def start(talk: Callable[[socket.socket], None]) -> Server:
        running.append(Server(talk))
        return running[-1]

    yield start
    for server in running:
        server.close()


def sending_processes() -> list[str]:
    """Command line and environment of every sending process that we have started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
            if parent == os.getpid() and b"monitor.alerts.deliver" in command:
                found.append((command + (entry / "environ").read_bytes()).decode(errors="replace"))
    return found


def mail(port: int, *, password: str = "") -> Settings:
    login = f"ana:{password}@" if password else ""
    return Settings(
        smtp_url=SecretStr(f"smtp://{login}127.0.0.1:{port}?mode=insecure"),
        mail_from="notices@clinic.example",
    )


def answer_http(head: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        connection.sendall(head + b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    return talk


def channels_at(url: str) -> list[ChannelSettings]:
    """The same target as each kind that names a server."""
    return [
        channel_from_text("gotify", {"server": url, "token": "AbCdEf.123456"}),
        channel_from_text("ntfy", {"server": url, "topic": "quiet"}),
        channel_from_text("webhook", {"url": f"{url}/latest/meta-data"}, is_operator=True),
    ]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8099", "http://169.254.169.254", "http://[::1]:8099", "http://10.0.0.1", "http://127.1:8099",
     "http://0x7f000001", "https://127.0.0.1:8443", "https://169.254.169.254", "http://[::ffff:127.0.0.1]", "http://localhost:8099", "http://100.64.0.1"],
)  # fmt: skip
def test_an_inward_target_is_refused_and_the_refusal_recorded(url: str) -> None:
    outcome = send(MESSAGE, channels_at(url)[0], Settings())
    assert outcome.status is DeliveryStatus.FAILED
    assert "is a private, loopback or link-local address" in outcome.reason
    assert "SHAMEWATCH_ALLOWED_NETWORKS" in outcome.reason


@pytest.mark.parametrize("number", [0, 1, 2], ids=["gotify", "ntfy", "webhook"])
def test_a_loopback_server_that_is_not_allowed_gets_no_visit(
    serve: Callable[..., Server], number: int
) -> None:
    server = serve(answer_http(b"HTTP/1.1 200 OK"))
    outcome = send(MESSAGE, channels_at(f"http://127.0.0.1:{server.port}")[number], Settings())
    assert outcome.status is DeliveryStatus.FAILED
    assert server.visits == 0


def test_an_exception_for_one_port_opens_no_other(serve: Callable[..., Server]) -> None:
    server, other = (serve(answer_http(b"HTTP/1.1 200 OK")) for _ in range(2))
    settings = Settings(allowed_networks=(allowed_network_from_text(f"127.0.0.1:{other.port}"),))
    channel = channels_at(f"http://127.0.0.1:{server.port}")[0]
    assert send(MESSAGE, channel, settings).status is DeliveryStatus.FAILED
    assert server.visits == 0


def test_the_operators_mail_server_cannot_be_reached_as_a_push_server(serve: Callable[..., Server]) -> None:
    server = serve(answer_http(b"HTTP/1.1 200 OK"))
    outcome = send(MESSAGE, channels_at(f"http://127.0.0.1:{server.port}")[0], mail(server.port))
    assert outcome.status is DeliveryStatus.FAILED
    assert server.visits == 0


def test_a_redirect_inward_is_not_followed(serve: Callable[..., Server]) -> None:
    inner = serve(answer_http(b"HTTP/1.1 200 OK"))
    outer = serve(answer_http(f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{inner.port}/".encode()))
    networks = tuple(allowed_network_from_text(f"127.0.0.1:{server.port}") for server in (inner, outer))
    channel = channels_at(f"http://127.0.0.1:{outer.port}")[0]
    outcome = send(MESSAGE, channel, Settings(allowed_networks=networks))
    assert (outcome.status, inner.visits) == (DeliveryStatus.FAILED, 0)
    assert "points to another address (307), which is not followed" in outcome.reason


@pytest.mark.parametrize(
    "script",
    [b"", b"220 hello\r\n", b"220", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 hi\r\n250 hi\r\n250 ok\r\n25"],
    ids=["nothing", "greeting", "half greeting", "http", "half way"],
)
def test_a_mail_server_that_hangs_up_half_way_is_tried_again(
    serve: Callable[..., Server], script: bytes
) -> None:
    def talk(connection: socket.socket) -> None:
        for line in script.splitlines(keepends=True):
            connection.sendall(line)
            time.sleep(0.05)

    server = serve(talk)
    outcome = send(MESSAGE, CHANNEL, mail(server.port), timeout_s=10)
    assert outcome.status in (DeliveryStatus.RETRY, DeliveryStatus.FAILED)
    assert (outcome.status is DeliveryStatus.RETRY) or script.startswith(b"HTTP")
    assert server.visits == 1


def test_a_mail_server_that_never_ends_its_line_is_left_at_the_limit(serve: Callable[..., Server]) -> None:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"2")
            time.sleep(0.2)

    started = time.monotonic()
    outcome = send(MESSAGE, CHANNEL, mail(serve(drip).port), timeout_s=2.0)
    assert outcome.status is DeliveryStatus.RETRY
    assert outcome.reason == "The message was not sent within 2 seconds."
    assert time.monotonic() - started < 5


def test_no_sending_process_stays_behind_after_the_limit(serve: Callable[..., Server]) -> None:
    server = serve(lambda connection: time.sleep(5))
    send(MESSAGE, CHANNEL, mail(server.port), timeout_s=1.0)
    assert sending_processes() == []


def test_a_reply_full_of_controls_and_addresses_is_recorded_harmless(serve: Callable[..., Server]) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(
            b"554 \x1b[2J\x07 see http://evil.example/?t=hunter2 or ana.lim@example.org "
            + b"x" * 400
            + b"\r\n"
        )
        time.sleep(0.2)

    outcome = send(MESSAGE, CHANNEL, mail(serve(talk).port), timeout_s=10)
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 300
    for leak in ("hunter2", "ana.lim", "evil.example"):
        assert leak not in outcome.reason


def test_secrets_are_neither_on_the_command_line_nor_in_the_environment(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMEWATCH_SMTP_URL", "smtp://ana:hunter2-env@mail.example.org")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2-aws")
    seen: list[str] = []
    server = serve(lambda connection: time.sleep(2))

    def look() -> None:
        deadline = time.monotonic() + 8
        while not seen and time.monotonic() < deadline:
            if server.visits:
                seen.extend(sending_processes())
            time.sleep(0.02)

    watcher = threading.Thread(target=look)
    watcher.start()
    send(MESSAGE, CHANNEL, mail(server.port, password="hunter2-mail"), timeout_s=3)
    watcher.join()
    assert seen, "the sending process was never seen"
    for secret in ("hunter2", "ana.lim", "Reference", "SHAMEWATCH"):
        assert secret not in seen[0]


def test_a_strangers_module_in_the_working_folder_is_not_run(
    serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("apprise.py", "requests.py", "monitor.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    server = serve(lambda connection: connection.sendall(b"421 busy\r\n"))
    outcome = send(MESSAGE, CHANNEL, mail(server.port), timeout_s=10)
    assert outcome.status is DeliveryStatus.RETRY
    assert server.visits == 1
    assert not (tmp_path / "ran").exists()


def run_job(job: SendJob) -> SendResult:
    result = subprocess.run(
        [sys.executable, "-P", "-m", "monitor.alerts.deliver"],
        input=bytes_from_wire(job), capture_output=True, timeout=30, check=True,
    )  # fmt: skip
    return SendResult.model_validate_json(result.stdout)


@pytest.mark.parametrize("address", ["127.0.0.2", "192.0.2.1"])
def test_the_sending_process_reaches_no_server_whose_address_was_not_checked(
    serve: Callable[..., Server], address: str
) -> None:
    """The library is told to go to a live server; the destinations do not hold its address."""
    server = serve(lambda connection: connection.sendall(b"421 busy\r\n"))
    job = SendJob(
        channel=channel_to_json(CHANNEL),
        alert_id="a-1",
        title="t",
        body="b",
        sender_name="Notices",
        mail=MailRoute(
            host="127.0.0.1", port=server.port, mode=MailMode.INSECURE, sender_address="n@clinic.example"
        ),
        destinations=(Destination(host="mail.example", port=server.port, addresses=(address,)),),
        timeout_s=5,
    )
    result = run_job(job)
    assert (result.status, server.visits) == (DeliveryStatus.RETRY, 0)
    assert result.reason == "The server's name could not be looked up."


def test_a_push_message_past_the_proxy_goes_nowhere(serve: Callable[..., Server]) -> None:
    """Without the proxy in its environment the library would connect by itself."""
    server = serve(answer_http(b"HTTP/1.1 200 OK"))
    job = SendJob(
        channel=channel_to_json(channels_at(f"http://127.0.0.1:{server.port}")[0]),
        alert_id="a-1",
        title="t",
        body="b",
        sender_name="Notices",
        destinations=(Destination(host="127.0.0.1", port=1, addresses=("127.0.0.1",)),),
        timeout_s=5,
    )
    assert (run_job(job).status, server.visits) == (DeliveryStatus.RETRY, 0)


def test_the_sending_process_ends_by_itself_where_nobody_ends_it(serve: Callable[..., Server]) -> None:
    """Its parent may have been killed; a server that drips would hold it for ever."""

    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"2")
            time.sleep(0.2)

    port = serve(drip).port
    job = SendJob(
        channel=channel_to_json(CHANNEL),
        alert_id="a-1",
        title="t",
        body="b",
        sender_name="Notices",
        mail=MailRoute(
            host="127.0.0.1", port=port, mode=MailMode.INSECURE, sender_address="n@clinic.example"
        ),
        destinations=(Destination(host="127.0.0.1", port=port, addresses=("127.0.0.1",)),),
        timeout_s=1,
    )
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run_job(job)
    assert caught.value.returncode == -signal.SIGALRM


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"\xff\xfe", b'{"channel": "{}"}'])
def test_the_sending_process_takes_nothing_but_a_job(junk: bytes) -> None:
    result = subprocess.run(
        [sys.executable, "-P", "-m", "monitor.alerts.deliver"],
        input=junk,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert result.returncode != 0
    assert result.stdout == b""
