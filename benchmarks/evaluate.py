"""``make evaluate``: how well the detector agrees with fair readers, and where it does not.

On labelled cases that no weight was trained on (the held-out half of ``tests/corpus/own``, or any files given with
``--cases`` and ``--subjects``): precision, recall and F1 per language, recall of disguised shaming, alarms on hard
benign cases (benign ones in which the lexicon finds shaming words), and the calibration curve, drawn into
``docs/calibration.svg`` with ``--picture``. On the identity set: precision and recall of mentions. On ordinary
public posts (the folder in ``SHAMEWATCH_CORPORA``): false alarms per 100,000 for invented watch lists of a thousand
common names of each region.

``JUDGE_URL`` and ``JUDGE_MODEL`` add the optional judge, and the table shows what it gains.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from calibration_picture import calibration_bins, draw
from ordinary_posts import REGIONS, common_names, ordinary_posts, watchlist_of_names

from monitor.detection.detect import Detector
from monitor.detection.lexicon import SHAMING_FAMILIES
from monitor.detection.model import Document, Finding, WatchedSubject
from monitor.detection.watchfile import subjects_from_json
from monitor.detection.watchlist import compile_watchlist
from monitor.judging.errors import ReaderUnavailableError
from monitor.judging.judge import Judge, JudgeSettings
from monitor.judging.panel import Panel
from monitor.judging.semantic_reader import semantic_reader

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "tests" / "corpus"
PICTURE = ROOT / "docs" / "calibration.svg"
LEAST_CASES_OF_A_LANGUAGE = 20
LEAST_CERTAINTY = 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """One case and what the detector said of it."""

    language: str
    is_shaming: bool
    is_disguised: bool
    is_hard: bool
    is_found: bool
    is_hit: bool
    score: float
    id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """Precision, recall and F1 over some cases."""

    cases: int
    precision: float
    recall: float
    f1: float


def row(cases: Sequence[Judged]) -> Row:
    right = sum(case.is_shaming and case.is_hit for case in cases)
    precision = right / max(1, sum(case.is_hit for case in cases))
    recall = right / max(1, sum(case.is_shaming for case in cases))
    return Row(len(cases), precision, recall, 2 * precision * recall / max(1e-9, precision + recall))


def cases_from(files: Iterable[Path]) -> list[dict[str, str]]:
    """Every labelled case that a fair reader can decide."""
    lines = (line for file in files for line in file.read_text("utf-8").splitlines())
    return [case for case in map(json.loads, lines) if case["label"] != "ambiguous"]


def judged(
    cases: Sequence[dict[str, str]], subjects: Iterable[Path], panel: Callable[[Detector], Panel]
) -> list[Judged]:
    """Every case, judged for its own subject alone."""
    raw = [item for file in subjects for item in json.loads(file.read_text("utf-8"))]
    wanted = {case["subject"] for case in cases}
    panels = {
        item["id"]: panel(Detector(compile_watchlist(subjects_from_json(json.dumps([item])))))
        for item in raw
        if item["id"] in wanted
    }
    return [_judged(case, panels[case["subject"]]) for case in cases]


def _judged(case: dict[str, str], panel: Panel) -> Judged:
    document = Document(
        id=case["id"],
        untrusted_text=case["text"],
        untrusted_title=case.get("title") or "",
        untrusted_author=case.get("author") or "",
    )
    findings = list(panel.detect([document], with_non_hits=True))
    finding: Finding | None = findings[0] if findings else None
    return Judged(
        language=case["lang"],
        is_shaming=case["label"] == "shaming",
        is_disguised=bool(case.get("obfuscated")),
        is_hard=finding is not None and any(cue.family in SHAMING_FAMILIES for cue in finding.cues),
        is_found=finding is not None,
        is_hit=finding is not None and finding.is_hit,
        score=finding.score if finding else 0.0,
        id=case["id"],
    )


def print_table(cases: Sequence[Judged]) -> None:
    groups = defaultdict(list)
    for case in cases:
        groups[case.language].append(case)
    for language, found in sorted(groups.items()):
        note = "" if len(found) >= LEAST_CASES_OF_A_LANGUAGE else "  (few cases)"
        _print_row(language, row(found), note)
    _print_row("all", row(cases), "")
    disguised = [case for case in cases if case.is_disguised and case.is_shaming]
    hard = [case for case in cases if case.is_hard and not case.is_shaming]
    unseen = sum(not case.is_found for case in cases)
    print(f"disguised shaming: recall {_share(disguised):.3f} of {len(disguised)} cases")
    print(f"hard benign: alarms on {_share(hard):.1%} of {len(hard)} cases")
    print(f"the subject was not recognised in {unseen} of {len(cases)} cases")


def _print_row(name: str, found: Row, note: str) -> None:
    print(
        f"{name:8} {found.cases:5} cases  P {found.precision:.3f}  R {found.recall:.3f}  F1 {found.f1:.3f}{note}"
    )


def _share(cases: Sequence[Judged]) -> float:
    return sum(case.is_hit for case in cases) / max(1, len(cases))


def print_calibration(cases: Sequence[Judged], picture: Path | None) -> None:
    pairs = [(case.score, case.is_shaming) for case in cases if case.is_found]
    bins = calibration_bins(pairs)
    print("calibration (score: share that is shaming, cases)")
    for item in bins:
        print(f"  {item.mean_score:.2f}: {item.share:.2f}  {item.count}")
    if picture:
        draw(bins, picture)
        print(f"drawn into {picture.name}")


def print_identity(corpus: Path) -> None:
    for name, counts in identity_counts(corpus).items():
        print(
            f"identity, {name}: precision {counts.precision:.3f}, recall {counts.recall:.3f} of {counts.spans} spans in {counts.cases} cases"
        )


@dataclasses.dataclass(slots=True)
class IdentityCounts:
    """Spans that were found and should be, found and should not, missed; over some cases."""

    cases: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def spans(self) -> int:
        return self.right + self.missed

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.spans)


def identity_counts(corpus: Path) -> dict[str, IdentityCounts]:
    """The identity set by what the subject of a case is watched by; a mention counts from certainty 0.25."""
    counts: dict[str, IdentityCounts] = defaultdict(IdentityCounts)
    for file in sorted((corpus / "identity").glob("*.jsonl")):
        for case in map(json.loads, file.read_text("utf-8").splitlines()):
            terms = {field: tuple(values) for field, values in case["subject"].items()}
            watchlist = compile_watchlist([WatchedSubject(id="s", **terms)])
            document = Document(id="d", untrusted_text=case["text"])
            found = [
                mention
                for item in watchlist.find([document])
                for mention in item.mentions
                if mention.certainty >= LEAST_CERTAINTY
            ]
            kinds = {"phones"} if set(case["subject"]) == {"phones"} else {"names"}
            if not {"phones", "names"} & set(case["subject"]):
                kinds = {"other identifiers"}
            if {"phones", "names"} <= set(case["subject"]):
                kinds = {"names with phones"}
            for kind in (*kinds, "all"):
                held = counts[kind]
                held.cases += 1
                held.right += sum(mention.text in case["found"] for mention in found)
                held.wrong += sum(mention.text not in case["found"] for mention in found)
                texts = [mention.text for mention in found]
                held.missed += sum(text not in texts for text in case["found"])
    return counts


def print_false_alarms(folder: Path, panel: Callable[[Detector], Panel]) -> None:
    posts = list(ordinary_posts(folder))
    for region in REGIONS:
        detector = panel(Detector(watchlist_of_names(common_names(seed=7, region=region))))
        begin = time.perf_counter()
        hits = sum(1 for _ in detector.detect(posts))
        took_s = time.perf_counter() - begin
        print(
            f"ordinary posts, 1,000 {region} names: {hits} false alarms in {len(posts):,} posts, {1e5 * hits / len(posts):.2f} per 100,000 ({len(posts) / took_s:,.0f} posts/s)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, action="append", help="other labelled cases, JSON lines")
    parser.add_argument("--subjects", type=Path, action="append", help="the subjects of other cases")
    parser.add_argument(
        "--picture", action="store_true", help=f"draw the calibration into docs/{PICTURE.name}"
    )
    parser.add_argument("--without-reader", action="store_true", help="measure the first tier alone")
    parser.add_argument("--cases-only", action="store_true", help="leave out ordinary posts")
    parser.add_argument("--show", type=int, default=0, help="print the ids of this many wrong cases")
    options = parser.parse_args()
    reader = None
    if not options.without_reader:
        try:
            reader = semantic_reader()
        except ReaderUnavailableError as error:
            print(error)
    subjects = options.subjects or [*CORPUS.glob("subjects-*.json"), *CORPUS.glob("own/subjects*.json")]
    cases = cases_from(options.cases or sorted(CORPUS.glob("own/*.jsonl")))
    if not options.cases:
        cases = [case for case in cases if case["split"] == "held-out"]
    found = judged(cases, subjects, lambda detector: Panel(detector, reader=reader))
    print_table(found)
    print_calibration(found, PICTURE if options.picture else None)
    if url := os.environ.get("JUDGE_URL"):
        judge = Judge(JudgeSettings(url=url, model=os.environ.get("JUDGE_MODEL", "")))
        print(f"with the judge at {url}")
        print_table(judged(cases, subjects, lambda detector: Panel(detector, reader=reader, judge=judge)))
    print_identity(CORPUS)
    folder = os.environ.get("SHAMEWATCH_CORPORA")
    if folder and not options.cases_only:
        print_false_alarms(Path(folder), lambda detector: Panel(detector, reader=reader))
    for case in [case for case in found if case.is_hit != case.is_shaming][: options.show]:
        print(
            f"  {'missed' if case.is_shaming else 'false alarm'}  {case.score:.2f}  {case.id}{'' if case.is_found else '  (not recognised)'}"
        )


if __name__ == "__main__":
    main()
