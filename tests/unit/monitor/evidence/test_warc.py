"""Records and index of the archive, for answers as hostile as a server can make them."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from datetime import UTC, datetime

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.recordloader import ArcWarcRecord

from monitor.evidence.exchange import Exchange
from monitor.evidence.wacz import sort_key, wacz_from_warc
from monitor.evidence.warc import Extract, Warc, warc_from_exchanges

AT = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
PLAIN = Exchange(
    untrusted_url="https://forum.example/t/1?page=2",
    method="GET",
    kind="Document",
    started_at=AT,
    duration_s=0.1,
    request_headers=((":path", "/t/1?page=2"), ("accept", "*/*")),
    status=200,
    protocol="h2",
    response_headers=(
        ("content-type", "text/html"),
        ("content-encoding", "br"),
        ("content-length", "9"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ),
    untrusted_body="<p>王伟".encode(),
)


def archived(*exchanges: Exchange, extracts: tuple[Extract, ...] = ()) -> Warc:
    peers = {"forum.example:443": "2001:db8::7"}
    return warc_from_exchanges(exchanges, extracts, peers, {"isPartOf": "c1"}, AT)


def records(warc: Warc) -> list[tuple[ArcWarcRecord, bytes]]:
    found = ArchiveIterator(io.BytesIO(warc.content), check_digests="raise")
    return [(record, record.content_stream().read()) for record in found]


def test_an_answer_says_truly_what_it_holds() -> None:
    (_, (record, body), (request, _)) = records(archived(PLAIN))
    headers = record.http_headers.headers
    assert ("x-orig-content-encoding", "br") in headers
    assert ("Content-Length", str(len(body))) in headers
    assert "content-encoding" not in dict(headers)
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert record.http_headers.statusline == "200 OK"  # HTTP/2 has no phrase of its own
    assert record.rec_headers.get_header("WARC-Protocol") == "h2"
    assert record.rec_headers.get_header("WARC-IP-Address") == "2001:db8::7"
    assert request.http_headers.headers == [("accept", "*/*")]
    assert request.rec_headers.get_header("WARC-Concurrent-To") == record.rec_headers.get_header(
        "WARC-Record-ID"
    )


def test_digests_are_sha_256_of_what_stands_in_the_record() -> None:
    record, body = records(archived(PLAIN))[1]
    payload = record.rec_headers.get_header("WARC-Payload-Digest")
    assert payload == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert record.rec_headers.get_header("WARC-Block-Digest").startswith("sha256:")


def test_the_same_visit_gives_the_same_bytes() -> None:
    view = Extract(kind="view", url=PLAIN.untrusted_url, media_type="image/png", content=b"png", taken_at=AT)
    one, other = archived(PLAIN, PLAIN, extracts=(view,)), archived(PLAIN, PLAIN, extracts=(view,))
    assert one == other
    names = [record.rec_headers.get_header("WARC-Record-ID") for record, _ in records(one)]
    assert len(set(names)) == 6
    facts = {"capture_id": "c1", "page_url": PLAIN.untrusted_url, "untrusted_title": "t", "software": "s"}
    assert wacz_from_warc(one, visited_at=AT, **facts) == wacz_from_warc(other, visited_at=AT, **facts)


def test_only_the_answer_is_called_cut() -> None:
    (_, (record, _), (request, _)) = records(
        archived(dataclasses.replace(PLAIN, untrusted_body=b"", missing="larger than 16,000,000 bytes"))
    )
    assert record.rec_headers.get_header("WARC-Truncated") == "length"
    assert request.rec_headers.get_header("WARC-Truncated") is None


def test_what_nothing_answered_has_no_record() -> None:
    assert len(records(archived(dataclasses.replace(PLAIN, status=0, missing="net::ERR_FAILED")))) == 1


@pytest.mark.parametrize(
    "hostile",
    [
        (("X-Line", "a\r\nWARC/1.1\r\nWARC-Type: response"),),
        (("", "no name"), ("X-王", "王伟"), ("X-Null", "\x00\x7f")),
        (("X-Long", "y" * 60_000),),
        (("X-Surrogate", "\udcff"),),
    ],
)
def test_no_header_breaks_the_archive(hostile: tuple[tuple[str, str], ...]) -> None:
    bad = dataclasses.replace(PLAIN, response_headers=hostile, request_headers=hostile, reason="no\r\nphrase")
    found = records(archived(bad, PLAIN))
    assert [record.rec_type for record, _ in found] == ["warcinfo", *["response", "request"] * 2]
    assert [body for record, body in found if record.rec_type == "response"] == [PLAIN.untrusted_body] * 2


def test_the_index_tells_requests_to_one_address_apart() -> None:
    sent = dataclasses.replace(
        PLAIN,
        method="POST",
        request_headers=(("content-type", "application/x-www-form-urlencoded"),),
        request_body=b"a=1%0A2&b=%20",
    )
    packed = wacz_from_warc(
        archived(PLAIN, sent), capture_id="c1", page_url="u", untrusted_title="t", visited_at=AT, software="s"
    )
    start = packed.index(b"example,forum)")
    lines = packed[start : packed.index(b"PK\x03\x04", start)].decode().splitlines()
    assert len(lines) == 2
    keys = [line.split(" ", 1)[0] for line in lines]
    assert keys == [
        "example,forum)/t/1?page=2",
        "example,forum)/t/1?page=2&__wb_method=POST&a=1%0A2&b=%20",
    ]
    assert json.loads(lines[1].split(" ", 2)[2])["method"] == "POST"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://a.forum.example/", "example,forum,a)/"),
        ("http://forum.example:8080/x?y=z", "example,forum:8080)/x?y=z"),
        ("http://[2001:db8::7]:81/", "[2001:db8::7]:81)/"),
    ],
)
def test_addresses_are_sorted_from_the_right(url: str, key: str) -> None:
    assert sort_key(url) == key
