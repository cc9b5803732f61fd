"""Where one running browser keeps everything temporary, and how what a killed one left is told apart and removed.

A profile may hold parts of pages. It therefore lies on the data disk where Chromium can work there, in
a folder that belongs to one run, and is never removed while the process that made it lives.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import FolderNotWritableError

_PREFIX = "shamewatch-browser-"
# Short: Chromium makes a socket below, and the address of a socket has 107 bytes at most (unix(7)).
_SHORT_PREFIX = "b-"
_SOCKET = "/b-12345678/t/org.chromium.Chromium.123456/SingletonSocket"
_MAX_SOCKET_BYTES = 107
_OWNER = "owner.lock"
# A folder without an owner's file is one that is being made right now, or whose maker was killed then.
_YOUNG_S = 60.0


class RunFolder:
    """A fresh folder, locked by this process until ``remove``; the kernel frees the lock of a killed one."""

    def __init__(self, parent: Path | None) -> None:
        """Below ``parent``, or the system's temporary folder where it is None or of no use to Chromium.

        As root, ``parent`` is opened to be walked through (0711): it should be for browsers alone.
        Raises FolderNotWritableError.
        """
        home = parent or Path(tempfile.gettempdir())
        try:
            if parent is not None and not _prepared(parent):
                home, parent = Path(tempfile.gettempdir()), None
            self.path = Path(tempfile.mkdtemp(prefix=_SHORT_PREFIX if parent else _PREFIX, dir=home))
            self._lock = _locked(self.path)
            self.scratch = self.path / "t"
            self.scratch.mkdir(mode=0o700)
            if os.geteuid() == 0:
                # Chromium's unprivileged id walks through to what it owns, and can list nothing on its way.
                self.path.chmod(0o711)
        except OSError as error:
            raise FolderNotWritableError(path=home, why=error.strerror) from None

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def sweep_leftovers(folder: Path | None = None) -> int:
    """Remove what browsers left whose process is gone, below ``folder`` and the system's temporary folder. How many.

    Folders of other users and of running processes are left alone, at whatever time it is called.
    """
    swept = 0
    for path in _candidates(folder):
        try:
            is_swept = _sweep(path)
        except (FileNotFoundError, BlockingIOError):
            continue  # swept by another process meanwhile, or in use
        swept += is_swept
    return swept


def _prepared(parent: Path) -> bool:
    """Make ``parent`` where it is missing. Whether Chromium can work below it."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if len(os.fsencode(parent.absolute())) + len(_SOCKET) > _MAX_SOCKET_BYTES:
        return False
    if os.geteuid() != 0:
        return True
    above = parent.resolve().parents
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in above):
        return False  # root's own folders are not opened for the sake of a browser
    parent.chmod(0o711)
    return True


def _locked(path: Path) -> int:
    """The descriptor of the owner's file, which appears only once it is locked. Children do not inherit it."""
    new = path / f"{_OWNER}.new"
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    new.rename(path / _OWNER)
    return descriptor


def _candidates(folder: Path | None) -> Iterator[Path]:
    places = [(Path(tempfile.gettempdir()), _PREFIX)]
    if folder is not None:
        places.append((folder, _SHORT_PREFIX))
    for place, prefix in places:
        yield from sorted(place.glob(f"{prefix}*"))


def _sweep(path: Path) -> bool:
    """Raises BlockingIOError where its owner lives, FileNotFoundError where it is gone."""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False
    try:
        descriptor = os.open(path / _OWNER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        if time.time() - status.st_mtime < _YOUNG_S:
            return False
        shutil.rmtree(path, ignore_errors=True)
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)
    return True
