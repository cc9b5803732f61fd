from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.folding import fold
from monitor.detection.tight import tighten


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("sc4mmer", "scamer"),
        ("m@ling", "maling"),
        ("s c a m m e r", "scamer"),
        ("scammmmer", "scamer"),
        ("骗🐟子", "骗子"),
        ("老.赖", "老赖"),
        ("马扁子", "骗子"),
        ("亻责", "债"),
    ],
)
def test_a_disguise_is_undone(disguised, plain):
    assert tighten(fold(disguised).text).text == plain


def test_figures_that_are_no_letters_stay_figures():
    assert tighten("room 101, 2 pm, 13812345678").text == "rom 101, 2 pm, 13812345678"


def test_words_on_both_sides_of_a_comma_are_not_joined():
    assert tighten("老,赖").text == "老,赖"


@given(st.text(alphabet="ab4@ 骗子.马扁\n!s", max_size=60))
def test_every_place_leads_back_into_the_folded_text_in_order(text):
    folded = fold(text).text
    tight = tighten(folded)
    assert len(tight.places) == len(tight.text) + 1
    assert tight.places == sorted(tight.places)
    assert tight.places[-1] == len(folded)
