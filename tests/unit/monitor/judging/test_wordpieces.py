"""Cutting text into pieces: the likeliest path, whatever the string."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.judging.packed_model import Vocabulary
from monitor.judging.wordpieces import WordPieces

VOCABULARY = Vocabulary(
    pieces={"<unk>": 0, "▁": 1, "▁debt": 2, "▁de": 3, "bt": 4, "or": 5, "▁debtor": 6, "x": 7},
    scores=[0.0, -3.0, -2.0, -2.5, -2.5, -2.0, -3.5, -4.0],
    replacements={ord("Ｘ"): "x", ord("\t"): " ", ord("\u200b"): ""},
    begin=8,
    end=9,
    unknown=0,
)
PIECES = WordPieces(VOCABULARY)


def test_the_likeliest_of_several_ways_is_taken() -> None:
    assert PIECES.numbers("debtor") == [6]  # -3.5, against -4.0 for debt + or


def test_unknown_letters_become_one_unknown_piece_each() -> None:
    assert PIECES.numbers("debt€") == [2, 0]


def test_letters_are_replaced_and_runs_of_spaces_made_one() -> None:
    assert PIECES.numbers("debt\u200b  Ｘ") == [2, 1, 7]


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_string_can_be_cut(text: str) -> None:
    numbers = PIECES.numbers(text)
    assert all(0 <= number < len(VOCABULARY.scores) for number in numbers)
    assert len(numbers) <= len(text) + 1
