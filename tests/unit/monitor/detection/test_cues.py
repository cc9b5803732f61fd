from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.cues import find_cues
from monitor.detection.folding import fold_batch
from monitor.detection.lexicon import compile_lexicon, entry_from_phrase, load_lexicon


def cues_of(text: str, family: str) -> list[str]:
    """The folded words of the text that are cues of the family."""
    batch = fold_batch([text])
    return [
        batch.text[cue.begin : cue.end] for cue in find_cues(batch, load_lexicon())[0] if cue.family == family
    ]


def lexicon_of(*phrases: str):
    return compile_lexicon(
        [entry_from_phrase(phrase, family="insult", weight=1.0, language="en") for phrase in phrases]
    )


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("这人是老赖", "accusation"),
        ("lao赖一个", "accusation"),
        ("老lai", "accusation"),
        ("就是个骗孑", "accusation"),
        ("马扁 zi 马扁人 马扁子", "accusation"),
        ("爆光他", "exposure"),
        ("bao光", "exposure"),
        ("什么时候还💰", "debt_default"),
        ("欠債不還", "debt_default"),
        ("he is a sc4mmer", "accusation"),
        ("S C A M M E R", "accusation"),
        ("scammmmer!!", "accusation"),
        ("m@ling kampung", "accusation"),
        ("ｔｈｉｅｆ", "accusation"),
        ("тhiеf", "accusation"),
        ("es una l4drona", "accusation"),
        ("ESTAFADORAS", "accusation"),
        ("makap4l ang mukha", "insult"),
        ("tukang ngutang", "debt_default"),
    ],
)
def test_a_disguised_phrase_is_found(text, family):
    assert cues_of(text, family)


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("the thiefling dnd class", "accusation"),
        ("a pirate ship", "insult"),
        ("grapes are ripe", "death"),
        ("conmigo", "accusation"),
        ("the ratio is fine", "insult"),
    ],
)
def test_a_phrase_inside_a_longer_word_is_not_found(text, family):
    assert not cues_of(text, family)


def test_a_gap_reaches_as_far_as_it_says_and_no_further():
    lexicon = lexicon_of("ran{5}off")
    near, far = fold_batch(["ran far off"]), fold_batch(["ran very far off"])
    assert [(cue.begin, cue.end) for cue in find_cues(near, lexicon)[0]] == [(0, 11)]
    assert find_cues(far, lexicon) == [[]]


def test_an_open_phrase_takes_endings_but_not_other_words():
    lexicon = lexicon_of("grub*")
    batch = fold_batch(["grubs", "grubbing", "grubstakeholders"])
    assert [len(cues) for cues in find_cues(batch, lexicon)] == [1, 1, 0]


def test_the_longest_phrase_of_a_family_stays():
    batch = fold_batch(["欠债不还"])
    found = [cue for cue in find_cues(batch, load_lexicon())[0] if cue.family == "debt_default"]
    assert [(cue.begin, cue.end) for cue in found] == [(0, 4)]


def test_cues_do_not_cross_from_one_document_into_the_next():
    assert find_cues(fold_batch(["a th", "ief"]), lexicon_of("thief")) == [[], []]


def test_ten_thousand_swearwords_take_linear_time():
    batch = fold_batch(["thief " * 10_000])
    began = time.perf_counter()
    found = find_cues(batch, load_lexicon())[0]
    assert 100 < len(found) <= 2_000
    assert time.perf_counter() - began < 10


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_spans_always_lie_inside_their_document(texts):
    batch = fold_batch(texts)
    begins = [*batch.document_begins, len(batch.codes) + 1]
    for index, cues in enumerate(find_cues(batch, load_lexicon())):
        length = int(begins[index + 1]) - 1 - int(begins[index])
        assert all(0 <= cue.begin < cue.end <= length for cue in cues)
