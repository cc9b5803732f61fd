"""Finds what supports an identification already made in a post: part of a name, a masked name, a place,
an employer. Never asked about a post in which nothing else points at the subject.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitor.detection.folding import fold_term
from monitor.detection.hanzi import is_hanzi
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.nameforms import weak_forms
from monitor.detection.readings import sounding_like

_PART_OF_NAME = 0.2
_MASKED_NAME = 0.3
_HOMOPHONE = 0.3
_PLACE = 0.3
_EMPLOYER = 0.4
_MASK = "[*某x○〇•·_✱]"


class Support:
    """The supporting terms of one subject, compiled."""

    def __init__(self, subject: WatchedSubject) -> None:
        self._rules: list[tuple[TermKind, str, re.Pattern[str], float]] = []
        for name in subject.names:
            for form in weak_forms(name):
                self._add(TermKind.NAME, name, _whole(form.skeleton), _PART_OF_NAME)
            if masked := masked_pattern(name):
                self._add(TermKind.NAME, name, masked, _MASKED_NAME)
            if alike := homophone_pattern(name):
                self._add(TermKind.NAME, name, alike, _HOMOPHONE)
        for place in subject.places:
            self._add(TermKind.PLACE, place, _whole(fold_term(place)), _PLACE)
        for employer in subject.employers:
            self._add(TermKind.EMPLOYER, employer, _whole(fold_term(employer)), _EMPLOYER)

    def _add(self, kind: TermKind, term: str, pattern: str, certainty: float) -> None:
        self._rules.append((kind, term, re.compile(pattern), certainty))

    def find(self, folded: str) -> Iterator[tuple[TermKind, str, int, int, float]]:
        """(kind, term, begin, end, certainty) of everything that supports, in folded text."""
        for kind, term, pattern, certainty in self._rules:
            for match in pattern.finditer(folded):
                yield kind, term, match.start(), match.end(), certainty


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
    return rf"(?<![\w*])(?=[^\n]{{0,40}}[*•_✱]){first}\s+{middle}{last}(?![\w*])"


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
    return rf"{token[0]}{letters}(?:[*•_✱]+[a-z]*|\.)?"
