"""Exchanges become WARC 1.1 records (ISO 28500), each in a gzip member of its own, with SHA-256 digests. Touches no file.

What a browser hands over is decoded: ``content-encoding`` and ``transfer-encoding`` are renamed to
``x-orig-…`` and the length is rewritten, so that the record says truly what it holds. Text that was handed over
in another charset than it was sent in has that said in its type, with the sent one in ``x-orig-content-type``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from monitor.evidence.exchange import Exchange, Headers
from monitor.evidence.sent_query import query_from_body
from monitor.evidence.wire_headers import bytes_of_header

_DECODED = frozenset({"content-encoding", "transfer-encoding"})
_LEVEL = 4
# What is compressed already is only wrapped.
_PACKED = ("image/", "video/", "audio/", "font/", "application/zip", "application/pdf")
_PROTOCOLS = {"h2": "h2", "http/1.1": "http/1.1", "http/1.0": "http/1.0", "h3": "h3"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """Something taken out of the page: ``urn:<kind>:<url>``."""

    kind: str
    url: str
    media_type: str
    content: bytes
    taken_at: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """Where a record that can be replayed lies in the archive. ``sent``: the query of what another method than GET sent."""

    url: str
    at: datetime
    media_type: str
    status: str
    digest: str
    offset: int
    length: int
    is_resource: bool = False
    method: str = "GET"
    sent: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Warc:
    """The bytes of a ``.warc.gz``, and where its records are."""

    content: bytes
    index: tuple[IndexEntry, ...]


def warc_from_exchanges(
    exchanges: Sequence[Exchange],
    extracts: Sequence[Extract],
    peers: Mapping[str, str],
    about: Mapping[str, str],
    made_at: datetime,
) -> Warc:
    """The archive of a visit. ``peers``: address of the server by "host:port"; ``about``: fields of the warcinfo record."""
    archive = _Archive(json.dumps([*about.items(), made_at.isoformat()]))
    archive.add_info(about, made_at)
    for exchange in exchanges:
        if exchange.status:
            archive.add_exchange(exchange, peers.get(_authority(exchange.untrusted_url), ""))
    for extract in extracts:
        archive.add_extract(extract)
    return Warc(archive.content(), tuple(archive.index))


class _Head(StatusAndHeaders):  # type: ignore[misc]
    """A head as bytes of the wire; warcio's own would percent-encode what is not ASCII."""

    def compute_headers_buffer(self, header_filter: object = None) -> None:  # noqa: ARG002 - warcio calls it so
        self.headers_buff = b"".join(
            bytes_of_header(f"{line}\r\n")
            for line in (
                f"{self.protocol} {self.statusline}",
                *(f"{name}: {value}" for name, value in self.headers),
                "",
            )
        )


class _Archive:
    """``seed``: what the records' ids are made from, so that the same visit gives the same bytes."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._parts: list[bytes] = []
        self._size = 0
        self._writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="WARC/1.1")
        self.index: list[IndexEntry] = []

    def content(self) -> bytes:
        return b"".join(self._parts)

    def add(self, record: ArcWarcRecord, media_type: str = "") -> tuple[int, int]:
        """Offset and length of the member. ``media_type`` is the payload's."""
        buffer = io.BytesIO()
        self._writer.out = buffer
        self._writer.write_record(record)
        is_packed = media_type.startswith(_PACKED) and media_type != "image/svg+xml"
        packer = zlib.compressobj(0 if is_packed else _LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        member = packer.compress(buffer.getbuffer()) + packer.flush()
        offset = self._size
        self._parts.append(member)
        self._size += len(member)
        return offset, len(member)

    def add_exchange(self, exchange: Exchange, peer: str) -> None:
        more = {"WARC-Protocol": _PROTOCOLS[exchange.protocol]} if exchange.protocol in _PROTOCOLS else {}
        if peer:
            more["WARC-IP-Address"] = peer
        cut = "length" if "bytes" in exchange.missing else "unspecified"
        truncated = {"WARC-Truncated": cut} if exchange.missing else {}
        headers = list(_response_headers(exchange))
        payload = exchange.untrusted_body
        head = _Head(
            f"{exchange.status} {_clean(exchange.reason) or _phrase(exchange.status)}",
            headers,
            _version(exchange.protocol),
        )
        response = _record(
            "response", exchange.untrusted_url, exchange.started_at, payload, head=head,
            more={**self._id(), **more, **truncated},
        )  # fmt: skip
        media_type = _media_type(exchange.response_headers)
        offset, length = self.add(response, media_type)
        self.index.append(
            IndexEntry(
                url=exchange.untrusted_url,
                at=exchange.started_at,
                media_type=media_type,
                status=str(exchange.status),
                digest=f"sha256:{hashlib.sha256(payload).hexdigest()}",
                offset=offset,
                length=length,
                method=exchange.method,
                sent=query_from_body(_value(exchange.request_headers, "content-type"), exchange.request_body),
            )
        )
        target = exchange.untrusted_url.split("/", 3)
        line = f"{exchange.method} /{(target[3] if len(target) > 3 else '').partition('#')[0]} HTTP/1.1"
        sent = [
            (_clean(name), _clean(value))
            for name, value in exchange.request_headers
            if name[:1] not in ("", ":")
        ]
        head = _Head(line, sent, is_http_request=True)
        self.add(
            _record(
                "request", exchange.untrusted_url, exchange.started_at, exchange.request_body, head=head,
                more={
                    **self._id(),
                    "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
                    **more,
                },
            )
        )  # fmt: skip

    def add_info(self, about: Mapping[str, str], made_at: datetime) -> None:
        payload = "".join(f"{name}: {_clean(value)}\r\n" for name, value in about.items()).encode()
        more = {**self._id(), "WARC-Filename": "data.warc.gz"}
        self.add(_record("warcinfo", "", made_at, payload, media_type="application/warc-fields", more=more))

    def _id(self) -> dict[str, str]:
        """Unlike in any other archive, and yet the same for the same visit (RFC 4122 §4.3)."""
        number = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._seed} {len(self._parts)} {self._size}")
        return {"WARC-Record-ID": f"<urn:uuid:{number}>"}

    def add_extract(self, extract: Extract) -> None:
        url = f"urn:{extract.kind}:{extract.url}"
        record = _record(
            "resource", url, extract.taken_at, extract.content, media_type=extract.media_type, more=self._id()
        )
        offset, length = self.add(record, extract.media_type)
        self.index.append(
            IndexEntry(
                url=url,
                at=extract.taken_at,
                media_type=extract.media_type.partition(";")[0],
                status="200",
                digest=f"sha256:{hashlib.sha256(extract.content).hexdigest()}",
                offset=offset,
                length=length,
                is_resource=True,
            )
        )


def _record(
    kind: str,
    url: str,
    at: datetime,
    payload: bytes,
    *,
    head: StatusAndHeaders | None = None,
    more: Mapping[str, str] | None = None,
    media_type: str = "",
) -> ArcWarcRecord:
    writer = WARCWriter(io.BytesIO(), gzip=False, warc_version="WARC/1.1")
    record = writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(payload),
        length=len(payload),
        warc_content_type=media_type,
        warc_headers_dict={"WARC-Date": _date(at), **(more or {})},
        http_headers=head,
    )
    block = hashlib.sha256()
    if head is not None:
        head.compute_headers_buffer()
        block.update(head.headers_buff)
    block.update(payload)
    # SHA-1, warcio's own choice, is no digest for evidence.
    record.rec_headers.replace_header("WARC-Block-Digest", f"sha256:{block.hexdigest()}")
    digest = hashlib.sha256(payload).hexdigest()
    record.rec_headers.replace_header("WARC-Payload-Digest", f"sha256:{digest}")
    return record


def _response_headers(exchange: Exchange) -> Iterator[tuple[str, str]]:
    for name, value in exchange.response_headers:
        lower = name.lower()
        if lower == "content-length" or name[:1] in ("", ":"):
            continue
        if lower == "content-type" and exchange.is_reencoded and _is_text(value):
            # A header is believed before the document's own word.
            yield name, f"{_clean(value).partition(';')[0]}; charset=utf-8"
            yield "x-orig-content-type", _clean(value)
            continue
        yield (f"x-orig-{lower}" if lower in _DECODED else _clean(name)), _clean(value)
    yield "Content-Length", str(len(exchange.untrusted_body))


def _clean(value: str) -> str:
    """A header's value in one line of what HTTP can carry."""
    return "".join(char if char >= " " and char != "\x7f" else " " for char in value)


def _version(protocol: str) -> str:
    """HTTP/2 and 3 have no status line; theirs is written as 1.1, and WARC-Protocol tells the truth."""
    return "HTTP/1.0" if protocol == "http/1.0" else "HTTP/1.1"


def _phrase(status: int) -> str:
    """HTTP/2 has no reason phrase, and a status line needs one."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"


def _media_type(headers: Headers) -> str:
    value = _value(headers, "content-type") or "application/octet-stream"
    return value.partition(";")[0].strip().lower()


def _value(headers: Headers, wanted: str) -> str:
    return next((value for name, value in reversed(headers) if name.lower() == wanted), "")


def _is_text(value: str) -> bool:
    media_type = value.partition(";")[0].strip().lower()
    return media_type.startswith("text/") or media_type.endswith(("json", "xml", "javascript"))


def _date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _authority(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2].lower()
    has_port = host.rpartition(":")[2].isdigit() and ":" in host
    return host if has_port else f"{host}:{443 if scheme == 'https' else 80}"
