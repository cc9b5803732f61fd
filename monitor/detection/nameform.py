"""What a form of a name is, and how surely the name in full means its bearer; lists no forms.

Forms live in the skeleton of folded text, so case, accents, width, scripts' look-alikes, traditional
hanzi and separators are already taken care of. What may stand between the letters is decided by `names`.
"""

from __future__ import annotations

import dataclasses
from enum import Enum

from monitor.detection.folding import fold_term, skeleton_term
from monitor.detection.hanzi import chinese_names, is_hanzi
from monitor.detection.ordinary import Commonness, commonness

_BASE = {
    Commonness.RARE: 0.92,
    Commonness.COMMON: 0.8,
    Commonness.VERY_COMMON: 0.7,
    Commonness.ORDINARY_WORD: 0.2,
}
_SINGLE_WORD = {
    Commonness.RARE: 0.55,
    Commonness.COMMON: 0.55,
    Commonness.VERY_COMMON: 0.4,
    Commonness.ORDINARY_WORD: 0.2,
}
_NICKNAME_BEGINS = frozenset("老小阿大")
_NICKNAME_ENDS = frozenset("哥姐弟妹叔姨爷总儿子仔嫂")


class Shape(Enum):
    """How the parts of a form may be separated."""

    HANZI = "hanzi"
    WORDS = "words"
    SWAPPED = "swapped"  # family name first: a comma may stand after it


@dataclasses.dataclass(frozen=True, slots=True)
class NameForm:
    """``skeleton`` is what to find; at ``breaks`` (offsets) words begin, at ``soft_breaks`` they may.

    ``accented`` are the same letters as a Vietnamese name has them, "" for others;
    ``ordinary_words`` are the offsets at which words stand that are also no names, ``small_words`` those
    of words that were registered without a capital. ``is_ordinary`` marks a name that is also a word;
    ``lacks_first`` and ``lacks_last`` one from which the first or the last of the registered words is missing.
    """

    skeleton: str
    shape: Shape
    breaks: tuple[int, ...]
    soft_breaks: tuple[int, ...]
    certainty: float
    accented: str = ""
    ordinary_words: tuple[int, ...] = ()
    small_words: tuple[int, ...] = ()
    is_ordinary: bool = False
    lacks_first: bool = False
    lacks_last: bool = False


def base_certainty(name: str) -> float:
    """How surely the name in full, alone and clearly a name, means its bearer."""
    folded = fold_term(name)
    level = commonness(name)
    if any(is_hanzi(char) for char in folded):
        is_nickname = len(folded) == 2 and (
            folded[0] in _NICKNAME_BEGINS or folded[1] in _NICKNAME_ENDS or folded[0] == folded[1]
        )
        if is_nickname or (len(folded) == 2 and folded[0] not in chinese_names().surnames):
            return min(_BASE[level], 0.35)
        return _BASE[level]
    return _BASE[level] if len(tokens_of(folded)) > 1 else _SINGLE_WORD[level]


def tokens_of(folded: str) -> list[str]:
    """The skeletons of the words of a folded name."""
    return [token for word in words_of(folded) if (token := skeleton_term(word))]


def words_of(text: str) -> list[str]:
    """The words of a name, cut at spaces and at the signs that join words."""
    return "".join(" " if char in ".-_,·/()" else char for char in text).split()
