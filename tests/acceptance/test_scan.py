"""`shamewatch scan`: the detector on files, with no database and no way to find people by it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.acceptance.conftest import Shamewatch

WATCH = [
    {"id": "ana", "names": ["Analyn Dimasupil"], "phones": ["+639170004417"], "places": ["Lipa"]},
    {"id": "wei", "names": ["钟离未央"], "phones": ["+8613800002751"]},
]
POSTS = [
    {"id": "p1", "title": "WANTED", "text": "Analyn Dimasupil, magnanakaw! 0917 000 4417. Utang mo bayaran mo, ipost natin sa lahat ng group"},
    {"id": "p2", "text": "Salamat kay Analyn Dimasupil sa masarap na ulam kanina!"},
    {"id": "p3", "text": "老赖钟离未央 电话 1 3 8 ０００ ０2751 借钱不还，失联跑路，大家转发曝光这个骗子！"},
    {"id": "p4", "text": "今天天气不错，去河边钓鱼。"},
]  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    watch, posts = tmp_path / "watch.json", tmp_path / "posts.jsonl"
    watch.write_text(json.dumps(WATCH, ensure_ascii=False), "utf-8")
    posts.write_text("".join(json.dumps(post, ensure_ascii=False) + "\n" for post in POSTS), "utf-8")
    return watch, posts


def test_hits_are_printed_with_spans_into_the_original(
    shamewatch: Shamewatch, files: tuple[Path, Path]
) -> None:
    hits = [json.loads(line) for line in shamewatch.ok("scan", "--watch", *files).splitlines()]
    assert [(hit["post"], hit["subject"]) for hit in hits] == [("p1", "ana"), ("p3", "wei")]
    by_id = {post["id"]: post for post in POSTS}
    for hit in hits:
        assert set(hit) == {"post", "subject", "score", "severity", "mentions", "cues", "reasons"}
        assert 0 <= hit["score"] <= 1
        assert hit["severity"] in ("low", "medium", "high", "critical")
        assert hit["reasons"]
        for span in (*hit["mentions"], *hit["cues"]):
            assert by_id[hit["post"]][span["field"]][span["start"] : span["end"]] == span["text"]
    assert {"name", "phone"} <= {mention["kind"] for mention in hits[1]["mentions"]}


def test_posts_come_from_standard_input_as_well(shamewatch: Shamewatch, files: tuple[Path, Path]) -> None:
    watch, posts = files
    assert shamewatch.ok("scan", "--watch", watch, "-", stdin=posts.read_text("utf-8")) == shamewatch.ok(
        "scan", "--watch", *files
    )


@pytest.mark.parametrize("option", ["--all", "--mentions"])
def test_scored_non_hits_and_bare_mentions_are_printed_when_asked_for(
    shamewatch: Shamewatch, files: tuple[Path, Path], option: str
) -> None:
    rows = [json.loads(line) for line in shamewatch.ok("scan", "--watch", *files, option).splitlines()]
    assert [(row["post"], row["hit"]) for row in rows] == [("p1", True), ("p2", False), ("p3", True)]


@pytest.mark.parametrize("option", ["--all", "--mentions"])
def test_it_is_no_finder_of_people_over_streams_or_large_files(
    shamewatch: Shamewatch, files: tuple[Path, Path], option: str, tmp_path: Path
) -> None:
    watch, posts = files
    code, said = shamewatch.refused("scan", "--watch", watch, "-", option, stdin=posts.read_text("utf-8"))
    assert code == 2
    assert "plain files only" in said
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = os.open(fifo, os.O_RDWR)
    try:
        code, said = shamewatch.refused("scan", "--watch", watch, fifo, option)
    finally:
        os.close(writer)
    assert "plain files only" in said
    large = tmp_path / "large.jsonl"
    large.write_text('{"id": "x", "text": "y"}\n' * 10_001)
    code, said = shamewatch.refused("scan", "--watch", watch, large, option)
    assert code == 2
    assert "10,001" in said


def test_a_bad_line_is_named_and_skipped_and_the_exit_code_says_so(
    shamewatch: Shamewatch, files: tuple[Path, Path]
) -> None:
    watch, posts = files
    lines = posts.read_bytes().splitlines(keepends=True)
    posts.write_bytes(
        b"".join([lines[0], b"{broken\n", b"\xff\xfe\n", b"\n", b'{"id": "no text"}\n', lines[2]])
    )
    done = shamewatch.run("scan", "--watch", watch, posts)
    assert done.returncode == 1
    assert [json.loads(line)["post"] for line in done.stdout.splitlines()] == ["p1", "p3"]
    for number in (2, 3, 5):
        assert f"line {number} skipped" in done.stderr
    assert "3 bad lines skipped" in done.stderr


@pytest.mark.parametrize(
    ("watch", "part"),
    [
        ("[", "not JSON"),
        ('[{"id": "a", "names": ["王"]}]', "subject 1: names"),
        ('[{"id": "a", "phones": ["+86123"]}]', "subject 1: phones"),
        ('[{"id": "a", "emails": ["nobody"]}]', "subject 1: emails"),
        ('[{"id": "a"}]', "nothing to watch for"),
    ],
)
def test_a_bad_watch_file_stops_at_once_and_says_what_is_wrong_where(
    shamewatch: Shamewatch, files: tuple[Path, Path], watch: str, part: str
) -> None:
    files[0].write_text(watch, "utf-8")
    code, said = shamewatch.refused("scan", "--watch", *files)
    assert code == 2
    assert part in said


def test_text_that_is_no_valid_unicode_does_not_stop_it(
    shamewatch: Shamewatch, files: tuple[Path, Path]
) -> None:
    watch, posts = files
    posts.write_text(
        '{"id": "s", "text": "\\ud800 Analyn Dimasupil magnanakaw, hindi nagbabayad ng utang! \\udfff"}\n'
    )
    (hit,) = [json.loads(line) for line in shamewatch.ok("scan", "--watch", watch, posts).splitlines()]
    assert hit["post"] == "s"


def test_a_missing_file_is_one_sentence(shamewatch: Shamewatch, files: tuple[Path, Path]) -> None:
    code, said = shamewatch.refused("scan", "--watch", files[0], "nowhere.jsonl")
    assert code == 2
    assert "nowhere.jsonl cannot be read" in said
