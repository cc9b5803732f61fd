"""What was sent becomes a query as replaying viewers make it."""

from __future__ import annotations

import pytest

from monitor.evidence.sent_query import query_from_body


@pytest.mark.parametrize(
    ("media_type", "body", "query"),
    [
        ("", b"", ""),
        ("application/x-www-form-urlencoded; charset=utf-8", b"a=1&b=%E7%8E%8B+x", "a=1&b=王 x"),
        ("application/json", b'{"a": 1, "b": {"a": [true, null, "x"]}}', "a=1&a.2_=true&a.3_=&a.4_=x"),
        ("text/plain", b"no json", "__wb_post_data=bm8ganNvbg=="),
        ("application/json", b"[" * 100_000, "__wb_post_data=W1tb"),
        ("application/json", b"\xff", "__wb_post_data=/w=="),
        ("application/x-www-form-urlencoded", b"\xff\xfe", "__wb_post_data=//4="),
    ],
)
def test_a_body_becomes_a_query(media_type: str, body: bytes, query: str) -> None:
    assert query_from_body(media_type, body)[: len(query)] == query
    assert bool(query_from_body(media_type, body)) == bool(query)


def test_a_query_is_bounded() -> None:
    assert len(query_from_body("application/json", b'{"a": "' + b"x" * 100_000 + b'"}')) == 4096
