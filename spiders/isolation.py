"""What the process that reads hostile pages gives up before it reads any: root, environment, memory, time.

Where something cannot be given up it says so; it never pretends.
"""

from __future__ import annotations

import contextlib
import encodings
import importlib
import os
import pkgutil
import pwd
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

# Where certificates of authorities lie is the operator's to say; all else stays behind.
KEPT_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_UNPRIVILEGED_USER = "nobody"
_MEMORY_BYTES = 4 * 1024**3
_READING_TIME_S = 20.0
# What the libraries below import inside functions, found by comparing sys.modules before and after crawls.
_IMPORTED_LATE = ("concurrent.futures.thread", "xml.sax.expatreader")


class ReadingTooLongError(Exception):
    """Taking one page apart took longer than any honest page does."""


def scrubbed_environment() -> dict[str, str]:
    """The environment of the crawl process: no keys, no database address, no proxies, no user's home."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1", **kept}


def scrub_environment() -> None:
    """Make the environment of this process what ``scrubbed_environment`` says."""
    kept = scrubbed_environment()
    os.environ.clear()
    os.environ.update(kept)


def limit_resources() -> None:
    """No core dumps, which would hold page text, and no more memory than honest pages need."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, _MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def warm_up() -> None:
    """Import what would be imported later, for where the unprivileged user cannot read our packages."""
    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    for module in pkgutil.iter_modules(encodings.__path__):
        # Some codecs exist on one operating system only.
        with contextlib.suppress(ImportError):
            importlib.import_module(f"encodings.{module.name}")
    if "dateparser" in sys.modules:
        data = importlib.import_module("dateparser.data.date_translation_data")
        for module in pkgutil.iter_modules(data.__path__):
            importlib.import_module(f"{data.__name__}.{module.name}")


def give_up_root() -> str:
    """Become the unprivileged user, for good, where we are root. Returns a sentence on what holds now."""
    if os.getuid() != 0:
        return f"isolation: runs as user {os.getuid()}, as it was started."
    try:
        user = pwd.getpwnam(_UNPRIVILEGED_USER)
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    except (KeyError, OSError) as error:
        return (
            f"isolation: WARNING: runs as root, because root could not be given up ({type(error).__name__})."
        )
    readable = "" if _is_readable_by_others() else ", which cannot read this program's files"
    return f"isolation: runs as user {user.pw_uid} ({_UNPRIVILEGED_USER}){readable}."


def _is_readable_by_others() -> bool:
    """Whether the interpreter's library and this package can still be imported from."""
    return all(os.access(path, os.R_OK | os.X_OK) for path in (os.__file__, Path(__file__).parent) if path)


@contextlib.contextmanager
def reading_time_limit(seconds: float = _READING_TIME_S) -> Iterator[None]:
    """Raises ReadingTooLongError in the block after ``seconds``. Main thread only, not nested."""

    def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        raise ReadingTooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
