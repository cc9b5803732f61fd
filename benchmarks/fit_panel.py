"""Learns how the panel weighs its two tiers (`monitor/judging/data/panel.json`); development only.

``python benchmarks/fit_panel.py LOG-ODDS.jsonl``, from ``train_reader.py --check dev --scorer … --log-odds …``: what
both tiers say of cases that neither of them learned. Platt's logistic rule over both log-odds; the
threshold is the one of the best F1 in cross-validation over subjects, and posts are doubtful where the second tier
could still turn the verdict of the first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

RULE = Path(__file__).parent.parent / "monitor" / "judging" / "data" / "panel.json"
DOUBTFUL_FROM, DOUBTFUL_TO = 0.02, 0.985
ORDINARY_WEIGHT = 0.5


def log_odds(probability: np.ndarray) -> np.ndarray:
    bounded = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(bounded / (1 - bounded))


def precision_recall_f1(hits: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    right = float((hits & labels).sum())
    precision, recall = right / max(1, hits.sum()), right / max(1, labels.sum())
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log_odds", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument(
        "--threshold", type=float, help="instead of the one of the best F1: a little more precision"
    )
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.log_odds.read_text("utf-8").splitlines()]
    found = np.array([row["is_found"] for row in rows])
    labels = np.array([row["is_shaming"] for row in rows])
    dev = np.array([row["source"] == "dev" for row in rows])
    sureness = np.array([row["sureness"] for row in rows])
    wording = np.array([row["wording"] for row in rows])
    reader = np.clip(np.array([row["reader"] for row in rows]), -12, 12)
    ordinary = np.array([row["source"] == "ordinary" for row in rows])
    weights = np.where(ordinary, ORDINARY_WEIGHT, 1.0)[found]
    inputs = np.c_[log_odds(wording), reader]
    model = LogisticRegression(C=10).fit(inputs[found], labels[found], sample_weight=weights)
    unseen = np.zeros(len(rows))
    unseen[found] = cross_val_predict(
        LogisticRegression(C=10),
        inputs[found],
        labels[found],
        cv=10,
        method="predict_proba",
        params={"sample_weight": weights},
    )[:, 1]
    scores = (
        np.where((wording >= DOUBTFUL_FROM) & (wording <= DOUBTFUL_TO) | ~found, unseen, wording) * sureness
    )
    steps = np.arange(0.3, 0.7, 0.02)
    cases = ~ordinary
    threshold = float(
        max(steps, key=lambda step: precision_recall_f1(scores[cases] >= step, labels[cases])[2])
    )
    threshold = options.threshold or threshold
    for name, chosen in (
        ("all", cases),
        ("by other hands", dev),
        ("own held-out", cases & ~dev),
    ):
        values = [
            precision_recall_f1(scores[chosen] >= step, labels[chosen]) for step in (threshold, 0.42, 0.5)
        ]
        print(
            name,
            chosen.sum(),
            f"at {threshold:.2f}/0.42/0.50:",
            *("P {:.3f} R {:.3f} F1 {:.3f}".format(*value) for value in values),
            sep="  ",
        )
        alone = [
            precision_recall_f1(part[chosen], labels[chosen])
            for part in (wording * sureness >= 0.42, (reader > 0) & found)
        ]
        print(
            "  scorer alone, reader alone:",
            *("P {:.3f} R {:.3f} F1 {:.3f}".format(*value) for value in alone),
            sep="  ",
        )
    for language in sorted({row["language"] for row in rows if row["language"]}):
        chosen = np.array([row["language"] == language for row in rows])
        print(
            f"  {language:8} {chosen.sum():4}",
            "P {:.3f} R {:.3f} F1 {:.3f}".format(
                *precision_recall_f1(scores[chosen] >= threshold, labels[chosen])
            ),
        )
    print(
        f"ordinary posts: {int((scores[ordinary] >= threshold).sum())} alarms in {int(ordinary.sum())} with a name"
    )
    rule = {
        "scorer_weight": float(model.coef_[0, 0]),
        "reader_weight": float(model.coef_[0, 1]),
        "offset": float(model.intercept_[0]),
        "doubtful_from": DOUBTFUL_FROM,
        "doubtful_to": DOUBTFUL_TO,
        "threshold": round(threshold, 2),
    }
    print(
        {name: round(value, 4) for name, value in rule.items()},
        "read a second time:",
        f"{((wording >= DOUBTFUL_FROM) & (wording <= DOUBTFUL_TO) & found).mean():.0%}",
    )
    if not options.dry_run:
        RULE.write_text(
            json.dumps({name: round(value, 5) for name, value in rule.items()}, indent=1) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
