from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from spiders.items import (
    PageRead,
    PageState,
    Post,
    Refusal,
    RefusalKind,
    SourceDone,
    SourceRecognised,
    line_from_record,
    record_from_line,
)

NOW = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)
POST = Post(
    platform="board",
    source_url="https://f.test/",
    site="https://f.test",
    id="17",
    url="https://f.test/t/1#17",
    untrusted_text="欠钱\n\u2028 😀 \x00 \"'",
    untrusted_title="title",
    untrusted_quoted="quoted",
    untrusted_author="author",
    published_at=NOW,
    edited_at=NOW + timedelta(minutes=1),
    images=("https://f.test/a.png",),
    reply_count=0,
)
RECORDS = [
    POST,
    Post(platform="b", source_url="s", site="s", id="1", url="u", untrusted_text="", is_generic=True),
    PageState(
        url="u", kind="thread", marker="m", last_page_url="l", etag='"e"', last_modified="d", read_at=NOW
    ),
    Refusal(
        source_url="s", url="u", kind=RefusalKind.RATE_LIMITED, status=429, detail="d", retry_after_s=1.5
    ),
    PageRead(source_url="s", url="u", kind="thread", status=200, posts=3, promised=4, size_bytes=5),
    SourceDone(source_url="s", platform="p", requests=1, posts=0, is_cut=True),
    SourceRecognised(
        source_url="s", platform="p", start_url="u", will_read="w", cannot_see="c", interval_s=900
    ),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_crosses_the_pipe_unchanged(record):
    line = line_from_record(record)

    assert line.isascii()
    assert "\n" not in line
    assert record_from_line(line) == record
    assert record_from_line(line.encode()) == record


def test_lone_surrogates_cross_the_pipe():
    post = dataclasses.replace(POST, untrusted_text="a\ud800b")

    assert record_from_line(line_from_record(post)) == post
    assert len(post.body_sha256) == 64


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '"post"',
        '{"record": "command"}',
        '{"record": "source_done"}',
        '{"record": "source_done", "source_url": 3, "platform": "p", "requests": 1, "posts": 1}',
        '{"record": "source_done", "source_url": "s", "platform": "p", "requests": true, "posts": 1}',
        '{"record": "source_done", "source_url": "s", "platform": "p", "requests": 1, "posts": 1, "x": 1}',
        '{"record": "refusal", "source_url": "s", "url": "u", "kind": "bored"}',
        '{"record": "page_state", "url": "u", "kind": "k", "read_at": "2026-11-25T12:00:00"}',
        '{"record": "page_state", "url": "u", "kind": "k", "untrusted_url": "u"}',
    ],
)
def test_what_is_none_of_our_records_is_refused(line):
    with pytest.raises(ValueError, match=r"\w"):
        record_from_line(line)


def test_untrusted_names_do_not_cross_the_pipe():
    assert "untrusted_" not in line_from_record(POST)
    assert json.loads(line_from_record(POST))["text"] == POST.untrusted_text


def test_times_of_any_zone_stay_the_same_moment():
    post = dataclasses.replace(POST, published_at=NOW.astimezone(timezone(timedelta(hours=8))))

    assert record_from_line(line_from_record(post)).published_at == NOW


@pytest.mark.parametrize(
    "change",
    [{"untrusted_text": "x"}, {"untrusted_title": "x"}, {"untrusted_quoted": "x"}, {"images": ("x",)}],
)
def test_the_digest_changes_with_what_an_edit_changes(change):
    assert dataclasses.replace(POST, **change).body_sha256 != POST.body_sha256


def test_the_digest_ignores_what_no_edit_changes_and_cannot_be_shifted():
    assert dataclasses.replace(POST, url="x", reply_count=9, edited_at=None).body_sha256 == POST.body_sha256
    one = dataclasses.replace(POST, untrusted_title="ab", untrusted_text="c")
    other = dataclasses.replace(POST, untrusted_title="a", untrusted_text="bc")
    assert one.body_sha256 != other.body_sha256
