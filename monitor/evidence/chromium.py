"""Finds a Chromium on this machine: the operator's, Playwright's download, or the system's. Installs nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from monitor.config import Settings
from monitor.errors import BrowserMissingError
from monitor.evidence.launch import is_reachable_by_others

_SYSTEM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
_SYSTEM_PATHS = (
    Path("/usr/lib/chromium/chromium"),
    Path("/snap/bin/chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
# A root's own folders are closed to the unprivileged id that the browser runs under.
ROOT_BROWSERS = Path("/opt/shamewatch/browsers")


def browsers_folder() -> Path:
    """Where Playwright's own download lies, or is to lie."""
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if chosen and chosen != "0":
        return Path(chosen)
    return ROOT_BROWSERS if os.geteuid() == 0 else Path.home() / ".cache" / "ms-playwright"


def find_chromium(settings: Settings) -> Path | None:
    """The Chromium to capture with, or None.

    A path in the settings is taken or missing, never replaced by another: a typing error must show.
    """
    if settings.chromium is not None:
        return settings.chromium if _is_usable(settings.chromium) else None
    return next((path for path in _candidates() if _is_usable(path)), None)


def require_chromium(settings: Settings) -> Path:
    """Like ``find_chromium``, but raises BrowserMissingError."""
    found = find_chromium(settings)
    if found is None:
        raise BrowserMissingError
    return found


def _candidates() -> Iterator[Path]:
    folder = browsers_folder()
    for pattern in ("chromium_headless_shell-*/*/chrome-headless-shell", "chromium-*/*/chrome"):
        yield from sorted(folder.glob(pattern), key=_revision, reverse=True)
    for name in _SYSTEM_NAMES:
        found = shutil.which(name)
        if found:
            yield Path(found)
    yield from _SYSTEM_PATHS


def _revision(path: Path) -> int:
    digits = path.parent.parent.name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _is_usable(path: Path) -> bool:
    if not path.is_file() or not os.access(path, os.X_OK):
        return False
    return os.geteuid() != 0 or is_reachable_by_others(path)
