"""The index of a watch list: segments that are never changed, only put beside each other; searches nothing.

A new subject becomes a small segment of its own, and small segments are joined as they become many. One that is
taken out is marked, and gone once the index is compacted or saved.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar, overload

import numpy as np

from monitor.detection.catalogue import Catalogue
from monitor.detection.folding import Positions
from monitor.detection.index import Hits
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.packing import packed_segment
from monitor.detection.patterns import Form, Owner, grouped_terms_of, numbers_of_term
from monitor.detection.phones import PhonePattern
from monitor.detection.promise import Prospects
from monitor.detection.saved_index import read_index, write_index
from monitor.detection.segment import KINDS, Segment, Unsigned, joined_segments
from monitor.detection.strings import Strings
from monitor.detection.supporting import Support

_FORMS_OF_TERM = 5
_MOST_ROWS_JOINED = 4_096
_MOST_KEPT = 50_000
_Made = TypeVar("_Made")


class TermOwner(NamedTuple):
    """An `Owner` whose term is only read when it is needed: of very many who share a form, few are told."""

    subject: int
    kind: TermKind
    texts: Strings
    number: int

    @property
    def term(self) -> str:
        return self.texts[self.number]


class WatchIndex:
    """What is watched, packed. Immutable but for what it remembers of rows that were found."""

    def __init__(self, catalogue: Catalogue, segments: Sequence[Segment]) -> None:
        self.catalogue = catalogue
        self.segments = tuple(segments)
        self._bases = np.cumsum([0, *(segment.subject_count for segment in segments)]).tolist()
        self._text_rows: dict[tuple[int, int], tuple[Owner, Form]] = {}
        self._number_rows: dict[tuple[int, int], tuple[Owner, PhonePattern]] = {}
        self._subjects: dict[int, WatchedSubject] = {}
        self._supports: dict[int, Support] = {}

    @classmethod
    def of(cls, subjects: Sequence[WatchedSubject]) -> WatchIndex:
        """The index of these subjects. Raises InvalidTermError for a term that cannot be watched for."""
        terms = sum(1 for subject in subjects for _ in grouped_terms_of(subject))
        catalogue = Catalogue.for_terms(_FORMS_OF_TERM * terms)
        return cls(catalogue, [packed_segment(subjects, catalogue)])

    @property
    def subjects(self) -> Sequence[WatchedSubject]:
        return _Subjects(self)

    def with_subject(self, subject: WatchedSubject) -> WatchIndex:
        held = self._place_of(subject.id)
        index = self if held is None else self._without(*held)
        segments = [*index.segments, packed_segment([subject], self.catalogue)]
        while len(segments) > 2 and sum(segment.row_count for segment in segments[-2:]) <= _MOST_ROWS_JOINED:
            segments[-2:] = [joined_segments(segments[-2:])]
        grown = WatchIndex(self.catalogue, segments)
        return grown if self.catalogue.has_room_for(grown.row_count) else grown.compacted()

    def without_subject(self, subject_id: str) -> WatchIndex:
        held = self._place_of(subject_id)
        if held is None:
            raise KeyError(f"No subject {subject_id!r} is watched.")
        return self._without(*held)

    def compacted(self) -> WatchIndex:
        segment = joined_segments(self.segments)
        return WatchIndex(self.catalogue.rescreened(segment.text.skeletons), [segment])

    @property
    def row_count(self) -> int:
        return sum(segment.row_count for segment in self.segments)

    def save(self, path: Path, key: bytes) -> None:
        whole = self.compacted()
        write_index(path, key, whole.catalogue, whole.segments[0])

    @classmethod
    def load(cls, path: Path, key: bytes) -> WatchIndex:
        catalogue, segment = read_index(path, key)
        return cls(catalogue, [segment])

    def text_row(self, segment: int, row: int) -> tuple[Owner, Form]:
        """Whose form it is that a row of the skeletons stands for, and the form."""
        return _remembered(self._text_rows, (segment, row), lambda: self._text_row(segment, row))

    def _text_row(self, number: int, row: int) -> tuple[Owner, Form]:
        segment = self.segments[number]
        owner = self._owner(number, int(segment.text.terms[row]))
        skeleton = segment.text.skeletons[row]
        form = self.catalogue.forms.form(int(segment.text.forms[row]), skeleton, owner.kind, owner.term)
        return owner, form

    def owners(self, segment: int, terms: Unsigned) -> Iterator[TermOwner]:
        """Whose terms of a segment these are."""
        held = self.segments[segment]
        subjects = held.term_subjects[terms].tolist()
        kinds = held.term_kinds[terms].tolist()
        base = self._bases[segment]
        for subject, kind, term in zip(subjects, kinds, terms.tolist(), strict=True):
            yield TermOwner(base + subject, KINDS[kind], held.term_texts, term)

    def prospects(self, hits: Hits, posts: Positions) -> Prospects:
        """Whose the rows of the hits are, and how sure they can be. ``posts`` are those in which the hits stand."""
        count = len(hits)
        subjects, kinds = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.uint8)
        certainties, has_places = np.ones(count, dtype=np.float32), np.zeros(count, dtype=np.bool_)
        for number, segment in enumerate(self.segments):
            which = (hits[:, 2] == number).nonzero()[0]
            rows = hits[which, 4]
            terms = segment.text.terms[rows]
            owners = segment.term_subjects[terms]
            subjects[which] = owners.astype(np.int64) + self._bases[number]
            kinds[which] = segment.term_kinds[terms]
            certainties[which] = self.catalogue.forms.most_certain[segment.text.forms[rows]]
            has_places[which] = segment.has_places[owners]
        return Prospects(posts, subjects, kinds, certainties, has_places)

    def number_row(self, segment: int, row: int) -> tuple[Owner, PhonePattern]:
        """Whose number it is that a row of the numbers stands for, and the number."""
        return _remembered(self._number_rows, (segment, row), lambda: self._number_row(segment, row))

    def _number_row(self, number: int, row: int) -> tuple[Owner, PhonePattern]:
        segment = self.segments[number]
        owner = self._owner(number, int(segment.numbers.terms[row]))
        return owner, numbers_of_term(owner.kind, owner.term)[int(segment.numbers.variants[row])]

    def numbers_with_ends(self, head: str, tail: str) -> Iterator[tuple[Owner, PhonePattern]]:
        """The numbers that may begin and end with these digits."""
        for number, segment in enumerate(self.segments):
            rows = np.array(
                segment.numbers.tails.fitting(head, tail, self.catalogue.prefixes), dtype=np.int64
            )
            for row in rows[segment.watches(segment.numbers.terms[rows])].tolist():
                yield self.number_row(number, row)

    def subject(self, index: int) -> WatchedSubject:
        """The subject with this index, whether it was taken out or not."""
        return _remembered(self._subjects, index, lambda: self._subject(index))

    def _subject(self, index: int) -> WatchedSubject:
        number = bisect.bisect_right(self._bases, index) - 1
        return self.segments[number].subject(index - self._bases[number])

    def support_of(self, subject: int) -> Support:
        """What supports an identification of the subject, compiled."""
        return _remembered(self._supports, subject, lambda: Support(self.subject(subject)))

    def may_have_places(self, subject: int) -> bool:
        """Whether places or employers of the subject are watched for."""
        number = bisect.bisect_right(self._bases, subject) - 1
        return bool(self.segments[number].has_places[subject - self._bases[number]])

    def _owner(self, number: int, term: int) -> Owner:
        segment = self.segments[number]
        subject = self._bases[number] + int(segment.term_subjects[term])
        return Owner(subject, segment.kind_of(term), segment.term_texts[term])

    def _place_of(self, subject_id: str) -> tuple[int, int] | None:
        for number in reversed(range(len(self.segments))):
            segment = self.segments[number]
            for index in segment.ids.indices_of(subject_id):
                if segment.is_alive[index]:
                    return number, index
        return None

    def _without(self, number: int, index: int) -> WatchIndex:
        segments = list(self.segments)
        segments[number] = segments[number].without(index)
        return WatchIndex(self.catalogue, segments)


_Key = TypeVar("_Key")


def _remembered(known: dict[_Key, _Made], key: _Key, make: Callable[[], _Made]) -> _Made:
    made = known.get(key)
    if made is None:
        if len(known) >= _MOST_KEPT:
            known.clear()
        made = known[key] = make()
    return made


class _Subjects(Sequence[WatchedSubject]):
    """The subjects that are watched, each made when it is asked for."""

    def __init__(self, index: WatchIndex) -> None:
        self._index = index
        self._places = np.flatnonzero(np.concatenate([segment.is_alive for segment in index.segments]))

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> WatchedSubject: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[WatchedSubject]: ...
    def __getitem__(self, place: int | slice) -> WatchedSubject | Sequence[WatchedSubject]:
        if isinstance(place, slice):
            return tuple(self._index.subject(index) for index in self._places[place].tolist())
        return self._index.subject(int(self._places[place]))
