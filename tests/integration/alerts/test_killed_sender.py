"""A monitor that is killed while it sends takes its sending process with it, before the message is handed over."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

SENDER = """
import sys
from pydantic import SecretStr
from monitor.alerts.channels import EmailChannel
from monitor.alerts.message import OutgoingMessage
from monitor.alerts.sender import send
from monitor.config import Settings
message = OutgoingMessage(alert_id="a-1", title="A new notice", body="Reference: a-1")
settings = Settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{sys.argv[1]}?mode=insecure"), mail_from="n@clinic.example")
print(send(message, EmailChannel(to="ana.lim@example.org"), settings).status, flush=True)
"""


@dataclasses.dataclass
class MailServer:
    """Speaks just enough SMTP, and holds back its answer to one command until ``go_on`` is set."""

    holds_back: bytes
    port: int = 0
    has_reached: threading.Event = dataclasses.field(default_factory=threading.Event)
    go_on: threading.Event = dataclasses.field(default_factory=threading.Event)
    heard_before: list[bytes] = dataclasses.field(default_factory=list)
    heard_after: list[bytes] = dataclasses.field(default_factory=list)
    thread: threading.Thread | None = None

    def converse(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            try:
                self._answer(connection, b"", b"220 hello\r\n")
                for line in lines:
                    (self.heard_after if self.go_on.is_set() else self.heard_before).append(line)
                    verb = line[:4].upper()
                    self._answer(connection, verb, b"354 go on\r\n" if verb == b"DATA" else b"250 yes\r\n")
            except (BrokenPipeError, ConnectionResetError):
                return  # the visitor was killed

    def _answer(self, connection: socket.socket, verb: bytes, reply: bytes) -> None:
        if verb == self.holds_back:
            self.has_reached.set()
            self.go_on.wait(timeout=30)
        connection.sendall(reply)


@pytest.fixture
def mail_server_that_waits() -> Iterator[Callable[[bytes], MailServer]]:
    listeners: list[socket.socket] = []

    def start(holds_back: bytes) -> MailServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        server = MailServer(holds_back, port=listener.getsockname()[1])
        server.thread = threading.Thread(target=server.converse, args=(listener,), daemon=True)
        server.thread.start()
        return server

    yield start
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize("command", [b"", b"RCPT"], ids=["before the greeting", "before the text"])
def test_nothing_is_handed_over_after_the_monitor_was_killed(
    mail_server_that_waits: Callable[[bytes], MailServer], command: bytes
) -> None:
    server = mail_server_that_waits(command)
    monitor = subprocess.Popen([sys.executable, "-P", "-c", SENDER, str(server.port)], stdout=subprocess.PIPE)
    assert server.has_reached.wait(timeout=30)
    monitor.kill()
    answered, _ = monitor.communicate(timeout=30)
    server.go_on.set()
    assert server.thread is not None
    server.thread.join(timeout=15)
    assert not server.thread.is_alive(), "the sending process outlived the monitor"
    assert (answered, server.heard_after) == (b"", [])


def test_the_same_conversation_delivers_where_nobody_is_killed(
    mail_server_that_waits: Callable[[bytes], MailServer],
) -> None:
    """Proves that the test above fails where the sending process goes on."""
    server = mail_server_that_waits(b"RCPT")
    server.go_on.set()
    command = [sys.executable, "-P", "-c", SENDER, str(server.port)]
    subprocess.run(command, check=False, capture_output=True, timeout=30)
    assert b"data\r\n" in server.heard_after
    assert any(b"X-Shamewatch-Id: a-1" in line for line in server.heard_after)
