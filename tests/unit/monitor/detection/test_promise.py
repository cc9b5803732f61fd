"""Hits are looked at when they can come to the identity together, and only then."""

import numpy as np

from monitor.detection.model import TermKind
from monitor.detection.promise import Prospects, joined, promising
from monitor.detection.segment import KINDS


def hits(*rows: tuple[int, int, TermKind, float, bool]) -> Prospects:
    posts, subjects, kinds, certainties, places = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Prospects(
        np.array(posts, dtype=np.int64),
        np.array(subjects, dtype=np.int64),
        np.array([KINDS.index(kind) for kind in kinds], dtype=np.uint8),
        np.array(certainties, dtype=np.float32),
        np.array(places, dtype=np.bool_),
    )


NAME, HANDLE = TermKind.NAME, TermKind.HANDLE


def test_a_weak_form_alone_is_dropped_and_a_sure_one_kept() -> None:
    found = hits((0, 7, NAME, 0.35, False), (1, 7, NAME, 0.8, False))
    assert promising(found, set(), 0.5).tolist() == [False, True]


def test_a_weak_form_counts_beside_another_kind_of_identifier_of_the_same_subject_and_post() -> None:
    found = hits((0, 7, NAME, 0.35, False), (0, 7, HANDLE, 0.3, False), (0, 8, NAME, 0.35, False))
    assert promising(found, set(), 0.5).tolist() == [True, True, False]


def test_a_number_that_was_found_before_counts_as_well() -> None:
    found = hits((0, 7, NAME, 0.35, False), (1, 7, NAME, 0.35, False))
    assert promising(found, {(1, 7)}, 0.5).tolist() == [False, True]


def test_places_may_still_support_what_is_sure_enough_to_be_supported() -> None:
    found = hits((0, 7, NAME, 0.35, True), (1, 7, NAME, 0.15, True))
    assert promising(found, set(), 0.5).tolist() == [True, False]


def test_of_several_forms_of_one_name_the_surest_decides_for_all() -> None:
    found = hits((0, 7, NAME, 0.2, False), (0, 7, NAME, 0.8, False))
    assert promising(found, set(), 0.5).tolist() == [True, True]


def test_the_hits_of_several_readings_are_weighed_together() -> None:
    both = joined([hits((0, 7, NAME, 0.35, False)), hits(), hits((0, 7, HANDLE, 0.3, False))])
    assert promising(both, set(), 0.5).tolist() == [True, True]
    assert promising(hits(), set(), 0.5).tolist() == []
