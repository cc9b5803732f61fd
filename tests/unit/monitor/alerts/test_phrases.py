"""Every language has every sentence, and a tag finds its language."""

from __future__ import annotations

import pytest

from monitor.alerts.phrases import LANGUAGES, language_from_tag, wording_for


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_complete_and_its_placeholders_are_right(language: str) -> None:
    assert wording_for(language).language == language


def test_no_two_languages_share_their_sentences() -> None:
    """A file copied and not translated would be found here."""
    assert len({wording_for(language).details.caution for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-US", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh_TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-hk", "zh-Hant"),
        ("fil-PH", "tl"),
        ("ES", "es"),
        ("in-ID", "id"),
        ("de", "en"),
        ("", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_a_tag_finds_its_language_and_english_where_there_is_none(tag: str, language: str) -> None:
    assert language_from_tag(tag) == language
