"""Tells which hits can come to enough identity at all, before any is checked where it stands; checks none.

Most hits of a long watch list are initials and short spellings that mean nobody by themselves. One of them is
worth a look only if there is something else of the same subject in the post, or may be.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from monitor.detection.folding import Positions
from monitor.detection.formtable import Certainties
from monitor.detection.mentions import ENOUGH_FOR_SUPPORT, most_identity
from monitor.detection.model import TermKind
from monitor.detection.segment import KINDS

Flags = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, slots=True)
class Prospects:
    """Hits as columns: which post, which subject, the kind of the term, how sure it can be at most.

    ``has_places`` says that places or employers of the subject are watched for.
    """

    posts: Positions
    subjects: Positions
    kinds: npt.NDArray[np.uint8]
    certainties: Certainties
    has_places: Flags


def joined(parts: list[Prospects]) -> Prospects:
    """The hits of all parts, one part after the other."""
    names = [field.name for field in dataclasses.fields(Prospects)]
    return Prospects(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def promising(hits: Prospects, known: set[tuple[int, int]], least_identity: float) -> Flags:
    """Which hits can come to the identity together with the others of their subject in the same post.

    ``known`` are (post, subject) of which something else was found.
    """
    kept = np.zeros(len(hits.posts), dtype=np.bool_)
    if not len(kept):
        return kept
    order = np.lexsort((hits.subjects, hits.posts))
    posts, subjects = hits.posts[order], hits.subjects[order]
    is_new = np.append(True, (posts[1:] != posts[:-1]) | (subjects[1:] != subjects[:-1]))
    firsts = is_new.nonzero()[0]
    kinds = hits.kinds[order]
    lowest, highest = np.minimum.reduceat(kinds, firsts), np.maximum.reduceat(kinds, firsts)
    most = np.maximum.reduceat(hits.certainties[order], firsts)
    columns = (posts[firsts], subjects[firsts], lowest, highest, most, hits.has_places[order][firsts])
    enough = [
        low != high
        or (post, subject) in known
        or _can_reach(KINDS[low], certainty, has_places, least_identity)
        for post, subject, low, high, certainty, has_places in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]
    kept[order] = np.repeat(np.array(enough, dtype=np.bool_), np.diff(np.append(firsts, len(order))))
    return kept


@functools.lru_cache(maxsize=4_096)
def _can_reach(kind: TermKind, certainty: float, has_places: bool, least_identity: float) -> bool:
    if certainty < ENOUGH_FOR_SUPPORT:  # nothing is looked for that would support it
        return certainty >= least_identity
    return most_identity([(kind, certainty)], may_have_places=has_places) >= least_identity
