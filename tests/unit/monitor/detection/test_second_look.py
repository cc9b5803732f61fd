"""Numbers and disguised names are looked for where they may be, and hardly anywhere else."""

import numpy as np
import pytest

from monitor.detection.folding import fold_batch
from monitor.detection.second_look import Regions, SecondLook

NONE = np.zeros(0, dtype=np.int64)


def regions_of(texts: list[str], *, fewest: int = 10) -> list[str]:
    """What is read again for numbers."""
    batch = fold_batch(texts)
    plain, special = SecondLook(batch).for_numbers(NONE, NONE, NONE, fewest)
    return [*texts_of(batch.text, plain), *texts_of(batch.text, special)]


def texts_of(text: str, regions: Regions) -> list[str]:
    return [text[begin:end] for begin, end in zip(regions.begins, regions.ends, strict=True)]


def test_digits_near_each_other_are_read_with_what_is_around_them() -> None:
    assert regions_of(["no digits", "call 0917 550 2816 now", "also none"]) == ["call 0917 550 2816 now"]


def test_digits_far_from_each_other_or_in_different_posts_are_no_number() -> None:
    assert regions_of(["12345" + " word" * 6 + " 67890"]) == []
    assert regions_of(["12345", "67890"]) == []


@pytest.mark.parametrize("text", ["091l 5", "139****1234", "17o"])
def test_digits_that_may_be_more_than_they_seem_are_read_however_few(text: str) -> None:
    assert regions_of([text]) == [text]


def test_figures_are_read_alone_only_where_nothing_else_may_be_digits() -> None:
    batch = fold_batch(["0917 550 2816", "0917 550 28l6", "0917 550 2816 or 139****1234"])
    plain, special = SecondLook(batch).for_numbers(NONE, NONE, NONE, 10)
    assert texts_of(batch.text, plain) == ["0917 550 2816"]
    assert len(special.begins) == 2


def test_of_a_long_post_only_the_surroundings_are_read() -> None:
    (region,) = regions_of(["x " * 500 + "0917 550 2816" + " y" * 500])
    assert "0917 550 2816" in region
    assert len(region) < 200


@pytest.mark.parametrize("text", ["m4ria", "M@m@ Tunde", "J o h @ n", "S!t! Nur"])
def test_figures_and_signs_in_words_are_read_as_letters(text: str) -> None:
    batch = fold_batch([text])
    assert texts_of(batch.text, SecondLook(batch).for_leet()) == [batch.text]


@pytest.mark.parametrize("text", ["only you!", "12 34", "@maria", "$ 5"])
def test_punctuation_handles_and_plain_figures_are_not(text: str) -> None:
    assert not SecondLook(fold_batch([text])).for_leet()
