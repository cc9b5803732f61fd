"""The labelled cases themselves: many, varied, in every language, hard, and split without leaks."""

from __future__ import annotations

import collections
import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).parent
LANGUAGES = (
    "zh-Hans", "zh-Hant", "en", "pcm", "hi", "hi-Latn", "bn", "ur", "ur-Latn", "ta", "te", "id", "tl", "vi", "th",
    "sw", "es", "pt", "fr", "ar", "tr", "ru",
)  # fmt: skip
MANY = ("zh-Hans", "zh-Hant", "en", "id", "tl", "es", "hi-Latn")


@functools.cache
def cases() -> tuple[dict[str, Any], ...]:
    lines = [
        line for file in sorted(CORPUS.glob("own/*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]
    return tuple(map(json.loads, lines))


@functools.cache
def subjects() -> dict[str, dict[str, Any]]:
    files = sorted(CORPUS.glob("own/subjects*.json"))
    return {item["id"]: item for file in files for item in json.loads(file.read_text("utf-8"))}


def test_there_are_six_thousand_and_no_two_are_the_same() -> None:
    assert len(cases()) >= 6_000
    assert len({case["id"] for case in cases()}) == len(cases())
    assert len({re.sub(r"\W", "", case["title"] + case["text"]) for case in cases()}) == len(cases())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_share_on_both_sides(language: str) -> None:
    found = [case for case in cases() if case["lang"] == language]
    assert len(found) >= (500 if language in MANY else 150)
    held_out = [case for case in found if case["split"] == "held-out"]
    assert 0.08 <= len(held_out) / len(found) <= 0.4
    assert {case["label"] for case in held_out} >= {"shaming", "benign"}


def test_about_half_are_benign_and_a_third_of_the_shaming_is_disguised() -> None:
    labels = collections.Counter(case["label"] for case in cases())
    assert 0.4 <= labels["benign"] / len(cases()) <= 0.6
    shaming = [case for case in cases() if case["label"] == "shaming"]
    assert sum(case["obfuscated"] for case in shaming) / len(shaming) >= 0.3


def test_every_case_names_its_subject_and_where() -> None:
    for case in cases():
        assert case["subject"] in subjects(), case["id"]
        assert case["mentions"], case["id"]
        everywhere = "\n".join((case["text"], case["title"] or "", case.get("author") or ""))
        assert [mention for mention in case["mentions"] if mention not in everywhere] == [], case["id"]


def test_no_subject_is_on_both_sides_of_the_split() -> None:
    sides = collections.defaultdict(set)
    for case in cases():
        sides[case["subject"]].add(case["split"])
    assert [subject for subject, split in sides.items() if len(split) > 1] == []


def test_many_subjects_are_shamed_in_one_case_and_not_in_another() -> None:
    labels = collections.defaultdict(set)
    for case in cases():
        labels[case["subject"]].add(case["label"])
    assert sum({"shaming", "benign"} <= found for found in labels.values()) >= 500
