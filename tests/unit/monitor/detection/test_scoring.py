from __future__ import annotations

import json

import numpy as np
import pytest

from monitor.detection.features import BUCKETS, DENSE_NAMES, Features
from monitor.detection.scoring import (
    Scorer,
    ScorerDataError,
    certainty_factor,
    json_from_scorer,
    load_scorer,
    scorer_from_json,
)


def scorer_of(**changes: object) -> Scorer:
    """A scorer that knows one dense feature and one bucket."""
    dense = np.zeros(len(DENSE_NAMES), dtype=np.float32)
    dense[0] = 2.0
    grams = np.zeros(BUCKETS, dtype=np.int8)
    grams[7] = -100
    values = {
        "dense": dense, "grams": grams, "gram_step": 0.01, "gram_scale": 5.0, "intercept": 0.0, "slope": 1.0, "offset": 0.0,
    }  # fmt: skip
    return Scorer(**{**values, **changes})  # type: ignore[arg-type]


def features_of(first: float, *buckets: int) -> Features:
    dense = np.zeros(len(DENSE_NAMES), dtype=np.float32)
    dense[0] = first
    return Features(dense=dense, grams=((np.array(buckets, dtype=np.int64), 1.0),))


def test_a_score_is_the_logistic_of_the_weighted_features():
    assert scorer_of().score(features_of(1.0), 1.0).value == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert scorer_of().score(features_of(1.0, 7), 1.0).value == pytest.approx(1 / (1 + np.exp(3.0)))


def test_calibration_moves_the_score():
    assert scorer_of(slope=0.5, offset=-1.0).score(features_of(1.0), 1.0).value == pytest.approx(0.5)


def test_doubt_about_the_identity_lowers_the_score():
    sure, doubtful, unknown = (
        scorer_of().score(features_of(1.0), identity).value for identity in (0.9, 0.45, 0.3)
    )
    assert sure > doubtful > unknown == 0.0


@pytest.mark.parametrize(
    ("identity", "factor"), [(0.0, 0.0), (0.3, 0.0), (0.45, 0.5), (0.6, 1.0), (0.999, 1.0)]
)
def test_the_factor_rises_from_the_floor_to_enough(identity, factor):
    assert certainty_factor(identity, has_number=True, shaming_families=0) == pytest.approx(factor)


def test_a_common_name_alone_needs_more_than_one_kind_of_shaming():
    alone = certainty_factor(0.7, has_number=False, shaming_families=1)
    assert alone < certainty_factor(0.7, has_number=False, shaming_families=3) == 1.0
    assert alone < certainty_factor(0.7, has_number=True, shaming_families=1) == 1.0
    assert alone < certainty_factor(0.9, has_number=False, shaming_families=1) == 1.0


def test_weights_survive_the_way_to_json_and_back():
    again = scorer_from_json(json_from_scorer(scorer_of()))
    assert again.score(features_of(1.0, 7), 1.0).value == pytest.approx(
        scorer_of().score(features_of(1.0, 7), 1.0).value
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "another version"),
        ({"dense": {"nonsense": 1.0}}, "other features"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, message):
    data = {**json.loads(json_from_scorer(scorer_of())), **change}
    with pytest.raises(ScorerDataError, match=message):
        scorer_from_json(json.dumps(data))


def test_the_shipped_weights_fit_and_are_not_empty():
    scorer = load_scorer()
    assert np.count_nonzero(scorer.dense) > 50
    assert np.count_nonzero(scorer.grams) > 10_000
