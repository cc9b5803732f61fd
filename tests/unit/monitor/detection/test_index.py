"""How many hits of one pattern are looked at."""

import numpy as np

from monitor.detection.index import kept_hits
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.watchlist import compile_watchlist


def test_few_hits_are_all_kept() -> None:
    assert kept_hits(np.zeros(100, dtype=np.int64), np.zeros(100, dtype=np.int64)).tolist() == list(
        range(100)
    )


def test_the_first_hits_of_each_pattern_in_each_document_are_kept_in_order() -> None:
    documents = np.repeat([0, 1], [6_000, 10])
    patterns = np.tile([0, 1], 3_005)
    kept = kept_hits(documents, patterns)
    assert kept.tolist() == [*range(4_000), *range(6_000, 6_010)]


def test_a_name_repeated_a_hundred_thousand_times_does_not_hide_the_number_at_the_end() -> None:
    subject = WatchedSubject(id="x", names=("Ana Kovi",), phones=("+639175502816",))
    text = "Ana Kovi " * 100_000 + "0917 550 2816"
    (found,) = compile_watchlist([subject]).find([Document(id="d", untrusted_text=text)])
    assert "0917 550 2816" in {mention.text for mention in found.mentions}
