"""Many keys are looked up at once and every equal row is told."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.detection.keytable import sorted_table

keys_of = st.lists(st.sampled_from([0, 1, 2, 1 << 31, (1 << 32) - 1, 77, 78, 5 << 28]), max_size=60)


@given(keys_of, keys_of)
def test_every_row_with_an_equal_key_is_found_and_no_other(held: list[int], wanted: list[int]) -> None:
    table, order = sorted_table(np.array(held, dtype=np.uint32))
    which, rows = table.lookup(np.array(wanted, dtype=np.uint32))
    found = sorted((int(query), int(order[row])) for query, row in zip(which, rows, strict=True))
    assert found == sorted(
        (query, row) for query, key in enumerate(wanted) for row, other in enumerate(held) if key == other
    )


def test_rows_of_one_key_stay_in_the_order_in_which_they_came() -> None:
    _, order = sorted_table(np.array([9, 3, 9, 3, 9], dtype=np.uint32))
    assert order.tolist() == [1, 3, 0, 2, 4]


def test_a_key_of_a_hundred_thousand_rows_is_found_like_any_other() -> None:
    held = np.full(100_000, 7, dtype=np.uint32)
    held[500] = 8
    table, order = sorted_table(held)
    which, rows = table.lookup(np.array([8, 6, 7], dtype=np.uint32))
    assert order[rows[which == 0]].tolist() == [500]
    assert (which == 1).sum() == 0
    assert (which == 2).sum() == 99_999
