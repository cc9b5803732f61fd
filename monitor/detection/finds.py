"""Finds where terms of a watch list stand in one batch of folded text; knows nothing of posts and subjects' lives.

The skeleton of all documents is searched once. What deserves a second look is read again: as leetspeak, as a
stream of digits, and for numbers with a covered middle. Every hit is checked where it stands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from monitor.detection.digits import DigitStream, digit_stream, plain_digit_stream
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.index import HitGroup, Hits, TextSearch, number_hits
from monitor.detection.leet import leet_view
from monitor.detection.masks import fits_mask, masked_numbers
from monitor.detection.model import TermKind
from monitor.detection.patterns import Owner, check_of_kind
from monitor.detection.phones import accept
from monitor.detection.promise import joined, promising
from monitor.detection.second_look import Regions, SecondLook
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


@dataclasses.dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a batch or some regions of it, with what may stand there by its hash."""

    batch: FoldedBatch
    search: TextSearch
    hits: Hits
    posts: Positions
    regions: Regions | None = None

    @property
    def is_leet(self) -> bool:
        return self.regions is not None


def finds_in(
    index: WatchIndex, batch: FoldedBatch, posts: Positions, *, least_identity: float = 0.0
) -> Iterator[Find]:
    """Everything in the batch that is a watched term with at least the least certainty.

    ``posts[d]`` is the post that document d of the batch is a field of. Of subjects who cannot come to
    ``least_identity`` in a post, finds may be left out.
    """
    search = TextSearch.of_batch(index.catalogue, batch)
    look = SecondLook(batch)
    known: set[tuple[int, int]] = set()
    if index.catalogue.number_lengths:
        fewest = min(index.catalogue.number_lengths)
        plain, special = look.for_numbers(search.number_words(), *search.number_chains(), fewest)
        for regions, read in ((plain, plain_digit_stream), (special, digit_stream)):
            if regions:
                part = batch.excerpts(regions.begins, regions.ends)
                for find in _moved(part, regions, _numbers(index, part, read(part))):
                    known.add((int(posts[batch.document_of(find.begin)]), find.owner.subject))
                    yield find
    readings = [_plain_reading(index, search, batch, posts)]
    if regions := look.for_leet():
        readings.extend(_leet_reading(index, batch, regions, posts))
    for reading, hits in zip(
        readings, _hits_worth_a_look(index, readings, known, least_identity), strict=True
    ):
        groups = reading.search.groups(index.segments, hits, is_leet=reading.is_leet)
        for group in groups:
            found = _checked(index, reading, group)
            yield from _moved(reading.batch, reading.regions, found) if reading.regions else found


def _plain_reading(index: WatchIndex, search: TextSearch, batch: FoldedBatch, posts: Positions) -> _Reading:
    hits = search.hits(index.segments, batch)
    documents = batch.documents_of(search.view.places[hits[:, 0]])
    return _Reading(batch, search, hits, posts[documents])


def _leet_reading(
    index: WatchIndex, batch: FoldedBatch, regions: Regions, posts: Positions
) -> Iterator[_Reading]:
    part = batch.excerpts(regions.begins, regions.ends)
    leet = leet_view(part)
    if leet is not None:
        search = TextSearch.of_leet(index.catalogue, leet)
        hits = search.hits(index.segments, part, is_leet=True)
        places = regions.begins[part.documents_of(search.view.places[hits[:, 0]])]
        yield _Reading(part, search, hits, posts[batch.documents_of(places)], regions)


def _hits_worth_a_look(
    index: WatchIndex, readings: Sequence[_Reading], known: set[tuple[int, int]], least_identity: float
) -> list[Hits]:
    """The hits of each reading without those of subjects who cannot come to the identity."""
    if not least_identity or not any(len(reading.hits) for reading in readings):
        return [reading.hits for reading in readings]
    prospects = joined([index.prospects(reading.hits, reading.posts) for reading in readings])
    kept = promising(prospects, known, least_identity)
    ends = np.cumsum([len(reading.hits) for reading in readings])[:-1]
    return [reading.hits[part] for reading, part in zip(readings, np.split(kept, ends), strict=True)]


def _checked(index: WatchIndex, reading: _Reading, group: HitGroup) -> Iterator[Find]:
    """The finds of a group, if what stands there counts: one check is enough for all who share the form."""
    owner, form = index.text_row(group.segment, int(group.rows[0]))
    batch, view = reading.batch, reading.search.view
    certainty = check_of_kind(owner.kind)(batch, view, group.first, group.last, form)
    if reading.is_leet:
        certainty *= _LEET_FACTOR
    if certainty < LEAST_CERTAINTY:
        return
    begin, end = int(view.places[group.first]), int(view.places[group.last - 1]) + 1
    begin, end = _with_signs(batch.text, begin, end, owner.kind)
    for sharer in index.owners(group.segment, index.segments[group.segment].text.terms[group.rows]):
        yield Find(sharer, begin, end, certainty)


def _with_signs(text: str, begin: int, end: int, kind: TermKind) -> tuple[int, int]:
    """Take in the signs that belong to an identifier and that the skeleton has dropped."""
    if kind is TermKind.HANDLE and text[begin - 1 : begin] == "@":
        return begin - 1, end
    if kind is TermKind.NATIONAL_ID and text[end : end + 1] == ")" and "(" in text[begin:end]:
        return begin, end + 1
    return begin, end


def _numbers(index: WatchIndex, batch: FoldedBatch, stream: DigitStream) -> Iterator[Find]:
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


def _moved(part: FoldedBatch, regions: Regions, finds: Iterable[Find]) -> Iterator[Find]:
    """What is found in some regions of a batch alone, led back to the places in the whole batch."""
    for found in finds:
        region = part.document_of(found.begin)
        shift = int(regions.begins[region]) - int(part.document_begins[region])
        yield dataclasses.replace(found, begin=found.begin + shift, end=found.end + shift)
