"""Reads the operator's mail server out of ``SHAMEWATCH_SMTP_URL``; connects to nothing."""

from __future__ import annotations

import dataclasses
import ipaddress
from enum import StrEnum
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from monitor.errors import BadInputError
from spiders.gate import address_from_literal


class MailMode(StrEnum):
    """How the connection is protected. INSECURE is for a mailbox on this machine only."""

    STARTTLS = "starttls"
    SSL = "ssl"
    INSECURE = "insecure"


_PORTS = {MailMode.STARTTLS: 587, MailMode.SSL: 465, MailMode.INSECURE: 25}
_FORM = "write SHAMEWATCH_SMTP_URL as smtp://user:password@mail.example.org:587?mode=starttls (or ssl)"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    host: str
    port: int
    mode: MailMode
    user: str = ""
    password: SecretStr = dataclasses.field(default_factory=lambda: SecretStr(""))


def mail_server_from_url(url: SecretStr | None) -> MailServer:
    """Raises BadInputError with a sentence that repeats nothing of the URL but its host and mode."""
    if url is None:
        raise BadInputError(why=f"no mail server is set, so no e-mail can be sent: {_FORM}.")
    try:
        parts = urlsplit(url.get_secret_value().strip())
        host, port = (parts.hostname or "").lower(), parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise BadInputError(why=f"the mail server's address cannot be read: {_FORM}.") from None
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/"):
        raise BadInputError(why=f"the mail server's address cannot be read: {_FORM}.")
    mode_text = options.pop("mode", "ssl" if parts.scheme == "smtps" else "starttls")
    if options:
        raise BadInputError(why=f"the mail server's address has an unknown option {min(options)!r}: {_FORM}.")
    if mode_text not in set(MailMode):
        raise BadInputError(why=f"there is no mail mode {mode_text!r}: {_FORM}.")
    mode = MailMode(mode_text)
    if mode is MailMode.INSECURE and not _is_loopback(host):
        raise BadInputError(
            why=f"mode=insecure is for a mailbox on this machine only, not for {host}: alerts would travel in the clear."
        )
    return MailServer(
        host=host,
        port=port or _PORTS[mode],
        mode=mode,
        user=unquote(parts.username or ""),
        password=SecretStr(unquote(parts.password or "")),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    address = address_from_literal(host)
    return isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address) and address.is_loopback
