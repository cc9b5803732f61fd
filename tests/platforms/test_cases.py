"""A directory is a case: recorded pages, and in expected.json the addresses they came from and what must be read.

Adding a page needs no code: docs/adding-a-platform.md says how.
"""

import importlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from spiders.items import fields_from_record
from spiders.platforms.base import Follow, Page, Platform, Reading

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/expected.json"))
SOURCE_URL = "https://source.example/"
FETCHED_AT = "2026-11-25T08:00:00+00:00"
LEFT_OUT = {"platform", "source_url", "site"}


def page_from(case: Path, described: dict[str, Any]) -> Page:
    return Page(
        url=described["url"],
        requested_url=described.get("requested_url", described["url"]),
        source_url=SOURCE_URL,
        status=described.get("status", 200),
        headers=described.get("headers", {"content-type": "text/html; charset=utf-8"}),
        untrusted_body=(case / described["file"]).read_text("utf-8"),
        fetched_at=datetime.fromisoformat(FETCHED_AT),
        kind=described.get("kind", ""),
        context=described.get("context", {}),
    )


def fields_from_follow(follow: Follow) -> dict[str, Any]:
    fields: dict[str, Any] = {"url": follow.url, "kind": follow.kind}
    if follow.marker:
        fields["marker"] = follow.marker
    if follow.is_continuation:
        fields["is_continuation"] = True
    if follow.context:
        fields["context"] = dict(follow.context)
    return fields


def fields_from_reading(reading: Reading) -> dict[str, Any]:
    posts = [
        {name: value for name, value in fields_from_record(post).items() if name not in LEFT_OUT}
        for post in reading.posts
    ]
    fields: dict[str, Any] = {
        "posts": posts,
        "follow": [fields_from_follow(follow) for follow in reading.follow],
    }
    for name in ("promised", "watermark", "refusal", "refusal_detail"):
        value = getattr(reading, name)
        if value not in (None, ""):
            fields[name] = value
    if reading.notes:
        fields["notes"] = list(reading.notes)
    as_json: dict[str, Any] = json.loads(json.dumps(fields))
    return as_json


def platform_of(case: Path) -> Platform:
    module = importlib.import_module(f"spiders.platforms.{case.parent.name}")
    platform: Platform = module.PLATFORM
    return platform


def described_pages(case: Path) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = json.loads((case / "expected.json").read_text("utf-8"))["pages"]
    return pages


def every_page() -> list[Any]:
    return [
        pytest.param(case, described, id=f"{case.parent.name}/{case.name}/{described['file']}")
        for case in CASES
        for described in described_pages(case)
    ]


@pytest.mark.parametrize(("case", "described"), every_page())
def test_a_recorded_page_gives_exactly_the_expected_posts_and_links(
    case: Path, described: dict[str, Any]
) -> None:
    platform = platform_of(case)
    page = page_from(case, described)
    if page.status != 200:
        follow = [fields_from_follow(one) for one in platform.on_refusal(page)]
        assert {"follow": follow} == described["reading"]
        return
    reading = platform.read(page)
    assert fields_from_reading(reading) == described["reading"]
    assert {(post.platform, post.source_url) for post in reading.posts} <= {(platform.name, SOURCE_URL)}


@pytest.mark.parametrize(
    ("case", "described"),
    [one for one in every_page() if "recognised" in one.values[1]],
)
def test_a_recorded_page_is_recognised_as_its_platform_or_not_at_all(
    case: Path, described: dict[str, Any]
) -> None:
    recognition = platform_of(case).recognise(page_from(case, described))
    assert (None if recognition is None else recognition.start_url) == described["recognised"]


@pytest.mark.parametrize("platform", ["feeds", "generic", "spirit", "wordpress"])
def test_every_reader_has_at_least_five_cases(platform: str) -> None:
    assert len([case for case in CASES if case.parent.name == platform]) >= 5
