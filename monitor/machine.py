"""What this machine must have beside Python: a Chromium, fonts, and servers for the tests. Installs through ``system_packages``.

A second run only checks, which takes a fraction of a second.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from monitor.config import Settings
from monitor.evidence.chromium import browsers_folder, find_chromium
from monitor.system_packages import Need, Outcome, Report, State, ensure

__all__ = [
    "Need", "Outcome", "State", "browser_need", "ensure", "font_needs", "install_browser",
    "packages_for_slow_tests", "packages_for_tests", "runs",
]  # fmt: skip

# A download that has not begun by then will not begin: the machine has no way to its servers.
_DOWNLOAD_BEGINS_S = 20
_DOWNLOAD_ENDS_S = 900
_CJK = ("zh-cn", "zh-tw", "ja", "ko")
_INDIC_AND_OTHERS = ("hi", "bn", "ta", "te", "ur", "th", "am")


def browser_need(settings: Settings) -> Need:
    """The system's own Chromium."""
    return Need(
        name="Chromium",
        why="pages are preserved with a real browser",
        packages={
            "apt-get": ("chromium",),
            "dnf": ("chromium",),
            "zypper": ("chromium",),
            "pacman": ("chromium",),
            "apk": ("chromium",),
        },
        is_met=lambda: _has_running_browser(settings),
    )


def font_needs() -> list[Need]:
    """Without these, screenshots of Chinese or Hindi pages show empty boxes."""
    return [
        Need(
            name="Chinese, Japanese and Korean fonts",
            why="without them screenshots show boxes instead of text",
            packages={
                "apt-get": ("fontconfig", "fonts-noto-cjk"),
                "dnf": ("fontconfig", "google-noto-sans-cjk-fonts"),
                "zypper": ("fontconfig", "noto-sans-cjk-fonts"),
                "pacman": ("fontconfig", "noto-fonts-cjk"),
                "apk": ("fontconfig", "font-noto-cjk"),
            },
            is_met=lambda: _covers(_CJK),
        ),
        Need(
            name="Fonts for Indic and other scripts",
            why="without them screenshots show boxes instead of Hindi, Bengali, Tamil, Thai and others",
            packages={
                "apt-get": ("fontconfig", "fonts-noto-core"),
                "dnf": ("fontconfig", "google-noto-fonts-all"),
                "zypper": ("fontconfig", "google-noto-fonts"),
                "pacman": ("fontconfig", "noto-fonts"),
                "apk": ("fontconfig", "font-noto-all"),
            },
            is_met=lambda: _covers(_INDIC_AND_OTHERS),
        ),
        Need(
            name="Emoji font",
            why="posts are full of emoji, which screenshots must show",
            packages={
                "apt-get": ("fonts-noto-color-emoji",),
                "dnf": ("google-noto-color-emoji-fonts",),
                "zypper": ("google-noto-coloremoji-fonts",),
                "pacman": ("noto-fonts-emoji",),
                "apk": ("font-noto-emoji",),
            },
            is_met=lambda: _covers(("und-zsye",)),
        ),
    ]


def packages_for_tests() -> list[Need]:
    """What `make test` needs beside the browser."""
    return [
        Need(
            name="PostgreSQL",
            why="the storage tests run on a real PostgreSQL of their own",
            packages={
                "apt-get": ("postgresql",),
                "dnf": ("postgresql-server",),
                "zypper": ("postgresql-server",),
                "pacman": ("postgresql",),
                "apk": ("postgresql",),
            },
            is_met=_has_postgresql,
            has_server=True,
        )
    ]


def packages_for_slow_tests() -> list[Need]:
    """What `make test-slow` needs: a real WordPress on a real database."""
    apt = "apt-get"
    return [
        Need(
            name="MariaDB",
            why="the slow tests read a real WordPress, which needs a database",
            packages={apt: ("mariadb-server",)},
            is_met=lambda: _has_program("mariadbd") or _has_program("mysqld"),
            has_server=True,
        ),
        Need(
            name="PHP",
            why="the slow tests run a real WordPress",
            packages={apt: ("php-cli", "php-mysql")},
            is_met=_has_php,
            has_server=True,
        ),
        Need(
            name="WordPress",
            why="the slow tests read the comments of a real WordPress",
            packages={apt: ("wordpress", "wordpress-theme-twentytwentythree")},
            is_met=lambda: (
                Path("/usr/share/wordpress/wp-includes/version.php").is_file()
                and any(Path("/usr/share/wordpress/wp-content/themes").glob("twenty*"))
            ),
            has_server=True,
        ),
    ]


def install_browser(settings: Settings, report: Report) -> Outcome:
    """Find a Chromium, else download Playwright's, else install the system's, else say what to do."""
    need = browser_need(settings)
    if need.is_met():
        return Outcome(need, State.PRESENT, f"Chromium: {find_chromium(settings)}")
    if settings.chromium is not None:
        detail = f"SHAMEWATCH_CHROMIUM is {settings.chromium}, which is no program that can be run from here."
        report(detail)
        return Outcome(need, State.BY_HAND, detail)
    report("Downloading a Chromium for capturing pages (about 110 MB).")
    if _download_browser() and need.is_met():
        return Outcome(need, State.INSTALLED, f"Chromium: {find_chromium(settings)}")
    report("That download is not to be had here; trying the system's own package.")
    return ensure([need], report)[0]


def runs(chromium: Path) -> bool:
    """Whether the program starts at all: a download without its libraries does not."""
    try:
        done = subprocess.run(
            [chromium, "--version"], capture_output=True, stdin=subprocess.DEVNULL, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _has_running_browser(settings: Settings) -> bool:
    found = find_chromium(settings)
    return found is not None and runs(found)


def _download_browser() -> bool:
    """Whether Playwright's own download worked. Quiet; ends soon where its servers cannot be reached."""
    folder = browsers_folder()
    environment = {
        **os.environ,
        "PLAYWRIGHT_BROWSERS_PATH": str(folder),
        "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "8000",
    }
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    with tempfile.NamedTemporaryFile() as output:
        download = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )  # fmt: skip
        began_at = time.monotonic()
        while download.poll() is None:
            time.sleep(0.2)
            elapsed_s = time.monotonic() - began_at
            has_begun = b"% of " in Path(output.name).read_bytes()
            if elapsed_s > (_DOWNLOAD_ENDS_S if has_begun else _DOWNLOAD_BEGINS_S):
                _end(download)
                return False
    return download.returncode == 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """The program and what it started: it has a process group of its own."""
    os.killpg(process.pid, 9)
    process.wait()


def _covers(languages: tuple[str, ...]) -> bool:
    program = shutil.which("fc-list")
    if program is None:
        return False
    for language in languages:
        done = subprocess.run(
            [program, f":lang={language}", "family"], capture_output=True, text=True, check=False
        )
        if not done.stdout.strip():
            return False
    return True


def _has_program(name: str) -> bool:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None


def _has_postgresql() -> bool:
    if shutil.which("initdb") and shutil.which("postgres"):
        return True
    places = (*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr").glob("pgsql-*/bin/initdb"))
    return bool(places)


def _has_php() -> bool:
    program = shutil.which("php")
    if program is None:
        return False
    done = subprocess.run([program, "-m"], capture_output=True, text=True, check=False)
    return "mysqli" in done.stdout.lower()
