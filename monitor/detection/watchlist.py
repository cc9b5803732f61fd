"""Finds every mention of every watched subject in a stream of documents; says nothing about shaming.

Documents are folded and searched in batches: one pass of an automaton over the skeleton of the text for
names, handles, addresses and ids, one over the stream of digits for numbers, and one over the words that
mix letters with figures. Every find is then checked where it stands.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import daachorse
import numpy as np

from monitor.detection.digits import digit_stream
from monitor.detection.folding import FoldedBatch, fold_batch, skeleton_term
from monitor.detection.index import kept_hits, search, text_index
from monitor.detection.leet import leet_term, leet_view
from monitor.detection.masks import MaskedNumber, fits_mask, masked_numbers
from monitor.detection.mentions import DocumentMentions, identity_from_mentions, in_reading_order
from monitor.detection.model import Document, Mention, TermKind, WatchedSubject
from monitor.detection.nameforms import NameForm, Shape
from monitor.detection.names import View
from monitor.detection.patterns import Owner, TextPattern, patterns_of
from monitor.detection.phones import PhonePattern, accept
from monitor.detection.supporting import Support

_BATCH_CHARACTERS = 150_000
_LEAST_CERTAINTY = 0.1
_MASKED_NUMBER = 0.5
_LEET_FACTOR = 0.9
_SHORTEST_LEET = 4
_ENOUGH_FOR_SUPPORT = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class _Find:
    """One mention before it is led back to the original: a slice of the folded batch."""

    owner: Owner
    begin: int
    end: int
    certainty: float


class Watchlist:
    """Subjects compiled for searching. Immutable; made by `compile_watchlist`."""

    def __init__(self, subjects: Sequence[WatchedSubject]) -> None:
        self.subjects = tuple(subjects)
        text: list[TextPattern] = []
        numbers: dict[str, dict[PhonePattern, list[Owner]]] = defaultdict(lambda: defaultdict(list))
        for index, subject in enumerate(self.subjects):
            for pattern in patterns_of(index, subject):
                if isinstance(pattern, TextPattern):
                    text.append(pattern)
                else:
                    numbers[pattern.number.digits][pattern.number].append(pattern.owner)
        self._text = text_index((pattern.form.skeleton, pattern) for pattern in text)
        self._leet = text_index(
            (leet_term(pattern.form.skeleton), pattern)
            for pattern in text
            if isinstance(pattern.form, NameForm)
            and pattern.form.shape is not Shape.HANZI
            and pattern.form.skeleton.isascii()
            and len(pattern.form.skeleton) >= _SHORTEST_LEET
        )
        self._numbers = [tuple(owners.items()) for owners in numbers.values()]
        self._digits = _digit_automaton(list(numbers))
        self._tails = _by_tail(numbers)
        self._authors = _author_names(self.subjects)
        self._support: dict[int, Support] = {}

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
        for find in itertools.chain(self._names(batch), self._leet_names(batch), self._phones(batch)):
            if find.certainty >= _LEAST_CERTAINTY:
                found[fields.documents[batch.document_of(find.begin)], find.owner.subject].append(find)
        for document, subject in sorted(found):
            finds = found[document, subject]
            if max(find.certainty for find in finds) >= _ENOUGH_FOR_SUPPORT:
                finds = [*finds, *self._supporting(batch, fields, document, subject)]
            yield self._assembled(batch, fields, documents[document], subject, finds)

    def _names(self, batch: FoldedBatch) -> Iterator[_Find]:
        skeleton = batch.skeleton
        view = View(places=skeleton.places, boundaries=batch.boundaries)
        for begin, end, owners, certainty in search(self._text, batch, skeleton.text, view):
            start, stop = _with_signs(batch.text, begin, end, owners[0].kind)
            for owner in owners:
                yield _Find(owner, start, stop, certainty)

    def _leet_names(self, batch: FoldedBatch) -> Iterator[_Find]:
        leet = leet_view(batch) if self._leet.automaton else None
        if leet is None:
            return
        counts = np.concatenate(([0], np.cumsum(leet.is_leet)))
        for begin, end, owners, certainty in search(self._leet, batch, leet.text, leet.view):
            disguised = int(counts[end] - counts[begin])
            if 0 < disguised <= 0.6 * (end - begin):
                for owner in owners:
                    yield _Find(owner, begin, end, certainty * _LEET_FACTOR)

    def _phones(self, batch: FoldedBatch) -> Iterator[_Find]:
        if self._digits is None:
            return
        stream = digit_stream(batch)
        hits = self._digits.find_overlapping(stream.values.tobytes())
        table = np.array(hits, dtype=np.int64).reshape(-1, 3)
        kept = kept_hits(batch.documents_of(stream.begins[table[:, 0]]), table[:, 2])
        for first, last, index in table[kept].tolist():
            for number, owners in self._numbers[index]:
                accepted = accept(batch, stream, first, last, number)
                if accepted:
                    for owner in owners:
                        yield _Find(owner, accepted.begin, accepted.end, accepted.certainty)
        for masked in masked_numbers(batch):
            yield from self._masked(masked)

    def _masked(self, masked: MaskedNumber) -> Iterator[_Find]:
        for number, owners in self._tails.get(masked.tail[-2:], ()):
            if fits_mask(number, masked):
                for owner in owners:
                    yield _Find(owner, masked.begin, masked.end, _MASKED_NUMBER)

    def _supporting(
        self, batch: FoldedBatch, fields: _Fields, document: int, subject: int
    ) -> Iterator[_Find]:
        support = self._support.get(subject)
        if support is None:
            support = self._support[subject] = Support(self.subjects[subject])
        for index in fields.indices_of(document):
            begin = int(batch.document_begins[index])
            is_last = index + 1 == len(batch.document_begins)
            end = len(batch.text) if is_last else int(batch.document_begins[index + 1]) - 1
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
        author = skeleton_term(document.untrusted_author) if document.untrusted_author else ""
        return DocumentMentions(
            document=document,
            subject=self.subjects[subject],
            mentions=ordered,
            identity=identity_from_mentions(ordered),
            is_by_subject=bool(author) and subject in self._authors.get(author, ()),
        )


def compile_watchlist(subjects: Sequence[WatchedSubject]) -> Watchlist:
    """Compile the subjects' terms. Raises InvalidTermError for a term that cannot be watched for."""
    return Watchlist(subjects)


class _Fields:
    """The fields of the documents that hold text, side by side."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.texts: list[str] = []
        self.names: list[str] = []
        self.documents: list[int] = []
        for index, document in enumerate(documents):
            for name, text in (
                ("title", document.untrusted_title),
                ("text", document.untrusted_text),
                ("quoted", document.untrusted_quoted),
            ):
                if text or name == "text":
                    self.texts.append(text)
                    self.names.append(name)
                    self.documents.append(index)

    def indices_of(self, document: int) -> range:
        begin = int(np.searchsorted(self.documents, document))
        return range(begin, int(np.searchsorted(self.documents, document, side="right")))


def _with_signs(text: str, begin: int, end: int, kind: TermKind) -> tuple[int, int]:
    """Take in the signs that belong to an identifier and that the skeleton has dropped."""
    if kind is TermKind.HANDLE and text[begin - 1 : begin] == "@":
        return begin - 1, end
    if kind is TermKind.NATIONAL_ID and text[end : end + 1] == ")" and "(" in text[begin:end]:
        return begin, end + 1
    return begin, end


def _digit_automaton(numbers: Sequence[str]) -> daachorse.DoubleArrayAhoCorasick | None:
    if not numbers:
        return None
    return daachorse.DoubleArrayAhoCorasick([bytes(map(int, number)) for number in numbers])


def _by_tail(
    numbers: dict[str, dict[PhonePattern, list[Owner]]],
) -> dict[str, list[tuple[PhonePattern, tuple[Owner, ...]]]]:
    tails: dict[str, list[tuple[PhonePattern, tuple[Owner, ...]]]] = defaultdict(list)
    for forms in numbers.values():
        for pattern, owners in forms.items():
            tails[pattern.digits[-2:]].append((pattern, tuple(owners)))
    return dict(tails)


def _author_names(subjects: Sequence[WatchedSubject]) -> dict[str, frozenset[int]]:
    names: dict[str, set[int]] = defaultdict(set)
    for index, subject in enumerate(subjects):
        for term in (*subject.names, *subject.aliases, *subject.handles):
            names[skeleton_term(term)].add(index)
    return {name: frozenset(who) for name, who in names.items()}
