"""Finds every mention of every watched subject in a stream of documents; says nothing about shaming.

Documents are folded and searched in batches: once the skeleton of all of them for names, handles, addresses
and ids, and, of those that deserve a second look, the stream of digits for numbers and the words that mix
letters with figures. Every find is then checked where it stands.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from monitor.detection.digits import digit_stream
from monitor.detection.folding import FoldedBatch, Positions, fold_batch, skeleton_term
from monitor.detection.index import Candidates, Hit, number_hits
from monitor.detection.leet import leet_view
from monitor.detection.masks import MaskedNumber, fits_mask, masked_numbers
from monitor.detection.mentions import DocumentMentions, identity_from_mentions, in_reading_order
from monitor.detection.model import Document, Mention, TermKind, WatchedSubject
from monitor.detection.patterns import Check, Form, check_of_kind
from monitor.detection.phones import accept
from monitor.detection.second_look import SecondLook
from monitor.detection.watchindex import Owner, WatchIndex

_BATCH_CHARACTERS = 150_000
_LEAST_CERTAINTY = 0.1
_MASKED_NUMBER = 0.5
_LEET_FACTOR = 0.9
_ENOUGH_FOR_SUPPORT = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class _Find:
    """One mention before it is led back to the original: a slice of the folded batch."""

    owner: Owner
    begin: int
    end: int
    certainty: float


class Watchlist:
    """Subjects compiled for searching. Immutable; made by `compile_watchlist` or from another one."""

    def __init__(self, index: WatchIndex) -> None:
        self._index = index

    @property
    def subjects(self) -> Sequence[WatchedSubject]:
        """All subjects, in the order of their registration; each is made when it is asked for."""
        return self._index.subjects

    def with_subject(self, subject: WatchedSubject) -> Watchlist:
        """A watch list with one more subject, or with another one of the same id. Takes milliseconds.

        Raises InvalidTermError for a term that cannot be watched for.
        """
        return Watchlist(self._index.with_subject(subject))

    def without_subject(self, subject_id: str) -> Watchlist:
        """A watch list without the subject. Raises KeyError where there is none with this id.

        Their terms stay in memory until `compacted`; `save` never writes them.
        """
        return Watchlist(self._index.without_subject(subject_id))

    def compacted(self) -> Watchlist:
        """The same watch list in one piece: nothing is left of subjects that were taken out."""
        return Watchlist(self._index.compacted())

    def save(self, path: Path, key: bytes) -> None:
        """Write the watch list to a file that only the key (32 bytes) opens. Raises OSError, ValueError."""
        self._index.save(path, key)

    @classmethod
    def load(cls, path: Path, key: bytes) -> Watchlist:
        """Read what `save` wrote. Raises SavedIndexError where the file or the key is not right, and OSError."""
        return cls(WatchIndex.load(path, key))

    def find(self, documents: Iterable[Document]) -> Iterator[DocumentMentions]:
        """Yield one `DocumentMentions` per (document, subject) with a mention, in the order of documents.

        Reads ahead no further than one batch (about 150,000 characters).
        """
        batch: list[Document] = []
        size = 0
        for document in documents:
            batch.append(document)
            size += (
                len(document.untrusted_text) + len(document.untrusted_title) + len(document.untrusted_quoted)
            )
            if size >= _BATCH_CHARACTERS:
                yield from self._find_in(batch)
                batch, size = [], 0
        if batch:
            yield from self._find_in(batch)

    def _find_in(self, documents: Sequence[Document]) -> Iterator[DocumentMentions]:
        fields = _Fields(documents)
        batch = fold_batch(fields.texts)
        found: dict[tuple[int, int], list[_Find]] = defaultdict(list)
        for find in self._finds(batch):
            if find.certainty >= _LEAST_CERTAINTY:
                found[fields.documents[batch.document_of(find.begin)], find.owner.subject].append(find)
        for document, subject in sorted(found):
            finds = found[document, subject]
            if max(find.certainty for find in finds) >= _ENOUGH_FOR_SUPPORT:
                finds = [*finds, *self._supporting(batch, fields, document, subject)]
            yield self._assembled(batch, fields, documents[document], subject, finds)

    def _finds(self, batch: FoldedBatch) -> Iterator[_Find]:
        index = self._index
        candidates = Candidates.of_batch(index.catalogue, batch)
        yield from self._names(candidates, batch)
        look = SecondLook(batch)
        disguised = look.for_leet()
        if len(disguised):
            yield from _moved(batch, disguised, self._leet_names)
        if index.catalogue.number_lengths:
            words, zeros = candidates.number_words()
            numbered = look.for_numbers(words, zeros, min(index.catalogue.number_lengths))
            if len(numbered):
                yield from _moved(batch, numbered, self._phones)

    def _names(self, candidates: Candidates, batch: FoldedBatch) -> Iterator[_Find]:
        for hit, owner, certainty in self._checked(candidates, batch, is_leet=False):
            begin, end = _folded_span(candidates, hit)
            start, stop = _with_signs(batch.text, begin, end, owner.kind)
            yield _Find(owner, start, stop, certainty)

    def _leet_names(self, batch: FoldedBatch) -> Iterator[_Find]:
        leet = leet_view(batch)
        if leet is None:
            return
        candidates = Candidates.of_leet(self._index.catalogue, leet)
        counts = np.concatenate(([0], np.cumsum(leet.is_leet)))
        for hit, owner, certainty in self._checked(candidates, batch, is_leet=True):
            begin, end = _folded_span(candidates, hit)
            disguised = int(counts[end] - counts[begin])
            if 0 < disguised <= 0.6 * (end - begin):
                yield _Find(owner, begin, end, certainty * _LEET_FACTOR)

    def _checked(
        self, candidates: Candidates, batch: FoldedBatch, *, is_leet: bool
    ) -> Iterator[tuple[Hit, Owner, float]]:
        """The hits that count. People of one name share its forms, and one check is enough for all."""
        known: dict[tuple[Check, Form], float] = {}
        place = (-1, -1)
        for hit in candidates.hits(self._index.segments, batch, is_leet=is_leet):
            owner, form = self._index.text_row(hit.segment, hit.row)
            check = check_of_kind(owner.kind)
            if place != (hit.first, hit.last):
                place, known = (hit.first, hit.last), {}
            certainty = known.get((check, form))
            if certainty is None:
                certainty = check(batch, candidates.view, hit.first, hit.last, form)
                known[check, form] = certainty
            if certainty:
                yield hit, owner, certainty

    def _phones(self, batch: FoldedBatch) -> Iterator[_Find]:
        stream = digit_stream(batch)
        for hit in number_hits(self._index.catalogue, self._index.segments, batch, stream):
            owner, number = self._index.number_row(hit.segment, hit.row)
            if stream.spells(hit.first, hit.last, number.digits):
                accepted = accept(batch, stream, hit.first, hit.last, number)
                if accepted:
                    yield _Find(owner, accepted.begin, accepted.end, accepted.certainty)
        for masked in masked_numbers(batch):
            yield from self._masked(masked)

    def _masked(self, masked: MaskedNumber) -> Iterator[_Find]:
        for owner, number in self._index.numbers_with_ends(masked.head, masked.tail):
            if fits_mask(number, masked):
                yield _Find(owner, masked.begin, masked.end, _MASKED_NUMBER)

    def _supporting(
        self, batch: FoldedBatch, fields: _Fields, document: int, subject: int
    ) -> Iterator[_Find]:
        support = self._index.support_of(subject)
        for index in fields.indices_of(document):
            begin, end = int(batch.document_begins[index]), batch.end_of(index)
            for kind, term, start, stop, certainty in support.find(batch.text[begin:end]):
                yield _Find(Owner(subject, kind, term), begin + start, begin + stop, certainty)

    def _assembled(
        self, batch: FoldedBatch, fields: _Fields, document: Document, subject: int, finds: Sequence[_Find]
    ) -> DocumentMentions:
        mentions = []
        for find in finds:
            index, start, end = batch.locate(find.begin, find.end)
            mentions.append(
                Mention(
                    kind=find.owner.kind,
                    term=find.owner.term,
                    field=fields.names[index],
                    start=start,
                    end=end,
                    text=fields.texts[index][start:end],
                    certainty=round(find.certainty, 3),
                )
            )
        ordered = in_reading_order(mentions)
        watched = self._index.subject(subject)
        return DocumentMentions(
            document=document,
            subject=watched,
            mentions=ordered,
            identity=identity_from_mentions(ordered),
            is_by_subject=_is_by_subject(document, watched),
        )


def compile_watchlist(subjects: Sequence[WatchedSubject]) -> Watchlist:
    """Compile the subjects' terms. Raises InvalidTermError for a term that cannot be watched for."""
    return Watchlist(WatchIndex.of(subjects))


class _Fields:
    """The fields of the documents that hold text, side by side."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.texts: list[str] = []
        self.names: list[str] = []
        self.documents: list[int] = []
        for index, document in enumerate(documents):
            if document.untrusted_title:
                self._add("title", document.untrusted_title, index)
            self._add("text", document.untrusted_text, index)
            if document.untrusted_quoted:
                self._add("quoted", document.untrusted_quoted, index)

    def _add(self, name: str, text: str, document: int) -> None:
        self.texts.append(text)
        self.names.append(name)
        self.documents.append(document)

    def indices_of(self, document: int) -> range:
        begin = bisect.bisect_left(self.documents, document)
        return range(begin, bisect.bisect_right(self.documents, document, begin))


def _with_signs(text: str, begin: int, end: int, kind: TermKind) -> tuple[int, int]:
    """Take in the signs that belong to an identifier and that the skeleton has dropped."""
    if kind is TermKind.HANDLE and text[begin - 1 : begin] == "@":
        return begin - 1, end
    if kind is TermKind.NATIONAL_ID and text[end : end + 1] == ")" and "(" in text[begin:end]:
        return begin, end + 1
    return begin, end


def _folded_span(candidates: Candidates, hit: Hit) -> tuple[int, int]:
    places = candidates.view.places
    return int(places[hit.first]), int(places[hit.last - 1]) + 1


def _moved(
    batch: FoldedBatch, documents: Positions, find: Callable[[FoldedBatch], Iterable[_Find]]
) -> Iterator[_Find]:
    """What is found in some documents of the batch alone, led back to the places in the whole batch."""
    part = batch.narrowed(documents)
    for found in find(part):
        document = part.document_of(found.begin)
        shift = int(batch.document_begins[documents[document]]) - int(part.document_begins[document])
        yield dataclasses.replace(found, begin=found.begin + shift, end=found.end + shift)


def _is_by_subject(document: Document, subject: WatchedSubject) -> bool:
    author = skeleton_term(document.untrusted_author) if document.untrusted_author else ""
    names = (*subject.names, *subject.aliases, *subject.handles)
    return bool(author) and any(skeleton_term(name) == author for name in names)
