"""The confined process reaches what was checked and nothing else. Each test runs in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

PREAMBLE = """
import os, smtplib, socket, subprocess, sys
from monitor.alerts.confine import confine
port = int(sys.argv[1])
confine({("mail.example.org", port): ("127.0.0.1",)}, helo_name="example.org")
"""


@pytest.fixture
def port() -> Iterator[int]:
    """A server that greets whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"hello")

        threading.Thread(target=greet, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def outcome_of(code: str, port: int) -> str:
    result = subprocess.run(
        [sys.executable, "-P", "-c", PREAMBLE + code, str(port)],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    return result.stdout.strip() or result.stderr.strip().splitlines()[-1]


def test_a_checked_name_leads_to_its_checked_address(port: int) -> None:
    code = "print(socket.create_connection(('mail.example.org', port), 5).recv(5).decode())"
    assert outcome_of(code, port) == "hello"


def test_an_unchecked_name_does_not_resolve(port: int) -> None:
    assert "not one of the checked addresses" in outcome_of(
        "socket.create_connection(('localhost', port), 5)", port
    )


def test_a_checked_name_at_another_port_does_not_resolve(port: int) -> None:
    code = "socket.create_connection(('mail.example.org', port + 1), 5)"
    assert "not one of the checked addresses" in outcome_of(code, port)


@pytest.mark.parametrize(
    "address", ["('127.0.0.2', port)", "('127.0.0.1', port + 1)", "('169.254.169.254', 80)"]
)
def test_an_unchecked_address_is_not_connected_to(port: int, address: str) -> None:
    code = f"socket.socket().connect({address})"
    assert "PermissionError: the address is not one of the destinations" in outcome_of(code, port)


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
        "socket.gethostbyname('example.org')",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.fork()",
        "open(os.devnull, 'w')",
        "os.open('/tmp/x', os.O_CREAT | os.O_RDWR)",
        "os.remove('/nonexistent')",
    ],
)
def test_every_other_way_out_is_shut(port: int, code: str) -> None:
    assert outcome_of(code, port).startswith("PermissionError")


def test_the_machines_own_name_is_not_told_to_mail_servers(port: int) -> None:
    assert outcome_of("print(smtplib.SMTP().local_hostname)", port) == "example.org"


def test_a_file_can_still_be_read(port: int) -> None:
    assert outcome_of("print(open('/proc/self/comm').read()[:6])", port).startswith("python")
