"""Numbers are found however they are written, and never inside something else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.digits import digit_stream
from monitor.detection.folding import fold_batch
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.phones import phone_patterns
from monitor.detection.watchlist import compile_watchlist

NUMBER = "+639175502816"
NATIONAL = "9175502816"
WATCHLIST = compile_watchlist([WatchedSubject(id="x", phones=(NUMBER,))])
SEPARATORS = st.sampled_from(["", " ", "-", ".", "\u200b", "🔸", "·", " - ", "\u00ad", "/"])


def found_in(text: str) -> list[str]:
    return [
        mention.text
        for found in WATCHLIST.find([Document(id="d", untrusted_text=text)])
        for mention in found.mentions
    ]


@given(st.lists(SEPARATORS, min_size=9, max_size=9))
@settings(max_examples=150, deadline=None)
def test_separators_and_zero_width_characters_never_lose_a_number(gaps: list[str]) -> None:
    written = "".join(digit + gap for digit, gap in zip(NATIONAL, [*gaps, ""], strict=True))
    assert found_in(f"call {written} today") == [written]


@given(st.integers(0, 9), st.integers(1, 9))
@settings(max_examples=90, deadline=None)
def test_a_number_with_one_digit_changed_is_never_found(place: int, step: int) -> None:
    other = str((int(NATIONAL[place]) + step) % 10)
    assert found_in(f"call 0{NATIONAL[:place]}{other}{NATIONAL[place + 1 :]} today") == []


@given(st.text("0123456789", min_size=1, max_size=6), st.text("0123456789", min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_number_inside_a_longer_run_of_digits_is_never_found(before: str, after: str) -> None:
    assert found_in(f"no {before}{NATIONAL}{after}") == []


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("+63 917 550 2816", "+63 917 550 2816"),
        ("0063-917-550-2816", "0063-917-550-2816"),
        ("(0917) 550 2816", "(0917) 550 2816"),
        ("09175502816.", "09175502816"),
    ],
)
def test_country_prefix_double_zero_and_trunk_zero_belong_to_the_span(text: str, span: str) -> None:
    assert found_in(f"call {text}") == [span]


def test_words_between_groups_lower_the_certainty() -> None:
    certainties = [
        mention.certainty
        for text in ("917-550-2816", "917 call 550 now 2816")
        for found in WATCHLIST.find([Document(id="d", untrusted_text=text)])
        for mention in found.mentions
    ]
    assert len(certainties) == 2
    assert certainties[1] < certainties[0]


def test_what_looks_like_a_fraction_is_less_certain() -> None:
    (found,) = WATCHLIST.find([Document(id="d", untrusted_text="91.75502816")])
    assert found.mentions[0].certainty < 0.5


@pytest.mark.parametrize("text", ["+12", "0917 550 2816", "abc"])
def test_what_is_no_number_in_international_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"phone number|too few digits"):
        phone_patterns(text)


def test_argentine_mobiles_are_found_without_the_nine_that_is_dialled_from_abroad() -> None:
    assert [pattern.digits for pattern in phone_patterns("+5491162074983")] == ["91162074983", "1162074983"]


def test_words_of_several_languages_and_figures_read_as_one_stream() -> None:
    stream = digit_stream(fold_batch(["nol dua tres शून्य five 七 l0 double two"]))
    assert "".join(map(str, stream.values.tolist())) == "0230571022"


def test_letters_inside_words_are_no_digits() -> None:
    stream = digit_stream(fold_batch(["hello oil Zoo 'tis alone lonely bill"]))
    assert len(stream.values) == 0


def test_what_another_post_says_is_no_context_of_a_number() -> None:
    posts = ["order no", "0917 550 2816", "元", "Ana0917 550 2816", "1 apple"]
    documents = [Document(id=str(number), untrusted_text=text) for number, text in enumerate(posts)]
    found = {one.document.id: one.mentions[0].certainty for one in WATCHLIST.find(documents)}
    assert found == {"1": 0.97, "3": 0.97}


@pytest.mark.parametrize("text", ["+65 917 550 2816", "prices: 917 550 2816", "PNR 9175502816 confirmed"])
def test_another_country_prices_and_bookings_are_no_call_to_the_person(text: str) -> None:
    found = WATCHLIST.find([Document(id="d", untrusted_text=text)])
    assert all(mention.certainty < 0.25 for one in found for mention in one.mentions)
