"""Figures and signs inside Latin words are read as letters."""

import pytest

from monitor.detection.folding import fold_batch
from monitor.detection.leet import leet_term, leet_view


@pytest.mark.parametrize("disguised", ["M4r14", "m@r1a", "Mar!a", "M4RI4"])
def test_a_disguised_word_reads_like_the_plain_one(disguised: str) -> None:
    leet = leet_view(fold_batch([f"see {disguised}"]))
    assert leet is not None
    assert leet.text == leet_term("seemaria")


def test_a_sign_before_a_word_is_no_letter() -> None:
    leet = leet_view(fold_batch(["m4ria @ana"]))
    assert leet is not None
    assert leet.text == "mariaana"


def test_signs_among_spaced_letters_are_letters() -> None:
    leet = leet_view(fold_batch(["O k @ f o r"]))
    assert leet is not None
    assert leet.text == "okafor"


def test_documents_without_such_words_are_left_out() -> None:
    assert leet_view(fold_batch(["call 0917 550 2816", "plain words"])) is None
    leet = leet_view(fold_batch(["plain words", "m4ria"]))
    assert leet is not None
    assert leet.text.strip("\x1e") == "maria"
