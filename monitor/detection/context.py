"""Sets one post before the scorer: where the subject is named, which words stand how, who is meant.

A scene is one (post, subject) in folded text: title, own words and quoted words one after the other. It
answers questions about distance, sentence, line, quotation and speaker; it never weighs the answers.
"""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from monitor.detection.cues import CueSpan
from monitor.detection.lexicon import SHAMING_FAMILIES
from monitor.detection.model import TermKind

FIELD_BREAK = "\x1e"
NAME_KINDS = frozenset({TermKind.NAME, TermKind.ALIAS, TermKind.ASSOCIATE_NAME})
NUMBER_KINDS = frozenset({TermKind.PHONE, TermKind.NATIONAL_ID, TermKind.ASSOCIATE_PHONE})

_SENTENCE_END = re.compile(r"[.!?。！？;；]+(?=\s|$|[^\x00-\x7f])|[。！？；]|\n|\x1e")
_LINE_END = re.compile(r"\n|\x1e")
_QUOTATION = re.compile(r"\"[^\"\n\x1e]{1,160}\"|(?<!\w)'[^'\n\x1e]{2,100}'(?!\w)")
_LIST_LINE = re.compile(r"\s*(?:\(?\d{1,3}[.)、:\-]|\(?[a-z][.)]\s|[-•*▪●◆🔸🔹➤>#]|\d{1,3}\s+\S)")
_SIGN = re.compile(r"(?:[-~—(（\[]|att?e\.?|regards|salam|ttd|by|oleh|por|\n)\s*$")
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\u3040-\u30ff\u0e00-\u0e7f]")
_NEGATION_REACH_CHARS = 14
_LONGEST_HEAD_CHARS = 400
_WEAK, _STRONG = 0.3, 1.0


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where the subject is named, in the folded text of the scene."""

    begin: int
    end: int
    kind: TermKind
    certainty: float
    is_disguised: bool = False


@dataclasses.dataclass(frozen=True)
class Scene:
    """One post and one subject.

    ``identity`` is how surely the subject is meant; ``by_subject`` says that the author's name is a name
    of the subject's; ``support`` holds the kinds of supporting terms (place, employer) that occur.
    """

    text: str
    places: Sequence[Place]
    cues: Sequence[CueSpan]
    identity: float = 1.0
    by_subject: bool = False
    support: frozenset[TermKind] = frozenset()

    @cached_property
    def scale_chars(self) -> float:
        """How many characters are "near": hanzi and Thai say more in less room."""
        dense = len(_HANZI.findall(self.text[:2_000]))
        return 15.0 if dense * 3 > len(self.text[:2_000]) else 45.0

    @cached_property
    def sentence_ends(self) -> list[int]:
        return [match.end() for match in _SENTENCE_END.finditer(self.text)]

    @cached_property
    def line_ends(self) -> list[int]:
        return [match.end() for match in _LINE_END.finditer(self.text)]

    @cached_property
    def lines(self) -> list[str]:
        return _LINE_END.split(self.text)

    @cached_property
    def quotations(self) -> list[tuple[int, int]]:
        return [match.span() for match in _QUOTATION.finditer(self.text)]

    @cached_property
    def head_end(self) -> int:
        """Where the title and the first line end: the caption of a list stands there."""
        return min(_LONGEST_HEAD_CHARS, sum(len(line) + 1 for line in self.lines[:2]))

    def sentence_of(self, position: int) -> int:
        return bisect.bisect_right(self.sentence_ends, position)

    def line_of(self, position: int) -> int:
        return bisect.bisect_right(self.line_ends, position)

    def is_quoted(self, begin: int, end: int) -> bool:
        """Whether the words stand between quotation marks that do not hold the mention too."""
        place = bisect.bisect_right(self.quotations, (begin, len(self.text))) - 1
        if place < 0:
            return False
        start, stop = self.quotations[place]
        holds_mention = any(start <= item.begin and item.end <= stop for item in self.places)
        return start <= begin and end <= stop and not holds_mention

    def distance_chars(self, cue: CueSpan) -> int:
        """Characters between the cue and the nearest mention; 0 where they touch or overlap.

        The caption of a list stands near each of its items.
        """
        gap = min((_gap(cue, place) for place in self.places), default=len(self.text))
        return min(gap, int(self.scale_chars / 3)) if self.is_list and cue.begin < self.head_end else gap

    def nearest(self, cue: CueSpan) -> Place:
        return min(self.places, key=lambda place: _gap(cue, place))

    @cached_property
    def mention_sentences(self) -> frozenset[int]:
        return frozenset(self.sentence_of(place.begin) for place in self.places)

    @cached_property
    def mention_lines(self) -> frozenset[int]:
        return frozenset(self.line_of(place.begin) for place in self.places)

    @cached_property
    def _negations(self) -> list[int]:
        return [cue.end for cue in self.cues if cue.family == "negation"]

    def is_negated(self, cue: CueSpan) -> bool:
        """Whether a negation ends shortly before the cue."""
        place = bisect.bisect_right(self._negations, cue.begin) - 1
        return place >= 0 and cue.begin - self._negations[place] <= _NEGATION_REACH_CHARS

    @cached_property
    def is_list(self) -> bool:
        """Whether a mention is one item of several: numbered or bulleted lines, or items between bars."""
        return self._list_lines() >= 3 or any(self.lines[line].count("|") >= 3 for line in self.mention_lines)

    def _list_lines(self) -> int:
        listed = {number for number, line in enumerate(self.lines) if _LIST_LINE.match(line)}
        near = {number for line in self.mention_lines for number in range(line - 3, line + 4)}
        return len(listed & near) if listed & self.mention_lines else 0

    @cached_property
    def is_signed(self) -> bool:
        """Whether the post ends in the subject's name as a signature does."""
        return any(
            place.kind in NAME_KINDS
            and len(self.text.rstrip(FIELD_BREAK + " \n")) - place.end <= 40
            and _SIGN.search(self.text[max(0, place.begin - 12) : place.begin]) is not None
            for place in self.places
        )

    @cached_property
    def is_quoted_kindly(self) -> bool:
        """Whether the subject occurs in the quoted field alone and the author's own words charge nobody.

        The quoted post is judged where it stands; a reply is a hit where it adds something.
        """
        own_end = self.text.rfind(FIELD_BREAK)
        if own_end < 0 or any(place.begin < own_end for place in self.places):
            return False
        title_end = self.text.find(FIELD_BREAK)
        return not any(
            title_end < cue.begin < own_end and cue.weight > _WEAK and cue.family in SHAMING_FAMILIES
            for cue in self.cues
        )

    @cached_property
    def is_plain_roster(self) -> bool:
        """Whether the post is plainly a rota or a class, team or guest list, and no word charges anybody."""
        return any(cue.family == "roster" and cue.weight >= _STRONG for cue in self.cues) and not any(
            cue.family in SHAMING_FAMILIES and cue.weight > _WEAK for cue in self.cues
        )

    def touching(self, family: str, *, reach_chars: int = 3) -> tuple[bool, bool]:
        """Whether a cue of the family stands right before, or right after, a mention."""
        before = after = False
        for cue in self.cues:
            if cue.family == family and cue.weight > 0.3:
                before |= any(0 <= place.begin - cue.end <= reach_chars for place in self.places)
                after |= any(0 <= cue.begin - place.end <= reach_chars for place in self.places)
        return before, after

    def around(self, reach_chars: int) -> Iterator[tuple[int, int]]:
        """Ranges of text around the mentions, merged where they overlap."""
        done: tuple[int, int] | None = None
        for place in sorted(self.places):
            begin, end = max(0, place.begin - reach_chars), min(len(self.text), place.end + reach_chars)
            if done and begin <= done[1]:
                done = (done[0], max(done[1], end))
            else:
                if done:
                    yield done
                done = (begin, end)
        if done:
            yield done


def _gap(cue: CueSpan, place: Place) -> int:
    return max(0, cue.begin - place.end, place.begin - cue.end)


def scene_from_fields(
    texts: Sequence[str],
    cues: Sequence[Iterable[CueSpan]],
    places: Sequence[Iterable[Place]],
    *,
    identity: float = 1.0,
    by_subject: bool = False,
    support: frozenset[TermKind] = frozenset(),
) -> Scene:
    """Join the folded fields of one post; cues and places are given per field, in its own positions."""
    moved_cues: list[CueSpan] = []
    moved_places: list[Place] = []
    offset = 0
    for text, field_cues, field_places in zip(texts, cues, places, strict=True):
        moved_cues.extend(
            CueSpan(cue.begin + offset, cue.end + offset, cue.family, cue.weight) for cue in field_cues
        )
        moved_places.extend(
            dataclasses.replace(place, begin=place.begin + offset, end=place.end + offset)
            for place in field_places
        )
        offset += len(text) + 1
    return Scene(
        text=FIELD_BREAK.join(texts),
        places=tuple(_without_overlaps(moved_places)),
        cues=tuple(moved_cues),
        identity=identity,
        by_subject=by_subject,
        support=support,
    )


def _without_overlaps(places: Iterable[Place]) -> Iterator[Place]:
    done = -1
    for place in sorted(places, key=lambda item: (item.begin, -item.end)):
        if place.begin >= done:
            yield place
            done = place.end
