"""Looks up many keys of 32 bits at once in a sorted table; knows nothing of what they stand for."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from monitor.detection.folding import Positions
from monitor.detection.stretches import Keys

_FEW_IN_BUCKET = 12


@dataclasses.dataclass(frozen=True, slots=True)
class KeyTable:
    """``keys`` in ascending order; ``first[b]`` is the first whose upper bits are b.

    32 bits are enough to make a wrong row a rarity. It stays for the caller to compare what the row stands for.
    """

    first: npt.NDArray[np.uint32]
    keys: Keys

    def lookup(self, keys: Keys) -> tuple[Positions, Positions]:
        """(indices into ``keys``, rows) of everything that is equal."""
        buckets = keys >> np.uint32(33 - (len(self.first) - 1).bit_length())
        low = self.first.take(buckets)
        size = self.first.take(buckets + np.uint32(1)) - low
        alive = (size != 0).nonzero()[0]
        if not len(alive):
            return alive, alive
        lows, sizes, wanted = low[alive].astype(np.int64), size[alive].astype(np.int64), keys[alive]
        crowded = (sizes > _FEW_IN_BUCKET).nonzero()[0]
        if len(crowded):
            # Very many rows are one term of very many people: their keys are one run.
            lows[crowded] = np.searchsorted(self.keys, wanted[crowded], side="left")
            sizes[crowded] = np.searchsorted(self.keys, wanted[crowded], side="right") - lows[crowded]
        ends = np.cumsum(sizes)
        rows = np.arange(int(ends[-1])) + np.repeat(lows - (ends - sizes), sizes)
        which = np.repeat(np.arange(len(alive)), sizes)
        fits = (self.keys.take(rows) == wanted.take(which)).nonzero()[0]
        return alive[which[fits]], rows[fits]


def sorted_table(keys: Keys) -> tuple[KeyTable, Positions]:
    """The table of the keys, and the order in which their rows must be put: as they were where keys are equal."""
    bits = max(4, min(30, (len(keys) * 3 // 4).bit_length()))
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.searchsorted(ordered, np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(32 - bits))
    return KeyTable(first=first.astype(np.uint32), keys=ordered), order
