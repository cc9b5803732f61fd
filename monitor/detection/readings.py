"""How hanzi sound, from pypinyin, which is loaded only once a hanzi asks; never decides which reading is meant."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from monitor.detection.hanzi import word_costs


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


def sounding_like(char: str) -> frozenset[str]:
    """Other hanzi of ordinary Chinese that share a reading with this one, tones aside."""
    alike = _by_sound()
    return frozenset().union(*(alike.get(sound, frozenset()) for sound in all_readings(char))) - {char}


@functools.cache
def _by_sound() -> dict[str, frozenset[str]]:
    """The single characters of the word table by their usual reading."""
    found: dict[str, set[str]] = {}
    chars = [word for word in word_costs() if len(word) == 1]
    for char, sound in zip(chars, usual_reading("\n".join(chars))[::2], strict=True):
        found.setdefault(sound, set()).add(char)
    return {sound: frozenset(alike) for sound, alike in found.items()}
