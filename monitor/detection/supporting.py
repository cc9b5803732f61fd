"""Finds what supports an identification already made in a post: part of a name, a masked name, a place,
an employer. Never asked about a post in which nothing else points at the subject.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re

from monitor.detection.folding import fold_term
from monitor.detection.hanzi import is_hanzi
from monitor.detection.mentions import MOST_OF_SUPPORTING_NAME
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.nameforms import weak_forms
from monitor.detection.readings import sounding_like

_PART_OF_NAME = 0.2
_MASKED_NAME = _HOMOPHONE = MOST_OF_SUPPORTING_NAME
_MOST_FINDS = 200
"""Of one rule: more than are kept of a subject in one post."""
_PLACE = 0.3
_EMPLOYER = 0.4
_MASK_SIGNS = "*某x○〇•·_✱"
_LATIN_MASK_SIGNS = "*•_✱"
_LATIN_MASK = f"[{_LATIN_MASK_SIGNS}]"
_MASK = f"[{_MASK_SIGNS}]"
_MASK_CHARACTERS, _LATIN_MASK_CHARACTERS = frozenset(_MASK_SIGNS), frozenset(_LATIN_MASK_SIGNS)


@dataclasses.dataclass(frozen=True, slots=True)
class _Rule:
    """The pattern finds something only in texts that hold ``needle`` and a character of each of ``classes``.

    ``aside`` is not looked at for the characters. Patterns are slow to compile, and most are never needed.
    """

    kind: TermKind
    term: str
    pattern: str
    certainty: float
    needle: str = ""
    classes: tuple[frozenset[str], ...] = ()
    aside: str = ""

    def may_find(self, folded: str) -> bool:
        if self.needle not in folded:
            return False
        looked_at = folded.replace(self.aside, "\n") if self.aside else folded
        return not any(characters.isdisjoint(looked_at) for characters in self.classes)


class Support:
    """The supporting terms of one subject."""

    def __init__(self, subject: WatchedSubject) -> None:
        self._rules: list[_Rule] = []
        for name in subject.names:
            for form in weak_forms(name):
                self._add(TermKind.NAME, name, form.skeleton, _PART_OF_NAME)
            if masked := masked_pattern(name):
                signs = _MASK_CHARACTERS if _MASK in masked else _LATIN_MASK_CHARACTERS
                self._rules.append(_Rule(TermKind.NAME, name, masked, _MASKED_NAME, classes=(signs,)))
            if alike := homophone_pattern(name):
                self._rules.append(_homophone_rule(name, alike))
        for place in subject.places:
            self._add(TermKind.PLACE, place, fold_term(place), _PLACE)
        for employer in subject.employers:
            self._add(TermKind.EMPLOYER, employer, fold_term(employer), _EMPLOYER)

    def _add(self, kind: TermKind, term: str, folded: str, certainty: float) -> None:
        self._rules.append(_Rule(kind, term, _whole(folded), certainty, needle=folded))

    def find(self, folded: str) -> list[tuple[TermKind, str, int, int, float]]:
        """(kind, term, begin, end, certainty) of everything that supports, in folded text; 200 of each at most."""
        return [
            (rule.kind, rule.term, match.start(), match.end(), rule.certainty)
            for rule in self._rules
            if rule.may_find(folded)
            for match in itertools.islice(_compiled(rule.pattern).finditer(folded), _MOST_FINDS)
        ]


def _homophone_rule(name: str, pattern: str) -> _Rule:
    """Where no two characters sound alike, nothing is found within the name itself: it is left aside."""
    folded = fold_term(name)
    alike = tuple(sounding_like(char) | {char} for char in folded)
    is_clear = all(first.isdisjoint(second) for first, second in itertools.combinations(alike, 2))
    return _Rule(TermKind.NAME, name, pattern, _HOMOPHONE, classes=alike, aside=folded if is_clear else "")


@functools.lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _whole(folded: str) -> str:
    begin = r"(?<!\w)" if folded[0].isascii() and folded[0].isalnum() else ""
    end = r"(?!\w)" if folded[-1].isascii() and folded[-1].isalnum() else ""
    return begin + re.escape(folded) + end


def masked_pattern(name: str) -> str:
    """A pattern in folded text for the name with letters covered (张*三, 张某, J*** D**), "" if there is none."""
    folded = fold_term(name)
    if folded and all(map(is_hanzi, folded)) and len(folded) >= 2:
        return _masked_hanzi(folded)
    tokens = [token for token in folded.replace(".", " ").split() if token.isalpha()]
    if len(tokens) < 2 or not all(token.isascii() for token in tokens):
        return ""
    first, last = _masked_word(tokens[0]), _masked_word(tokens[-1])
    middle = r"(?:[a-z*•.]{1,30}\s{1,3}){0,3}?"
    return rf"(?<![\w*])(?=[^\n]{{0,40}}{_LATIN_MASK}){first}\s+{middle}{last}(?![\w*])"


def homophone_pattern(name: str) -> str:
    """A pattern in folded text for two or more hanzi that sound like the name (章维 for 张伟), "" if there is none."""
    folded = fold_term(name)
    if not 2 <= len(folded) <= 4 or not all(map(is_hanzi, folded)):
        return ""
    classes = [f"[{char}{''.join(sorted(sounding_like(char)))}]" for char in folded]
    return rf"(?!{folded})" + r"[\W_]{0,2}".join(classes)


def _masked_hanzi(name: str) -> str:
    options = [f"{name[0]}{_MASK}{{1,2}}{name[-1]}" if len(name) > 2 else f"{name[0]}{_MASK}{{1,2}}"]
    if len(name) > 2:
        options += [f"{name[:-1]}{_MASK}", f"{_MASK}{name[1:]}"]
    options.append(f"{name[0]}某某?")
    return "(?:" + "|".join(options) + ")"


def _masked_word(token: str) -> str:
    letters = "".join(f"(?:{letter}" for letter in token[1:]) + ")?" * (len(token) - 1)
    return rf"{token[0]}{letters}(?:{_LATIN_MASK}+[a-z]*|\.)?"
