"""Turns features into one calibrated score with the weights of `data/scorer.json`; never explains it.

The model is logistic regression, trained by ``benchmarks/train_scorer.py`` and shipped as plain numbers:
a weight per named dense feature, and one signed byte per bucket of hashed character n-grams.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import math
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.detection.features import BUCKETS, DENSE_NAMES, HASH_BITS, Features

FORMAT_VERSION = 1
IDENTITY_FLOOR, IDENTITY_ENOUGH = 0.3, 0.6
"""Below the floor no wording makes a hit (a name that is an ordinary word); from enough on, wording decides."""
COMMON_NAME_IDENTITY, COMMON_NAME_FACTOR, ENOUGH_FAMILIES = 0.75, 0.45, 3
"""A common name alone, with fewer families of shaming words than this, is more often a namesake in a quarrel."""
_FAMILIES_UNIT = 6


class ScorerDataError(ValueError):
    """The weights do not fit this version of the features. Train them again."""


_HAS_NUMBER, _SHAMING_FAMILIES = DENSE_NAMES.index("has_number"), DENSE_NAMES.index("shaming_families")


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """``wording``: how likely the words shame whom they are about. ``sureness``: that this is the subject."""

    wording: float
    sureness: float

    @property
    def value(self) -> float:
        return self.wording * self.sureness


NO_SCORE = Score(wording=0.0, sureness=0.0)


@dataclasses.dataclass(frozen=True)
class Scorer:
    """A trained model."""

    dense: npt.NDArray[np.float32]
    grams: npt.NDArray[np.int8]
    gram_step: float
    gram_scale: float
    intercept: float
    slope: float
    offset: float

    def score(self, features: Features, identity: float) -> Score:
        """How likely a fair reader would say that the post shames the subject.

        ``identity`` is how surely the subject is meant, 0..1.
        """
        logit = self.intercept + float(self.dense @ features.dense)
        for buckets, value in features.grams:
            total = int(self.grams[buckets].sum(dtype=np.int64))
            logit += self.gram_scale * value * self.gram_step * total
        families = round(float(features.dense[_SHAMING_FAMILIES]) * _FAMILIES_UNIT)
        sureness = certainty_factor(
            identity, has_number=bool(features.dense[_HAS_NUMBER]), shaming_families=families
        )
        return Score(wording=_sigmoid(self.slope * logit + self.offset), sureness=sureness)


def certainty_factor(identity: float, *, has_number: bool, shaming_families: int) -> float:
    """What doubt about the identity leaves of the score; less for a common name alone in a mild post."""
    factor = identity_factor(identity)
    if identity < COMMON_NAME_IDENTITY and not has_number and shaming_families < ENOUGH_FAMILIES:
        return factor * COMMON_NAME_FACTOR
    return factor


def identity_factor(identity: float) -> float:
    """0 at the floor, 1 where the identity is sure enough: no score is higher than this."""
    return max(0.0, min(1.0, (identity - IDENTITY_FLOOR) / (IDENTITY_ENOUGH - IDENTITY_FLOOR)))


def identity_of_factor(factor: float) -> float:
    """The least identity of which `identity_factor` is as high as this, but for rounding."""
    return IDENTITY_FLOOR + factor * (IDENTITY_ENOUGH - IDENTITY_FLOOR) if factor > 0 else 0.0


def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


@functools.cache
def load_scorer() -> Scorer:
    """The weights that ship with the package. Raises ScorerDataError where they do not fit."""
    file = resources.files("monitor.detection") / "data" / "scorer.json"
    return scorer_from_json(file.read_text("utf-8"))


def scorer_from_json(text: str) -> Scorer:
    """Parse trained weights. Raises ScorerDataError where version, names or sizes do not fit."""
    data: dict[str, Any] = json.loads(text)
    grams = data["grams"]
    if data["version"] != FORMAT_VERSION or grams["bits"] != HASH_BITS:
        raise ScorerDataError("The weights are of another version. Run benchmarks/train_scorer.py.")
    if set(data["dense"]) != set(DENSE_NAMES):
        raise ScorerDataError("The weights name other features. Run benchmarks/train_scorer.py.")
    weights = np.frombuffer(base64.b64decode(grams["weights"]), dtype=np.int8)
    if len(weights) != BUCKETS:
        raise ScorerDataError(
            "The weights of the n-grams are of another size. Run benchmarks/train_scorer.py."
        )
    return Scorer(
        dense=np.array([data["dense"][name] for name in DENSE_NAMES], dtype=np.float32),
        grams=weights,
        gram_step=grams["step"],
        gram_scale=grams["scale"],
        intercept=data["intercept"],
        slope=data["calibration"]["slope"],
        offset=data["calibration"]["offset"],
    )


def json_from_scorer(scorer: Scorer) -> str:
    """The inverse of `scorer_from_json`, for the training."""
    return json.dumps(
        {
            "version": FORMAT_VERSION,
            "intercept": scorer.intercept,
            "calibration": {"slope": scorer.slope, "offset": scorer.offset},
            "dense": {
                name: round(float(value), 5) for name, value in zip(DENSE_NAMES, scorer.dense, strict=True)
            },
            "grams": {
                "bits": HASH_BITS,
                "scale": scorer.gram_scale,
                "step": scorer.gram_step,
                "weights": base64.b64encode(scorer.grams.tobytes()).decode("ascii"),
            },
        },
        indent=1,
    )
