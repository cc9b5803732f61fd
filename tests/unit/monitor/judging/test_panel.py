"""What second opinions do to a finding, and that a reader which fails changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest

from monitor.detection.detect import Detector
from monitor.detection.model import Document, Finding, Mention, Opinion, Severity, WatchedSubject
from monitor.detection.watchlist import compile_watchlist
from monitor.judging.errors import JudgeFailedError, ReaderUnavailableError
from monitor.judging.panel import Bounds, Panel, PanelRule, load_rule

RULE = PanelRule(
    scorer_weight=0.5, reader_weight=1.0, offset=0.0, doubtful_from=0.1, doubtful_to=0.9, threshold=0.5
)
POST = Document(id="p", untrusted_text="about PERSON")


class Scores:
    """A first tier whose scores are given; it holds back what a real one would."""

    threshold = 0.42

    def __init__(self, *wordings: float, sureness: float = 1.0, is_settled: bool = False) -> None:
        self.wordings, self.sureness, self.is_settled = wordings, sureness, is_settled

    def detect(
        self, documents: Iterable[Document], *, with_non_hits: bool = False, doubtful_from: float = 1.0
    ) -> Iterator[Finding]:
        for document, wording in zip(documents, self.wordings, strict=True):
            is_hit = wording * self.sureness >= self.threshold and not self.is_settled
            if is_hit or with_non_hits or wording >= doubtful_from:
                yield Finding(
                    document_id=document.id,
                    subject_id="s",
                    is_hit=is_hit,
                    score=wording * self.sureness,
                    severity=Severity.LOW,
                    mentions=(),
                    cues=(),
                    reasons=(),
                    wording=wording,
                    sureness=self.sureness,
                    is_settled=self.is_settled,
                )


class Reads:
    version = "1"

    def __init__(self, logit: float) -> None:
        self.value, self.passages = logit, list[str]()

    def logit(self, untrusted_passage: str) -> float:
        self.passages.append(untrusted_passage)
        return self.value


class Says:
    def __init__(self, verdict: str) -> None:
        self.verdict, self.asked = verdict, 0

    def opinion(self, document: Document, mentions: Sequence[Mention]) -> Opinion:
        self.asked += 1
        if not self.verdict:
            raise JudgeFailedError(why="it is out")
        return Opinion(reader="judge m", version="prompt 1", verdict=self.verdict, untrusted_reason="so")


def only(panel: Panel) -> Finding | None:
    return next(iter(panel.detect([POST])), None)


def test_a_doubtful_post_becomes_a_hit_where_the_reader_is_sure() -> None:
    finding = only(Panel(Scores(0.3), reader=Reads(4.0), rule=RULE))
    assert finding
    assert finding.is_hit
    assert finding.score > 0.9
    assert finding.opinions[0].reader == "semantic reader"
    assert finding.opinions[0].probability == pytest.approx(0.982, abs=1e-3)


def test_a_doubtful_hit_falls_where_the_reader_finds_nothing() -> None:
    assert only(Panel(Scores(0.6), reader=Reads(-4.0), rule=RULE)) is None


def test_what_is_not_doubtful_is_not_read() -> None:
    reader = Reads(-9.0)
    assert only(Panel(Scores(0.95), reader=reader, rule=RULE)) is not None
    assert only(Panel(Scores(0.05), reader=reader, rule=RULE)) is None
    assert reader.passages == []


def test_doubt_about_the_identity_still_lowers_the_score() -> None:
    assert only(Panel(Scores(0.6, sureness=0.2), reader=Reads(9.0), rule=RULE)) is None


def test_a_post_whose_shape_rules_a_hit_out_is_read_by_nobody() -> None:
    reader = Reads(9.0)
    assert only(Panel(Scores(0.6, is_settled=True), reader=reader, rule=RULE)) is None
    assert reader.passages == []


def test_without_a_reader_the_first_tier_decides_by_its_own_threshold() -> None:
    finding = only(Panel(Scores(0.45), rule=RULE))
    assert finding
    assert finding.is_hit
    assert finding.opinions == ()


def test_a_reader_that_fails_leaves_the_scorers_verdict() -> None:
    class Broken(Reads):
        def logit(self, untrusted_passage: str) -> float:
            raise ReaderUnavailableError(why="it is broken")

    finding = only(Panel(Scores(0.6), reader=Broken(0.0), rule=RULE))
    assert finding
    assert finding.score == 0.6
    assert finding.opinions == ()


@pytest.mark.parametrize(
    ("verdict", "is_hit"), [("shaming", True), ("not_shaming", False), ("unsure", False)]
)
def test_the_judges_verdict_decides_between_the_bounds(verdict: str, is_hit: bool) -> None:
    panel = Panel(Scores(0.4), judge=Says(verdict), judged=Bounds(0.3, 0.6), rule=RULE)
    (finding,) = panel.detect([POST], with_non_hits=True)
    assert finding.is_hit is is_hit
    assert finding.opinions[0].verdict == verdict


def test_the_judge_is_not_asked_outside_the_bounds() -> None:
    judge = Says("not_shaming")
    for wording in (0.2, 0.8):
        list(Panel(Scores(wording), judge=judge, judged=Bounds(0.3, 0.6), rule=RULE).detect([POST]))
    assert judge.asked == 0


def test_a_judge_that_fails_leaves_the_scorers_verdict() -> None:
    finding = only(Panel(Scores(0.5), judge=Says(""), judged=Bounds(0.3, 0.6), rule=RULE))
    assert finding
    assert finding.score == 0.5
    assert finding.opinions == ()


def test_the_reader_sees_placeholders_and_no_name() -> None:
    subject = WatchedSubject(id="s", names=("Analyn Dimasupil",), phones=("+639170004417",))
    reader = Reads(0.0)
    everything = PanelRule(1.0, 1.0, 0.0, doubtful_from=0.0, doubtful_to=1.0, threshold=0.5)
    post = Document(id="p", untrusted_text="Analyn Dimasupil 0917 000 4417 estafador magbayad ka")
    list(Panel(Detector(compile_watchlist([subject])), reader=reader, rule=everything).detect([post]))
    assert reader.passages == ["PERSON PHONE estafador magbayad ka"]


def test_the_shipped_rule_trusts_both_tiers() -> None:
    rule = load_rule()
    assert rule.scorer_weight > 0
    assert rule.reader_weight > 0
    assert 0 <= rule.doubtful_from < rule.threshold < rule.doubtful_to <= 1
    assert rule.wording(0.5, 5.0) > rule.wording(0.5, -5.0)
