"""Finds the phrases of the lexicon in posts, however spelled; never decides what they mean together."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from monitor.detection.characters import Kind, tables
from monitor.detection.folding import FoldedBatch
from monitor.detection.lexicon import MAX_INFLECTION_CHARS, Entry, Lexicon
from monitor.detection.tight import Tight, tighten

_MAX_CUES_PER_TEXT = 2_000
"""A post of ten megabytes of one swearword must not become a million cues."""

_LETTER, _MARK = int(Kind.LETTER), int(Kind.MARK)


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class CueSpan:
    """One phrase found: ``begin`` and ``end`` are positions in the folded text of its document."""

    begin: int
    end: int
    family: str
    weight: float


def find_cues(batch: FoldedBatch, lexicon: Lexicon) -> list[list[CueSpan]]:
    """The cues of every document of the batch, in order, both views of the text searched once each.

    Where several phrases of one family overlap, the longest stays.
    """
    found: list[list[CueSpan]] = [[] for _ in batch.document_begins]
    for span in _plain_cues(batch, lexicon):
        document = batch.document_of(span.begin)
        offset = int(batch.document_begins[document])
        if span.end - offset <= _length_of(batch, document):
            found[document].append(CueSpan(span.begin - offset, span.end - offset, span.family, span.weight))
    for document, spans in enumerate(found):
        begin = int(batch.document_begins[document])
        folded = batch.text[begin : begin + _length_of(batch, document)]
        tight = tighten(folded)
        if tight.text != folded:
            spans.extend(_tight_cues(tight, lexicon))
    return [_longest(spans) for spans in found]


def _length_of(batch: FoldedBatch, document: int) -> int:
    begins = batch.document_begins
    end = int(begins[document + 1]) - 1 if document + 1 < len(begins) else len(batch.codes)
    return end - int(begins[document])


def _plain_cues(batch: FoldedBatch, lexicon: Lexicon) -> Iterator[CueSpan]:
    return _search(batch.text, lexicon, batch.boundaries.tobytes())


def _tight_cues(tight: Tight, lexicon: Lexicon) -> Iterator[CueSpan]:
    for span in _search(tight.text, lexicon, _tight_boundaries(tight.text)):
        yield CueSpan(tight.places[span.begin], tight.places[span.end - 1] + 1, span.family, span.weight)


def _tight_boundaries(text: str) -> bytes:
    """Byte i says whether a word may begin at position i and end before it, as `FoldedBatch.boundaries` does."""
    kinds = tables().kind[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")]
    bounds = np.ones(len(kinds) + 1, dtype=np.bool_)
    before, after = kinds[:-1], kinds[1:]
    bounds[1:-1] = ~(((before == _LETTER) | (before == _MARK)) & (after == _LETTER) | (after == _MARK))
    return bounds.tobytes()


def entries_in(batch: FoldedBatch, lexicon: Lexicon) -> list[frozenset[int]]:
    """The numbers of the lexicon's entries that occur in each document of the batch as plainly written."""
    found: list[set[int]] = [set() for _ in batch.document_begins]
    for begin, _, number in _matches(batch.text, lexicon, batch.boundaries.tobytes()):
        found[batch.document_of(begin)].add(number)
    return [frozenset(numbers) for numbers in found]


def _search(text: str, lexicon: Lexicon, bounds: bytes) -> Iterator[CueSpan]:
    for begin, end, number in _matches(text, lexicon, bounds):
        entry = lexicon.entries[number]
        yield CueSpan(begin, end, entry.family, entry.weight)


def _matches(text: str, lexicon: Lexicon, bounds: bytes) -> Iterator[tuple[int, int, int]]:
    """(begin, end, number of the entry) of every phrase that stands as words."""
    gapped: dict[int, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
    for begin, end, value in lexicon.automaton.find_overlapping(text):
        for pattern in lexicon.patterns[value]:
            entry = lexicon.entries[pattern.entry]
            if not _stands_as_word(begin, end, entry, pattern.part, bounds=bounds):
                continue
            if entry.gap_chars:
                firsts, seconds = gapped.setdefault(pattern.entry, ([], []))
                if pattern.part == 0:
                    firsts.append((end, begin))
                else:
                    seconds.append((begin, end))
            else:
                yield begin, end, pattern.entry
    for number, (firsts, seconds) in gapped.items():
        for begin, end in _across_gaps(lexicon.entries[number], firsts, seconds):
            yield begin, end, number


def _stands_as_word(begin: int, end: int, entry: Entry, part: int, *, bounds: bytes) -> bool:
    left_ok = bool(bounds[begin]) or (entry.opens_left and part == 0 and _near(begin, bounds, -1))
    if not left_ok:
        return False
    is_last = part == len(entry.parts) - 1
    return bool(bounds[end]) or (entry.opens_right and is_last and _near(end, bounds, 1))


def _near(place: int, bounds: bytes, step: int) -> bool:
    """Whether the word ends within the letters that an open phrase may go on for."""
    for _ in range(MAX_INFLECTION_CHARS):
        place += step
        if not 0 <= place < len(bounds):
            return False
        if bounds[place]:
            return True
    return False


def _across_gaps(
    entry: Entry, firsts: Sequence[tuple[int, int]], seconds: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Pair each second part with the nearest first part; ``firsts`` are (end, begin) in order of end."""
    for begin, end in seconds:
        place = bisect.bisect_right(firsts, (begin, begin)) - 1
        if place >= 0 and begin - firsts[place][0] <= entry.gap_chars:
            yield firsts[place][1], end


def _longest(spans: list[CueSpan]) -> list[CueSpan]:
    kept: list[CueSpan] = []
    reach: dict[str, int] = {}
    for span in sorted(spans, key=lambda item: (item.begin, -item.end, -item.weight)):
        if span.end > reach.get(span.family, -1):
            kept.append(span)
            reach[span.family] = span.end
        if len(kept) >= _MAX_CUES_PER_TEXT:
            break
    return kept
