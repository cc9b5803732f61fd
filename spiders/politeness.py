"""How long to wait before a server is asked again, and when to leave it alone. Pure but for the clock it is given."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from spiders.items import RefusalKind
from spiders.refusals import PageRefusedError

MAX_ATTEMPTS = 3
_FIRST_BACKOFF_S = 2.0
# Worth another try at once. A refusal (403, robots, a wall) is an answer and is taken as one.
_WORTH_RETRYING = frozenset(
    {RefusalKind.SERVER_ERROR, RefusalKind.TIMED_OUT, RefusalKind.UNREACHABLE, RefusalKind.RATE_LIMITED}
)
# One such answer and the server is left alone for the rest of the crawl.
_FINAL = frozenset(
    {RefusalKind.RATE_LIMITED, RefusalKind.CAPTCHA, RefusalKind.UNREACHABLE, RefusalKind.TLS_ERROR}
)
# So many pages in a row, and the server is left alone.
_STRIKES = {RefusalKind.TIMED_OUT: 3, RefusalKind.SERVER_ERROR: 3, RefusalKind.FORBIDDEN: 5}


def retry_after_s_from_header(value: str, now: datetime | None = None) -> float | None:
    """Seconds from ``Retry-After``: a number or an HTTP date (RFC 9110 §10.2.3). None where it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 12:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def backoff_s(attempt: int, draw: Callable[[], float] = random.random) -> float:
    """Exponential with full jitter over the upper half: 1–2 s, 2–4 s, 4–8 s. ``draw`` gives 0..1."""
    ceiling = _FIRST_BACKOFF_S * 2.0**attempt
    return ceiling * (0.5 + draw() / 2)


def wait_before_retry_s(refusal: PageRefusedError, attempt: int, max_retry_after_s: float) -> float | None:
    """Seconds until the next attempt at a page, None where this answer stands.

    ``attempt`` counts from 0. A server that asks for a longer wait than ``max_retry_after_s`` is not
    asked again in this crawl.
    """
    if refusal.kind not in _WORTH_RETRYING or attempt + 1 >= MAX_ATTEMPTS:
        return None
    if refusal.retry_after_s is None:
        return backoff_s(attempt)
    return refusal.retry_after_s if refusal.retry_after_s <= max_retry_after_s else None


@dataclasses.dataclass(slots=True)
class _Host:
    resume_at_s: float = 0.0
    strikes: int = 0
    failed_attempts: int = 0
    struck_kind: RefusalKind | None = None
    given_up: PageRefusedError | None = None


class HostBook:
    """How each server has behaved in this crawl. ``clock`` counts seconds and never runs backwards."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    def given_up(self, host: str) -> PageRefusedError | None:
        """Why this server is left alone for the rest of the crawl, if it is."""
        return self._host(host).given_up

    def pause(self, host: str, wait_s: float) -> None:
        """Nobody asks this server before ``wait_s`` have passed."""
        entry = self._host(host)
        entry.resume_at_s = max(entry.resume_at_s, self._clock() + wait_s)

    def wait_s(self, host: str) -> float:
        """Seconds until this server may be asked."""
        return max(0.0, self._host(host).resume_at_s - self._clock())

    def attempt_failed(self, host: str, refusal: PageRefusedError, wait_s: float) -> None:
        """An attempt that is worth repeating failed: nobody asks the server before ``wait_s`` have passed.

        Attempts of all sources count together: a server that is down is asked MAX_ATTEMPTS times in all,
        not so often for each of its sources.
        """
        entry = self._host(host)
        self.pause(host, wait_s)
        entry.failed_attempts += 1
        if refusal.kind in _FINAL and entry.failed_attempts >= MAX_ATTEMPTS:
            entry.given_up = refusal

    def succeeded(self, host: str) -> None:
        """A page came: earlier failures were no pattern."""
        entry = self._host(host)
        entry.strikes = entry.failed_attempts = 0

    def refused(self, host: str, refusal: PageRefusedError) -> None:
        """A page was refused for good, after any retries."""
        entry = self._host(host)
        entry.strikes = entry.strikes + 1 if refusal.kind is entry.struck_kind else 1
        entry.struck_kind = refusal.kind
        limit = 1 if refusal.kind in _FINAL else _STRIKES.get(refusal.kind)
        if limit is not None and entry.strikes >= limit:
            entry.given_up = refusal

    def _host(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())
