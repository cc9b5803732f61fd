"""Trains `monitor/detection/data/scorer.json` on the labelled cases of ``tests/corpus``; development only.

Needs scikit-learn, which the product does not: ``uv pip install scikit-learn``, then
``python benchmarks/train_scorer.py``. Mentions are found by the product's own identity code. A phrase of the
lexicon that occurs in the cases of one subject only is hidden from half of the training (every case is learned
twice, with and without such phrases), because it may have been written with that case in mind: weights learned
on such phrases alone would trust the lexicon too much.
With ``SHAMEWATCH_CORPORA`` set, ordinary posts that happen to hold a common name are learned as no shaming (every
second post; the others stay for measuring). Prints precision, recall and F1 by grouped cross-validation (no subject in both halves), with and without
that pessimism, and the threshold of the best F1.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ordinary_posts import common_names, ordinary_posts, watchlist_of_names
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from monitor.detection.context import Scene
from monitor.detection.detect import DEFAULT_THRESHOLD, read
from monitor.detection.features import BUCKETS, DENSE_NAMES, features_from_scene
from monitor.detection.lexicon import load_lexicon
from monitor.detection.model import Document
from monitor.detection.scoring import IDENTITY_FLOOR, Scorer, certainty_factor, json_from_scorer
from monitor.detection.watchfile import subjects_from_json
from monitor.detection.watchlist import Watchlist, compile_watchlist

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
WEIGHTS = Path(__file__).parent.parent / "monitor" / "detection" / "data" / "scorer.json"
GRAM_SCALE = 2.0
REGULARISATION_C = 1.5
FOLDS = 6
ORDINARY_WEIGHT = 0.3
ORDINARY_SEEDS = range(11, 31)
Labels = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Case:
    """One labelled post in which the identity code found its subject."""

    id: str
    language: str
    subject: str
    is_shaming: bool
    scene: Scene


def watchlists(corpus: Path) -> dict[str, Watchlist]:
    """One watch list per subject, so that a case is judged for its own subject alone."""
    files = [*sorted(corpus.glob("subjects-*.json")), *sorted(corpus.glob("own/subjects*.json"))]
    raw = [item for file in files for item in json.loads(file.read_text("utf-8"))]
    return {item["id"]: compile_watchlist(subjects_from_json(json.dumps([item]))) for item in raw}


def every_case(corpus: Path) -> Iterator[dict[str, str]]:
    """Every labelled case that a fair reader can decide, the held-out ones among them."""
    for file in [*sorted(corpus.glob("cases-dev-*.jsonl")), *sorted(corpus.glob("own/*.jsonl"))]:
        for line in file.read_text("utf-8").splitlines():
            case = json.loads(line)
            if case["label"] != "ambiguous":
                yield case


def raw_cases(corpus: Path) -> Iterator[dict[str, str]]:
    """Every labelled case but the held-out ones."""
    return (case for case in every_case(corpus) if case.get("split") != "held-out")


def document_from_case(case: dict[str, str]) -> Document:
    return Document(
        id=case["id"],
        untrusted_text=case["text"],
        untrusted_title=case.get("title") or "",
        untrusted_author=case.get("author") or "",
    )


def cases_with_mentions(corpus: Path, *, own_only: bool = False) -> list[Case]:
    lists, lexicon = watchlists(corpus), load_lexicon()
    return [
        Case(
            id=case["id"],
            language=case["lang"],
            subject=case["subject"],
            is_shaming=case["label"] == "shaming",
            scene=read(found, lexicon).scene,
        )
        for case in raw_cases(corpus)
        if not (own_only and case["id"].startswith("dev-"))
        for found in lists[case["subject"]].find([document_from_case(case)])
    ]


def ordinary_scenes() -> list[Scene]:
    """Scenes of ordinary posts that hold a common name, from every second post of the corpora."""
    folder = os.environ.get("SHAMEWATCH_CORPORA")
    if not folder:
        return []
    posts, lexicon = list(ordinary_posts(Path(folder)))[::2], load_lexicon()
    return [
        read(found, lexicon).scene
        for seed in ORDINARY_SEEDS
        for found in watchlist_of_names(common_names(seed)).find(posts)
        if found.identity >= IDENTITY_FLOOR
    ]


def without_lonely_cues(cases: Sequence[Case]) -> list[Scene]:
    """The scenes without cues whose phrase only the cases of one subject use."""
    users: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    for case in cases:
        for cue in case.scene.cues:
            users[cue.family, case.scene.text[cue.begin : cue.end]].add(case.subject)
    return [
        dataclasses.replace(
            case.scene,
            cues=tuple(
                cue
                for cue in case.scene.cues
                if len(users[cue.family, case.scene.text[cue.begin : cue.end]]) > 1
            ),
        )
        for case in cases
    ]


def matrix(scenes: Iterable[Scene]) -> csr_matrix:
    dense, rows, columns, values = [], [], [], []
    for row, scene in enumerate(scenes):
        features = features_from_scene(scene)
        dense.append(features.dense)
        for buckets, value in features.grams:
            rows.extend([row] * len(buckets))
            columns.extend(buckets)
            values.extend([value * GRAM_SCALE] * len(buckets))
    grams = csr_matrix((values, (rows, columns)), shape=(len(dense), BUCKETS))
    return hstack([csr_matrix(np.array(dense)), grams]).tocsr()


def fit(inputs: csr_matrix, labels: Labels, ordinary: csr_matrix) -> LogisticRegression:
    """Ordinary posts count as no shaming, with less weight each than a case."""
    weights = np.concatenate([np.ones(len(labels)), np.full(ordinary.shape[0], ORDINARY_WEIGHT)])
    every = np.concatenate([labels, np.zeros(ordinary.shape[0], dtype=bool)])
    model = LogisticRegression(C=REGULARISATION_C, max_iter=1_000, tol=1e-3)
    return model.fit(vstack([inputs, ordinary]).tocsr(), every, sample_weight=weights)


def fit_twice(
    hidden: csr_matrix, whole: csr_matrix, labels: Labels, ordinary: csr_matrix
) -> LogisticRegression:
    """A model that saw every case with and without the phrases that only its subject uses."""
    return fit(vstack([hidden, whole]).tocsr(), np.concatenate([labels, labels]), ordinary)


def logits_out_of_fold(
    hidden: csr_matrix, whole: csr_matrix, labels: Labels, groups: Sequence[str], ordinary: csr_matrix
) -> tuple[Scores, Scores]:
    """The logits of cases whose subject the model did not see: lonely phrases hidden, and all phrases shown."""
    careful, hopeful = np.zeros(len(labels)), np.zeros(len(labels))
    for learn, check in GroupKFold(FOLDS).split(hidden, labels, groups):
        model = fit_twice(hidden[learn], whole[learn], labels[learn], ordinary)
        careful[check] = model.decision_function(hidden[check])
        hopeful[check] = model.decision_function(whole[check])
    return careful, hopeful


def calibration(logits: Scores, labels: Labels) -> tuple[float, float]:
    """Platt's slope and offset over logits that the model did not see in training."""
    platt = LogisticRegression(C=1e6).fit(logits[:, None], labels)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def scorer_from_model(model: LogisticRegression, slope: float, offset: float) -> Scorer:
    weights = model.coef_[0]
    grams = weights[-BUCKETS:]
    step = float(np.abs(grams).max()) / 127
    return Scorer(
        dense=weights[:-BUCKETS].astype(np.float32),
        grams=np.round(grams / step).astype(np.int8),
        gram_step=step,
        gram_scale=GRAM_SCALE,
        intercept=float(model.intercept_[0]),
        slope=slope,
        offset=offset,
    )


def sureness(cases: Sequence[Case], inputs: csr_matrix) -> Scores:
    """The factor by which the product lowers each score where the identity is doubtful."""
    numbers, families = (
        inputs[:, DENSE_NAMES.index(name)].toarray().ravel() for name in ("has_number", "shaming_families")
    )
    return np.array(
        [
            certainty_factor(case.scene.identity, has_number=bool(number), shaming_families=round(share * 6))
            for case, number, share in zip(cases, numbers, families, strict=True)
        ]
    )


def precision_recall_f1(scores: Scores, labels: Labels, threshold: float) -> tuple[float, float, float]:
    hits = scores >= threshold
    right = float((hits & labels).sum())
    precision, recall = right / max(1, hits.sum()), right / max(1, labels.sum())
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def report(name: str, cases: Sequence[Case], scores: Scores, labels: Labels, threshold: float) -> None:
    print(f"{name}, threshold {threshold:.2f}")
    groups = {"all": np.ones(len(labels), dtype=bool)}
    for language in sorted({case.language for case in cases}):
        groups[language] = np.array([case.language == language for case in cases])
    for group, chosen in groups.items():
        values = precision_recall_f1(scores[chosen], labels[chosen], threshold)
        print(f"  {group:8} {chosen.sum():5} cases  P {values[0]:.3f}  R {values[1]:.3f}  F1 {values[2]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="measure only, write no weights")
    parser.add_argument("--own-only", action="store_true", help="leave out the cases by other hands")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where to write the weights")
    options = parser.parse_args()
    cases = cases_with_mentions(CORPUS, own_only=options.own_only)
    labels = np.array([case.is_shaming for case in cases])
    groups = [case.subject for case in cases]
    hidden, whole = matrix(without_lonely_cues(cases)), matrix(case.scene for case in cases)
    scenes = ordinary_scenes()
    ordinary = matrix(scenes) if scenes else csr_matrix((0, hidden.shape[1]))
    print(f"{len(cases)} cases, {len(scenes)} ordinary posts with a common name")
    careful, hopeful = logits_out_of_fold(hidden, whole, labels, groups, ordinary)
    slope, offset = calibration(np.concatenate([careful, hopeful]), np.concatenate([labels, labels]))
    calibrated = [
        sureness(cases, inputs) / (1 + np.exp(-(slope * logits + offset)))
        for inputs, logits in ((hidden, careful), (whole, hopeful))
    ]
    steps = np.arange(0.3, 0.75, 0.02)
    best = max(steps, key=lambda step: sum(precision_recall_f1(s, labels, step)[2] for s in calibrated))
    report("Phrases of one subject hidden", cases, calibrated[0], labels, best)
    report("All phrases", cases, calibrated[1], labels, best)
    report("All phrases", cases, calibrated[1], labels, DEFAULT_THRESHOLD)
    if not options.dry_run:
        options.weights.write_text(
            json_from_scorer(scorer_from_model(fit_twice(hidden, whole, labels, ordinary), slope, offset))
            + "\n",
            "utf-8",
        )
        print(f"Wrote {options.weights.name}: {options.weights.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
