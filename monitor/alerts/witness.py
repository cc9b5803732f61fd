"""Watches one send from inside the sending process: what the library logs and what web services answer.

It keeps only what tells why a send failed, and decides nothing.
"""

from __future__ import annotations

import logging
from typing import Any

import requests
import requests.sessions

from monitor.alerts.reasons import Observation, Reason, reason_from_observation
from spiders.proxy_http import FAILED_HEADER, REFUSED_HEADER

_MAX_LINES = 200
_MAX_RETRY_AFTER_S = 604_800.0


class Witness(logging.Handler):
    """Keeps what Apprise logs and what web services answer, for the reason of a failure."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.forget()

    def forget(self) -> None:
        self.lines: list[str] = []
        self.statuses: list[int] = []
        self.retry_after_s: float | None = None
        self.was_stopped_by_proxy = False

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        # Debug lines hold whole payloads and headers; only those that name a fault are of use.
        is_telling = record.levelno >= logging.WARNING or "Exception" in text
        self.was_stopped_by_proxy |= "Tunnel connection failed" in text
        if is_telling and len(self.lines) < _MAX_LINES:
            self.lines.append(text)

    def note_response(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.statuses.append(response.status_code)
        self.was_stopped_by_proxy |= any(name in response.headers for name in (REFUSED_HEADER, FAILED_HEADER))
        try:
            wish_s = float(response.headers.get("Retry-After", ""))
        except ValueError:
            return
        if 0 <= wish_s <= _MAX_RETRY_AFTER_S:
            self.retry_after_s = wish_s

    def reason(self) -> Reason:
        return reason_from_observation(
            Observation(
                http_statuses=tuple(self.statuses), retry_after_s=self.retry_after_s, lines=tuple(self.lines)
            )
        )


def mark_requests(alert_id: str, witness: Witness) -> None:
    """From here on every web request carries the alert's id as its idempotency key and tells the witness its answer.

    The header is that of draft-ietf-httpapi-idempotency-key-header; its name says nothing of us.
    """

    class MarkedSession(requests.Session):
        def __init__(self) -> None:
            super().__init__()
            self.headers["Idempotency-Key"] = alert_id
            self.hooks["response"] = [witness.note_response]

    requests.sessions.Session = MarkedSession  # type: ignore[misc]
