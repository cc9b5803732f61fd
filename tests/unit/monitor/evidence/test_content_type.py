"""The kind of a file by its first bytes: what phones, chat programs and offices write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence.content_type import HEAD_BYTES, OPAQUE, type_from_head

CHAT = "[1/3/31, 12:00:01] Collector: Pay, or we call your boss\n[1/3/31, 12:00:09] Collector: Today, now, all of it\n"


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (b"RIFF....WAVEfmt ", "audio/vnd.wave"),
        (b"....WAVE....", "text/plain"),
        (b"\0\0\0\x1cftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x1cftyp3gp4\0\0\0\0", "video/3gpp"),
        (b"\0\0\0\x1cftypisom\0\0\0\0", "video/mp4"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"#!AMR\n\x04", "audio/AMR"),
        (b"#!AMR-WB\n\x04", "audio/AMR-WB"),
        (b"\x02#!SILK_V3\x11", "audio/x-silk"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01webm", "video/webm"),
        (b"\n%PDF-1.7\n", "application/pdf"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b'<?xml version="1.0"?><smses count="1"/>', "application/xml"),
        (b'<?xml version="1.0"?><svg xmlns="x"><script/></svg>', "image/svg+xml"),
        (b"\xef\xbb\xbf<!DOCTYPE html><title>Chat</title>", "text/html"),
        (b"BEGIN:VCARD\r\nFN:Collector\r\n", "text/vcard"),
        (b'{"messages": []}', "application/json"),
        (b"[ ]", "application/json"),
        (b"date,number,text\n2031-03-01,+630000,Pay now\n", "text/csv"),
        (b'date;text\n2031-03-01;"Pay; now"\n', "text/plain"),
        (b"date\ttext\n2031-03-01\tPay\n", "text/csv"),
        (CHAT.encode(), "text/plain"),
        ("短信：还钱，不然打电话给你全家".encode(), "text/plain"),
        ("短信：还钱，不然打电话给你全家".encode("gb18030"), "text/plain"),
        ("短信".encode("utf-16"), "text/plain"),
        (("x" * (HEAD_BYTES - 1) + "债").encode()[:HEAD_BYTES], "text/plain"),
        (b"\x00\x01\x02\xff" * 50, OPAQUE),
        (b"  \n ", OPAQUE),
        (b"", OPAQUE),
    ],
)  # fmt: skip
def test_the_first_bytes_tell(head: bytes, media_type: str) -> None:
    assert type_from_head(head) == media_type


@given(st.binary(max_size=200))
def test_whatever_comes_there_is_an_answer(head: bytes) -> None:
    assert "/" in type_from_head(head)
