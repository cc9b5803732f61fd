"""Shuts the sending process in: it may connect to the checked destinations and do nothing else to the machine.

This is no sandbox against hostile code in the process; it holds a library that is asked to send to the
addresses which were checked. It decides no address itself.
"""

from __future__ import annotations

import os
import resource
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

# PEP 578 events. A hook cannot be taken off again.
_BARRED_EVENTS = frozenset(
    {"socket.sendto", "socket.sendmsg", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
     "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.startfile",
     "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree"}
)  # fmt: skip

Destinations = Mapping[tuple[str, int], Sequence[str]]


def confine(destinations: Destinations, *, helo_name: str) -> None:
    """Allow connections to the addresses in ``destinations`` (host, port -> addresses) only, for good.

    Names resolve to those addresses and to nothing else, so that the checked address is the connected
    one. ``helo_name`` stands in for this machine's own name in mail greetings. Opening a file for
    writing, starting a program and sending datagrams raise PermissionError from here on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash writes no passwords to the disk
    endpoints = frozenset(
        (address, port) for (_, port), addresses in destinations.items() for address in addresses
    )

    def resolve(
        host: str | bytes | None, port: str | int | None, family: int = 0, *_: int, **__: int
    ) -> list[tuple[Any, ...]]:
        name = host.decode("idna") if isinstance(host, bytes) else (host or "")
        number = int(port or 0)
        answers = [
            _answer(address, number)
            for address in destinations.get((name.lower().rstrip("."), number), ())
            if family in (0, _family(address))
        ]
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "the name is not one of the checked addresses")
        return answers

    def guard(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            address = args[1]
            if not isinstance(address, tuple) or (address[0], address[1]) not in endpoints:
                raise PermissionError("the address is not one of the destinations of this message")
        elif event == "open":
            flags = args[2]
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                raise PermissionError("the sending process writes no files")
        elif event in _BARRED_EVENTS:
            raise PermissionError(f"the sending process may not use {event}")

    socket.getaddrinfo = resolve  # type: ignore[assignment]
    socket.getfqdn = lambda name="": helo_name  # noqa: ARG005
    sys.addaudithook(guard)


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _answer(address: str, port: int) -> tuple[Any, ...]:
    family = _family(address)
    end = (address, port, 0, 0) if family == socket.AF_INET6 else (address, port)
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", end)
