"""Page text cannot steer a terminal, and what programs read is not cut."""

import json

import pytest

from monitor.cli.output import print_json, print_table, shown


@pytest.mark.parametrize(
    "untrusted",
    [
        "\x1b[2J\x1b[31mred",
        "a\x07b",
        "\x9b31m",
        "abc\u202egnp.exe",
        "\u2066x\u2069",
        "a\x00b",
        "\ud800",
        "\x1b]0;title\x07",
    ],
)
def test_escapes_controls_and_bidi_marks_become_visible_signs(untrusted: str) -> None:
    safe = shown(untrusted)
    assert len(safe) == len(untrusted)
    assert not any(char in safe for char in "\x1b\x07\x9b\x00\u202e\u2066\u2069\ud800")
    assert "\N{REPLACEMENT CHARACTER}" in safe


def test_ordinary_text_of_every_script_stays_as_it_is() -> None:
    text = "老赖 नमस्ते ภาษา العربية 👩‍👧 e\u0301"
    assert shown(text) == text


def test_lines_become_one_line_and_are_cut_to_the_limit() -> None:
    assert shown("a\nb\tc\r\nd") == "a b c  d"
    assert shown("abcdef", 4) == "abc…"


def test_a_table_reads_no_markup_in_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("post",), [("[bold]not markup[/bold] [link=x]y[/link]",)], empty="none")
    assert "[bold]not markup[/bold]" in capsys.readouterr().out


def test_an_empty_table_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("post",), [], empty="Nothing yet.")
    assert capsys.readouterr().out.strip() == "Nothing yet."


def test_json_is_one_line_that_parses_whatever_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    untrusted = "a\nb \u2028\u0085 老赖 \x1b[2J \x9b31m \u202e \ud800"
    print_json({"text": untrusted})
    (line,) = capsys.readouterr().out.splitlines()
    assert "老赖" in line
    assert not any(char in line for char in "\x1b\x9b\u202e\ud800")
    assert json.loads(line)["text"] == untrusted
