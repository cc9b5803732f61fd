"""Where a capture lies in the clear before it is sealed away: a private folder that is swept of what a crash left there."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LEFT_BEHIND_AFTER_S = 3600.0
_PREFIX = "capture-"


class Scratch:
    """A folder beside the data, mode 0700. What lies in it is somebody's personal data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A fresh folder for one capture, removed at the end of the block. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=self._folder) as name:
            yield Path(name)

    def sweep(self) -> int:
        """Remove what a process that was killed left behind more than an hour ago. How many there were."""
        oldest = time.time() - _LEFT_BEHIND_AFTER_S
        left = [path for path in self._folder.glob(f"{_PREFIX}*") if path.stat().st_mtime < oldest]
        for path in left:
            shutil.rmtree(path, ignore_errors=True)
        return len(left)
