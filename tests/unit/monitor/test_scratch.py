"""Captures in the clear lie in a private folder, and do not stay."""

import os
import time
from pathlib import Path

import pytest

from monitor.scratch import Scratch


def test_a_capture_is_private_and_gone_after_its_block(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    with scratch.folder() as folder:
        (folder / "page").write_text("secret")
        assert (tmp_path / "scratch").stat().st_mode & 0o077 == 0
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_capture_is_gone_after_a_failure_as_well(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")
    with pytest.raises(RuntimeError), scratch.folder():
        raise RuntimeError
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_sweep_removes_what_a_killed_process_left_and_nothing_that_is_in_use(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    left = tmp_path / "capture-left"
    left.mkdir()
    (left / "page").write_text("secret")
    long_ago = time.time() - 7200
    os.utime(left, (long_ago, long_ago))
    with scratch.folder() as folder:
        assert scratch.sweep() == 1
        assert not left.exists()
        assert folder.exists()


def test_a_sweep_before_the_first_capture_finds_nothing(tmp_path: Path) -> None:
    assert Scratch(tmp_path / "none").sweep() == 0
