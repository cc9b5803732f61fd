"""`shamewatch demo` does the whole main job, leaves what it names, and touches nothing else."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path

import pytest
from PIL import Image

from monitor.practice import PracticeForum
from tests.acceptance.conftest import Shamewatch


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One run; its folder and what it said."""
    installation = Shamewatch(tmp_path_factory.mktemp("demo place"))
    said = installation.ok("demo", "--folder", "my demo", timeout_s=280)
    return installation.folder / "my demo", said


def test_it_finds_every_borrower_who_is_shamed_on_the_practice_forum(done: tuple[Path, str]) -> None:
    folder, said = done
    hits = re.findall(r"^h-\w+", said, re.MULTILINE)
    assert len(hits) >= len(PracticeForum().expected_hits())
    assert len(list((folder / "screenshots").glob("*-screenshot.png"))) == len(hits)


def test_it_counts_pages_posts_refusals_captures_and_deliveries(done: tuple[Path, str]) -> None:
    for counted in ("pages read", "posts read", "refused", "hits", "captures", "alerts"):
        assert re.search(rf"\d+\s+{counted}", done[1]), done[1]
    assert "login wall" in done[1]
    assert "Done in" in done[1]


def test_the_files_that_it_names_open(done: tuple[Path, str]) -> None:
    folder, said = done
    named = [folder / "screenshots", folder / "mailbox", folder / "alerts"]
    assert all(str(path) in said for path in named)
    for picture in (folder / "screenshots").glob("*.png"):
        with Image.open(picture) as image:
            image.load()
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in named[1].glob("*.eml")
    ]
    assert mails
    assert all(any(part.get_content_type() == "image/png" for part in mail.walk()) for mail in mails)
    assert list(named[2].rglob("*.txt"))


def test_an_earlier_demo_is_replaced_and_anything_else_is_left_alone(shamewatch: Shamewatch) -> None:
    precious = shamewatch.folder / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep")
    code, said = shamewatch.refused("demo", "--folder", precious)
    assert code == 2
    assert "no earlier demo" in said
    assert (precious / "file").read_text() == "keep"
