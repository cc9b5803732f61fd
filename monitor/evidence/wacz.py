"""A WARC becomes a WACZ 1.1.1 that ReplayWeb.page opens offline: index, page list, digests. Signs nothing.

The file holds no signature of its own: SHA256SUMS of the folder is the root of trust, and viewers show
false signatures inside of such files as valid.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from monitor.evidence.warc import IndexEntry, Warc

_VERSION = "1.1.1"
_WARC = "archive/data.warc.gz"
_INDEX = "indexes/index.cdx"
_PAGES = "pages/pages.jsonl"


def wacz_from_warc(
    warc: Warc, *, capture_id: str, page_url: str, untrusted_title: str, visited_at: datetime, software: str
) -> bytes:
    """The bytes of the archive. Nothing in it depends on when or where it was packed."""
    page = {
        "id": capture_id,
        "url": page_url,
        "ts": _iso(visited_at),
        "title": untrusted_title,
    }
    files = {
        _WARC: warc.content,
        _INDEX: _cdxj(warc.index),
        _PAGES: _lines([{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}, page]),
    }
    package = {
        "profile": "data-package",
        "wacz_version": _VERSION,
        "title": f"Capture {capture_id}",
        "created": _iso(visited_at),
        "software": software,
        "mainPageUrl": page_url,
        "mainPageDate": _iso(visited_at),
        "resources": [
            {
                "name": name.rpartition("/")[2],
                "path": name,
                "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
                "bytes": len(content),
            }
            for name, content in files.items()
        ],
    }
    description = json.dumps(package, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(description).hexdigest()}"}
    files["datapackage.json"] = description
    files["datapackage-digest.json"] = json.dumps(digest, indent=2).encode()
    return _zip(files, visited_at)


def _cdxj(entries: Iterable[IndexEntry]) -> bytes:
    lines = []
    for entry in entries:
        key = entry.url if entry.is_resource else sort_key(entry.url)
        fields = {
            "url": entry.url,
            "mime": entry.media_type,
            "status": entry.status,
            "digest": entry.digest,
            "length": str(entry.length),
            "offset": str(entry.offset),
            "filename": "data.warc.gz",
        }
        if entry.method != "GET":
            fields |= {"method": entry.method, "requestBody": entry.sent}
            parts = [f"__wb_method={entry.method}", *([entry.sent] if entry.sent else [])]
            key += ("&" if "?" in key else "?") + "&".join(parts)
        key = "".join(quote(char) if char.isspace() else char for char in key)
        at = entry.at.astimezone(UTC)
        lines.append(f"{key} {at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d} {json.dumps(fields)}\n")
    return "".join(sorted(lines)).encode("utf-8", "replace")


def sort_key(url: str) -> str:
    """The address with its host's labels from the right ("example,forum)/t/1"), as CDXJ indexes are sorted by."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    key = ",".join(reversed(host.split("."))) if ":" not in host else f"[{host}]"
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{key}{port}){parts.path or '/'}{query}"


def _lines(values: Iterable[dict[str, str]]) -> bytes:
    return b"".join(
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for value in values
    )


def _zip(files: dict[str, bytes], at: datetime) -> bytes:
    buffer = io.BytesIO()
    moment = at.astimezone(UTC)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            # Readers fetch single records by their offset: what they lie in must not be packed again.
            info.compress_type = zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
