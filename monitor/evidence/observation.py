"""What a visit saw, as plain values: requests, redirects, TLS, pictures, text positions. Decides nothing."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from monitor.evidence.exchange import Recording
from spiders.proxy_ledger import ProxyRefusal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One step of the main frame: an address, what answered, and how the step was taken."""

    url: str
    status: int
    cause: str  # "requested", "http redirect" or "page" (meta refresh or script)
    error: str = ""  # Chromium's net:: error where nothing answered


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SubRequest:
    """A part of the page that failed or was refused. ``status`` is 0 where nothing answered."""

    untrusted_url: str
    kind: str
    status: int
    error: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What the browser says of the main connection, and its certificate chain as DER, leaf first."""

    protocol: str
    issuer: str
    subject: str
    valid_from_at: datetime | None
    valid_to_at: datetime | None
    chain_der: tuple[bytes, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in CSS pixels of the whole page, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One place where an expected string stands in visible text.

    ``is_in_post`` says that it lies in the very post that was looked for (by its text or its anchor).
    """

    expected: str
    untrusted_text: str
    dom_path: str
    boxes: tuple[Box, ...]
    is_in_post: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TextSearch:
    """Where the expected strings stand. ``hidden``: in the DOM, but not in visible text.

    ``foreign_frames``: how many frames of other origins were not searched.
    """

    matches: tuple[Match, ...] = ()
    missing: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    visible_chars: int = 0
    is_post_found: bool = False
    foreign_frames: int = 0


class Trouble(StrEnum):
    """What kept a visit from its end."""

    TIMED_OUT = "timed out"
    CRASHED = "page crashed"
    NAVIGATION_FAILED = "navigation failed"
    BROWSER_LOST = "browser lost"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """A consent banner that was met. ``outcome``: "dismissed", "stayed", "led away" or "lost the page"."""

    untrusted_text: str
    untrusted_label: str
    dom_path: str
    outcome: str


@dataclasses.dataclass(slots=True, kw_only=True)
class Visit:
    """Everything that one visit brought home. Pictures are PNG; empty bytes where there is none."""

    requested_url: str
    started_at: datetime
    ended_at: datetime
    final_url: str = ""
    hops: list[Hop] = dataclasses.field(default_factory=list)
    status: int = 0
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    server_address: str = ""
    tls: Tls | None = None
    trouble: Trouble | None = None
    trouble_detail: str = ""
    untrusted_dom: str = ""
    untrusted_title: str = ""
    untrusted_text: str = ""  # what can be seen, up to 50,000 characters
    untrusted_post_text: str = ""  # of the post that holds the mention, up to 20,000 characters
    search: TextSearch = dataclasses.field(default_factory=TextSearch)
    screenshot: bytes = b""
    screenshot_before: bytes = b""  # before a consent banner was dismissed; empty where there was none
    banner: Banner | None = None
    is_reported: bool = False  # whether what the browser and the proxy say is in already
    page_width: int = 0
    page_height: int = 0
    shown_height: int = 0
    mention_view: bytes = b""
    mention_boxes: tuple[Box, ...] = ()  # in the pixels of mention_view
    is_mention_covered: bool = False
    notes: list[str] = dataclasses.field(default_factory=list)
    console_errors: list[str] = dataclasses.field(default_factory=list)
    failed_requests: list[SubRequest] = dataclasses.field(default_factory=list)
    request_count: int = 0
    missing_pictures: list[str] = dataclasses.field(default_factory=list)
    refusals: tuple[ProxyRefusal, ...] = ()
    recording: Recording = dataclasses.field(default_factory=Recording)
    peers: dict[str, str] = dataclasses.field(default_factory=dict)  # address of the server by "host:port"
    chains: dict[str, tuple[bytes, ...]] = dataclasses.field(default_factory=dict)  # DER by "host:port"
    mhtml: bytes = b""


def tls_from_browser(details: Mapping[str, Any], chain_base64: Sequence[str]) -> Tls | None:
    """Playwright's ``security_details`` and the table of CDP's ``Network.getCertificate``; None without the first."""
    if not details:
        return None
    return Tls(
        protocol=details.get("protocol") or "",
        issuer=details.get("issuer") or "",
        subject=details.get("subjectName") or "",
        valid_from_at=_moment(details.get("validFrom")),
        valid_to_at=_moment(details.get("validTo")),
        chain_der=tuple(base64.b64decode(name) for name in chain_base64),
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
