"""Start a real server for a test, wait until it answers, stop it by its process id."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class RealSoftwareError(Exception):
    """Real software could not be set up or started. The message says which, and what to do."""


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(arguments: Sequence[str | Path], *, timeout_s: float = 180, **options: object) -> str:
    """Run a command to its end and return its output. Raises RealSoftwareError with what it printed."""
    outcome = subprocess.run(  # type: ignore[call-overload]
        [str(argument) for argument in arguments],
        text=True,
        capture_output=True,
        timeout=timeout_s,
        check=False,
        **options,
    )
    if outcome.returncode:
        raise RealSoftwareError(
            f"{Path(arguments[0]).name} failed with {outcome.returncode}:\n{outcome.stdout[-2000:]}{outcome.stderr[-4000:]}"
        )
    return str(outcome.stdout)


@dataclasses.dataclass
class Server:
    """A server process that writes to a log file."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls,
        arguments: Sequence[str | Path],
        log: Path,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Server:
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [str(argument) for argument in arguments],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        return cls(process, log)

    def wait_until(self, is_ready: Callable[[], bool], timeout_s: float = 60) -> None:
        """Wait for the server. Raises RealSoftwareError with its log where it ends or stays silent."""
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                shown = self.log.read_text("utf-8", "replace")[-4000:]
                raise RealSoftwareError(f"{self.process.args!r} did not start:\n{shown}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the process and its children (PHP's server has workers), and wait for it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(20)


def answers(url: str) -> bool:
    """Whether a web server answers there with anything but an error of its own."""
    try:
        with urllib.request.urlopen(url, timeout=10):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False
