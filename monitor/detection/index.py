"""Finds the rows of a watch list in texts and in streams of digits; judges no find.

Candidates come from the screen, rows from the tables of the segments. Both go by hashes: the letters and digits
are still to be compared.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from monitor.detection.catalogue import Catalogue
from monitor.detection.characters import Codes
from monitor.detection.digits import DigitStream
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.formtable import HAS_SHAPE, IS_WORD, MAY_BE_LEET, NEEDS_END
from monitor.detection.leet import LEET_SAME, LeetView
from monitor.detection.names import JOINED_AT_LEAST, View
from monitor.detection.segment import Segment, Unsigned
from monitor.detection.stretches import DigitWindows, Stretches

_FEW_HITS = 5_000
_MOST_HITS, _MANY_HITS, _MOST_OF_MANY = 2_000, 200_000, 200
_MOST_LEET = 0.6
"""Of a name in leetspeak at most so much is figures: 1337 is no name."""
_ASCII_END = 128
_SHORTEST_CHAIN = 7
"""Letters of number words that are written as one. Fewer are rather a word of another language (baba, namba)."""
_NO_SHAPE = -1
Hits = Positions
"""Rows of (first, last, segment, shape, row), in the order of the text."""
_Fitting = tuple[Positions, Positions, Positions, Positions]
"""Places, lengths, shapes and rows."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A row of a segment that may be what stands at ``[first:last]`` of a skeleton or a stream of digits."""

    first: int
    last: int
    segment: int
    row: int


@dataclasses.dataclass(frozen=True, slots=True)
class HitGroup:
    """The rows of one segment that stand at ``[first:last]``, forms that differ in nothing but their owners."""

    first: int
    last: int
    segment: int
    rows: Positions


class TextSearch:
    """One skeleton with everything in it that may be a term by its hash, and stands where one may."""

    def __init__(self, catalogue: Catalogue, codes: Codes, view: View, begins: Positions) -> None:
        self._catalogue, self.codes, self.view = catalogue, codes, view
        self._begins = begins
        self._stretches = Stretches(codes, catalogue.salt)
        self._begins_word = view.boundaries[view.places]
        found = catalogue.screen.candidates(self._stretches, begins, _may_end(codes, view))
        self._chain_places = found.chain_places
        inside = (found.places + found.lengths <= len(codes)).nonzero()[0]
        self._places, self._lengths, self._keys = (
            found.places[inside],
            found.lengths[inside],
            found.keys[inside],
        )

    @classmethod
    def of_batch(cls, catalogue: Catalogue, batch: FoldedBatch) -> TextSearch:
        """That of the skeleton of a batch."""
        skeleton = batch.skeleton
        view = View(places=skeleton.places, boundaries=batch.boundaries)
        is_begin = view.boundaries[skeleton.places]
        is_begin[1:] |= _after_other_letters(skeleton.codes)
        return cls(catalogue, skeleton.codes, view, is_begin.nonzero()[0])

    @classmethod
    def of_leet(cls, catalogue: Catalogue, leet: LeetView) -> TextSearch:
        """That of a reading of figures as letters: with at least one such figure, and not too many."""
        view = leet.view
        search = cls(catalogue, leet.codes, view, view.boundaries[view.places].nonzero()[0])
        counts = np.concatenate(([0], np.cumsum(leet.is_leet)))
        places, lengths = search._places, search._lengths
        begins, ends = view.places[places], view.places[places + lengths - 1] + 1
        disguised = counts[ends] - counts[begins]
        kept = ((disguised > 0) & (disguised <= _MOST_LEET * (ends - begins))).nonzero()[0]
        search._places, search._lengths, search._keys = places[kept], lengths[kept], search._keys[kept]
        return search

    def number_words(self) -> Positions:
        """Folded places of number words that stand as words."""
        which, _ = self._catalogue.number_words.lookup(self._keys)
        if not len(which):
            return which
        places, lengths = self._places[which], self._lengths[which]
        return self.view.places[places[self._begins_word[places] & self._ends_word(places, lengths)]]

    def number_chains(self) -> tuple[Positions, Positions]:
        """(folded places, lengths) of long words that begin with a number word and may go on as further ones."""
        places = self._chain_places
        if not len(places):
            return places, places
        lengths = (
            np.append(self._begins, len(self.codes))[np.searchsorted(self._begins, places, "right")] - places
        )
        is_long = (lengths >= _SHORTEST_CHAIN).nonzero()[0]
        places, lengths = places[is_long], lengths[is_long]
        if not len(places):
            return places, lengths
        anywhere = np.ones(len(self.codes) + 1, dtype=np.bool_)
        found = self._catalogue.screen.candidates(self._stretches, places, anywhere)
        which, _ = self._catalogue.number_words.lookup(found.keys)
        kept = np.isin(places, found.places[which])
        return self.view.places[places[kept]], lengths[kept]

    def _ends_word(self, places: Positions, lengths: Positions) -> npt.NDArray[np.bool_]:
        ends: npt.NDArray[np.bool_] = self.view.boundaries[self.view.places[places + lengths - 1] + 1]
        return ends

    @functools.cached_property
    def _text(self) -> str:
        return str(self.codes.astype("<u4", copy=False).data, "utf-32-le")

    def hits(self, segments: Sequence[Segment], batch: FoldedBatch, *, is_leet: bool = False) -> Hits:
        """Every row that may stand there by its hash, where words begin and end if it is made of words."""
        table = _table(
            [(number, self._fitting(segment, is_leet=is_leet)) for number, segment in enumerate(segments)]
        )
        if not len(table):
            return table
        documents = batch.documents_of(self.view.places[table[:, 0]])
        return table[kept_hits(documents, _row_numbers(table))]

    def groups(self, segments: Sequence[Segment], hits: Hits, *, is_leet: bool = False) -> Iterator[HitGroup]:
        """The rows whose letters stand there. Those of one group have the same letters and shape."""
        if not len(hits):
            return
        table = hits[self._are_there(segments, hits, same=LEET_SAME if is_leet else "")]
        if not len(table):
            return
        is_alone = table[:, 3] == _NO_SHAPE
        is_new = is_alone[1:] | (table[1:, :4] != table[:-1, :4]).any(axis=1)
        begins = np.concatenate(([0], is_new.nonzero()[0] + 1))
        ends = np.append(begins[1:], len(table)).tolist()
        rows = table[:, 4]
        for (first, last, segment, _, _), begin, end in zip(
            table[begins].tolist(), begins.tolist(), ends, strict=True
        ):
            yield HitGroup(first, last, segment, rows[begin:end])

    def _are_there(self, segments: Sequence[Segment], table: Hits, *, same: str) -> npt.NDArray[np.bool_]:
        """Which rows of the table have the letters that stand there."""
        equal = np.zeros(len(table), dtype=np.bool_)
        for number, segment in enumerate(segments):
            which = (table[:, 2] == number).nonzero()[0]
            if len(which):
                rows = table[which]
                is_new = np.append(True, (rows[1:, :2] != rows[:-1, :2]).any(axis=1))
                texts: dict[str, int] = {}
                spans = rows[is_new, :2].tolist()
                numbers = [texts.setdefault(self._text[first:last], len(texts)) for first, last in spans]
                # What stands in a post a thousand times is compared once with each row.
                pairs = rows[:, 4] * len(texts) + np.array(numbers)[np.cumsum(is_new) - 1]
                unique, places = np.unique(pairs, return_inverse=True)
                held, wanted = np.divmod(unique, len(texts))
                equal[which] = segment.text.skeletons.are_equal(held, list(texts), wanted, same=same)[places]
        return equal

    def _has_its_breaks(
        self, places: Positions, lengths: Positions, forms: Unsigned
    ) -> npt.NDArray[np.bool_]:
        """Whether words begin where those of the form do, as `names` will ask for."""
        breaks = self._catalogue.forms.breaks[forms].astype(np.int64)
        fits = (lengths >= JOINED_AT_LEAST) & (breaks[:, 0] > 1)
        begins = [(column == 0) | self._begins_word.take(places + column, mode="clip") for column in breaks.T]
        fits |= np.logical_and.reduce(begins)
        return fits

    def _fitting(self, segment: Segment, *, is_leet: bool) -> _Fitting:
        which, rows = segment.text.table.lookup(self._keys)
        if not len(which):
            return which, which, which, which
        places, lengths = self._places[which], self._lengths[which]
        forms = segment.text.forms[rows]
        flags = self._catalogue.forms.flags[forms]
        view = self.view
        fits = self._begins_word[places] | (flags & IS_WORD == 0)
        fits &= view.boundaries[view.places[places + lengths - 1] + 1] | (flags & NEEDS_END == 0)
        if is_leet:
            fits &= flags & MAY_BE_LEET != 0
        fits &= self._has_its_breaks(places, lengths, forms)
        fits &= segment.watches(segment.text.terms[rows])
        shapes = np.where(flags[fits] & HAS_SHAPE != 0, forms[fits].astype(np.int64), _NO_SHAPE)
        return places[fits], lengths[fits], shapes, rows[fits]


def number_hits(
    catalogue: Catalogue, segments: Sequence[Segment], batch: FoldedBatch, stream: DigitStream
) -> Iterator[Hit]:
    """Every row that may stand in the stream. The caller compares the digits, which the rows do not hold."""
    windows = DigitWindows(stream.values, catalogue.salt)
    places: list[Positions] = []
    lengths: list[Positions] = []
    for length in sorted(catalogue.number_lengths):
        here = np.arange(max(0, len(stream.values) - length + 1))
        places.append(here)
        lengths.append(np.full(len(here), length, dtype=np.int64))
    if not places:
        return
    begins, sizes = np.concatenate(places), np.concatenate(lengths)
    keys = windows.keys(begins, sizes)
    found = []
    for number, segment in enumerate(segments):
        which, rows = segment.numbers.table.lookup(keys)
        watched = segment.watches(segment.numbers.terms[rows])
        which, rows = which[watched], rows[watched]
        shapes = np.zeros(len(rows), dtype=np.int64)
        found.append((number, (begins[which], sizes[which], shapes, rows)))
    table = _table(found)
    kept = kept_hits(batch.documents_of(stream.begins[table[:, 0]]), _row_numbers(table))
    for first, last, segment, _, row in table[kept].tolist():
        if last - first == segments[segment].numbers.lengths[row]:
            yield Hit(first, last, segment, row)


def _after_other_letters(codes: Codes) -> npt.NDArray[np.bool_]:
    """Where an identifier may begin though a word goes on: a Latin letter or figure after one of another script.

    One shorter than the codes: of their second and all that follow.
    """
    is_ascii = codes < _ASCII_END
    return is_ascii[1:] & ~is_ascii[:-1]


def _may_end(codes: Codes, view: View) -> npt.NDArray[np.bool_]:
    """Element i says that a term may end before i: not between two Latin letters or figures of one word.

    No check lets such a find pass, whatever the kind of the term.
    """
    ends = np.ones(len(codes) + 1, dtype=np.bool_)
    is_ascii = codes < _ASCII_END
    ends[1:] = view.boundaries[view.places + 1] | ~is_ascii
    ends[1:-1] |= ~is_ascii[1:]
    return ends


def _table(found: Sequence[tuple[int, _Fitting]]) -> Hits:
    if not any(len(firsts) for _, (firsts, *_) in found):
        return np.zeros((0, 5), dtype=np.int64)
    parts = [
        np.column_stack((firsts, firsts + lengths, np.full(len(firsts), number), shapes, rows))
        for number, (firsts, lengths, shapes, rows) in found
    ]
    table = np.concatenate(parts).astype(np.int64)
    return table[np.lexsort((table[:, 4], table[:, 3], table[:, 2], table[:, 1], table[:, 0]))]


def _row_numbers(table: Positions) -> Positions:
    """One number for every row of every segment."""
    segment_count = int(table[:, 2].max()) + 1 if len(table) else 1
    return table[:, 4] * segment_count + table[:, 2]


def kept_hits(documents: Positions, patterns: Positions) -> Positions:
    """Which hits are looked at: of one pattern in one document no more than the first 2,000, or 200 of very many.

    A post that repeats a name a million times would otherwise cost a million checks, for each of its bearers.
    """
    if len(patterns) <= _FEW_HITS:
        return np.arange(len(patterns))
    keys = documents * (int(patterns.max()) + 1) + patterns
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = (np.concatenate(([True], ordered[1:] != ordered[:-1]))).nonzero()[0]
    lengths = np.diff(np.append(begins, len(ordered)))
    ranks = np.arange(len(ordered)) - np.repeat(begins, lengths)
    return np.sort(order[ranks < (_MOST_HITS if len(patterns) <= _MANY_HITS else _MOST_OF_MANY)])
