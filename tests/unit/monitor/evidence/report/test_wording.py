"""Every language has every word, with the same placeholders; every tag has a language."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from monitor.evidence.report.wording import LANGUAGES, language_of, wording


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    words = wording(language)
    assert words.keys() == wording("en").keys()
    assert all(text.strip() for text in words.values())
    if language != "en":
        same = {key for key, text in words.items() if text == wording("en")[key]}
        assert same <= {"server", "file", "item", "size", "page", "present", "author", "address", "post"}, (
            same
        )


def test_every_word_is_used_by_the_report() -> None:
    template = resources.files("monitor.evidence.report").joinpath("templates/report.html").read_text()
    used = set(re.findall(r"words\.(\w+)", template))
    events = {
        "present",
        "edited",
        "absent",
        "never_seen",
        "unreachable",
        "refused",
        "partial",
        "failed",
        "imported",
    }
    elsewhere = {
        "low",
        "medium",
        "high",
        "critical",
        "unknown",
        "picture_mention",
        "picture_page",
        "picture_cut",
    }
    assert wording("en").keys() == used | events | elsewhere


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-TW", "zh-Hant"), ("zh", "zh-Hans"), ("pt-BR", "pt"), ("fil", "tl"), ("es-MX", "es"), ("sw", "en"), ("", "en")],
)  # fmt: skip
def test_a_tag_has_a_language(tag: str, language: str) -> None:
    assert language_of(tag) == language
