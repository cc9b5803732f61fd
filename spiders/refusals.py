"""Which refusal an HTTP status or a failed connection is. Decides nothing about trying again."""

from __future__ import annotations

import zlib

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from twisted.internet import error as twisted_error

from spiders.gate import GateRefusedError
from spiders.items import RefusalKind


class PageRefusedError(Exception):
    """A page was not read. ``detail`` is one sentence for people, without text of the page.

    ``host`` is the server that refused, which after a redirect is not the one that was asked first.
    """

    def __init__(
        self,
        kind: RefusalKind,
        detail: str,
        *,
        status: int = 0,
        retry_after_s: float | None = None,
        host: str = "",
    ) -> None:
        self.kind, self.detail, self.status, self.retry_after_s = kind, detail, status, retry_after_s
        self.host = host
        super().__init__(detail)

    def at(self, host: str) -> PageRefusedError:
        """The same refusal, a fresh exception, by this server."""
        return PageRefusedError(
            self.kind, self.detail, status=self.status, retry_after_s=self.retry_after_s, host=host
        )


def kind_from_status(status: int) -> RefusalKind | None:
    """The refusal that an HTTP status is, None for success and for 304."""
    if status in (401, 403):
        return RefusalKind.FORBIDDEN
    if status == 429:
        return RefusalKind.RATE_LIMITED
    if status in (404, 410):
        return RefusalKind.GONE
    if status >= 500:
        return RefusalKind.SERVER_ERROR
    if 200 <= status < 300 or status == 304:
        return None
    return RefusalKind.UNREADABLE


def refusal_from_exception(error: Exception) -> PageRefusedError:
    """What a failed request says to people. The kinds are stable, the sentences are not."""
    if isinstance(error, PageRefusedError):
        return error
    if isinstance(error, GateRefusedError):
        return PageRefusedError(RefusalKind.ADDRESS_REFUSED, str(error))
    if tls := _tls_reason(error):
        return PageRefusedError(RefusalKind.TLS_ERROR, tls)
    for classes, kind, detail in _SENTENCES:
        if isinstance(error, classes):
            return PageRefusedError(kind, detail)
    # The class only: the message of an unforeseen exception may quote the page.
    return PageRefusedError(RefusalKind.UNREADABLE, f"Reading failed with {type(error).__name__}.")


_SENTENCES: tuple[tuple[tuple[type[Exception], ...], RefusalKind, str], ...] = (
    (
        (DownloadTimeoutError, twisted_error.TimeoutError, TimeoutError),
        RefusalKind.TIMED_OUT,
        "The server did not answer in the time that a page may take.",
    ),
    ((DownloadCancelledError,), RefusalKind.TOO_LARGE, "The page is larger than the limit."),
    ((CannotResolveHostError,), RefusalKind.UNREACHABLE, "The server's name is not known."),
    ((DownloadConnectionRefusedError,), RefusalKind.UNREACHABLE, "The server refused the connection."),
    ((UnsupportedURLSchemeError,), RefusalKind.ADDRESS_REFUSED, "Only http and https addresses are read."),
    (
        (DownloadFailedError, ResponseDataLossError, twisted_error.ConnectError, twisted_error.ConnectionLost,
         twisted_error.ConnectionDone),
        RefusalKind.UNREACHABLE,
        "The connection to the server broke off.",
    ),
    ((zlib.error, EOFError), RefusalKind.UNREADABLE, "The page is packed in a broken way."),
)  # fmt: skip


def _tls_reason(error: BaseException) -> str:
    """A sentence where the failure is one of TLS, else an empty string."""
    for cause in _causes(error):
        if isinstance(cause, VerificationError):
            return "The certificate is for another name."
        if isinstance(cause, SSL.Error):
            reasons = cause.args[0] if cause.args and isinstance(cause.args[0], list) else []
            words = ", ".join(sorted({str(reason[2]) for reason in reasons if len(reason) > 2 and reason[2]}))
            return f"The secure connection failed: {words or 'it was broken off'}."
    return ""


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and everything that it wraps, in Python's way or in Twisted's (``reasons``)."""
    found: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting and len(found) < 50:
        cause = waiting.pop()
        found.append(cause)
        waiting += [failure.value for failure in getattr(cause, "reasons", ()) or ()]
        if cause.__cause__ is not None:
            waiting.append(cause.__cause__)
    return found
