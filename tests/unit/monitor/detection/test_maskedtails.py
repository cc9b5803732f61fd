"""Numbers of which only the ends can be read are narrowed down to those that fit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.maskedtails import tails_of
from monitor.detection.masks import MaskedNumber, fits_mask
from monitor.detection.phones import PhonePattern

PREFIXES = [("0063", "63", "0"), ()]
numbers = st.lists(st.tuples(st.text("0136", min_size=6, max_size=11), st.integers(0, 1)), max_size=30)


@given(numbers, st.text("0136", min_size=2, max_size=6), st.text("0136", min_size=2, max_size=6))
def test_the_rows_are_those_that_fit_the_mask(held: list[tuple[str, int]], head: str, tail: str) -> None:
    tails = tails_of([number for number, _ in held], [kind for _, kind in held], np.arange(len(held)))
    rows = tails.fitting(head, tail, PREFIXES)
    masked = MaskedNumber(0, 0, head, tail)
    patterns = [PhonePattern(number, PREFIXES[kind], 0.9) for number, kind in held]
    expected = [row for row, pattern in enumerate(patterns) if fits_mask(pattern, masked)]
    too_long = [row for row in rows if len(head) + len(tail) > len(held[row][0]) + 5]
    assert [row for row in rows if row not in too_long] == expected
