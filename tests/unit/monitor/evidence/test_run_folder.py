from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import FolderNotWritableError
from monitor.evidence.run_folder import RunFolder, sweep_leftovers

ROOT = Path(__file__).parents[4]
KILLED = """
import os, signal, sys
from pathlib import Path
from monitor.evidence.run_folder import RunFolder
folder = RunFolder(Path(sys.argv[1]))
(folder.path / "profile").mkdir()
(folder.path / "profile" / "page").write_text("somebody's words")
print(folder.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its browser another user id")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Short, open to be walked through, and with a system's temporary folder of its own."""
    path = Path(tempfile.mkdtemp(prefix="shamewatch-test-"))
    path.chmod(0o711)
    (path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(path / "tmp"))
    yield path
    shutil.rmtree(path)


def _left_by_a_killed_process(parent: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(parent)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    return Path(done.stdout.strip())


def test_what_a_killed_process_left_is_swept(place: Path) -> None:
    left = _left_by_a_killed_process(place / "b")
    assert (left / "profile" / "page").exists()
    assert left.parent == place / "b"
    assert sweep_leftovers(place / "b") == 1
    assert list((place / "b").iterdir()) == []
    assert sweep_leftovers(place / "b") == 0


def test_the_folder_of_a_running_process_is_left_alone(place: Path) -> None:
    folder = RunFolder(place / "b")
    assert sweep_leftovers(place / "b") == 0
    assert folder.scratch.is_dir()
    folder.remove()
    assert list((place / "b").iterdir()) == []


def test_the_systems_temporary_folder_is_the_default_and_is_swept_too(place: Path) -> None:
    folder = RunFolder(None)
    assert folder.path.parent == place / "tmp"
    folder.remove()
    # A path this long cannot hold Chromium's socket.
    left = _left_by_a_killed_process(place / ("long" * 20))
    assert left.name.startswith("shamewatch-browser-")
    shutil.move(left, place / "tmp" / left.name)
    assert sweep_leftovers() == 1
    assert list((place / "tmp").iterdir()) == []


def test_other_things_in_the_folder_stay(place: Path) -> None:
    (place / "b").mkdir()
    (place / "b" / "b-file").write_text("not a browser's")
    (place / "b" / "bread").mkdir()
    (place / "b" / "b-link").symlink_to(place)
    assert sweep_leftovers(place / "b") == 0
    assert len(list((place / "b").iterdir())) == 3


def test_a_folder_whose_maker_died_before_it_was_locked_goes_after_a_minute(place: Path) -> None:
    made = place / "b" / "b-12345678"
    made.mkdir(parents=True)
    assert sweep_leftovers(place / "b") == 0
    os.utime(made, (time.time() - 61, time.time() - 61))
    assert sweep_leftovers(place / "b") == 1
    assert not made.exists()


def test_nothing_can_be_listed_by_others(place: Path) -> None:
    folder = RunFolder(place / "b")
    for path in (place / "b", folder.path, folder.scratch):
        assert stat.S_IMODE(path.stat().st_mode) & 0o066 == 0, path
    assert stat.S_IMODE((folder.path / "owner.lock").stat().st_mode) == 0o600
    folder.remove()


@needs_root
def test_a_folder_below_roots_own_is_not_opened_for_a_browser(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    folder = RunFolder(closed / "b")
    assert folder.path.parent == place / "tmp"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    folder.remove()


def test_a_folder_that_cannot_be_made_is_named(place: Path) -> None:
    (place / "file").write_text("")
    with pytest.raises(FolderNotWritableError, match="file/b cannot be written to: Not a directory"):
        RunFolder(place / "file" / "b")
