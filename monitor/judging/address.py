"""Decides whether a judge's address may be used: private ones freely, others only where the operator said so."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from monitor.judging.errors import JudgeAddressError


def checked_address(url: str, *, public_allowed: bool) -> str:
    """The address without a slash at its end.

    Raises JudgeAddressError where it is no http(s) address, carries a password, has no known host, or is not on
    a private network although ``public_allowed`` is false.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise JudgeAddressError(why=f"{url!r} is no address such as http://127.0.0.1:11434/v1")
    if parts.username or parts.password:
        raise JudgeAddressError(why="put the key into SHAMEWATCH_JUDGE_KEY, not into the address")
    if not public_allowed:
        _refuse_public(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    return url.rstrip("/")


def _refuse_public(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise JudgeAddressError(why=f"{host} cannot be found ({error.strerror or error})") from None
    for *_, address in found:
        number = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if not number.is_private or number.is_multicast or number.is_unspecified:
            raise JudgeAddressError(
                why=f"{host} ({number}) is not on a private network. Posts would leave your house; if that is meant, set SHAMEWATCH_JUDGE_PUBLIC=true"
            )
