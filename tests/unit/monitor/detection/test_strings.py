"""Strings in one block come back as they were."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.strings import Strings, joined_strings

texts = st.lists(st.text(st.characters(), max_size=5), max_size=150)


@given(texts, texts)
def test_strings_come_back_from_a_block_and_from_joined_ones(first: list[str], second: list[str]) -> None:
    joined = joined_strings([Strings.of(first), Strings.of(second)])
    assert [joined[index] for index in range(len(joined))] == first + second


@given(texts, st.randoms())
def test_strings_can_be_taken_in_any_order(held: list[str], random: object) -> None:
    order = [index for index in range(len(held)) if index % 3]
    random.shuffle(order)  # type: ignore[attr-defined]
    taken = Strings.of(held).taken(np.array(order, dtype=np.int64))
    assert [taken[index] for index in range(len(taken))] == [held[index] for index in order]


@given(texts)
def test_code_points_know_where_each_string_begins(held: list[str]) -> None:
    codes, places, lengths = Strings.of(held).codes(0, len(held))
    spans = zip(places.tolist(), lengths.tolist(), strict=True)
    assert ["".join(map(chr, codes[place : place + length])) for place, length in spans] == held


@given(texts, st.text(st.characters(), max_size=2))
def test_all_equal_strings_are_found(held: list[str], wanted: str) -> None:
    found = list(Strings.of(held).indices_of(wanted))
    assert found == [index for index, text in enumerate(held) if text == wanted]
