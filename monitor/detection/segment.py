"""A part of a watch list as arrays: subjects, their terms and all that is looked for; searches nothing.

The rows of ``text`` and ``numbers`` stand in the order of their keys. A subject is an index, its terms are
those from ``first_terms[i]`` to ``first_terms[i + 1]``. About 150 bytes a term, everything included.
"""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.detection.folding import Positions
from monitor.detection.keytable import KeyTable, sorted_table
from monitor.detection.maskedtails import Tails, joined_tails
from monitor.detection.model import FIELD_OF_KIND, Associate, TermKind, WatchedSubject
from monitor.detection.strings import Strings, joined_strings

KINDS = tuple(TermKind)
_PLACES = (KINDS.index(TermKind.PLACE), KINDS.index(TermKind.EMPLOYER))
Unsigned = npt.NDArray[np.unsignedinteger[Any]]


@dataclasses.dataclass(frozen=True, slots=True)
class TextRows:
    """What to find in the skeleton: the term and the number of the form of every row, and its letters."""

    table: KeyTable
    terms: Unsigned
    forms: Unsigned
    skeletons: Strings


@dataclasses.dataclass(frozen=True, slots=True)
class NumberRows:
    """What to find in the stream of digits: the term of every row and which of its numbers it is."""

    table: KeyTable
    terms: Unsigned
    variants: Unsigned
    lengths: Unsigned
    tails: Tails


@dataclasses.dataclass(frozen=True)
class Segment:
    """Some subjects in the order of their registration. ``is_alive[i]`` is false for one that was taken out."""

    ids: Strings
    is_alive: npt.NDArray[np.bool_]
    first_terms: Unsigned
    term_subjects: Unsigned
    term_kinds: npt.NDArray[np.uint8]
    term_groups: Unsigned
    term_texts: Strings
    text: TextRows
    numbers: NumberRows

    @property
    def subject_count(self) -> int:
        return len(self.ids)

    @property
    def row_count(self) -> int:
        return len(self.text.terms) + len(self.numbers.terms)

    @functools.cached_property
    def has_places(self) -> npt.NDArray[np.bool_]:
        """For which subjects there are terms that only support: places and employers."""
        has_places = np.zeros(self.subject_count, dtype=np.bool_)
        has_places[self.term_subjects[np.isin(self.term_kinds, _PLACES)]] = True
        return has_places

    def subject(self, index: int) -> WatchedSubject:
        """The subject as it was registered."""
        fields: dict[str, list[str]] = defaultdict(list)
        associates: dict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
        for term in range(int(self.first_terms[index]), int(self.first_terms[index + 1])):
            kind, text = self.kind_of(term), self.term_texts[term]
            if kind in FIELD_OF_KIND:
                fields[FIELD_OF_KIND[kind]].append(text)
            else:
                associates[int(self.term_groups[term])][kind is TermKind.ASSOCIATE_PHONE].append(text)
        return WatchedSubject(
            id=self.ids[index],
            **{field: tuple(texts) for field, texts in fields.items()},
            associates=tuple(
                Associate(name="".join(names), phones=tuple(phones)) for names, phones in associates.values()
            ),
        )

    def subjects(self) -> Iterator[WatchedSubject]:
        """The subjects that are watched."""
        return map(self.subject, np.flatnonzero(self.is_alive).tolist())

    def kind_of(self, term: int) -> TermKind:
        return KINDS[int(self.term_kinds[term])]

    def watches(self, terms: Unsigned) -> npt.NDArray[np.bool_]:
        """Which of the terms are of subjects that were not taken out."""
        return self.is_alive[self.term_subjects[terms]]

    def without(self, subject: int) -> Segment:
        """The same segment with one subject taken out; `compacted` also forgets what was known of them."""
        is_alive = self.is_alive.copy()
        is_alive[subject] = False
        return dataclasses.replace(self, is_alive=is_alive)


def joined_segments(segments: Sequence[Segment]) -> Segment:
    """One segment that holds what all do. Nothing is left of subjects that were taken out."""
    segments = [compacted(segment) for segment in segments]
    if len(segments) == 1:
        return segments[0]
    subjects = np.cumsum([0, *(segment.subject_count for segment in segments)]).tolist()
    terms = np.cumsum([0, *(len(segment.term_kinds) for segment in segments)]).tolist()
    first_terms = [
        segment.first_terms[:-1].astype(np.int64) + base
        for segment, base in zip(segments, terms, strict=False)
    ]
    return Segment(
        ids=joined_strings([segment.ids for segment in segments]),
        is_alive=np.ones(subjects[-1], dtype=np.bool_),
        first_terms=narrow(np.append(np.concatenate(first_terms), terms[-1])),
        term_subjects=_shifted([segment.term_subjects for segment in segments], subjects),
        term_kinds=np.concatenate([segment.term_kinds for segment in segments]),
        term_groups=_shifted([segment.term_groups for segment in segments], [0] * len(segments)),
        term_texts=joined_strings([segment.term_texts for segment in segments]),
        text=_joined_text([segment.text for segment in segments], terms),
        numbers=_joined_numbers([segment.numbers for segment in segments], terms),
    )


def compacted(segment: Segment) -> Segment:
    """The segment without anything of the subjects that were taken out."""
    if segment.is_alive.all():
        return segment
    subjects = np.flatnonzero(segment.is_alive)
    keeps_term = segment.is_alive[segment.term_subjects]
    terms = np.flatnonzero(keeps_term)
    new_subject, new_term = np.cumsum(segment.is_alive) - 1, np.cumsum(keeps_term) - 1
    counts = np.diff(segment.first_terms.astype(np.int64))[subjects]
    return Segment(
        ids=segment.ids.taken(subjects),
        is_alive=np.ones(len(subjects), dtype=np.bool_),
        first_terms=narrow(np.concatenate(([0], np.cumsum(counts)))),
        term_subjects=narrow(new_subject[segment.term_subjects[terms]]),
        term_kinds=segment.term_kinds[terms],
        term_groups=segment.term_groups[terms],
        term_texts=segment.term_texts.taken(terms),
        text=_kept_text(segment.text, np.flatnonzero(keeps_term[segment.text.terms]), new_term),
        numbers=_kept_numbers(segment.numbers, np.flatnonzero(keeps_term[segment.numbers.terms]), new_term),
    )


def narrow(values: Positions | Unsigned) -> Unsigned:
    """The same numbers in the narrowest type that holds them all."""
    kind = np.min_scalar_type(int(values.max()) if len(values) else 0)
    return values.astype(kind)


def _shifted(parts: Sequence[Unsigned], bases: Sequence[int]) -> Unsigned:
    return narrow(
        np.concatenate([part.astype(np.int64) + base for part, base in zip(parts, bases, strict=False)])
    )


def _joined_text(parts: Sequence[TextRows], terms: Sequence[int]) -> TextRows:
    table, order = sorted_table(np.concatenate([part.table.keys for part in parts]))
    return TextRows(
        table=table,
        terms=_shifted([part.terms for part in parts], terms)[order],
        forms=_shifted([part.forms for part in parts], [0] * len(parts))[order],
        skeletons=joined_strings([part.skeletons for part in parts]).taken(order),
    )


def _joined_numbers(parts: Sequence[NumberRows], terms: Sequence[int]) -> NumberRows:
    table, order = sorted_table(np.concatenate([part.table.keys for part in parts]))
    new_row = np.empty(len(order), dtype=np.int64)
    new_row[order] = np.arange(len(order))
    bases = np.cumsum([0, *(len(part.terms) for part in parts)]).tolist()
    return NumberRows(
        table=table,
        terms=_shifted([part.terms for part in parts], terms)[order],
        variants=_shifted([part.variants for part in parts], [0] * len(parts))[order],
        lengths=_shifted([part.lengths for part in parts], [0] * len(parts))[order],
        tails=joined_tails([part.tails for part in parts], bases, new_row),
    )


def _kept_text(rows: TextRows, kept: Positions, new_term: Positions) -> TextRows:
    return TextRows(
        table=sorted_table(rows.table.keys[kept])[0],
        terms=narrow(new_term[rows.terms[kept]]),
        forms=rows.forms[kept],
        skeletons=rows.skeletons.taken(kept),
    )


def _kept_numbers(rows: NumberRows, kept: Positions, new_term: Positions) -> NumberRows:
    new_row = np.full(len(rows.terms), -1, dtype=np.int64)
    new_row[kept] = np.arange(len(kept))
    return NumberRows(
        table=sorted_table(rows.table.keys[kept])[0],
        terms=narrow(new_term[rows.terms[kept]]),
        variants=rows.variants[kept],
        lengths=rows.lengths[kept],
        tails=rows.tails.kept(new_row),
    )
