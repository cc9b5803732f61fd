"""Patterns in one automaton, and what each of them stands for; knows nothing of subjects' lives."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator

import daachorse
import numpy as np
import numpy.typing as npt

from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.nameforms import NameForm, Shape
from monitor.detection.names import View
from monitor.detection.patterns import Check, Form, Owner, TextPattern

_FEW_HITS = 5_000
_MOST_HITS = 2_000


@dataclasses.dataclass(frozen=True, slots=True)
class TextIndex:
    """``payloads[i]`` is what pattern i stands for: each distinct form with everybody who has it."""

    automaton: daachorse.CharwiseDoubleArrayAhoCorasick | None
    payloads: tuple[tuple[tuple[Check, Form, tuple[Owner, ...]], ...], ...]
    needs_begin: npt.NDArray[np.bool_]
    needs_end: npt.NDArray[np.bool_]


def text_index(patterns: Iterable[tuple[str, TextPattern]]) -> TextIndex:
    owners: dict[str, dict[tuple[Check, Form], list[Owner]]] = defaultdict(lambda: defaultdict(list))
    for skeleton, pattern in patterns:
        owners[skeleton][pattern.check, pattern.form].append(pattern.owner)
    payloads = tuple(
        tuple((check, form, tuple(who)) for (check, form), who in forms.items()) for forms in owners.values()
    )
    return TextIndex(
        automaton=daachorse.CharwiseDoubleArrayAhoCorasick(list(owners)) if owners else None,
        payloads=payloads,
        needs_begin=np.array([all(map(_is_word_form, forms)) for forms in payloads], dtype=np.bool_),
        needs_end=np.array(
            [all(_is_word_form(form) and form[1].skeleton.isascii() for form in forms) for forms in payloads],
            dtype=np.bool_,
        ),
    )


def _is_word_form(payload: tuple[Check, Form, tuple[Owner, ...]]) -> bool:
    return isinstance(payload[1], NameForm) and payload[1].shape is not Shape.HANZI


def search(
    index: TextIndex, batch: FoldedBatch, text: str, view: View
) -> Iterator[tuple[int, int, tuple[Owner, ...], float]]:
    """(begin, end, owners, certainty) of every find that counts, in folded positions."""
    hits = index.automaton.find_overlapping(text) if index.automaton else []
    if not hits:
        return
    table = np.array(hits, dtype=np.int64)
    begins, ends = view.places[table[:, 0]], view.places[table[:, 1] - 1] + 1
    keep = view.boundaries[begins] | ~index.needs_begin[table[:, 2]]
    keep &= view.boundaries[ends] | ~index.needs_end[table[:, 2]]
    table, begins, ends = table[keep], begins[keep], ends[keep]
    for place in kept_hits(batch.documents_of(begins), table[:, 2]).tolist():
        first, last, pattern = table[place].tolist()
        for check, form, owners in index.payloads[pattern]:
            certainty = check(batch, view, first, last, form)
            if certainty:
                yield int(begins[place]), int(ends[place]), owners, certainty


def kept_hits(documents: Positions, patterns: Positions) -> Positions:
    """Which hits are looked at: of one pattern in one document no more than the first 2,000.

    A post that repeats a name a million times would otherwise cost a million checks.
    """
    if len(patterns) <= _FEW_HITS:
        return np.arange(len(patterns))
    keys = documents * (int(patterns.max()) + 1) + patterns
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(begins, len(ordered)))
    ranks = np.arange(len(ordered)) - np.repeat(begins, lengths)
    return np.sort(order[ranks < _MOST_HITS])
