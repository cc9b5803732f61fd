"""From a thread of a real third-party forum to an alert with its picture, by nothing but the command."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from monitor.practice import DEMO_SUBJECTS
from monitor.practice.mailbox import Mailbox
from tests.acceptance.conftest import Shamewatch
from tests.acceptance.registration import registered
from tests.real.spirit import SpiritForum, start_spirit

BORROWER = DEMO_SUBJECTS[0]


@pytest.fixture(scope="module")
def spirit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpiritForum]:
    forum = start_spirit(tmp_path_factory.mktemp("spirit"))
    yield forum
    forum.stop()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with Mailbox(tmp_path_factory.mktemp("mail")) as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def watched(
    tmp_path_factory: pytest.TempPathFactory, spirit: SpiritForum, box: Mailbox
) -> tuple[Shamewatch, str]:
    """An installation that watches the forum for one borrower; the borrower's id."""
    installation = Shamewatch(tmp_path_factory.mktemp("home")).with_settings(
        allowed_networks=spirit.network, smtp_url=box.smtp_url, mail_from="notices@mail.example"
    )
    installation.ok("init")
    subject = registered(installation, BORROWER, language="zh-Hans", region="CN")
    said = installation.ok("sources", "add", spirit.url)
    assert "spirit" in said
    assert "Cannot see:" in said
    assert "every 15 minutes" in said
    return installation, subject


@pytest.fixture(scope="module")
def first_round(watched: tuple[Shamewatch, str]) -> dict[str, Any]:
    return watched[0].lines("round")[0]


def expected_hits(spirit: SpiritForum) -> set[str]:
    return {
        spirit.permalink(post.id)
        for post in spirit.posts
        if BORROWER.id in post.shames and not post.is_removed
    }


def test_every_shaming_post_becomes_a_hit_and_no_other(
    watched: tuple[Shamewatch, str], spirit: SpiritForum, first_round: dict[str, Any]
) -> None:
    hits = watched[0].lines("hits", "list")
    assert first_round["posts"] == len([post for post in spirit.posts if not post.is_removed])
    assert {hit["url"] for hit in hits} == expected_hits(spirit)
    assert all(hit["reasons"] for hit in hits)


def test_the_crawl_command_prints_every_post_once_with_author_time_and_permalink(
    watched: tuple[Shamewatch, str], spirit: SpiritForum, first_round: dict[str, Any]
) -> None:
    standing = {spirit.permalink(post.id) for post in spirit.posts if not post.is_removed}
    posts = watched[0].lines("crawl", spirit.url)
    assert len(posts) == len(standing)
    assert {post["url"] for post in posts} == standing
    assert all(post["author"] and post["published_at"].endswith("Z") for post in posts)


def test_every_hit_was_captured_with_its_mention_on_the_page(
    watched: tuple[Shamewatch, str], first_round: dict[str, Any]
) -> None:
    hits = watched[0].lines("hits", "list")
    assert first_round["captures"] == len(hits)
    for hit in hits:
        assert hit["capture"]["verdict"] == "ok", hit["capture"]
        names = {file["name"] for file in hit["capture"]["files"]}
        assert {"screenshot.png", "mention.png", "dom.html", "manifest.json"} <= names


def test_the_alert_arrives_by_mail_with_its_picture_and_says_nothing_on_a_lock_screen(
    watched: tuple[Shamewatch, str], first_round: dict[str, Any], box: Mailbox
) -> None:
    hits = watched[0].lines("hits", "list")
    messages = list(box.messages())
    assert len(messages) == len(hits) == first_round["deliveries"]
    assert len({message["X-Shamewatch-Id"] for message in messages}) == len(hits)
    for message in messages:
        (picture,) = message.iter_attachments()
        assert picture.get_content_type() == "image/png"
        with Image.open(io.BytesIO(picture.get_content())) as image:
            image.load()
            assert image.width >= 1000
        body = message.get_body(("plain",))
        assert body is not None
        seen_first = (
            f"{message['Subject']} {message['From']} {picture.get_filename()} {body.get_content()[:150]}"
        )
        for secret in (*BORROWER.names, "老赖", "欠", "债", "shamewatch", "Apprise", BORROWER.phones[0][3:]):
            assert secret.lower() not in seen_first.lower()


def test_an_exported_hit_holds_files_whose_digests_match_its_manifest(
    watched: tuple[Shamewatch, str], first_round: dict[str, Any], tmp_path: Path
) -> None:
    hit = watched[0].lines("hits", "list")[0]
    watched[0].ok("hits", "export", hit["id"], "--out", tmp_path / "out")
    (folder,) = (tmp_path / "out" / hit["id"]).glob("capture-*")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["files"]
    for entry in manifest["files"]:
        assert hashlib.sha256((folder / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (
        hit["text"][:10] in json.loads((tmp_path / "out" / hit["id"] / "hit.json").read_text("utf-8"))["text"]
    )


def test_later_rounds_find_a_reply_and_an_edit_and_nothing_twice(
    watched: tuple[Shamewatch, str], spirit: SpiritForum, box: Mailbox, first_round: dict[str, Any]
) -> None:
    installation, _ = watched
    before = {hit["id"]: hit for hit in installation.lines("hits", "list")}
    mails = len(list(box.messages()))

    quiet = _round_now(installation)
    assert (quiet["hits"], quiet["captures"], quiet["deliveries"]) == (0, 0, 0)
    assert quiet["pages"] < first_round["pages"]

    oldest = min(post.thread_id for post in spirit.posts)
    spirit.add_reply(
        oldest,
        "过路人",
        f"{BORROWER.names[0]}这个老赖，电话{BORROWER.phones[0][3:]}，欠钱不还，大家转发曝光！",
    )
    found = _round_now(installation)
    assert (found["hits"], found["captures"], found["deliveries"]) == (1, 1, 1)
    assert len(list(box.messages())) == mails + 1

    edited = next(post for post in spirit.posts if BORROWER.id in post.shames and not post.is_removed)
    spirit.edit_comment(edited.id, f"{edited.text} 再不还钱就去你单位闹！")
    rounds = [_round_now(installation) for _ in range(6)]
    assert sum(report["hits"] for report in rounds) == 1
    hits = {hit["id"]: hit for hit in installation.lines("hits", "list")}
    assert len(hits) == len(before) + 1
    (revised,) = [hit for hit in hits.values() if hit["revision"] == 2]
    assert revised["url"] == spirit.permalink(edited.id)
    assert "再不还钱" in revised["text"]
    assert len(list(box.messages())) == mails + 1, (
        "an edit is an event of the hit, and the hit was alerted before"
    )


def _round_now(installation: Shamewatch) -> dict[str, Any]:
    """A round that reads every source, due or not."""
    return installation.lines("round", "--all")[0]


def test_a_dismissed_hit_stays_dismissed(
    watched: tuple[Shamewatch, str], first_round: dict[str, Any]
) -> None:
    hit = watched[0].lines("hits", "list")[0]["id"]
    watched[0].ok("hits", "dismiss", hit)
    assert watched[0].lines("hits", "list", "--disposition", "dismissed")[0]["id"] == hit
    watched[0].ok("hits", "confirm", hit)
    assert watched[0].lines("hits", "show", hit)[0]["disposition"] == "confirmed"


def test_removing_the_borrower_leaves_nothing_of_them(
    watched: tuple[Shamewatch, str], first_round: dict[str, Any]
) -> None:
    """Runs last: it ends the watch."""
    installation, subject = watched
    installation.ok("subjects", "remove", subject, "--yes")
    assert installation.lines("hits", "list") == []
    assert installation.lines("terms", "list") == []
    for path in installation.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (*BORROWER.names, BORROWER.phones[0], f"{BORROWER.id}@mail.example"):
                assert secret.encode() not in content, path
    assert not list((installation.home / "vault").rglob("*/*/*"))
