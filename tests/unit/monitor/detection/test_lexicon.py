from __future__ import annotations

import re

import pytest

from monitor.detection.hanzi import is_hanzi
from monitor.detection.lexicon import (
    FAMILIES,
    SHAMING_FAMILIES,
    WEIGHTS,
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


_LATIN_WORD = re.compile(r"[a-z]{1,3}")
_SHORT_BUT_TELLING = {"hiv", "std", "sti", "psk", "hdp", "vih", "rip", "pnp"}


def test_no_shaming_phrase_is_a_short_latin_word():
    """All packs always run: three letters mean something else in one of the other languages."""
    short = {
        part
        for entry in load_lexicon().entries
        if entry.family in SHAMING_FAMILIES and entry.weight > WEIGHTS["weak"] and len(entry.parts) == 1
        for part in entry.parts
        if _LATIN_WORD.fullmatch(part)
    }
    assert short <= _SHORT_BUT_TELLING


def test_no_shaming_phrase_is_a_single_hanzi():
    assert not [
        entry.parts
        for entry in load_lexicon().entries
        if entry.family in SHAMING_FAMILIES
        and len(entry.parts) == 1
        and is_hanzi(entry.parts[0])
        and len(entry.parts[0]) == 1
    ]


@pytest.mark.parametrize(
    "word",
    ["una", "esta es", "este es", "que todo", "su hijo", "malam ini", "barangay", "warga", "转", "装", "赖", "lei", "no", "di"],
)  # fmt: skip
def test_everyday_words_are_in_no_shaming_family(word):
    telling = {
        entry.parts
        for entry in load_lexicon().entries
        if entry.family in SHAMING_FAMILIES and entry.weight > WEIGHTS["weak"]
    }
    assert (word,) not in telling


def test_short_pinyin_is_no_disguise():
    """她妈 must not make "tama" (right, in Tagalog) an attack on the family."""
    lexicon = compile_lexicon([entry_from_phrase("她妈", family="insult", weight=1.0, language="zh-Hans")])
    assert not list(lexicon.automaton.find_overlapping("tama"))


def test_all_twenty_two_languages_are_shipped():
    assert load_lexicon().languages() == {
        "zh-Hans", "zh-Hant", "en", "pcm", "hi", "hi-Latn", "bn", "ur", "ur-Latn", "ta", "te", "id", "tl", "vi", "th",
        "sw", "es", "pt", "fr", "ar", "tr", "ru",
    }  # fmt: skip
