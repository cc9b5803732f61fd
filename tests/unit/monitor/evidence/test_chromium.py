from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import Settings
from monitor.errors import BrowserMissingError
from monitor.evidence import chromium


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any browser; every file counts as reachable, for pytest's folders are closed."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    monkeypatch.delenv("SHAMEWATCH_CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "_SYSTEM_PATHS", ())
    monkeypatch.setattr(chromium, "is_reachable_by_others", lambda path: True)
    return tmp_path


def test_without_a_browser_the_error_says_what_to_do(bare: Path) -> None:
    assert chromium.find_chromium(Settings()) is None
    with pytest.raises(BrowserMissingError, match="shamewatch setup"):
        chromium.require_chromium(Settings())


def test_the_newest_download_comes_before_the_systems_own(bare: Path) -> None:
    _program(bare / "bin/chromium")
    assert chromium.find_chromium(Settings()) == bare / "bin/chromium"
    _program(
        bare / "browsers/chromium_headless_shell-999/chrome-headless-shell-linux64/chrome-headless-shell"
    )
    newest = _program(
        bare / "browsers/chromium_headless_shell-1255/chrome-headless-shell-linux64/chrome-headless-shell"
    )
    assert chromium.find_chromium(Settings()) == newest


def test_a_path_in_the_settings_is_never_replaced_by_another(bare: Path) -> None:
    _program(bare / "bin/chromium")
    assert chromium.find_chromium(Settings(chromium=bare / "typing-error")) is None
    own = _program(bare / "own")
    assert chromium.find_chromium(Settings(chromium=own)) == own


def test_root_does_not_take_a_browser_that_an_unprivileged_user_cannot_run(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(bare / "bin/chromium")
    monkeypatch.setattr(chromium, "is_reachable_by_others", lambda path: False)
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 0)
    assert chromium.find_chromium(Settings()) is None
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 1000)
    assert chromium.find_chromium(Settings()) == bare / "bin/chromium"
