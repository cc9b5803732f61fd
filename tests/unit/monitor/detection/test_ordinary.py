"""How ordinary a name is."""

import pytest

from monitor.detection.ordinary import (
    Commonness,
    commonness,
    commonness_sentence,
    is_given_name,
    is_ordinary_latin,
)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("张伟", Commonness.VERY_COMMON),
        ("張偉", Commonness.VERY_COMMON),
        ("方便", Commonness.ORDINARY_WORD),
        ("成功", Commonness.ORDINARY_WORD),
        ("Grace", Commonness.ORDINARY_WORD),
        ("joy", Commonness.ORDINARY_WORD),
        ("Cahaya", Commonness.ORDINARY_WORD),
        ("James Smith", Commonness.VERY_COMMON),
        ("Luz Flores", Commonness.VERY_COMMON),
        ("欧阳雪梅", Commonness.RARE),
        ("Ayigul Memet", Commonness.RARE),
        ("王国庆", Commonness.COMMON),
    ],
)
def test_names_have_a_level(name: str, level: Commonness) -> None:
    assert commonness(name) is level


def test_the_sentence_names_the_name_and_the_trouble() -> None:
    assert "'方便'" in commonness_sentence("方便")
    assert "ordinary word" in commonness_sentence("方便")


def test_given_names_and_words_are_told_apart() -> None:
    assert is_given_name("maria")
    assert not is_given_name("tapia")
    assert is_ordinary_latin("hope")
    assert not is_ordinary_latin("chukwuma")
