"""Turns subjects into the arrays of a segment, a few thousand at a time so that few objects live at once."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from monitor.detection.catalogue import Catalogue
from monitor.detection.folding import Positions
from monitor.detection.keytable import sorted_table
from monitor.detection.maskedtails import joined_tails, tails_of
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.patterns import forms_of_term, grouped_terms_of, numbers_of_term
from monitor.detection.segment import KINDS, NumberRows, Segment, TextRows, joined_segments, narrow
from monitor.detection.stretches import DigitWindows, Stretches
from monitor.detection.strings import Strings

_SUBJECTS_AT_ONCE = 4_096
_SHORTEST_FORM = 2
"""A form of one character cannot be told from other words; no term that is accepted is one."""
_KIND_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


def packed_segment(subjects: Iterable[WatchedSubject], catalogue: Catalogue) -> Segment:
    """All subjects as one segment. Raises InvalidTermError for a term that cannot be watched for."""
    rest = iter(subjects)
    parts: list[Segment] = []
    while chunk := list(itertools.islice(rest, _SUBJECTS_AT_ONCE)):
        parts.append(_Packer(catalogue).segment(chunk))
    return joined_segments(parts) if parts else _Packer(catalogue).segment([])


class _Packer:
    """The columns of one segment while it is made."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._first_terms, self._term_subjects = array("I", [0]), array("I")
        self._kinds, self._groups = array("B"), array("I")
        self._texts: list[str] = []
        self._skeletons: list[str] = []
        self._form_terms, self._forms = array("I"), array("I")
        self._numbers: list[str] = []
        self._number_terms, self._variants, self._prefixes = array("I"), array("B"), array("H")

    def segment(self, subjects: Sequence[WatchedSubject]) -> Segment:
        for index, subject in enumerate(subjects):
            for kind, term, group in grouped_terms_of(subject):
                self._add_term(index, kind, term, group)
            self._first_terms.append(len(self._texts))
        return Segment(
            ids=Strings.of([subject.id for subject in subjects]),
            is_alive=np.ones(len(subjects), dtype=np.bool_),
            first_terms=narrow(_column(self._first_terms)),
            term_subjects=narrow(_column(self._term_subjects)),
            term_kinds=np.array(self._kinds, dtype=np.uint8),
            term_groups=narrow(_column(self._groups)),
            term_texts=Strings.of(self._texts),
            text=self._text_rows(),
            numbers=self._number_rows(),
        )

    def _add_term(self, subject: int, kind: TermKind, term: str, group: int) -> None:
        number = len(self._texts)
        for form in forms_of_term(kind, term):
            if len(form.skeleton) >= _SHORTEST_FORM:
                self._skeletons.append(form.skeleton)
                self._form_terms.append(number)
                self._forms.append(self._catalogue.forms.number_of(form))
        for variant, pattern in enumerate(numbers_of_term(kind, term)):
            self._numbers.append(pattern.digits)
            self._number_terms.append(number)
            self._variants.append(variant)
            self._prefixes.append(self._catalogue.prefix_number(pattern.prefixes))
        self._texts.append(term)
        self._term_subjects.append(subject)
        self._kinds.append(_KIND_NUMBERS[kind])
        self._groups.append(group)

    def _text_rows(self) -> TextRows:
        skeletons = Strings.of(self._skeletons)
        codes, places, lengths = skeletons.codes(0, len(skeletons))
        stretches = Stretches(codes, self._catalogue.salt)
        self._catalogue.screen_terms(stretches, places, lengths)
        table, order = sorted_table(stretches.term_keys(places, lengths))
        return TextRows(
            table=table,
            terms=narrow(_column(self._form_terms)[order]),
            forms=narrow(_column(self._forms)[order]),
            skeletons=skeletons.taken(order),
        )

    def _number_rows(self) -> NumberRows:
        lengths = np.array([len(number) for number in self._numbers], dtype=np.int64)
        places = np.cumsum(lengths) - lengths
        values = np.frombuffer("".join(self._numbers).encode(), dtype=np.uint8) - np.uint8(ord("0"))
        keys = DigitWindows(values, self._catalogue.salt).keys(places, lengths)
        self._catalogue.number_lengths.update(lengths.tolist())
        table, order = sorted_table(keys)
        rows = np.empty(len(order), dtype=np.int64)
        rows[order] = np.arange(len(order))
        tails = tails_of(self._numbers, list(self._prefixes), np.arange(len(order)))
        return NumberRows(
            table=table,
            terms=narrow(_column(self._number_terms)[order]),
            variants=np.array(self._variants, dtype=np.uint8)[order],
            lengths=narrow(lengths[order]),
            tails=joined_tails([tails], [0], rows),
        )


def _column(values: array[int]) -> Positions:
    return np.array(values, dtype=np.int64)
