"""What a person registers is taken, warned about or refused with a sentence."""

import pytest

from monitor.detection.model import TermKind
from monitor.detection.terms import InvalidTermError, term_from_text


@pytest.mark.parametrize(
    ("kind", "raw", "region", "why"),
    [
        (TermKind.NAME, "王", None, "too short to be told apart"),
        (TermKind.NAME, "  ", None, "it is empty"),
        (TermKind.NAME, "12345", None, "needs letters"),
        (TermKind.NAME, "a\x07b", None, "control characters"),
        (TermKind.NAME, "x" * 81, None, "longer than 80 characters"),
        (TermKind.PHONE, "0917 550 2816", None, "needs its country"),
        (TermKind.PHONE, "0917", "PH", "too few or too many digits"),
        (TermKind.PHONE, "call me", "PH", "no phone number"),
        (TermKind.EMAIL, "ana@example", None, "no e-mail address"),
        (TermKind.HANDLE, "@", None, "no handle"),
        (TermKind.HANDLE, "two words", None, "no handle"),
        (TermKind.NATIONAL_ID, "123", None, "at least 6 characters"),
        (TermKind.PLACE, "A", None, "too short"),
    ],
)
def test_what_cannot_be_watched_for_is_refused_with_the_reason(
    kind: TermKind, raw: str, region: str | None, why: str
) -> None:
    with pytest.raises(InvalidTermError, match=why):
        term_from_text(kind, raw, region=region)


@pytest.mark.parametrize("raw", ["0917 550 2816", "+63 917 550 2816", "０９１７-５５０-２８１６"])
def test_phones_become_e164(raw: str) -> None:
    assert term_from_text(TermKind.PHONE, raw, region="PH").normal == "+639175502816"


def test_a_number_that_no_operator_hands_out_is_taken_with_a_warning() -> None:
    term = term_from_text(TermKind.PHONE, "+8610000000000")
    assert term.normal == "+8610000000000"
    assert "Check its digits" in term.warnings[0]


def test_a_common_or_ordinary_name_is_taken_with_a_request_for_a_second_identifier() -> None:
    assert "second identifier" in term_from_text(TermKind.NAME, "张伟").warnings[0]
    assert "ordinary word" in term_from_text(TermKind.NAME, "方便").warnings[0]
    assert term_from_text(TermKind.NAME, "欧阳雪梅").warnings == ()


def test_a_wrong_check_digit_is_a_warning_and_no_refusal() -> None:
    assert term_from_text(TermKind.NATIONAL_ID, "11010519491231002X", region="CN").warnings == ()
    assert (
        "check digit" in term_from_text(TermKind.NATIONAL_ID, "110105194912310021", region="CN").warnings[0]
    )


def test_the_normal_form_folds_case_width_and_traditional_hanzi() -> None:
    assert term_from_text(TermKind.NAME, "張　偉").normal == "张 伟"
    assert term_from_text(TermKind.EMAIL, "Ana@Example.ORG").normal == "ana@example.org"
    assert term_from_text(TermKind.NATIONAL_ID, "k482910(3)").normal == "K4829103"
