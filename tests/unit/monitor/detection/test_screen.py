"""The screen lets every term through wherever it stands, and keeps most of everything else out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.screen import Screen
from monitor.detection.stretches import Salt, Stretches
from monitor.detection.strings import Strings

terms_of = st.lists(st.text("aeil张", min_size=2, max_size=40), min_size=1, max_size=8, unique=True)


def stretches_of(text: str, salt: Salt) -> Stretches:
    return Stretches(np.frombuffer(text.encode("utf-32-le"), dtype="<u4"), salt)


@given(terms_of, st.text("aeil张", max_size=10))
@settings(deadline=None)
def test_every_term_is_a_candidate_where_it_stands_with_its_own_key(terms: list[str], before: str) -> None:
    salt = Salt.drawn()
    screen = Screen.for_terms(len(terms), salt)
    codes, places, lengths = Strings.of(terms).codes(0, len(terms))
    own = Stretches(codes, salt)
    screen.add(own, places, lengths)
    keys = dict(zip(terms, own.term_keys(places, lengths).tolist(), strict=True))
    for term in terms:
        text = before + term
        everywhere = np.ones(len(text) + 1, dtype=np.bool_)
        found = screen.candidates(stretches_of(text, salt), np.array([len(before)]), everywhere)
        candidates = dict(zip(found.lengths.tolist(), found.keys.tolist(), strict=True))
        assert candidates[len(term)] == keys[term]


def test_most_of_other_text_is_kept_out() -> None:
    salt = Salt.drawn()
    names = [f"{first}{second}kovimo" for first in "bcdfg" for second in "aeiou"]
    screen = Screen.for_terms(1_000, salt)
    codes, places, lengths = Strings.of(names).codes(0, len(names))
    screen.add(Stretches(codes, salt), places, lengths)
    other = "thequickbrownfoxjumpsoverthelazydog" * 100
    everywhere = np.ones(len(other) + 1, dtype=np.bool_)
    found = screen.candidates(stretches_of(other, salt), np.arange(len(other)), everywhere)
    assert len(found.places) < len(other) / 20


def test_terms_that_would_end_where_none_may_are_no_candidates() -> None:
    salt = Salt.drawn()
    screen = Screen.for_terms(10, salt)
    stretches = stretches_of("kovimo", salt)
    screen.add(stretches, np.array([0, 0]), np.array([4, 6]))
    may_end = np.array([True] * 4 + [False, True, True])
    assert screen.candidates(stretches, np.array([0]), may_end).lengths.tolist() == [6]


def test_l_and_i_are_one_letter_to_the_hashes() -> None:
    salt = Salt.drawn()
    pair = [
        stretches_of(text, salt).term_keys(np.array([0]), np.array([9])).tolist()
        for text in ("aliililla", "aiiiiiiia")
    ]
    assert pair[0] == pair[1]
