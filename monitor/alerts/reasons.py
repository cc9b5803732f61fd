"""Reads why a send failed out of statuses and log lines, and says whether trying again can help; keeps no secret.

Replies of mail servers: RFC 5321 §4.2, RFC 4954 (authentication), RFC 3463 (what x.y.z means).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from monitor.alerts.message import DeliveryStatus

_RETRY, _FAILED = DeliveryStatus.RETRY, DeliveryStatus.FAILED
_MAX_CHARS = 200
_SMTP_REPLY = re.compile(r"""\((\d{3}),\s*b?(['"])(.*?)(?<!\\)\2""", re.DOTALL)
_SMTP_RECIPIENT = re.compile(r"""\{\s*['"][^'"]+@[^'"]*['"]:\s*\(\d{3}""")
_SMTP_RECIPIENT_LINE = re.compile(r"^SMTP recipient \S+ was refused: (\d{3}) (.*)$", re.DOTALL)
_MAIL_ADDRESS = re.compile(r"[^\s<>@'\"]+@[^\s<>@'\"]+")
_WEB_ADDRESS = re.compile(r"(?i)\b[a-z][a-z0-9+.-]*://\S+|(?<=with url: )\S+")
_LONG_NUMBER = re.compile(r"\+?\d[\d -]{6,}\d")
_AUTHENTICATION = frozenset({"432", "454", "530", "534", "535", "538"})
_SIZE = frozenset({"552", "523"})
_NETWORK: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), sentence)
    for pattern, sentence in (
        (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", "The server's certificate is not valid, so nothing was sent: {tls}."),
        (r"WRONG_VERSION_NUMBER|\[SSL|SSLError|TLSV1_ALERT", "No encrypted connection could be made, so nothing was sent."),
        (r"STARTTLS extension not supported", "The mail server offers no encryption (STARTTLS), so nothing was sent."),
        (r"AUTH extension not supported", "The mail server accepts no user name here; check the port and the mode."),
        (r"SMTPAuthentication|No suitable authentication method", "The mail server offers no way to sign in that is known."),
        (r"timed out|TimeoutError", "The server did not answer in time."),
        (r"Connection refused|Errno 111", "The server refused the connection."),
        (r"Connection (unexpectedly closed|reset|aborted)|Broken pipe|RemoteDisconnected|run connect\(\) first|IncompleteRead",
         "The server ended the connection before it had accepted the message."),
        (r"Name or service not known|gaierror|getaddrinfo failed|not one of the checked addresses", "The server's name could not be looked up."),
        (r"unreachable|No route to host", "The server could not be reached."),
        (r"not one of the destinations", "The sending process tried to reach another server, which is not allowed."),
    )
)  # fmt: skip
_TLS_DETAIL = re.compile(r"certificate verify failed: ([^(\]']{3,80})", re.IGNORECASE)
_HTTP: dict[int, tuple[DeliveryStatus, str]] = {
    400: (_FAILED, "The service did not accept the message"),
    401: (_FAILED, "The service did not accept the token or password"),
    403: (_FAILED, "The service does not allow sending to this channel"),
    404: (_FAILED, "The service knows no such channel"),
    408: (_RETRY, "The service did not wait for the message"),
    413: (_FAILED, "The service found the message too large"),
    425: (_RETRY, "The service asks to try later"),
    429: (_RETRY, "The service asks to send less often"),
}
# A status that says nothing of the picture; sending without it would fail as well.
_NOT_ABOUT_PICTURE = frozenset({401, 403, 407, 408, 425, 429})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of one failed send: HTTP statuses in order, the service's wish, and log lines."""

    http_statuses: Sequence[int] = ()
    retry_after_s: float | None = None
    lines: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """``is_worth_without_picture``: the receiver answered, and a message without its picture may pass."""

    status: DeliveryStatus
    sentence: str
    is_worth_without_picture: bool = False


def reason_from_observation(seen: Observation) -> Reason:
    """The most telling of what was seen. What nobody foresaw is tried again, with its redacted line."""
    if seen.http_statuses and not 200 <= seen.http_statuses[-1] < 300:
        return _from_http(seen.http_statuses[-1])
    text = "\n".join(seen.lines)
    smtp = _from_smtp(seen.lines)
    if smtp is not None:
        return smtp
    for pattern, sentence in _NETWORK:
        if pattern.search(text):
            detail = _TLS_DETAIL.search(text)
            tls = detail[1].strip() if detail else "it could not be checked"
            return Reason(status=_RETRY, sentence=sentence.format(tls=tls))
    last = redacted(seen.lines[-1]) if seen.lines else "nothing was reported"
    return Reason(status=_RETRY, sentence=f"The message was not sent: {last}")


def redacted(text: str) -> str:
    """One short line of a server's, without mail and web addresses and long numbers."""
    text = _MAIL_ADDRESS.sub("…", _WEB_ADDRESS.sub("…", text))
    text = _LONG_NUMBER.sub("…", text)
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= _MAX_CHARS else text[: _MAX_CHARS - 1] + "…"


def without_secrets(text: str, secrets: Sequence[str]) -> str:
    """The text with every given secret of four characters and more blotted out."""
    for secret in sorted((secret for secret in secrets if len(secret) >= 4), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _from_http(status: int) -> Reason:
    if 300 <= status < 400:
        return Reason(
            status=_FAILED,
            sentence=f"The service points to another address ({status}), which is not followed.",
        )
    if status >= 500:
        return Reason(status=_RETRY, sentence=f"The service has a fault of its own ({status}).")
    verdict, sentence = _HTTP.get(status, (_FAILED, "The service refused the message"))
    return Reason(
        status=verdict,
        sentence=f"{sentence} ({status}).",
        is_worth_without_picture=status not in _NOT_ABOUT_PICTURE,
    )


def _from_smtp(lines: Sequence[str]) -> Reason | None:
    for line in lines:
        refused = _SMTP_RECIPIENT_LINE.match(line)
        if refused:
            return _recipient(refused[1], refused[2])
        reply = _SMTP_REPLY.search(line)
        if reply is None:
            continue
        code, said = reply[1], reply[3].encode("latin-1", "replace").decode("unicode_escape", "replace")
        if _SMTP_RECIPIENT.search(line):
            return _recipient(code, said)
        if code in _AUTHENTICATION:
            return Reason(
                status=_RETRY,
                sentence=f"The mail server did not accept the operator's user name or password ({code}): {redacted(said)}",
            )
        status = _RETRY if code.startswith("4") else _FAILED
        answer = "asks to try later" if status is _RETRY else "refused the message"
        if code in _SIZE:
            answer = "found the message too large"
        return Reason(
            status=status,
            sentence=f"The mail server {answer} ({code}): {redacted(said)}",
            is_worth_without_picture=status is _FAILED,
        )
    return None


def _recipient(code: str, said: str) -> Reason:
    said = redacted(said.removeprefix("b'").removeprefix('b"').rstrip("'\""))
    if code.startswith("4"):
        return Reason(
            status=_RETRY,
            sentence=f"The mail server does not take mail for this address yet ({code}): {said}",
        )
    return Reason(status=_FAILED, sentence=f"The mail server does not know this address ({code}): {said}")
