"""Turns what a visit saw into the manifest's fields; adds what is known of the tool and the machine. Judges nothing."""

from __future__ import annotations

import hashlib
from datetime import datetime

from monitor.evidence.browser import Browser
from monitor.evidence.exchange import Exchange
from monitor.evidence.machine_facts import machine, tool_commit, tool_version
from monitor.evidence.manifest import (
    BannerEntry,
    BrowserEntry,
    ExchangeEntry,
    FileEntry,
    HopEntry,
    Manifest,
    MentionEntry,
    OperatorEntry,
    OptionsEntry,
    PageEntry,
    PostEntry,
    Rectangle,
    RefusalEntry,
    RequestEntry,
    ServerEntry,
    TlsEntry,
)
from monitor.evidence.observation import Tls, Visit
from monitor.evidence.request import CaptureRequest
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
    request: CaptureRequest,
    capture_id: str,
) -> Manifest:
    """The manifest of one capture. Times are UTC, and local beside it."""
    found = visit.search
    return Manifest(
        capture_id=capture_id,
        case_reference=request.case_reference,
        operator=OperatorEntry(
            name=browser.options.operator, role=browser.options.operator_role, device=browser.options.device
        ),
        verdict=judgement.verdict,
        reason=judgement.reason,
        requested_url=visit.requested_url,
        final_url=visit.final_url,
        reached_by=request.reached_by,
        access="anonymous: no account, no cookies, an empty profile",
        robots=request.robots,
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
        tool_commit=tool_commit(),
        options=OptionsEntry(
            timeout_s=request.timeout_s,
            settle_s=request.settle_s,
            context_characters=len(request.context_text),
            anchors=request.anchors,
        ),
        browser=_browser(browser),
        machine=machine(),
        page=PageEntry(
            title=visit.untrusted_title,
            width_px=visit.page_width,
            height_px=visit.page_height,
            pictured_height_px=visit.shown_height,
            visible_characters=found.visible_chars,
        ),
        post=PostEntry(
            id=request.post.id,
            author=request.post.untrusted_author,
            published_at=request.post.published_at,
            text=visit.untrusted_post_text,
        ),
        banner=_banner(visit),
        servers=_servers(visit),
        expected=request.expected,
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
        modifications=_modifications(visit),
        notes=tuple(visit.notes),
        console_errors=tuple(visit.console_errors),
        request_count=visit.request_count,
        exchanges=tuple(_exchange(exchange) for exchange in visit.recording.exchanges),
        exchanges_not_listed=visit.recording.unlisted,
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


def _banner(visit: Visit) -> BannerEntry | None:
    met = visit.banner
    if met is None:
        return None
    return BannerEntry.model_validate(
        {
            "text": met.untrusted_text,
            "button": met.untrusted_label,
            "dom_path": met.dom_path,
            "outcome": met.outcome,
        }
    )


def _servers(visit: Visit) -> tuple[ServerEntry, ...]:
    entries = []
    for authority, address in visit.peers.items():
        host, _, port = authority.rpartition(":")
        chain = visit.chains.get(authority, ())
        digests = tuple(hashlib.sha256(der).hexdigest() for der in chain)
        entries.append(ServerEntry(host=host, port=int(port), address=address, chain_sha256=digests))
    return tuple(entries)


def _exchange(exchange: Exchange) -> ExchangeEntry:
    return ExchangeEntry(
        url=exchange.untrusted_url,
        method=exchange.method,
        kind=exchange.kind,
        status=exchange.status,
        protocol=exchange.protocol,
        started_at=exchange.started_at,
        duration_s=exchange.duration_s,
        body_bytes=len(exchange.untrusted_body),
        seen_in=exchange.seen_in,
        missing=exchange.missing,
        note=exchange.note,
    )


def _modifications(visit: Visit) -> tuple[str, ...]:
    """Everything in which the files differ from what came over the wire or was on the screen."""
    found = []
    if visit.recording.exchanges:
        found.append(
            "capture.wacz: bodies are as the browser decoded them; content-encoding and transfer-encoding are "
            "renamed to x-orig-…, and content-length is rewritten. Bytes of the wire are not kept."
        )
    if any(exchange.is_reencoded for exchange in visit.recording.exchanges):
        found.append(
            "capture.wacz: some text of frames and workers of other processes was handed over in UTF-8, whatever it "
            "was sent in; the type that it was sent with is renamed to x-orig-content-type."
        )
    if visit.mention_view:
        found.append("mention.png: the outline was drawn on the picture after it was taken.")
    if visit.banner is not None and visit.banner.outcome == "dismissed":
        found.append(
            "A consent banner was dismissed by one press of its button; screenshot-before.png shows the page before."
        )
    if visit.untrusted_dom:
        found.append("dom.html: serialised in UTF-8, whatever the page was sent in.")
    return tuple(found)
