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
        rows, sizes = low[alive].astype(np.int64), size[alive]
        wanted = keys[alive]
        found: list[tuple[Positions, Positions]] = []
        if sizes.max() > _FEW_IN_BUCKET:
            crowded = (sizes > _FEW_IN_BUCKET).nonzero()[0]
            found.extend(self._in_crowd(alive[crowded], rows[crowded], sizes[crowded], wanted[crowded]))
            rest = (sizes <= _FEW_IN_BUCKET).nonzero()[0]
            alive, rows, sizes, wanted = alive[rest], rows[rest], sizes[rest], wanted[rest]
        while len(alive):
            fits = (self.keys.take(rows) == wanted).nonzero()[0]
            if len(fits):
                found.append((alive[fits], rows[fits]))
            more = (sizes > 1).nonzero()[0]
            alive, rows, sizes, wanted = alive[more], rows[more] + 1, sizes[more] - 1, wanted[more]
        if not found:
            return alive, alive
        return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])

    def _in_crowd(
        self, queries: Positions, rows: Positions, sizes: npt.NDArray[np.uint32], wanted: Keys
    ) -> list[tuple[Positions, Positions]]:
        """Buckets with very many rows hold one term of very many people: look for its run of equal keys."""
        found: list[tuple[Positions, Positions]] = []
        for query, row, size, key in zip(queries, rows.tolist(), sizes.tolist(), wanted, strict=True):
            bucket = self.keys[row : row + size]
            begin, end = np.searchsorted(bucket, key, side="left"), np.searchsorted(bucket, key, side="right")
            if begin < end:
                run = np.arange(row + int(begin), row + int(end))
                found.append((np.full(len(run), query, dtype=np.int64), run))
        return found


def sorted_table(keys: Keys) -> tuple[KeyTable, Positions]:
    """The table of the keys, and the order in which their rows must be put: as they were where keys are equal."""
    bits = max(4, min(30, (len(keys) * 3 // 4).bit_length()))
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.searchsorted(ordered, np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(32 - bits))
    return KeyTable(first=first.astype(np.uint32), keys=ordered), order
