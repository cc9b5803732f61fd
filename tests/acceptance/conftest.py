"""The command as a person runs it: a subprocess with data, key and settings of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.practice.mailbox import Mailbox


@dataclasses.dataclass(frozen=True)
class Shamewatch:
    """Runs ``shamewatch …`` with ``environment`` over an otherwise clean one."""

    folder: Path
    environment: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "data"

    def start(self, *words: str | Path, **options: Any) -> subprocess.Popen[str]:
        """Start the command and do not wait."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "monitor.cli.app", *map(str, words)],
            cwd=self.folder, env=self._environment(), text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def run(
        self, *words: str | Path, stdin: str | None = None, timeout_s: float = 240
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, whatever the exit code."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "monitor.cli.app", *map(str, words)],
            cwd=self.folder, env=self._environment(), text=True, encoding="utf-8",
            capture_output=True, input=stdin, timeout=timeout_s, check=False,
        )  # fmt: skip

    def ok(self, *words: str | Path, **options: Any) -> str:
        """Run; standard output without its last newline. Fails the test unless the exit code is 0."""
        done = self.run(*words, **options)
        assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.rstrip("\n")

    def lines(self, *words: str | Path, **options: Any) -> list[dict[str, Any]]:
        """Run with ``--json``; the objects it printed."""
        return [json.loads(line) for line in self.ok(*words, "--json", **options).splitlines()]

    def refused(self, *words: str | Path, **options: Any) -> tuple[int, str]:
        """Run what must fail; exit code and the sentence. Fails the test on success or a traceback."""
        done = self.run(*words, **options)
        assert done.returncode != 0, f"{words} should have failed:\n{done.stdout}"
        assert "Traceback" not in done.stderr, done.stderr
        assert done.stderr.strip(), f"{words} failed without a word"
        return done.returncode, " ".join(done.stderr.split())

    def with_settings(self, **settings: str) -> Shamewatch:
        """The same installation with further ``SHAMEWATCH_…`` variables."""
        more = {f"SHAMEWATCH_{name.upper()}": value for name, value in settings.items()}
        return dataclasses.replace(self, environment=self.environment | more)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SHAMEWATCH_")}
        own = {
            "SHAMEWATCH_HOME": str(self.home),
            "SHAMEWATCH_KEY_FILE": str(self.folder / "key" / "instance.key"),
            "SHAMEWATCH_TSA_URLS": "none",
            "COLUMNS": "200",
            "NO_COLOR": "1",
        }
        return {**kept, **own, **self.environment}


@pytest.fixture
def shamewatch(tmp_path: Path) -> Shamewatch:
    return Shamewatch(tmp_path)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A real SMTP server on loopback."""
    with Mailbox(tmp_path / "mailbox") as running:
        yield running
