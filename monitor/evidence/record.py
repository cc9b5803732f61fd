"""Turns what a visit saw into the manifest's fields; adds what is known of the tool and the machine. Judges nothing."""

from __future__ import annotations

import functools
import hashlib
import platform
from datetime import datetime
from importlib import metadata
from pathlib import Path

from monitor.evidence.browser import Browser
from monitor.evidence.manifest import (
    BrowserEntry,
    FileEntry,
    HopEntry,
    MachineEntry,
    Manifest,
    MentionEntry,
    PageEntry,
    Rectangle,
    RefusalEntry,
    RequestEntry,
    TlsEntry,
)
from monitor.evidence.observation import Tls, Visit
from monitor.evidence.verdict import Judgement

_PROXY = (
    "a filtering proxy of the tool itself on loopback: it refuses private addresses, opens no TLS, "
    "and server_address is the address that it connected to"
)


def manifest_from_visit(
    visit: Visit,
    judgement: Judgement,
    browser: Browser,
    files: tuple[FileEntry, ...],
    *,
    capture_id: str,
    expected: tuple[str, ...],
    reached_by: str,
    robots: str,
) -> Manifest:
    """The manifest of one capture. Times are UTC, and local beside it."""
    found = visit.search
    return Manifest(
        capture_id=capture_id,
        verdict=judgement.verdict,
        reason=judgement.reason,
        requested_url=visit.requested_url,
        final_url=visit.final_url,
        reached_by=reached_by,
        access="anonymous: no account, no cookies, an empty profile",
        robots=robots,
        redirects=tuple(
            HopEntry.model_validate(
                {"url": hop.url, "status": hop.status, "cause": hop.cause, "error": hop.error}
            )
            for hop in visit.hops
        ),
        status=visit.status,
        headers=tuple(visit.headers),
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        started_at_local=_local(visit.started_at),
        ended_at_local=_local(visit.ended_at),
        server_address=visit.server_address,
        tls=_tls(visit.tls),
        tool="shamewatch",
        tool_version=tool_version(),
        browser=_browser(browser),
        machine=machine(),
        page=PageEntry(
            title=visit.untrusted_title,
            width_px=visit.page_width,
            height_px=visit.page_height,
            pictured_height_px=visit.shown_height,
            visible_characters=found.visible_chars,
        ),
        expected=expected,
        missing=found.missing,
        hidden=found.hidden,
        mentions=tuple(
            MentionEntry(
                expected=match.expected,
                text=match.untrusted_text,
                dom_path=match.dom_path,
                rectangles=tuple(
                    Rectangle(x=box.x, y=box.y, width=box.width, height=box.height) for box in match.boxes
                ),
                is_in_post=match.is_in_post,
            )
            for match in found.matches
        ),
        files=files,
        notes=tuple(visit.notes),
        console_errors=tuple(visit.console_errors),
        request_count=visit.request_count,
        failed_requests=tuple(
            RequestEntry(url=part.untrusted_url, kind=part.kind, status=part.status, error=part.error)
            for part in visit.failed_requests
        ),
        refused_connections=tuple(
            RefusalEntry(host=item.host, port=item.port, kind=item.kind, reason=item.reason)
            for item in visit.refusals
        ),
        missing_pictures=tuple(visit.missing_pictures),
    )


@functools.cache
def tool_version() -> str:
    """The installed version, "unknown" where the program runs from a folder that was never installed."""
    try:
        return metadata.version("shamewatch")
    except metadata.PackageNotFoundError:
        return "unknown"


def machine() -> MachineEntry:
    """Read at each capture: the hosts file and the resolvers decide where a name led."""
    hosts, resolv = Path("/etc/hosts"), Path("/etc/resolv.conf")
    lines = resolv.read_text(errors="replace").splitlines() if resolv.is_file() else []
    fields = [line.split() for line in lines]
    return MachineEntry(
        operating_system=platform.platform(),
        python=platform.python_version(),
        resolvers=tuple(field[1] for field in fields if len(field) > 1 and field[0] == "nameserver"),
        hosts_file_sha256=hashlib.sha256(hosts.read_bytes() if hosts.is_file() else b"").hexdigest(),
    )


def _local(moment: datetime) -> str:
    return moment.astimezone().isoformat(timespec="milliseconds")


def _tls(tls: Tls | None) -> TlsEntry | None:
    if tls is None:
        return None
    return TlsEntry(
        protocol=tls.protocol,
        issuer=tls.issuer,
        subject=tls.subject,
        valid_from_at=tls.valid_from_at,
        valid_to_at=tls.valid_to_at,
        chain_sha256=tuple(hashlib.sha256(der).hexdigest() for der in tls.chain_der),
    )


def _browser(browser: Browser) -> BrowserEntry:
    options = browser.options
    return BrowserEntry(
        name="Chromium",
        version=browser.version,
        user_agent=options.user_agent,
        viewport_width=options.viewport_width,
        viewport_height=options.viewport_height,
        locale=options.locale,
        timezone=options.timezone,
        is_sandboxed=options.is_sandboxed,
        is_fresh_profile=True,
        is_tls_verified=True,
        proxy=_PROXY,
    )
