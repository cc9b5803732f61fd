"""Puts spelled-out number words together as they are spoken: tens and units, hundreds, doubles, the letter o.

Values are digits ("7", "30", "300"); "2x" and "3x" double and triple what follows; "100<" multiplies the unit before
it (beş yüz), "100>" the one after it (mia nne).
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence

Words = list[tuple[int, int, str]]
"""(begin, end, value) of each number word, in folded positions."""

_FARTHEST = 5
_SPOKEN_ZERO = re.compile(r"[\s,\-]*\bo\b[\s,\-]*")
_ZERO_BEFORE = re.compile(r"(?<!\w)o[\s,\-]{1,2}$")
_FEWEST_AFTER_ZERO = 4
_VIETNAMESE_DIGITS = frozenset({"khong", "mot", "hai", "ba", "bon", "nam", "sau", "bay", "tam", "chin"})
_FRENCH_SCORES = frozenset({"60", "80"})


def number_from_words(text: str, found: Sequence[tuple[int, int, str]], joiners: frozenset[str]) -> Words:
    """The digits that the words stand for, spans joined where words were."""
    words = _Words(text, joiners, _with_spoken_zeros(text, _without_hindi_is(text, list(found))))
    for step in (_Words.repeated, _Words.with_units, _Words.with_hundreds):
        words = dataclasses.replace(words, found=step(words))
    return [word for word in words.found if word[2].isdecimal()]


@dataclasses.dataclass(frozen=True)
class _Words:
    text: str
    joiners: frozenset[str]
    found: Words

    def _gap(self, index: int) -> str | None:
        """What stands between this word and the next, None where they are far apart or there is no next."""
        if index + 1 >= len(self.found) or self.found[index + 1][0] - self.found[index][1] > _FARTHEST:
            return None
        return self.text[self.found[index][1] : self.found[index + 1][0]].strip()

    def repeated(self) -> Words:
        """ "double five" is 55, "double5" one more 5."""
        out: Words = []
        skipped = False
        for index, (begin, end, value) in enumerate(self.found):
            if skipped:
                skipped = False
            elif not value.endswith("x"):
                out.append((begin, end, value))
            elif self._gap(index) in {"", "-"} and len(self.found[index + 1][2]) == 1:
                out.append((begin, self.found[index + 1][1], self.found[index + 1][2] * int(value[0])))
                skipped = True
            elif figure := re.match(r"[ \-]?(\d)(?!\d{3})", self.text[end : end + 5]):
                out.append((begin, end, figure[1] * (int(value[0]) - 1)))
        return out

    def with_units(self) -> Words:
        """ "treinta y tres" is 33, "soixante-treize" 73."""
        out: Words = []
        skipped = False
        for index, (begin, end, value) in enumerate(self.found):
            if skipped:
                skipped = False
                continue
            unit = self.found[index + 1][2] if self._gap(index) in self.joiners else ""
            if _is_tens(value) and len(unit) == 1 and unit != "0":
                out.append((begin, self.found[index + 1][1], value[0] + unit))
                skipped = True
            elif value in _FRENCH_SCORES and len(unit) == 2 and unit[0] == "1":
                out.append((begin, self.found[index + 1][1], str(int(value) + int(unit))))
                skipped = True
            else:
                out.append((begin, end, value))
        return out

    def with_hundreds(self) -> Words:
        """ "триста один" is 301, "beş yüz otuz iki" 532, "mia nne hamsini" 450."""
        out: Words = []
        index = 0
        while index < len(self.found):
            begin, end, value = self.found[index]
            near = self._gap(index) in self.joiners
            follower = self.found[index + 1][2] if near else ""
            hundreds = 0
            if value == "100<":
                hundreds = 1
            elif value == "100>":
                is_unit = len(follower) == 1 and follower.isdecimal()
                hundreds = int(follower) if is_unit else 1
                index += is_unit
            elif follower == "100<" and len(value) == 1:
                hundreds = int(value)
                index += 1
            elif len(value) == 3 and value.endswith("00"):
                hundreds = int(value[0])
            if hundreds:
                end, rest, used = self._rest_of_hundred(index, needs_joiner=value == "100>")
                value = f"{hundreds}{rest}"
                index += used
            out.append((begin, end, value))
            index += 1
        return out

    def _rest_of_hundred(self, index: int, *, needs_joiner: bool) -> tuple[int, str, int]:
        """(end, two digits, words used) of what follows a hundred; a unit after some must be joined by a word."""
        gap = self._gap(index)
        if gap in self.joiners and self.found[index + 1][2].isdecimal():
            _, end, value = self.found[index + 1]
            is_joined = len(value) == 2 or gap not in {"", "-"} or not needs_joiner
            if value != "0" and len(value) <= 2 and is_joined:
                return end, value.rjust(2, "0"), 1
        return self.found[index][1], "00", 0


def _is_tens(value: str) -> bool:
    return len(value) == 2 and value[1] == "0" and value[0] > "1"


def _without_hindi_is(text: str, found: Words) -> Words:
    """ "hai" is 2 in Vietnamese, where other Vietnamese numbers stand beside it, and "is" in Hindi."""

    def says(index: int, near: int) -> bool:
        if not 0 <= near < len(found) or abs(found[near][0] - found[index][0]) > 3 * _FARTHEST:
            return False
        return text[found[near][0] : found[near][1]] in _VIETNAMESE_DIGITS

    return [
        word
        for index, word in enumerate(found)
        if text[word[0] : word[1]] != "hai" or says(index, index - 1) or says(index, index + 1)
    ]


def _with_spoken_zeros(text: str, found: Words) -> Words:
    """ "o eight o six": a lone o among number words is a zero."""
    if len(found) < _FEWEST_AFTER_ZERO:
        return found
    out: Words = []
    for index, word in enumerate(found):
        before = text[max(0, word[0] - 6) : word[0]]
        zero = _ZERO_BEFORE.search(before)
        if zero and (_has_neighbour(found, index, word[0]) or _is_followed(found, index)):
            place = word[0] - len(before) + zero.start()
            out.append((place, place + 1, "0"))
        out.append(word)
        after = text[word[1] : word[1] + 4]
        is_last = index + 1 == len(found) or found[index + 1][0] - word[1] > _FARTHEST
        if is_last and index >= _FEWEST_AFTER_ZERO and (last := _SPOKEN_ZERO.match(after)):
            place = word[1] + last[0].index("o")
            out.append((place, place + 1, "0"))
    return out


def _has_neighbour(found: Words, index: int, begin: int) -> bool:
    return index > 0 and begin - found[index - 1][1] <= _FARTHEST


def _is_followed(found: Words, index: int) -> bool:
    """Whether enough number words come after this one for the o before it to be a zero."""
    chain = found[index : index + _FEWEST_AFTER_ZERO]
    return len(chain) == _FEWEST_AFTER_ZERO and all(
        after[0] - before[1] <= _FARTHEST + 3 for before, after in itertools.pairwise(chain)
    )
