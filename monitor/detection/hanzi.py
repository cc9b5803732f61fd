"""Decides whether hanzi that spell a name are a name where they stand, or parts of other words.

A small unigram model: of all ways to cut the characters around the name into words, is the cheapest one
one in which the name stands whole? 国王伟大 is 国王 and 伟大, not 王伟. Never looks beyond a few characters.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import tomllib
from pathlib import Path

_REACH = 4
_LONGEST_WORD, _STRANGER = 4, 3
_COST_SCALE = 5.0
_SHORT_NAME_COST, _NAME_COST = 11.5, 14.0
"""Of the name that is looked for, of two characters and of more: as frequent as one word in 100,000 or in a million.
With more, every 张伟大骗子 would be somebody called 张伟大."""
_STRANGER_COST = 17.0
"""Of any other three-character name that the surname and given-name characters allow …"""
_COMMON_SURNAMES, _RARE_SURNAME_COST = 50, 3.0
"""… and so much more for every e-fold in rank of a surname that is not among the most common (班, 国)."""
_RARE_COST = 14.0
"""Of a character that the table does not hold."""
_FREQUENT_CHARACTER_COST = 7.5
"""Characters more frequent than this are words of their own (家, 大), whatever names hold them."""
_SURE_MARGIN = 4.0
_DOUBTFUL_MARGIN = 1.5
"""Both readings are possible (张伟大): so much cheaper may the other one be."""


@dataclasses.dataclass(frozen=True, slots=True)
class ChineseNames:
    surnames: frozenset[str]
    double_surnames: frozenset[str]
    given: frozenset[str]
    ordinary: frozenset[str]
    ranks: dict[str, int]


@functools.cache
def chinese_names() -> ChineseNames:
    data = tomllib.loads((Path(__file__).with_name("data") / "zh_names.toml").read_text("utf-8"))
    surnames = "".join(data["surnames"].split())
    return ChineseNames(
        surnames=frozenset(surnames),
        double_surnames=frozenset(data["double_surnames"].split()),
        given=frozenset("".join(data["given_characters"].split())),
        ordinary=frozenset(data["ordinary"].split()),
        ranks={char: rank for rank, char in reversed(list(enumerate(surnames)))},
    )


@functools.cache
def word_costs() -> dict[str, float]:
    """Minus the natural logarithm of how frequent a word is."""
    costs: dict[str, float] = {}
    for line in (Path(__file__).with_name("data") / "zh_words.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            cost, *words = line.split(" ")
            costs.update(dict.fromkeys(words, int(cost) / _COST_SCALE))
    return costs


def is_hanzi(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U000323af"


def is_ordinary_word(name: str) -> bool:
    """Whether a folded name is also a word of ordinary Chinese."""
    return name in word_costs() or name in chinese_names().ordinary


def stands_whole(before: str, name: str, after: str) -> float:
    """How sure it is that the name is cut out rightly, 0.0 to 1.0.

    ``before`` and ``after`` are the folded hanzi that touch the name; only the nearest few count.
    """
    before, after = before[-_REACH:], after[:_REACH]
    if not before and not after:
        return 1.0
    begin, end = len(before), len(before) + len(name)
    to_name = _cheapest_cuts(before, [0.0])
    whole = (
        to_name[-1] + (_SHORT_NAME_COST if len(name) == 2 else _NAME_COST) + _cheapest_cuts(after, [0.0])[-1]
    )
    other = _cheapest_cuts(before + name + after, to_name, but_not=(begin, end))[-1]
    margin = other - whole
    if margin <= -_DOUBTFUL_MARGIN:
        return 0.0
    return min(1.0, 0.25 + 0.75 * (margin + _DOUBTFUL_MARGIN) / (_SURE_MARGIN + _DOUBTFUL_MARGIN))


def _cheapest_cuts(text: str, known: list[float], but_not: tuple[int, int] = (-1, -1)) -> list[float]:
    """Element i is the cost of the cheapest cut of ``text[:i]`` that does not hold ``but_not`` as one word.

    ``known`` are the first elements.
    """
    cost_of, surnames = word_costs().get, chinese_names().surnames
    best = known.copy()
    for stop in range(len(known), len(text) + 1):
        cheapest = best[stop - 1] + cost_of(text[stop - 1], _RARE_COST)
        for start in range(max(0, stop - _LONGEST_WORD), stop - 1):
            word = text[start:stop]
            cost = cost_of(word, math.inf)
            if len(word) == _STRANGER and word[0] in surnames and _is_stranger(word):
                cost = min(cost, _stranger_cost(word[0]))
            if best[start] + cost < cheapest and (start, stop) != but_not:
                cheapest = best[start] + cost
        best.append(cheapest)
    return best


def _is_stranger(word: str) -> bool:
    """Whether three characters may be somebody's name, the last not rather the next word (家, 大)."""
    names = chinese_names()
    if word[0] not in names.surnames or word[2] not in names.given or _is_frequent(word[2]):
        return False
    return word[1] in names.given or (word[1] in names.surnames and not _is_frequent(word[0]))


def _stranger_cost(surname: str) -> float:
    rarity = chinese_names().ranks[surname] / _COMMON_SURNAMES
    return _STRANGER_COST + _RARE_SURNAME_COST * math.log(max(1.0, rarity))


def _is_frequent(char: str) -> bool:
    return word_costs().get(char, _RARE_COST) < _FREQUENT_CHARACTER_COST
