"""Numbers whose middle is covered."""

import pytest

from monitor.detection.folding import fold_batch
from monitor.detection.masks import fits_mask, masked_numbers
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.phones import phone_patterns
from monitor.detection.watchlist import compile_watchlist

NUMBER = "+639175502816"
WATCHLIST = compile_watchlist([WatchedSubject(id="x", phones=(NUMBER,))])


def test_a_masked_number_shows_its_ends_and_fits_only_numbers_with_both() -> None:
    (masked,) = masked_numbers(fold_batch(["tel 0917****816, 12*3"]))
    assert (masked.head, masked.tail) == ("0917", "816")
    assert fits_mask(phone_patterns(NUMBER)[0], masked)
    assert not fits_mask(phone_patterns("+639185502816")[0], masked)


def test_a_masked_number_is_less_certain_than_a_whole_one() -> None:
    (found,) = WATCHLIST.find([Document(id="d", untrusted_text="0917****816")])
    assert found.mentions[0].certainty == 0.5


@pytest.mark.parametrize(
    "written", ["0917***2816", "0917 xxx 2816", "0917•••2816", "+63917****816", "0917-***-2816"]
)
def test_stars_crosses_and_dots_cover(written: str) -> None:
    (found,) = WATCHLIST.find([Document(id="d", untrusted_text=f"tel {written}.")])
    assert found.mentions[0].text == written


@pytest.mark.parametrize(
    "written", ["0917***2817", "0918***2816", "2***6", "0917*2816", "10917***2816", "5 * 2816"]
)
def test_other_ends_and_sums_do_not_fit(written: str) -> None:
    assert list(WATCHLIST.find([Document(id="d", untrusted_text=f"tel {written}.")])) == []
