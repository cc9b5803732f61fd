"""Number words put together as they are spoken."""

from __future__ import annotations

import pytest

from monitor.detection.digits import digit_stream
from monitor.detection.folding import fold_batch


def digits_in(text: str) -> str:
    return "".join(map(str, digit_stream(fold_batch([text])).values.tolist()))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("триста один, семьдесят семь, сорок пять", "3017745"),
        ("sıfır beş yüz otuz iki dört yüz yetmiş bir", "0532471"),
        ("mia nne hamsini, saba tatu tatu", "450733"),
        ("mia moja mbili tatu", "10023"),
        ("soixante-treize quatre-vingt-douze zéro six", "739206"),
        ("o eight o six seven two", "080672"),
        ("five one two three four o", "512340"),
        ("double five one two three", "55123"),
        ("double5 one two three", "55123"),
        ("triple 7 one two", "77712"),
        ("seiscientos dos, cien, uno dos", "60210012"),
        ("cero, nueve, ocho, siete, seis", "09876"),
    ],
)
def test_words_are_read_as_they_are_spoken(text: str, digits: str) -> None:
    assert digits_in(text) == digits


@pytest.mark.parametrize("text", ["siya o ako", "one o two", "double or nothing", "o"])
def test_an_o_or_a_double_without_a_number_is_no_digit(text: str) -> None:
    assert digits_in(text) in {"", "12"}


def test_hai_is_two_beside_vietnamese_numbers_and_a_verb_elsewhere() -> None:
    assert digits_in("số một hai ba bốn năm") == "12345"
    assert digits_in("number hai nine eight one four five") == "98145"
