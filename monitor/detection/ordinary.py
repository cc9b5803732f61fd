"""Says how ordinary a name is: whether it is also a word, and how many people bear it. Never who is meant."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from enum import StrEnum
from pathlib import Path

from monitor.detection.folding import fold_term
from monitor.detection.hanzi import chinese_names, is_hanzi, is_ordinary_word

_TOP_SURNAMES = 30
_FREQUENT_SURNAMES = 120


class Commonness(StrEnum):
    """From a name that points at few people to one that is an ordinary word."""

    RARE = "rare"
    COMMON = "common"
    VERY_COMMON = "very common"
    ORDINARY_WORD = "ordinary word"


@dataclasses.dataclass(frozen=True, slots=True)
class _Lists:
    words: frozenset[str]
    given: frozenset[str]
    family: frozenset[str]


@functools.cache
def _lists() -> _Lists:
    data = tomllib.loads((Path(__file__).with_name("data") / "ordinary_names.toml").read_text("utf-8"))

    def gathered(section: str) -> frozenset[str]:
        return frozenset(fold_term(word) for words in data[section].values() for word in words.split())

    return _Lists(words=gathered("words"), given=gathered("given"), family=gathered("family"))


def is_given_name(token: str) -> bool:
    """Whether a folded word is a frequent given name somewhere."""
    return token in _lists().given


def is_ordinary_latin(token: str) -> bool:
    """Whether a folded word of an alphabetic script is also an ordinary word."""
    return token in _lists().words


def commonness(name: str) -> Commonness:
    """How ordinary a name or alias is. Unknown names count as rare if they have two words or more."""
    folded = fold_term(name)
    hanzi = "".join(char for char in folded if is_hanzi(char))
    if hanzi and len(hanzi) == len(folded.replace(" ", "").replace("·", "")):
        return _chinese(hanzi)
    tokens = [token for token in folded.replace(".", " ").replace("-", " ").split() if len(token) > 1]
    lists = _lists()
    if len(tokens) <= 1:
        if tokens and tokens[0] in lists.words:
            return Commonness.ORDINARY_WORD
        return (
            Commonness.VERY_COMMON
            if tokens and tokens[0] in lists.given | lists.family
            else Commonness.COMMON
        )
    if all(token in lists.words for token in tokens):
        return Commonness.VERY_COMMON
    known = [token in lists.given or token in lists.family for token in tokens]
    if all(known) and len(tokens) == 2:
        return Commonness.VERY_COMMON
    return Commonness.COMMON if sum(known) >= 2 or (len(tokens) == 2 and any(known)) else Commonness.RARE


def _chinese(name: str) -> Commonness:
    if is_ordinary_word(name):
        return Commonness.ORDINARY_WORD
    names = chinese_names()
    rank = names.ranks.get(name[0], len(names.ranks))
    if len(name) >= 4 or name[:2] in names.double_surnames:
        return Commonness.RARE
    if len(name) == 2:
        is_usual = rank < _TOP_SURNAMES and name[1] in names.given
        return Commonness.VERY_COMMON if is_usual else Commonness.COMMON
    is_usual = rank < _FREQUENT_SURNAMES and all(char in names.given for char in name[1:])
    return Commonness.COMMON if is_usual else Commonness.RARE


_SENTENCES = {
    Commonness.RARE: "Few people bear the name {name!r}.",
    Commonness.COMMON: "Many people bear the name {name!r}.",
    Commonness.VERY_COMMON: "{name!r} is one of the commonest names there are: many posts will be about somebody else.",
    Commonness.ORDINARY_WORD: "{name!r} is also an ordinary word: most posts with it are about nobody.",
}


def commonness_sentence(name: str) -> str:
    """The same for a person who registers the name."""
    return _SENTENCES[commonness(name)].format(name=name)
