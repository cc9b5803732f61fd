"""How hanzi sound, from pypinyin, which is loaded only once a hanzi asks; never decides which reading is meant."""

from __future__ import annotations

import functools
import importlib
from typing import Any


@functools.cache
def _pypinyin() -> Any:
    """The library, whose phrase dictionary takes 0.13 s to load: commands that read no hanzi do without."""
    return importlib.import_module("pypinyin")


def all_readings(char: str) -> tuple[str, ...]:
    """Every reading of one hanzi in plain pinyin ("shan", "dan"); none for other characters."""
    return _readings(char, _pypinyin().Style.NORMAL)


def bopomofo_readings(char: str) -> tuple[str, ...]:
    """Every reading of one hanzi in bopomofo."""
    return _readings(char, _pypinyin().Style.BOPOMOFO)


def usual_reading(phrase: str) -> list[str]:
    """The likeliest syllables of a phrase in plain pinyin, one a hanzi."""
    return list(_pypinyin().lazy_pinyin(phrase))


def _readings(char: str, style: Any) -> tuple[str, ...]:
    readings = _pypinyin().pinyin(char, style=style, heteronym=True, errors="ignore")
    return tuple(readings[0]) if readings else ()
