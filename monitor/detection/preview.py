"""Shows what a watch term will find before it is registered; every example was put through the matcher."""

from __future__ import annotations

import dataclasses

from monitor.detection.disguises import disguised_forms, lookalike_forms
from monitor.detection.mentions import ASSOCIATE_KINDS, SUPPORTING_KINDS
from monitor.detection.model import Associate, Document, TermKind, WatchedSubject
from monitor.detection.ordinary import Commonness, commonness, commonness_sentence
from monitor.detection.terms import WatchTermValue
from monitor.detection.watchlist import Watchlist, compile_watchlist

_NAME_KINDS = frozenset({TermKind.NAME, TermKind.ALIAS, TermKind.ASSOCIATE_NAME})
_SUPPORTS = (
    "A {kind} only supports a name, number or other identifier in the same post; alone it finds nothing."
)
_UNIQUE = "Few other texts hold this {kind} by chance."
_LEAST_CERTAINTY = 0.1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TermPreview:
    """``will_match`` and ``will_not_match`` are texts as a post might hold them; ``commonness`` is "" for no name.

    ``needs_second_identifier`` says that the term alone would mostly find other people.
    """

    kind: TermKind
    value: str
    will_match: tuple[str, ...]
    will_not_match: tuple[str, ...]
    commonness: str
    sentence: str
    needs_second_identifier: bool


def preview(term: WatchTermValue) -> TermPreview:
    """What the term will and will not find, and how ordinary it is."""
    watchlist = compile_watchlist([_subject_of(term)])
    level = commonness(term.value) if term.kind in _NAME_KINDS else None
    is_weak = level in {Commonness.VERY_COMMON, Commonness.ORDINARY_WORD}
    return TermPreview(
        kind=term.kind,
        value=term.value,
        will_match=tuple(
            text for text in disguised_forms(term.kind, term.value) if _is_found(watchlist, text)
        ),
        will_not_match=tuple(
            text for text in lookalike_forms(term.kind, term.value) if not _is_found(watchlist, text)
        ),
        commonness=level.value if level else "",
        sentence=_sentence(term, level),
        needs_second_identifier=is_weak or term.kind in SUPPORTING_KINDS,
    )


def _sentence(term: WatchTermValue, level: Commonness | None) -> str:
    kind = term.kind.value.replace("_", " ")
    if level is not None:
        sentence = commonness_sentence(term.value)
        if level in {Commonness.VERY_COMMON, Commonness.ORDINARY_WORD}:
            return f"{sentence} Add a second identifier, such as a phone number."
        return sentence
    if term.kind in SUPPORTING_KINDS - ASSOCIATE_KINDS:
        return _SUPPORTS.format(kind=kind)
    return _UNIQUE.format(kind=kind)


def _is_found(watchlist: Watchlist, text: str) -> bool:
    document = Document(id="preview", untrusted_text=text)
    return any(
        mention.certainty >= _LEAST_CERTAINTY
        for found in watchlist.find([document])
        for mention in found.mentions
    )


def _subject_of(term: WatchTermValue) -> WatchedSubject:
    value = (term.value,)
    by_kind = {
        TermKind.NAME: WatchedSubject(id="preview", names=value),
        TermKind.ALIAS: WatchedSubject(id="preview", aliases=value),
        TermKind.PHONE: WatchedSubject(id="preview", phones=value),
        TermKind.NATIONAL_ID: WatchedSubject(id="preview", ids=value),
        TermKind.EMAIL: WatchedSubject(id="preview", emails=value),
        TermKind.HANDLE: WatchedSubject(id="preview", handles=value),
        TermKind.PLACE: WatchedSubject(id="preview", places=value),
        TermKind.EMPLOYER: WatchedSubject(id="preview", employers=value),
        TermKind.ASSOCIATE_NAME: WatchedSubject(id="preview", associates=(Associate(name=term.value),)),
        TermKind.ASSOCIATE_PHONE: WatchedSubject(id="preview", associates=(Associate(phones=value),)),
    }
    return by_kind[term.kind]
