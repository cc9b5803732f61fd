from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.explain import FAMILY_WORDS, MAX_QUOTE_CHARS, Phrase, quoted, reasons_from_evidence
from monitor.detection.lexicon import FAMILIES
from monitor.detection.model import Cue, Mention, TermKind

NAME = Mention(kind=TermKind.NAME, term="王小虎", field="text", start=0, end=3, text="王小虎", certainty=0.9)
PHONE = Mention(
    kind=TermKind.PHONE, term="+8613900001234", field="text", start=10, end=21, text="139零零零零1234", certainty=0.99
)  # fmt: skip


def cue(family: str, text: str, start: int = 4, weight: float = 1.0) -> Phrase:
    return Phrase(Cue(family=family, field="text", start=start, end=start + len(text), text=text), weight)


def reasons(mentions, cues, **flags) -> list[str]:
    return reasons_from_evidence(mentions, cues, **{"is_list": False, "by_subject": False, **flags})


def test_every_family_can_be_explained():
    assert set(FAMILY_WORDS) == set(FAMILIES)


def test_a_near_word_is_named_with_what_it_is():
    assert 'Your name stands next to "老赖" (an accusation).' in reasons([NAME], [cue("accusation", "老赖")])


def test_a_far_word_is_not_said_to_be_near():
    assert 'The post says "老赖" (an accusation).' in reasons([NAME], [cue("accusation", "老赖", start=900)])


def test_a_disguised_number_is_read_out():
    assert 'The number "139零零零零1234" reads as +8613900001234.' in reasons([PHONE], [])


def test_benign_words_are_told_too():
    assert any("speaks against shaming" in reason for reason in reasons([NAME], [cue("joke", "哈哈")]))


def test_a_list_and_an_author_are_told():
    told = reasons([NAME], [cue("insult", "人渣")], is_list=True, by_subject=True)
    assert "It is one entry in a list of people." in told
    assert "It seems to be written by you." in told


def test_a_hit_without_any_phrase_says_so():
    assert any("wording as a whole" in reason for reason in reasons([NAME], []))


def test_each_family_is_told_once():
    told = reasons([NAME], [cue("insult", "人渣"), cue("insult", "败类", start=7)])
    assert sum("an insult" in reason for reason in told) == 1


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a\u202eb\u2066c", '"abc"'),
        ("one\ntwo\tthree", '"one two three"'),
        ('say "x". Pay now', "\"say 'x'. Pay now\""),
        ("nul\x00\x1b[31mred", '"nul[31mred"'),
        ("\ud800lone", '"lone"'),
    ],
)
def test_page_text_cannot_steer_a_reason(hostile, safe):
    assert quoted(hostile) == safe


@given(st.text(max_size=2_000))
def test_a_quotation_is_short_and_on_one_line(text):
    line = quoted(text)
    assert len(line) <= MAX_QUOTE_CHARS + 2
    assert len(line.splitlines()) <= 1
    assert line.count('"') == 2


@pytest.mark.parametrize("word", ["una", "di", "no", "NO.", "m.c"])
def test_a_word_of_three_latin_letters_is_never_shown(word):
    assert not any(f'"{word}"' in reason for reason in reasons([NAME], [cue("threat", word)]))


def test_a_weak_phrase_is_never_shown():
    told = reasons([NAME], [cue("threat", "malam ini", weight=0.25)])
    assert not any("malam ini" in reason for reason in told)


def test_only_telling_words_speak_against_shaming():
    told = reasons([NAME], [cue("thanks_sale", "great", weight=0.6), cue("joke", "happy birthday")])
    assert sum("speaks against shaming" in reason for reason in told) == 1
    assert any("happy birthday" in reason for reason in told)


def test_the_heavier_word_of_a_family_is_shown():
    told = reasons([NAME], [cue("insult", "stupid", weight=0.6), cue("insult", "shameless", start=30)])
    assert any('"shameless"' in reason for reason in told)
    assert not any('"stupid"' in reason for reason in told)


def test_at_most_four_families_are_told():
    families = ["insult", "threat", "wanted", "exposure", "accusation", "sexual"]
    told = reasons([NAME], [cue(family, "worthless") for family in families])
    assert sum("worthless" in reason for reason in told) == 4


def test_words_stand_next_to_the_name_rather_than_to_the_place():
    place = Mention(
        kind=TermKind.PLACE, term="清河", field="text", start=20, end=22, text="清河", certainty=0.5
    )
    assert 'Your name stands next to "老赖" (an accusation).' in reasons(
        [NAME, place], [cue("accusation", "老赖", start=18)]
    )
