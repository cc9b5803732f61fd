"""The manifest of a capture: every field that the standards ask for, typed; computes nothing.

Union of the checklists named in docs/evidence-format.md. Text that came from the page is named
``untrusted_…`` in the program and keeps its plain name in the file.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.evidence.verdict import Verdict

SCHEMA = "shamewatch-capture/2"


class Origin(StrEnum):
    """Whether a file is what was received or was made from it."""

    ORIGINAL = "original"
    DERIVED = "derived"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Part):
    """One file of the capture's folder."""

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int
    media_type: str
    origin: Origin
    description: str


class HopEntry(_Part):
    """One step of the main frame. ``status`` is 0 and ``error`` set where nothing answered."""

    url: str
    status: int
    cause: Literal["requested", "http redirect", "page"]
    error: str = ""


class RequestEntry(_Part):
    """A part of the page that failed or was refused."""

    url: str
    kind: str
    status: int
    error: str


class RefusalEntry(_Part):
    """A connection that the filtering proxy did not make or cut, and why."""

    host: str
    port: int
    kind: str
    reason: str


class TlsEntry(_Part):
    """The main connection's TLS as the browser verified it."""

    protocol: str
    issuer: str
    subject: str
    valid_from_at: datetime | None
    valid_to_at: datetime | None
    chain_sha256: tuple[str, ...]


class Rectangle(_Part):
    """CSS pixels from the top left corner of the whole page; the same as pixels of screenshot.png."""

    x: float
    y: float
    width: float
    height: float


class MentionEntry(_Part):
    """One place where an expected string stands in visible text."""

    expected: str
    text: str
    dom_path: str
    rectangles: tuple[Rectangle, ...]
    is_in_post: bool


class BrowserEntry(_Part):
    """What made the visit, and how it was set."""

    name: str
    version: str
    user_agent: str
    viewport_width: int
    viewport_height: int
    locale: str
    timezone: str
    is_sandboxed: bool
    is_fresh_profile: bool
    is_tls_verified: bool
    proxy: str


class MachineEntry(_Part):
    """The machine that the capture was made on."""

    operating_system: str
    python: str
    resolvers: tuple[str, ...]
    hosts_file_sha256: str
    packages_sha256: str
    clock: ClockEntry


class PostEntry(_Part):
    """The post as its source gave it, and its text as the browser showed it; empty where no mention was found."""

    id: str
    author: str
    published_at: datetime | None
    text: str


class BannerEntry(_Part):
    """A consent banner that was met, and the button that was pressed. ``outcome``: what came of it."""

    text: str
    button: str
    dom_path: str
    outcome: Literal["dismissed", "stayed", "led away", "lost the page"]


class ServerEntry(_Part):
    """A host that answered, and the address that was connected to. ``chain_sha256``: its certificates, leaf first."""

    host: str
    port: int
    address: str
    chain_sha256: tuple[str, ...]


class ExchangeEntry(_Part):
    """One request and its answer; headers and body are in capture.wacz.

    ``missing``: why there is no body. ``note``: what else was cut.
    """

    url: str
    method: str
    kind: str
    status: int
    protocol: str
    started_at: datetime
    duration_s: float
    body_bytes: int
    seen_in: str
    missing: str
    note: str


class ClockEntry(_Part):
    """What the kernel says of the clock. None: unknown on this system."""

    is_synchronised: bool | None
    maximum_error_ms: int | None


class OperatorEntry(_Part):
    """Who runs the installation, as they said in the settings; empty where they said nothing."""

    name: str
    role: str
    device: str


class OptionsEntry(_Part):
    """What the capture was told."""

    timeout_s: float
    settle_s: float
    context_characters: int
    anchors: tuple[str, ...]


class PageEntry(_Part):
    """The page as it was shown."""

    title: str
    width_px: int
    height_px: int
    pictured_height_px: int
    visible_characters: int


class Manifest(_Part):
    """The record of one capture, also of one that failed."""

    schema_version: Literal["shamewatch-capture/2"] = "shamewatch-capture/2"
    capture_id: str
    case_reference: str
    operator: OperatorEntry
    verdict: Verdict
    reason: str
    requested_url: str
    final_url: str
    reached_by: str
    access: str
    robots: str
    redirects: tuple[HopEntry, ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    started_at: datetime
    ended_at: datetime
    started_at_local: str
    ended_at_local: str
    server_address: str
    tls: TlsEntry | None
    tool: str
    tool_version: str
    tool_commit: str
    options: OptionsEntry
    browser: BrowserEntry
    machine: MachineEntry
    page: PageEntry
    post: PostEntry
    banner: BannerEntry | None
    servers: tuple[ServerEntry, ...]
    expected: tuple[str, ...]
    missing: tuple[str, ...]
    hidden: tuple[str, ...]
    mentions: tuple[MentionEntry, ...]
    files: tuple[FileEntry, ...]
    modifications: tuple[str, ...]
    notes: tuple[str, ...]
    console_errors: tuple[str, ...]
    request_count: int
    exchanges: tuple[ExchangeEntry, ...]
    exchanges_not_listed: int
    failed_requests: tuple[RequestEntry, ...]
    refused_connections: tuple[RefusalEntry, ...]
    missing_pictures: tuple[str, ...]

    def to_json(self) -> str:
        """Indented, stable field order, one newline at the end."""
        return self.model_dump_json(indent=2) + "\n"
