"""The detector with its second readers: who is asked about which post, and what their opinions do to the score.

1. The scorer weighs every mention (`monitor.detection`).
2. Where its wording lies between ``doubtful_from`` and ``doubtful_to``, the semantic reader reads the passage, and
   a logistic rule trained with it weighs both log-odds into a new wording.
3. Where an operator has set a judge and the score then lies between two bounds, the judge is asked; its verdict
   lifts the score to the threshold or lowers it below, never further.

A reader that is missing or fails changes nothing: the finding stands as the tier before left it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import Protocol

from monitor.detection.model import Document, Finding, Mention, Opinion, Severity
from monitor.detection.severity import severity_of
from monitor.judging.errors import JudgeFailedError, ReaderUnavailableError
from monitor.judging.judge import NOT_SHAMING, SHAMING
from monitor.judging.placeholders import passage

_LOG = logging.getLogger(__name__)
_MOST_LOGIT = 12.0
_JUST_BELOW = 0.01


class ScoresPosts(Protocol):
    """The first tier: `monitor.detection.detect.Detector`."""

    @property
    def threshold(self) -> float: ...

    def detect(
        self, documents: Iterable[Document], *, with_non_hits: bool = False, doubtful_from: float = 1.0
    ) -> Iterator[Finding]: ...


class ReadsPassages(Protocol):
    """The second tier: `monitor.judging.semantic_reader.SemanticReader`."""

    @property
    def version(self) -> str: ...

    def logit(self, untrusted_passage: str) -> float: ...


class GivesOpinions(Protocol):
    """The third: `monitor.judging.judge.Judge`."""

    def opinion(self, document: Document, mentions: Sequence[Mention]) -> Opinion: ...


@dataclasses.dataclass(frozen=True, slots=True)
class PanelRule:
    """The trained rule. The new log-odds are ``scorer * a + reader * b + offset``."""

    scorer_weight: float
    reader_weight: float
    offset: float
    doubtful_from: float
    doubtful_to: float
    threshold: float

    def wording(self, scorer_wording: float, reader_logit: float) -> float:
        logit = (
            self.scorer_weight * _logit(scorer_wording)
            + self.reader_weight * max(-_MOST_LOGIT, min(_MOST_LOGIT, reader_logit))
            + self.offset
        )
        return 1 / (1 + math.exp(-logit))


@dataclasses.dataclass(frozen=True, slots=True)
class Bounds:
    """Between which scores the judge is asked."""

    from_score: float
    to_score: float


class Panel:
    """Detects as the scorer does, with second opinions on what is doubtful. Immutable."""

    def __init__(
        self,
        detector: ScoresPosts,
        *,
        reader: ReadsPassages | None = None,
        judge: GivesOpinions | None = None,
        judged: Bounds = Bounds(0.25, 0.75),
        rule: PanelRule | None = None,
    ) -> None:
        self._detector, self._reader, self._judge = detector, reader, judge
        self._judged, self._rule = judged, rule or load_rule()

    @property
    def threshold(self) -> float:
        return self._rule.threshold if self._reader else self._detector.threshold

    def detect(self, documents: Sequence[Document], *, with_non_hits: bool = False) -> Iterator[Finding]:
        """One finding per (document, subject) that is a hit; see `Detector.detect`. Never raises for any text."""
        texts = {document.id: document for document in documents}
        for finding in self._detector.detect(
            documents, with_non_hits=with_non_hits, doubtful_from=self._doubtful_from
        ):
            weighed = self._weighed(texts[finding.document_id], finding)
            if weighed.is_hit or with_non_hits:
                yield weighed

    @property
    def _doubtful_from(self) -> float:
        if self._reader:
            return self._rule.doubtful_from
        return self._judged.from_score if self._judge else 1.0

    def _weighed(self, document: Document, finding: Finding) -> Finding:
        if finding.is_settled:
            return finding
        if self._reader and self._rule.doubtful_from <= finding.wording <= self._rule.doubtful_to:
            finding = self._read(self._reader, document, finding)
        elif self._reader:
            finding = self._with_score(finding, finding.score)
        if self._judge and self._judged.from_score <= finding.score <= self._judged.to_score:
            finding = self._asked(self._judge, document, finding)
        return finding

    def _read(self, reader: ReadsPassages, document: Document, finding: Finding) -> Finding:
        try:
            logit = reader.logit(passage(document, finding.mentions))
        except ReaderUnavailableError as error:
            _LOG.warning("%s", error)
            return finding
        opinion = Opinion(
            reader="semantic reader",
            version=reader.version,
            probability=round(1 / (1 + math.exp(-max(-_MOST_LOGIT, min(_MOST_LOGIT, logit)))), 4),
        )
        wording = self._rule.wording(finding.wording, logit)
        read = dataclasses.replace(
            finding,
            wording=wording,
            opinions=(*finding.opinions, opinion),
            reasons=(*finding.reasons, _reason(opinion)),
        )
        return self._with_score(read, wording * finding.sureness)

    def _asked(self, judge: GivesOpinions, document: Document, finding: Finding) -> Finding:
        try:
            opinion = judge.opinion(document, finding.mentions)
        except JudgeFailedError as error:
            _LOG.warning("%s", error)
            return finding
        score = finding.score
        if opinion.verdict == SHAMING:
            score = max(score, self.threshold)
        elif opinion.verdict == NOT_SHAMING:
            score = min(score, self.threshold - _JUST_BELOW)
        asked = dataclasses.replace(finding, opinions=(*finding.opinions, opinion))
        return self._with_score(asked, score)

    def _with_score(self, finding: Finding, score: float) -> Finding:
        is_hit = score >= self.threshold
        return dataclasses.replace(
            finding,
            score=round(score, 4),
            is_hit=is_hit,
            severity=severity_of(finding.mentions, finding.cues) if is_hit else Severity.LOW,
        )


def _reason(opinion: Opinion) -> str:
    return f"Read as a whole, the passage shames this person with a likelihood of {opinion.probability:.0%}."


def _logit(probability: float) -> float:
    bounded = max(1e-6, min(1 - 1e-6, probability))
    return math.log(bounded / (1 - bounded))


@functools.cache
def load_rule() -> PanelRule:
    """The rule that ships with the package, trained by ``benchmarks/train_reader.py``."""
    text = (resources.files("monitor.judging") / "data" / "panel.json").read_text("utf-8")
    return PanelRule(**json.loads(text))
