"""What a manifest says of the machine: system, resolvers, hosts file, packages, clock. Read at each capture or once; changes nothing."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import platform
import sys
from importlib import metadata
from pathlib import Path

from monitor.evidence.manifest import ClockEntry, MachineEntry

_ROOT = Path(__file__).parents[2]
# adjtimex(2): the clock is not synchronised.
_TIME_ERROR = 5
_STA_UNSYNC = 0x0040
_TIMEX_BYTES = 512
_STATUS_AT, _MAX_ERROR_AT = (
    40,
    24,
)  # struct timex on 64-bit Linux: modes, offset, freq, maxerror, esterror, status


@functools.cache
def tool_version() -> str:
    """The installed version, "unknown" where the program runs from a folder that was never installed."""
    try:
        return metadata.version("shamewatch")
    except metadata.PackageNotFoundError:
        return "unknown"


@functools.cache
def tool_commit() -> str:
    """The commit where the program runs from a checkout; empty where it was installed from a package."""
    git = _ROOT / ".git"
    try:
        head = (git / "HEAD").read_text("ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            return loose.read_text("ascii").strip()
        packed = (git / "packed-refs").read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")


@functools.cache
def packages_sha256() -> str:
    """The digest of the list of installed Python packages with their versions, one a line, sorted."""
    found = sorted({f"{one.name}=={one.version}" for one in metadata.distributions()})
    return hashlib.sha256("".join(f"{line}\n" for line in found).encode()).hexdigest()


def machine() -> MachineEntry:
    """Read at each capture: the hosts file and the resolvers decide where a name led."""
    hosts, resolv = Path("/etc/hosts"), Path("/etc/resolv.conf")
    lines = resolv.read_text(errors="replace").splitlines() if resolv.is_file() else []
    fields = [line.split() for line in lines]
    return MachineEntry(
        operating_system=platform.platform(),
        python=platform.python_version(),
        resolvers=tuple(field[1] for field in fields if len(field) > 1 and field[0] == "nameserver"),
        hosts_file_sha256=hashlib.sha256(hosts.read_bytes() if hosts.is_file() else b"").hexdigest(),
        packages_sha256=packages_sha256(),
        clock=clock(),
    )


def clock() -> ClockEntry:
    """What the Linux kernel knows of the clock (adjtimex(2), read only)."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return ClockEntry(is_synchronised=None, maximum_error_ms=None)
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    except (OSError, AttributeError):
        return ClockEntry(is_synchronised=None, maximum_error_ms=None)
    if state < 0:
        return ClockEntry(is_synchronised=None, maximum_error_ms=None)
    status = int.from_bytes(buffer.raw[_STATUS_AT : _STATUS_AT + 4], sys.byteorder)
    error_us = int.from_bytes(buffer.raw[_MAX_ERROR_AT : _MAX_ERROR_AT + 8], sys.byteorder, signed=True)
    is_synchronised = state != _TIME_ERROR and not status & _STA_UNSYNC
    return ClockEntry(is_synchronised=is_synchronised, maximum_error_ms=error_us // 1000)
