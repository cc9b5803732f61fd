"""What went over the wire, as plain values: one request with its answer, and what of it could not be had. Decides nothing."""

from __future__ import annotations

import dataclasses
from datetime import datetime

Headers = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer; a redirect is an exchange of its own.

    ``body`` is what the browser had after undoing transfer and content encodings: wire bytes are not kept.
    ``missing`` says why there is no body where there should be one. ``status`` 0: nothing answered, and
    ``missing`` says why. ``duration_s``: from the request to the last byte. ``seen_in``: "page", or "frame
    or worker" where another process of the browser asked. ``is_reencoded``: it is in UTF-8, and may
    have been sent in another charset.
    """

    untrusted_url: str
    method: str
    kind: str
    started_at: datetime
    duration_s: float
    request_headers: Headers = ()
    request_body: bytes = b""
    status: int = 0
    reason: str = ""
    protocol: str = ""
    response_headers: Headers = ()
    untrusted_body: bytes = b""
    missing: str = ""
    note: str = ""
    is_reencoded: bool = False
    seen_in: str = "page"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Every exchange of a visit in the order of their requests. ``unlisted``: how many more there were than are kept."""

    exchanges: tuple[Exchange, ...] = ()
    unlisted: int = 0

    @property
    def missing(self) -> tuple[Exchange, ...]:
        """Those whose body could not be had."""
        return tuple(exchange for exchange in self.exchanges if exchange.missing)
