"""Hanzi taken apart."""

import pytest

from monitor.detection.components import ways_apart


@pytest.mark.parametrize(
    ("char", "way"),
    [("张", "弓长"), ("便", "亻更"), ("陈", "耳东"), ("傑", "亻桀"), ("林", "木木"), ("钰", "钅王")],
)
def test_a_character_is_written_as_its_parts(char: str, way: str) -> None:
    assert way in ways_apart(char)


@pytest.mark.parametrize("char", ["一", "王", "a", "方", ""])
def test_what_has_no_parts_but_strokes_stays_whole(char: str) -> None:
    assert ways_apart(char) == ()
