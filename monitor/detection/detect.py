"""The whole of detection as one pure function: posts in, findings out. No I/O, no clock, no globals.

Identity comes first and is cheap; wording is read only in posts that mention a subject.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence

from monitor.detection.context import Place, Scene, scene_from_fields
from monitor.detection.cues import CueSpan, find_cues
from monitor.detection.explain import Phrase, reasons_from_evidence
from monitor.detection.features import features_from_scene
from monitor.detection.folding import FoldedBatch, fold_batch
from monitor.detection.lexicon import FAMILIES, Lexicon, load_lexicon
from monitor.detection.mentions import ASSOCIATE_KINDS, SUPPORTING_KINDS, DocumentMentions
from monitor.detection.model import Cue, Document, Finding, Mention, Severity
from monitor.detection.scoring import (
    NO_SCORE,
    Score,
    Scorer,
    identity_factor,
    identity_of_factor,
    load_scorer,
)
from monitor.detection.severity import severity_of
from monitor.detection.watchlist import Watchlist

DEFAULT_THRESHOLD = 0.42
"""Chosen in cross-validation (``benchmarks/train_scorer.py``) so that precision is about as high as recall."""

_FIELDS = ("title", "text", "quoted")
_WINDOW_CHARS = 60_000
_BEFORE_MENTION_CHARS = 20_000
_MIN_CUE_WEIGHT = 0.3
_MOST_CUES = 60
_LEAST_LETTERS = 4
_LONGEST_CUE_CHARS = 80
_SPACED_LETTER = re.compile(r"[^\W_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""A letter or digit of a script with spaces between its words."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """One (document, subject) with its scene, and the phrases in code points of the original strings."""

    found: DocumentMentions
    scene: Scene
    phrases: tuple[Phrase, ...]

    @property
    def cues(self) -> tuple[Cue, ...]:
        return tuple(phrase.cue for phrase in self.phrases)


class Detector:
    """Finds shaming of watched subjects. Immutable; one may be shared between threads."""

    def __init__(
        self,
        watchlist: Watchlist,
        *,
        threshold: float = DEFAULT_THRESHOLD,
        lexicon: Lexicon | None = None,
        scorer: Scorer | None = None,
    ) -> None:
        self._watchlist = watchlist
        self._threshold = threshold
        self._lexicon = lexicon or load_lexicon()
        self._scorer = scorer or load_scorer()

    @property
    def threshold(self) -> float:
        return self._threshold

    def detect(
        self, documents: Iterable[Document], *, with_non_hits: bool = False, doubtful_from: float = 1.0
    ) -> Iterator[Finding]:
        """One finding per (document, subject) that is a hit, in the order of the documents.

        ``with_non_hits`` yields those that mention a subject and are no hits as well; ``doubtful_from`` those
        whose wording alone reaches it. Never raises for any text.
        """
        least_identity = 0.0 if with_non_hits else identity_of_factor(self._threshold)
        for batch in self._watchlist.find_in_batches(documents, least_identity=least_identity):
            # Of the others no wording could make hits.
            worth = [
                one for one in batch if with_non_hits or identity_factor(one.identity) >= self._threshold
            ]
            for reading, score, is_settled in self._weighed(read_all(worth, self._lexicon)):
                is_hit = score.value >= self._threshold and not is_settled
                if is_hit or with_non_hits or (score.wording >= doubtful_from and not is_settled):
                    yield _finding(reading, score=score, is_hit=is_hit, is_settled=is_settled)

    def _weighed(self, readings: Sequence[Reading]) -> Iterator[tuple[Reading, Score, bool]]:
        """Each reading with its score and whether it is harmless whatever that is; namesakes share a scene."""
        known: dict[int, tuple[Score, bool]] = {}
        for reading in readings:
            scene = id(reading.scene)
            if scene not in known:
                known[scene] = self._score(reading), _is_harmless(reading.scene)
            yield reading, *known[scene]

    def _score(self, reading: Reading) -> Score:
        if not reading.scene.places:
            return NO_SCORE
        return self._scorer.score(features_from_scene(reading.scene), reading.found.identity)


def _is_harmless(scene: Scene) -> bool:
    """The few shapes that are no hit whatever the score: they need no weighing."""
    return scene.is_quoted_kindly or scene.is_plain_roster or not has_words(scene)


def _finding(reading: Reading, *, score: Score, is_hit: bool, is_settled: bool) -> Finding:
    found, scene = reading.found, reading.scene
    return Finding(
        document_id=found.document.id,
        subject_id=found.subject.id,
        is_hit=is_hit,
        score=round(score.value, 4),
        wording=score.wording,
        sureness=score.sureness,
        is_settled=is_settled,
        severity=severity_of(found.mentions, reading.cues) if is_hit else Severity.LOW,
        mentions=found.mentions,
        cues=reading.cues,
        reasons=reasons_from_evidence(
            found.mentions, reading.phrases, is_list=scene.is_list, by_subject=scene.by_subject
        ),
    )


def has_words(scene: Scene) -> bool:
    """Whether the post says anything beside who it mentions: a bare name or number shames nobody."""
    letters = sum(char.isalpha() for char in scene.text[:_WINDOW_CHARS])
    named = sum(char.isalpha() for place in scene.places for char in scene.text[place.begin : place.end])
    return letters - named >= _LEAST_LETTERS or bool(scene.cues)


def read(found: DocumentMentions, lexicon: Lexicon) -> Reading:
    """What `read_all` says of one post."""
    return read_all([found], lexicon)[0]


def read_all(batch: Sequence[DocumentMentions], lexicon: Lexicon) -> list[Reading]:
    """Fold the fields of the posts, find their cues, and set the scene for one subject each.

    Of a field longer than 60,000 characters the part around the first mention is read. What many subjects have
    in common is done once: a post for all of them, a scene for namesakes.
    """
    if not batch:
        return []
    windows = _Windows()
    numbers = [windows.number_of(found) for found in batch]
    folded = fold_batch([text for _, text in windows.shown])
    cues = find_cues(folded, lexicon)
    made: dict[tuple[int, tuple[Mention, ...], bool], Reading] = {}
    readings: list[Reading] = []
    for found, first in zip(batch, numbers, strict=True):
        key = first, found.mentions, found.is_by_subject
        if key not in made:
            made[key] = _reading(found, _Fields(folded, first, windows.shown), cues)
        readings.append(dataclasses.replace(made[key], found=found))
    return readings


class _Windows:
    """The parts of fields that are read, of each post once unless its mentions lie far apart."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, str]] = []
        self._numbers: dict[tuple[int, ...], int] = {}

    def number_of(self, found: DocumentMentions) -> int:
        """The number of the first field of the post that the mentions stand in."""
        shown = [_window(name, found) for name in _FIELDS]
        key = id(found.document), *(begin for begin, _ in shown)
        if key not in self._numbers:
            self._numbers[key] = len(self.shown)
            self.shown += shown
        return self._numbers[key]


@dataclasses.dataclass(frozen=True)
class _Fields:
    """The fields of one post in a folded batch, from number ``first`` on, each with the offset of its window."""

    batch: FoldedBatch
    first: int
    windows: Sequence[tuple[int, str]]

    def __iter__(self) -> Iterator[tuple[int, str, int]]:
        """(number in the batch, name, offset) of each."""
        for place, name in enumerate(_FIELDS):
            number = self.first + place
            yield number, name, self.windows[number][0]


def _reading(found: DocumentMentions, fields: _Fields, cues: Sequence[Sequence[CueSpan]]) -> Reading:
    batch = fields.batch
    spans = [
        list(_outside(_mentioned(batch, number, name, offset, found.mentions), cues[number]))
        for number, name, offset in fields
    ]
    scene = scene_from_fields(
        [batch.text_of(number) for number, _, _ in fields],
        spans,
        [list(_places(batch, number, name, offset, _telling(found))) for number, name, offset in fields],
        identity=found.identity,
        by_subject=found.is_by_subject,
        support=frozenset(mention.kind for mention in found.mentions) & SUPPORTING_KINDS,
    )
    return Reading(found=found, scene=scene, phrases=tuple(_phrases(fields, spans)))


def _outside(mentioned: Sequence[tuple[int, int]], cues: Iterable[CueSpan]) -> Iterator[CueSpan]:
    """The cues that say something beside the mention: "Barangay" in the place Barangay San Telmo does not."""
    for cue in cues:
        if not any(
            begin <= cue.begin < end or begin < cue.end <= end
            for begin, end in mentioned
            if not (cue.begin < begin and end < cue.end)
        ):
            yield cue


def _window(name: str, found: DocumentMentions) -> tuple[int, str]:
    text: str = getattr(found.document, f"untrusted_{name}")
    if len(text) <= _WINDOW_CHARS:
        return 0, text
    first = min((mention.start for mention in found.mentions if mention.field == name), default=0)
    begin = max(0, first - _BEFORE_MENTION_CHARS)
    return begin, text[begin : begin + _WINDOW_CHARS]


def _telling(found: DocumentMentions) -> list[Mention]:
    """The mentions that words are measured from: the subject's own, else those of associates."""
    own = [mention for mention in found.mentions if mention.kind not in SUPPORTING_KINDS]
    return own or [mention for mention in found.mentions if mention.kind in ASSOCIATE_KINDS]


def _places(
    batch: FoldedBatch, number: int, name: str, offset: int, mentions: Iterable[Mention]
) -> Iterator[Place]:
    for mention in mentions:
        for start, stop in _mentioned(batch, number, name, offset, [mention]):
            yield Place(
                begin=start,
                end=stop,
                kind=mention.kind,
                certainty=mention.certainty,
                is_disguised=_is_disguised(mention),
            )


def _mentioned(
    batch: FoldedBatch, number: int, name: str, offset: int, mentions: Iterable[Mention]
) -> list[tuple[int, int]]:
    """Where the mentions of one field stand in its folded text."""
    first, last = int(batch.document_begins[number]), batch.end_of(number)
    shift = int(batch.original_begins[number]) - offset
    found: list[tuple[int, int]] = []
    for mention in mentions:
        if mention.field != name or mention.start < offset:
            continue
        start, stop = batch.starts.searchsorted((mention.start + shift, mention.end + shift)).tolist()
        if first <= start < stop <= last:
            found.append((start - first, stop - first))
    return found


def _is_disguised(mention: Mention) -> bool:
    """Whether the mention is written so that a plain search would miss it."""
    plain = "".join(mention.text.split()).casefold()
    if mention.term.startswith("+"):
        return (
            not plain.replace("-", "").replace("(", "").replace(")", "").replace(".", "").strip("+").isascii()
        )
    return any(char.isdigit() or not (char.isalpha() or char in "'-.@_#") for char in plain)


def _phrases(fields: _Fields, spans: Sequence[Sequence[CueSpan]]) -> Iterator[Phrase]:
    told = 0
    for (number, name, offset), found in zip(fields, spans, strict=True):
        first = int(fields.batch.document_begins[number])
        untrusted: str = fields.batch.originals[number]
        for span in found:
            if span.family in FAMILIES and span.weight > _MIN_CUE_WEIGHT and told < _MOST_CUES:
                _, start, end = fields.batch.locate(first + span.begin, first + span.end)
                start, end = _whole_words(untrusted, start, end)
                told += 1
                text = untrusted[start:end]
                cue = Cue(family=span.family, field=name, start=start + offset, end=end + offset, text=text)
                yield Phrase(cue=cue, weight=span.weight)


def _whole_words(untrusted: str, start: int, end: int) -> tuple[int, int]:
    """The span with the rest of its first and last word, where the script writes spaces between words."""
    while start > 0 and end - start < _LONGEST_CUE_CHARS and _goes_on(untrusted[start - 1], untrusted[start]):
        start -= 1
    while (
        end < len(untrusted)
        and end - start < _LONGEST_CUE_CHARS
        and _goes_on(untrusted[end - 1], untrusted[end])
    ):
        end += 1
    return start, end


def _goes_on(before: str, after: str) -> bool:
    return _SPACED_LETTER.match(before) is not None and _SPACED_LETTER.match(after) is not None
