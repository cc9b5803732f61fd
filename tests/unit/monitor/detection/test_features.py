from __future__ import annotations

import time

import numpy as np
import pytest

from monitor.detection.context import Place, Scene
from monitor.detection.cues import find_cues
from monitor.detection.features import BUCKETS, DENSE_NAMES, features_from_scene
from monitor.detection.folding import fold_batch
from monitor.detection.lexicon import load_lexicon
from monitor.detection.model import TermKind


def scene_of(text: str, name: str, kind: TermKind = TermKind.NAME, *, by_subject: bool = False) -> Scene:
    """A scene of one field with the real cues, in which the first occurrence of the name is the mention."""
    batch = fold_batch([text])
    begin = batch.text.index(name)
    return Scene(
        text=batch.text,
        places=[Place(begin, begin + len(name), kind, 0.9)],
        cues=find_cues(batch, load_lexicon())[0],
        by_subject=by_subject,
    )


def dense(scene: Scene) -> dict[str, float]:
    return dict(zip(DENSE_NAMES, features_from_scene(scene).dense.tolist(), strict=True))


def test_names_of_features_are_unique():
    assert len(set(DENSE_NAMES)) == len(DENSE_NAMES)


def test_a_near_word_counts_more_than_a_far_one():
    near = dense(scene_of("anna thief " + "and so on " * 30, "anna"))
    far = dense(scene_of("anna " + "and so on " * 30 + "thief", "anna"))
    assert near["accusation.near"] > 5 * far["accusation.near"]
    assert near["accusation.any"] == far["accusation.any"]


def test_the_side_on_which_a_word_stands_is_told_apart():
    after, before = dense(scene_of("anna thief", "anna")), dense(scene_of("thief anna", "anna"))
    assert after["accusation.after"] > 0 == after["accusation.before"]
    assert before["accusation.before"] > 0 == before["accusation.after"]


def test_a_quoted_insult_counts_as_quoted_only():
    values = dense(scene_of('they sent "thief" to the boss of anna', "anna"))
    assert values["accusation.quoted"] > 0
    assert values["accusation.near"] == 0


def test_speaking_of_oneself_before_an_insult_is_seen():
    assert dense(scene_of("my name is anna, they call me thief", "anna"))["shaming_near_by_self"] > 0
    assert dense(scene_of("anna is a thief", "anna"))["shaming_near_by_self"] == 0


def test_the_text_is_read_without_the_name_itself():
    one, other = scene_of("pay up, anna!", "anna"), scene_of("pay up, bartholomew!", "bartholomew")
    for left, right in zip(features_from_scene(one).grams, features_from_scene(other).grams, strict=True):
        assert np.array_equal(left[0], right[0])


def test_figures_are_read_alike():
    one, other = scene_of("anna owes 500 since 2019", "anna"), scene_of("anna owes 730 since 2023", "anna")
    assert np.array_equal(features_from_scene(one).grams[0][0], features_from_scene(other).grams[0][0])


def test_a_number_without_a_name_is_marked():
    values = dense(scene_of("hot massage 13812345678", "13812345678", TermKind.PHONE))
    assert values["number_only"] == 1
    assert values["sexual_with_number"] > 0


def test_buckets_fit_the_table_of_weights():
    for buckets, value in features_from_scene(scene_of("欠债不还 anna 老赖", "anna")).grams:
        assert len(buckets)
        assert buckets.min() >= 0
        assert buckets.max() < BUCKETS
        assert value * np.sqrt(len(buckets)) == pytest.approx(1.0)


def test_a_list_takes_up_the_caption_above_it():
    lines = "\n".join(f"{number}. somebody {number}k" for number in range(1, 60))
    values = dense(scene_of(f"wanted: thieves\n{lines}\n60. anna 3k\n61. bo", "anna"))
    assert values["is_list"] == 1
    assert values["list_caption"] == 1


def test_a_long_rant_costs_little():
    scene = scene_of("anna " + "she took our money and never paid. " * 70, "anna")
    features_from_scene(scene)
    began = time.perf_counter()
    features_from_scene(scene)
    assert time.perf_counter() - began < 0.1
