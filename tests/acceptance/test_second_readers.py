"""Second opinions in the running program: `scan` and `doctor` with and without a reader and a judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.detection.detect import Detector
from monitor.detection.model import Document
from monitor.detection.watchfile import subjects_from_json
from monitor.detection.watchlist import compile_watchlist
from tests.acceptance.conftest import Shamewatch
from tests.judging.chat_server import chat, chat_server

WATCH = [{"id": "ana", "names": ["Analyn Dimasupil"], "phones": ["+639170004417"]}]
VEILED = "Analyn Dimasupil, sana masarap ang ulam mo habang kami dito nagtitipid. Abangan mo kami bukas sa palengke."
SHAMING = '{"verdict": "shaming", "reason": "Threatens PERSON in public."}'
HARMLESS = '{"verdict": "not_shaming", "reason": "A joke between friends."}'


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    watch, posts = tmp_path / "watch.json", tmp_path / "posts.jsonl"
    watch.write_text(json.dumps(WATCH), "utf-8")
    posts.write_text(json.dumps({"id": "p", "text": VEILED}) + "\n", "utf-8")
    return watch, posts


def scanned(shamewatch: Shamewatch, files: tuple[Path, Path]) -> dict[str, Any]:
    (row,) = map(json.loads, shamewatch.ok("scan", "--watch", *files, "--all").splitlines())
    return dict(row)


def test_without_the_reader_the_first_tier_alone_decides(
    shamewatch: Shamewatch, files: tuple[Path, Path]
) -> None:
    row = scanned(shamewatch.with_settings(semantic_reader="false"), files)
    detector = Detector(compile_watchlist(subjects_from_json(json.dumps(WATCH))))
    (finding,) = detector.detect([Document(id="p", untrusted_text=VEILED)], with_non_hits=True)
    assert row["score"] == pytest.approx(finding.score, abs=1e-4)
    assert not any("Read as a whole" in reason for reason in row["reasons"])


def test_the_reader_weighs_what_is_doubtful_and_says_so(
    shamewatch: Shamewatch, files: tuple[Path, Path]
) -> None:
    alone, read = (
        scanned(shamewatch.with_settings(semantic_reader="false"), files),
        scanned(shamewatch, files),
    )
    assert read["score"] != alone["score"]
    assert any("Read as a whole" in reason for reason in read["reasons"])


@pytest.mark.parametrize(("answer", "is_hit"), [(SHAMING, True), (HARMLESS, False)])
def test_an_operators_judge_decides_what_is_doubtful(
    shamewatch: Shamewatch, files: tuple[Path, Path], answer: str, is_hit: bool
) -> None:
    with chat_server(lambda _: chat(answer)) as judge:
        asked = shamewatch.with_settings(
            judge_url=judge.url, judge_model="m", judge_from="0", judge_to="1", semantic_reader="false"
        )
        assert scanned(asked, files)["hit"] is is_hit
        sent = json.dumps(judge.asked, ensure_ascii=False)
    assert len(judge.asked) == 1
    assert "Analyn" not in sent
    assert "PERSON" in sent


def test_a_judge_that_is_down_loses_nothing(shamewatch: Shamewatch, files: tuple[Path, Path]) -> None:
    with chat_server(lambda _: chat(SHAMING)) as judge:
        url = judge.url
    down = shamewatch.with_settings(judge_url=url, judge_model="m", judge_from="0", judge_to="1")
    assert scanned(down, files)["score"] == scanned(shamewatch, files)["score"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"judge_url": "https://8.8.8.8/v1", "judge_model": "m"}, "SHAMEWATCH_JUDGE_PUBLIC"),
        ({"judge_url": "http://127.0.0.1:9/v1"}, "SHAMEWATCH_JUDGE_MODEL"),
        ({"judge_url": "ollama", "judge_model": "m"}, "no address"),
    ],
)
def test_an_unusable_judge_is_refused_with_what_to_do(
    shamewatch: Shamewatch, files: tuple[Path, Path], settings: dict[str, str], why: str
) -> None:
    code, said = shamewatch.with_settings(**settings).refused("scan", "--watch", *files)
    assert code == 2
    assert why in said


def test_doctor_says_whether_reader_and_judge_answer(shamewatch: Shamewatch) -> None:
    with chat_server(lambda _: chat(HARMLESS)) as judge:
        done = shamewatch.with_settings(judge_url=judge.url, judge_model="m").run("doctor", "--json")
    said = {row["what"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert said["semantic reader"]["is_well"] is True
    assert "ms" in said["semantic reader"]["said"]
    assert said["judge"]["is_well"] is True
    off = shamewatch.with_settings(semantic_reader="false").run("doctor", "--json")
    said = {row["what"]: row for row in map(json.loads, off.stdout.splitlines())}
    assert "scorer alone" in said["semantic reader"]["said"]
    assert "judge" not in said
