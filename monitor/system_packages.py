"""Installs packages of the operating system, or says the exact command; decides nothing about what is needed.

Nothing is installed without a line that says which packages and why. Servers that come along are not
started: tests start their own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

Report = Callable[[str], None]

_INSTALL_TIMEOUT_S = 1800
_POLICY = Path("/usr/sbin/policy-rc.d")
_POLICY_MARK = "# written by shamewatch setup while it installs packages; may be deleted"
_APT_LISTS = Path("/var/lib/apt/lists")


class State(StrEnum):
    """How a need stands after ``ensure``."""

    PRESENT = "present"
    INSTALLED = "installed"
    BY_HAND = "to be installed by hand"
    FAILED = "failed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something the machine must have. ``packages``: the names for each package manager that has them."""

    name: str
    why: str
    packages: Mapping[str, Sequence[str]]
    is_met: Callable[[], bool]
    has_server: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a need; ``detail`` is a sentence, with the command where one is left to be run."""

    need: Need
    state: State
    detail: str

    @property
    def is_met(self) -> bool:
        return self.state in (State.PRESENT, State.INSTALLED)


@dataclasses.dataclass(frozen=True, slots=True)
class Manager:
    """One package manager: how it refreshes its lists and how it installs."""

    program: str
    refresh: tuple[str, ...]
    install: tuple[str, ...]


_MANAGERS = (
    Manager(
        "apt-get",
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends"),
    ),
    Manager("dnf", ("dnf", "-q", "makecache"), ("dnf", "install", "-y", "-q", "--setopt=install_weak_deps=False")),
    Manager("zypper", ("zypper", "-q", "refresh"), ("zypper", "-n", "-q", "install", "--no-recommends")),
    Manager("pacman", ("pacman", "-Sy", "--noconfirm"), ("pacman", "-S", "--noconfirm", "--needed")),
    Manager("apk", ("apk", "update", "-q"), ("apk", "add", "-q")),
)  # fmt: skip


def manager_of_this_machine() -> Manager | None:
    """The first known package manager on the path."""
    return next((manager for manager in _MANAGERS if shutil.which(manager.program)), None)


def ensure(needs: Sequence[Need], report: Report) -> list[Outcome]:
    """Install what is missing and may be installed. What is there already costs one check and prints nothing."""
    manager = manager_of_this_machine()
    return [_ensured(need, manager, report) for need in needs]


def command_for(need: Need, manager: Manager) -> str:
    """What a person would type."""
    names = " ".join(need.packages.get(manager.program, ()))
    quiet = ("-q", "-qq", "-y", "-n")
    words = " ".join(word for word in manager.install if word not in quiet)
    return f"sudo {words} {names}"


def _ensured(need: Need, manager: Manager | None, report: Report) -> Outcome:
    if need.is_met():
        return Outcome(need, State.PRESENT, f"{need.name} is there.")
    if manager is None or not need.packages.get(manager.program):
        detail = (
            f"{need.name} is missing ({need.why}). No package is known for this system: install it by hand."
        )
        report(detail)
        return Outcome(need, State.BY_HAND, detail)
    command = command_for(need, manager)
    if os.geteuid() != 0:
        detail = f"{need.name} is missing ({need.why}). Install it with: {command}"
        report(detail)
        return Outcome(need, State.BY_HAND, detail)
    packages = need.packages[manager.program]
    report(f"Installing {', '.join(packages)} with {manager.program}: {need.why}.")
    failure = _install(manager, packages, has_server=need.has_server)
    if failure or not need.is_met():
        detail = f"{need.name} could not be installed: {failure or 'it is still not there'}. Try: {command}"
        report(detail)
        return Outcome(need, State.FAILED, detail)
    return Outcome(need, State.INSTALLED, f"{need.name} was installed.")


def _install(manager: Manager, packages: Sequence[str], *, has_server: bool) -> str:
    """Empty when it worked, else why not."""
    is_apt = manager.program == "apt-get"
    if is_apt and not any(_APT_LISTS.glob("*_Packages*")):
        _run(manager.refresh)
    with _no_server_starts() if is_apt and has_server else contextlib.nullcontext():
        failure = _run((*manager.install, *packages))
        if failure:
            # Old lists name files that the mirror has replaced since.
            _run(manager.refresh)
            failure = _run((*manager.install, *packages))
    return failure


def _run(command: Sequence[str]) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=_INSTALL_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{command[0]} did not end within {_INSTALL_TIMEOUT_S} s"
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"{command[0]} ended with {done.returncode}"


@contextlib.contextmanager
def _no_server_starts() -> Iterator[None]:
    """Debian's own switch (policy-rc.d, exit status 101): installing a server must not start it here."""
    is_foreign = _POLICY.exists() and _POLICY_MARK not in _POLICY.read_text(errors="replace")
    if is_foreign:
        yield
        return
    _POLICY.write_text(f"#!/bin/sh\n{_POLICY_MARK}\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
