"""The web archive of one visit: exchanges, picture and DOM as WARC, packed as WACZ. Reads nothing but the visit."""

from __future__ import annotations

from monitor.evidence.machine_facts import tool_version
from monitor.evidence.observation import Visit
from monitor.evidence.wacz import wacz_from_warc
from monitor.evidence.warc import Extract, warc_from_exchanges


def archive_from_visit(visit: Visit, capture_id: str) -> bytes:
    """The bytes of ``capture.wacz``. The same visit with the same id gives the same bytes."""
    software = f"shamewatch {tool_version()}"
    page_url = visit.final_url or visit.requested_url
    extracts = []
    if visit.screenshot:
        extracts.append(_extract("view", page_url, "image/png", visit.screenshot, visit))
    if visit.untrusted_dom:
        dom = visit.untrusted_dom.encode("utf-8", "surrogatepass")
        extracts.append(_extract("dom", page_url, "text/html; charset=utf-8", dom, visit))
    about = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": capture_id,
        "robots": "see manifest.json",
    }
    warc = warc_from_exchanges(visit.recording.exchanges, extracts, visit.peers, about, visit.started_at)
    return wacz_from_warc(
        warc,
        capture_id=capture_id,
        page_url=page_url,
        untrusted_title=visit.untrusted_title,
        visited_at=visit.started_at,
        software=software,
    )


def _extract(kind: str, url: str, media_type: str, content: bytes, visit: Visit) -> Extract:
    return Extract(kind=kind, url=url, media_type=media_type, content=content, taken_at=visit.started_at)
