"""Finds where terms of a watch list stand in one batch of folded text; knows nothing of posts and subjects' lives.

The skeleton of all documents is searched once. Those that deserve a second look are read again: as leetspeak,
as a stream of digits, and for numbers with a covered middle. Every hit is checked where it stands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from monitor.detection.digits import digit_stream
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.index import HitGroup, TextSearch, number_hits
from monitor.detection.leet import LEET_SAME, leet_view
from monitor.detection.masks import fits_mask, masked_numbers
from monitor.detection.model import TermKind
from monitor.detection.patterns import Owner, check_of_kind
from monitor.detection.phones import accept
from monitor.detection.second_look import SecondLook
from monitor.detection.watchindex import TermOwner, WatchIndex

LEAST_CERTAINTY = 0.1
_MASKED_NUMBER = 0.5
_LEET_FACTOR = 0.9


@dataclasses.dataclass(frozen=True, slots=True)
class Find:
    """A term where it stands: a slice of the folded batch."""

    owner: Owner | TermOwner
    begin: int
    end: int
    certainty: float


def finds_in(index: WatchIndex, batch: FoldedBatch) -> Iterator[Find]:
    """Everything in the batch that is a watched term with at least the least certainty."""
    search = TextSearch.of_batch(index.catalogue, batch)
    yield from _names(index, search, batch)
    look = SecondLook(batch)
    disguised = look.for_leet()
    if len(disguised):
        yield from _moved(batch, disguised, lambda part: _leet_names(index, part))
    if index.catalogue.number_lengths:
        words, chains = search.number_words()
        numbered = look.for_numbers(words, chains, min(index.catalogue.number_lengths))
        if len(numbered):
            yield from _moved(batch, numbered, lambda part: _numbers(index, part))


def _names(index: WatchIndex, search: TextSearch, batch: FoldedBatch) -> Iterator[Find]:
    for group in search.groups(index.segments, batch):
        yield from _checked(index, search, batch, group, is_leet=False)


def _leet_names(index: WatchIndex, batch: FoldedBatch) -> Iterator[Find]:
    leet = leet_view(batch)
    if leet is not None:
        search = TextSearch.of_leet(index.catalogue, leet)
        for group in search.groups(index.segments, batch, is_leet=True):
            yield from _checked(index, search, batch, group, is_leet=True)


def _checked(
    index: WatchIndex, search: TextSearch, batch: FoldedBatch, group: HitGroup, *, is_leet: bool
) -> Iterator[Find]:
    """The finds of a group, if what stands there counts: one check is enough for all who share the form."""
    segment = index.segments[group.segment]
    text = search.text_at(group.first, group.last)
    rows = segment.text.skeletons.equal_to(text, group.rows, same=LEET_SAME if is_leet else "")
    if not len(rows):
        return
    owner, form = index.text_row(group.segment, int(rows[0]))
    check = check_of_kind(owner.kind)
    certainty = check(batch, search.view, group.first, group.last, form)
    if is_leet:
        certainty *= _LEET_FACTOR
    if certainty < LEAST_CERTAINTY:
        return
    places = search.view.places
    begin, end = int(places[group.first]), int(places[group.last - 1]) + 1
    begin, end = _with_signs(batch.text, begin, end, owner.kind)
    for sharer in index.owners(group.segment, segment.text.terms[rows]):
        yield Find(sharer, begin, end, certainty)


def _with_signs(text: str, begin: int, end: int, kind: TermKind) -> tuple[int, int]:
    """Take in the signs that belong to an identifier and that the skeleton has dropped."""
    if kind is TermKind.HANDLE and text[begin - 1 : begin] == "@":
        return begin - 1, end
    if kind is TermKind.NATIONAL_ID and text[end : end + 1] == ")" and "(" in text[begin:end]:
        return begin, end + 1
    return begin, end


def _numbers(index: WatchIndex, batch: FoldedBatch) -> Iterator[Find]:
    stream = digit_stream(batch)
    for hit in number_hits(index.catalogue, index.segments, batch, stream):
        owner, number = index.number_row(hit.segment, hit.row)
        if stream.spells(hit.first, hit.last, number.digits):
            accepted = accept(batch, stream, hit.first, hit.last, number)
            if accepted and accepted.certainty >= LEAST_CERTAINTY:
                yield Find(owner, accepted.begin, accepted.end, accepted.certainty)
    for masked in masked_numbers(batch):
        for owner, number in index.numbers_with_ends(masked.head, masked.tail):
            if fits_mask(number, masked):
                yield Find(owner, masked.begin, masked.end, _MASKED_NUMBER)


def _moved(
    batch: FoldedBatch, documents: Positions, find: Callable[[FoldedBatch], Iterable[Find]]
) -> Iterator[Find]:
    """What is found in some documents of the batch alone, led back to the places in the whole batch."""
    part = batch.narrowed(documents)
    for found in find(part):
        document = part.document_of(found.begin)
        shift = int(batch.document_begins[documents[document]]) - int(part.document_begins[document])
        yield dataclasses.replace(found, begin=found.begin + shift, end=found.end + shift)
