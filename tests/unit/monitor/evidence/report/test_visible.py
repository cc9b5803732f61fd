"""What strangers hide in text is printed by its number; what scripts and emoji need stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.evidence.report.visible import pieces, visible


def labels(text: str) -> list[str]:
    return [piece for piece, is_label in pieces(text) if is_label]


@pytest.mark.parametrize(
    ("text", "label"),
    [("a\u202eb", "U+202E"), ("a\u2067b", "U+2067"), ("1\u200b3", "U+200B"), ("a\u00adb", "U+00AD"), ("a\ufeffb", "U+FEFF"), ("a\x07b", "U+0007"),
     ("a\u2028b", "U+2028"), ("a\ue000b", "U+E000"), ("a\u3164b", "U+3164"), ("a\ud800b", "U+D800"), ("a\u200db", "U+200D"), ("13\u200c8", "U+200C"),
     ("a\ufe0fb", "U+FE0F"), ("a\U000e0041b", "U+E0041")],
)  # fmt: skip
def test_what_cannot_be_seen_is_shown_by_its_number(text: str, label: str) -> None:
    assert labels(text) == [label]
    assert f'<span class="unseen">{label}</span>' in visible(text)


@pytest.mark.parametrize(
    "text",
    ["क्\u200dष", "می\u200cخواهم", "👩\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "🇰🇪👍🏽", "tiếng Việt", "line\nand\ttab", "骨頭", "\U0001fae8"],
)  # fmt: skip
def test_what_scripts_and_emoji_need_stays(text: str) -> None:
    assert list(pieces(text)) == [(text, False)]


def test_a_tower_of_marks_is_cut_down_and_counted() -> None:
    shown = list(pieces("Z" + "\u0335" * 40 + "a"))
    assert shown[0] == ("Z" + "\u0335" * 4, False)
    assert shown[-2] == ("+32", True)
    assert shown[-1] == ("a", False)


def test_hundreds_of_empty_lines_do_not_fill_pages() -> None:
    assert "".join(piece for piece, _ in pieces("a" + "\n \n" * 300 + "b")) == "a\n\n\nb"


def test_markup_is_text() -> None:
    assert visible('<script>"&') == "&lt;script&gt;&#34;&amp;"


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_no_control_of_direction_ever_gets_through(text: str) -> None:
    shown = visible(text)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    shown.encode()
