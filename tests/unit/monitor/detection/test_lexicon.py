from __future__ import annotations

import pytest

from monitor.detection.lexicon import (
    FAMILIES,
    LexiconError,
    compile_lexicon,
    entries_from_toml,
    entry_from_phrase,
    load_lexicon,
)

_HEAD = 'language = "en"\nprovenance = "invented for a test"\n'


def test_every_shipped_language_is_compiled_in_at_once():
    assert {"zh-Hans", "zh-Hant", "en", "id", "tl", "es"} <= load_lexicon().languages()


def test_every_family_has_phrases():
    assert {entry.family for entry in load_lexicon().entries} >= set(FAMILIES)


def test_phrases_are_folded_when_they_are_loaded():
    entry = entry_from_phrase("LADRÓN  de Gallinas", family="accusation", weight=1.0, language="es")
    assert entry.parts == ("ladron de gallinas",)


def test_a_gap_splits_a_phrase_in_two():
    entry = entry_from_phrase("卷了{6}跑", family="debt_default", weight=1.0, language="zh-Hans")
    assert entry.parts == ("卷了", "跑")
    assert entry.gap_chars == 6


@pytest.mark.parametrize("phrase", ["a{3}b{3}c", "{4}", "   ", "a{99}b", "{3}b"])
def test_a_phrase_that_could_mean_anything_is_refused(phrase):
    with pytest.raises(LexiconError, match="at most one gap"):
        entry_from_phrase(phrase, family="insult", weight=1.0, language="en")


def test_an_unknown_family_is_refused_by_name():
    with pytest.raises(LexiconError, match="no family 'gossip'"):
        list(entries_from_toml(_HEAD + '[families.gossip]\nstrong = ["x y"]\n'))


def test_an_unknown_weight_is_refused():
    with pytest.raises(LexiconError, match="strong, plain or weak"):
        list(entries_from_toml(_HEAD + '[families.insult]\nhuge = ["x y"]\n'))


def test_a_lexicon_without_provenance_is_refused():
    with pytest.raises(LexiconError, match="provenance"):
        list(entries_from_toml('language = "en"\n'))


def test_the_heavier_of_two_equal_entries_stays():
    entries = [
        entry_from_phrase("thief", family="accusation", weight=weight, language=language)
        for weight, language in ((0.25, "pcm"), (1.0, "en"))
    ]
    assert [entry.weight for entry in compile_lexicon(entries).entries] == [1.0]
