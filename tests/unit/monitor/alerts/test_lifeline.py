"""The sending process ends with the one that started it, and hands nothing over when it is alone."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from monitor.alerts.lifeline import ORPHANED_EXIT_CODE, is_orphaned

SLEEPER = "import time; from monitor.alerts.lifeline import end_with_parent; end_with_parent(); print(1, flush=True); time.sleep(60)"
STARTER = "import subprocess, sys; subprocess.run([sys.executable, '-P', '-c', sys.argv[1]])"
GUARDED = """
import http.client, os, smtplib, sys
from monitor.alerts.lifeline import guard_handover
port = int(sys.argv[1])
reader, answer = os.pipe()
guard_handover(os.getppid(), answer)
"""
BY_MAIL = """
mail = smtplib.SMTP('127.0.0.1', port)
mail.noop()
os.close(reader)
mail.noop()
"""
BY_WEB = """
web = http.client.HTTPConnection('127.0.0.1', port)
web.connect()
web.send(b'first\\r\\n')
web.sock.recv(100)
os.close(reader)
web.send(b'second\\r\\n')
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a child with its parent")
def test_the_kernel_kills_the_sending_process_with_its_parent() -> None:
    starter = subprocess.Popen([sys.executable, "-P", "-c", STARTER, SLEEPER], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    with starter.stdout as output:
        assert output.readline() == b"1\n"
        starter.kill()
        starter.wait(timeout=10)
        ended, _, _ = select.select([output], [], [], 10)
        assert ended, "the sleeping grandchild still holds the pipe"
        assert output.read() == b""


@pytest.fixture
def answer() -> Iterator[tuple[int, int]]:
    """The two ends of a pipe for the answer."""
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        try:
            os.close(end)
        except OSError:
            continue  # closed by the test


def test_a_process_whose_parent_waits_is_no_orphan(answer: tuple[int, int]) -> None:
    assert not is_orphaned(os.getppid(), answer[1])


def test_a_process_with_another_parent_than_before_is_an_orphan(answer: tuple[int, int]) -> None:
    assert is_orphaned(os.getppid() + 1, answer[1])


def test_a_process_whose_answer_nobody_would_read_is_an_orphan(answer: tuple[int, int]) -> None:
    os.close(answer[0])
    assert is_orphaned(os.getppid(), answer[1])


@pytest.fixture
def server() -> Iterator[tuple[int, Callable[[], list[bytes]]]]:
    """A server that greets and says yes to every line; its port, and the lines once the visitor has left."""
    lines: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def converse() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                connection.sendall(b"220 hello\r\n")
                for line in stream:
                    lines.append(line.strip())
                    connection.sendall(b"250 yes\r\n")

        thread = threading.Thread(target=converse, daemon=True)
        thread.start()

        def heard() -> list[bytes]:
            thread.join(timeout=10)
            return lines

        yield listener.getsockname()[1], heard


@pytest.mark.parametrize(("code", "heard"), [(BY_MAIL, [b"noop"]), (BY_WEB, [b"first"])], ids=["mail", "web"])
def test_an_orphan_says_nothing_more_to_the_server_and_ends(
    server: tuple[int, Callable[[], list[bytes]]], code: str, heard: list[bytes]
) -> None:
    port, lines = server
    result = subprocess.run(
        [sys.executable, "-P", "-c", GUARDED + code, str(port)], check=False, capture_output=True, timeout=30
    )
    assert (result.returncode, result.stderr) == (ORPHANED_EXIT_CODE, b"")
    assert lines() == heard


def test_a_process_that_is_alone_before_it_begins_ends_at_once(answer: tuple[int, int]) -> None:
    code = (
        "import os; from monitor.alerts.lifeline import guard_handover; guard_handover(os.getppid() + 1, 1)"
    )
    result = subprocess.run([sys.executable, "-P", "-c", code], check=False, timeout=30)
    assert result.returncode == ORPHANED_EXIT_CODE
