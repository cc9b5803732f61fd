"""Finds every mention of every watched subject in a stream of documents; says nothing about shaming.

Documents are folded and searched in batches (`finds`); what is found is put together per document and subject,
and led back to the original strings.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from monitor.detection.finds import Find, finds_in
from monitor.detection.folding import Positions, fold_batch, skeleton_term
from monitor.detection.mentions import (
    ENOUGH_FOR_SUPPORT,
    MOST_OF_SUPPORTING_NAME,
    DocumentMentions,
    identity_from_mentions,
    in_reading_order,
    most_identity,
)
from monitor.detection.model import Document, Mention, TermKind, WatchedSubject
from monitor.detection.patterns import Owner
from monitor.detection.watchindex import WatchIndex

_BATCH_CHARACTERS = 400_000
_SURE = 0.6
_SURE_KINDS = frozenset({TermKind.PHONE, TermKind.NATIONAL_ID, TermKind.EMAIL, TermKind.HANDLE})
_Place = tuple[int, int, int]
"""(field, start, end) in code points of the field's original text."""


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

    def find(
        self, documents: Iterable[Document], *, least_identity: float = 0.0
    ) -> Iterator[DocumentMentions]:
        """Yield one `DocumentMentions` per (document, subject) with a mention, in the order of documents.

        Those that cannot come to ``least_identity`` may be left out, which is much cheaper. Reads ahead no
        further than one batch (about 400,000 characters).
        """
        for batch in self.find_in_batches(documents, least_identity=least_identity):
            yield from batch

    def find_in_batches(
        self, documents: Iterable[Document], *, least_identity: float = 0.0
    ) -> Iterator[list[DocumentMentions]]:
        """What `find` yields, those of one batch of documents together."""
        batch: list[Document] = []
        size = 0
        for document in documents:
            batch.append(document)
            size += (
                len(document.untrusted_text) + len(document.untrusted_title) + len(document.untrusted_quoted)
            )
            if size >= _BATCH_CHARACTERS:
                yield list(self._find_in(batch, least_identity))
                batch, size = [], 0
        if batch:
            yield list(self._find_in(batch, least_identity))

    def _find_in(self, documents: Sequence[Document], least_identity: float) -> Iterator[DocumentMentions]:
        fields = _Fields(documents)
        batch = fold_batch(fields.texts)
        found: dict[tuple[int, int], list[Find]] = defaultdict(list)
        for find in finds_in(self._index, batch, fields.posts, least_identity=least_identity):
            found[int(fields.posts[batch.document_of(find.begin)]), find.owner.subject].append(find)
        located: dict[tuple[int, int], _Place] = {}
        for document, subject in sorted(found):
            finds = found[document, subject]
            if least_identity and self._most_identity(subject, finds) < least_identity:
                continue
            finds = _supported(finds)
            if max(find.certainty for find in finds) >= ENOUGH_FOR_SUPPORT:
                support = self._index.support_of(subject)
                for index in fields.indices_of(document):
                    begin = int(batch.document_begins[index])
                    for kind, term, start, stop, certainty in support.find(batch.text_of(index)):
                        finds.append(Find(Owner(subject, kind, term), begin + start, begin + stop, certainty))
            spans = [(find.begin, find.end) for find in finds]
            for span in spans:
                if span not in located:
                    located[span] = batch.locate(*span)
            places = [located[span] for span in spans]
            yield self._assembled(fields, documents[document], subject, list(zip(finds, places, strict=True)))

    def _most_identity(self, subject: int, finds: Sequence[Find]) -> float:
        return most_identity(
            ((find.owner.kind, find.certainty) for find in finds),
            may_have_places=self._index.may_have_places(subject),
        )

    def _assembled(
        self, fields: _Fields, document: Document, subject: int, finds: Sequence[tuple[Find, _Place]]
    ) -> DocumentMentions:
        mentions = []
        for find, (index, start, end) in finds:
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


def _supported(finds: list[Find]) -> list[Find]:
    """A name that is also a word means the person where a sure identifier of theirs stands beside it."""
    if not any(find.owner.kind in _SURE_KINDS and find.certainty >= _SURE for find in finds):
        return finds
    return [
        dataclasses.replace(find, certainty=max(find.certainty, MOST_OF_SUPPORTING_NAME))
        if find.owner.kind is TermKind.NAME
        else find
        for find in finds
    ]


def compile_watchlist(subjects: Sequence[WatchedSubject]) -> Watchlist:
    """Compile the subjects' terms. Raises InvalidTermError for a term that cannot be watched for."""
    return Watchlist(WatchIndex.of(subjects))


class _Fields:
    """The fields of the documents that hold text, side by side. ``posts[i]`` is the document of field i."""

    def __init__(self, documents: Sequence[Document]) -> None:
        if any(document.untrusted_title or document.untrusted_quoted for document in documents):
            named = [
                (name, text, index)
                for index, document in enumerate(documents)
                for name, text in (
                    ("title", document.untrusted_title),
                    ("text", document.untrusted_text),
                    ("quoted", document.untrusted_quoted),
                )
                if text or name == "text"
            ]
            self.names = [name for name, _, _ in named]
            self.texts = [text for _, text, _ in named]
            posts = [index for _, _, index in named]
        else:
            self.names = ["text"] * len(documents)
            self.texts = [document.untrusted_text for document in documents]
            posts = list(range(len(documents)))
        self.posts: Positions = np.array(posts, dtype=np.int64)

    def indices_of(self, document: int) -> range:
        begin, end = np.searchsorted(self.posts, (document, document + 1)).tolist()
        return range(begin, end)


def _is_by_subject(document: Document, subject: WatchedSubject) -> bool:
    author = skeleton_term(document.untrusted_author) if document.untrusted_author else ""
    names = (*subject.names, *subject.aliases, *subject.handles)
    return bool(author) and any(skeleton_term(name) == author for name in names)
