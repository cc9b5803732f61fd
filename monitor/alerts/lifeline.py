"""Ends the sending process together with the one that started it, so that nothing is sent which nobody records.

It sends nothing and decides nothing else. What no process can close is the moment in which the receiver
has taken the message and its answer is still on the way.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import select
import signal
import smtplib
import sys
from collections.abc import Callable
from typing import Any

ORPHANED_EXIT_CODE = 75  # sysexits.h, EX_TEMPFAIL: the message can be sent again
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_Check = Callable[[], None]


def end_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends: prctl(2). Linux only.

    That thread must therefore outlive the sending; the sender waits in it.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def is_orphaned(parent_pid: int, answer_fd: int) -> bool:
    """Whether the process that waits for our answer has ended.

    Its children are given another parent, and the pipe that it would read the answer from has no reader.
    """
    if os.getppid() != parent_pid:
        return True
    poll = select.poll()
    poll.register(answer_fd, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def guard_handover(parent_pid: int, answer_fd: int) -> None:
    """From here on nothing is written to a mail or web server after the parent has ended: the process ends instead."""

    def check() -> None:
        if is_orphaned(parent_pid, answer_fd):
            os._exit(ORPHANED_EXIT_CODE)

    check()
    for connection in (smtplib.SMTP, http.client.HTTPConnection):
        connection.send = _after(check, connection.send)  # type: ignore[method-assign]


def _after(check: _Check, send: Callable[..., None]) -> Callable[..., None]:
    def checked(connection: Any, data: Any) -> None:
        check()
        send(connection, data)

    return checked
