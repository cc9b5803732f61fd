"""Strangers' text inside a message links to nothing, calls nobody and hides nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.safetext import safe_address, safe_text


@pytest.mark.parametrize(
    "control", ["\u202e", "\u2066", "\u200f", "\u061c"], ids=["override", "isolate", "mark", "arabic mark"]
)
def test_a_bidirectional_control_is_made_visible(control: str) -> None:
    assert safe_text(f"pay{control}now") == "pay\ufffdnow"


@pytest.mark.parametrize(
    "char", ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\U000e0041", "\u3164", "\ufe0f"]
)
def test_an_invisible_character_vanishes(char: str) -> None:
    assert safe_text(f"lao{char}lai") == "laolai"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("@everyone look", "＠everyone look"),
        ("<@123> and <!here>", "＜＠123＞ and ＜!here＞"),
        ("**bold** _it_ `code`", "＊＊bold＊＊ ＿it＿ ｀code｀"),
        ("[click](x)", "［click］(x)"),
        ("<b onload=x>", "＜b onload=x＞"),
        ("&lt;script&gt;", "＆lt;script＆gt;"),
        ("# heading", "＃ heading"),
    ],
)
def test_mentions_and_markup_mean_nothing(hostile: str, shown: str) -> None:
    assert safe_text(hostile) == shown


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("see https://evil.example/x", "see hxxps[:]//evil[.]example/x"),
        ("see HTTP://evil.example", "see HxxP[:]//evil[.]example"),
        ("go to evil.example now", "go to evil[.]example now"),
        ("tg://resolve?x", "tg[:]//resolve?x"),
        ("пример.рф", "пример[.]рф"),
        ("a。example", "a[.]example"),
    ],
)
def test_nothing_in_it_becomes_a_link(hostile: str, shown: str) -> None:
    assert safe_text(hostile) == shown


def test_ordinary_numbers_and_sentences_stay_as_they_are() -> None:
    assert safe_text("He owes 3.5 million. Nobody knows.") == "He owes 3.5 million. Nobody knows."


def test_line_breaks_cannot_forge_lines_of_ours() -> None:
    assert "\n" not in safe_text("one\r\n\r\nReference: 1\u2028two\u0085three\x0bfour")


def test_a_tower_of_marks_is_cut_down() -> None:
    assert len(safe_text("a" + "\u0301" * 50)) <= 5


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    shown = safe_text("word " * 200, max_chars=50)
    assert len(shown) <= 50
    assert shown.endswith("…")


@given(st.text(max_size=400))
def test_no_text_at_all_brings_a_control_a_mention_or_a_scheme_through(text: str) -> None:
    shown = safe_text(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", shown)
    assert not re.search(r"[@<>`*_#|\\&]|://", shown)
    assert len(shown) <= 300 + 2 * 300  # dots and colons grow by their brackets


def test_an_address_can_be_read_and_typed_but_not_touched() -> None:
    assert safe_address("https://forum.example/t/12?page=2") == "hxxps[:]//forum[.]example/t/12?page=2"


def test_a_look_alike_host_is_shown_in_its_encoded_form() -> None:
    assert safe_address("https://fоrum.example/") == "hxxps[:]//xn--frum-55d[.]example/"


def test_an_address_keeps_its_meaning_where_markup_is_taken_out() -> None:
    shown = safe_address("http://forum.example:8080/a_b*c/@all/名.html?x=<b>")
    assert shown == "hxxp[:]//forum[.]example:8080/a_b%2Ac/%40all/%E5%90%8D[.]html?x=%3Cb%3E"


@pytest.mark.parametrize(
    "broken", ["", "not an address", "http://[::1", "http://", "http://" + "a" * 80 + ".example"]
)
def test_what_is_no_address_is_shown_as_harmless_text(broken: str) -> None:
    assert "://" not in safe_address(broken)


def test_an_endless_address_is_cut() -> None:
    assert len(safe_address("https://forum.example/" + "a" * 5000)) < 360
