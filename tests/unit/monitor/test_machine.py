from __future__ import annotations

import time
from pathlib import Path

import pytest

from monitor import machine
from monitor.config import Settings
from monitor.system_packages import Outcome, State


def _program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_a_program_that_cannot_start_does_not_count_as_a_browser(tmp_path: Path) -> None:
    assert machine.runs(_program(tmp_path / "good", "echo Chromium 1"))
    assert not machine.runs(_program(tmp_path / "bad", "exit 127"))
    assert not machine.runs(tmp_path / "missing")


def test_a_browser_that_is_there_is_found_without_a_word() -> None:
    said: list[str] = []
    began_at = time.monotonic()
    outcome = machine.install_browser(Settings(), said.append)
    assert outcome.state is State.PRESENT
    assert said == []
    assert time.monotonic() - began_at < 10


def test_a_wrong_path_in_the_settings_is_said_and_nothing_is_installed(tmp_path: Path) -> None:
    said: list[str] = []
    outcome = machine.install_browser(Settings(chromium=tmp_path / "typing-error"), said.append)
    assert outcome.state is State.BY_HAND
    assert "SHAMEWATCH_CHROMIUM" in said[0]


def test_where_the_download_fails_the_systems_package_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def note(needs: list[machine.Need], report: object) -> list[Outcome]:
        asked.extend(need.packages["apt-get"][0] for need in needs)
        return [Outcome(needs[0], State.BY_HAND, "by hand")]

    monkeypatch.setattr(machine, "find_chromium", lambda settings: None)
    monkeypatch.setattr(machine, "_download_browser", lambda: False)
    monkeypatch.setattr(machine, "ensure", note)
    said: list[str] = []
    assert machine.install_browser(Settings(), said.append).state is State.BY_HAND
    assert asked == ["chromium"]
    assert len(said) == 2


def test_fonts_are_judged_by_what_fontconfig_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cjk = machine.font_needs()[0]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not cjk.is_met()
    _program(tmp_path / "fc-list", 'case "$1" in :lang=ko) ;; *) echo Noto ;; esac')
    assert not cjk.is_met()
    _program(tmp_path / "fc-list", "echo Noto")
    assert cjk.is_met()


@pytest.mark.parametrize(
    "need", machine.font_needs() + machine.packages_for_tests() + machine.packages_for_slow_tests()
)
def test_every_need_says_why_and_names_debians_packages(need: machine.Need) -> None:
    assert need.packages["apt-get"]
    assert need.why
    assert isinstance(need.is_met(), bool)
