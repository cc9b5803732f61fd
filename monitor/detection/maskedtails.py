"""Lists the watched numbers that fit one of which only the ends can be read (138****1234); judges none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitor.detection.folding import Positions

SHOWN = 6
"""So many digits of either end are kept; no masked number shows more of its tail."""
Digits = npt.NDArray[np.uint32]


@dataclasses.dataclass(frozen=True, slots=True)
class Tails:
    """Numbers in the order of their last six digits read backwards.

    ``heads`` are the first six digits, ``prefixes`` the number of the list of prefixes that may stand
    before them (see `WatchIndex`), ``rows`` the rows of the numbers.
    """

    tails: Digits
    heads: Digits
    prefixes: npt.NDArray[np.uint16]
    rows: Digits

    def fitting(self, head: str, tail: str, prefixes: Sequence[tuple[str, ...]]) -> list[int]:
        """The rows of numbers that end in ``tail`` and, with a prefix or without, begin with ``head``.

        Of a longer head only what six digits tell is looked at: the caller compares the rest.
        """
        step = 10 ** (SHOWN - len(tail))
        low = int(tail[::-1]) * step
        begin, end = np.searchsorted(self.tails, (low, low + step)).tolist()
        if begin == end:
            return []
        heads, kinds = self.heads[begin:end], self.prefixes[begin:end]
        fits = np.zeros(end - begin, dtype=np.bool_)
        for kind in np.unique(kinds).tolist():
            is_kind = kinds == kind
            for prefix in ("", *prefixes[kind]):
                if prefix.startswith(head):
                    fits |= is_kind
                elif head.startswith(prefix):
                    shown = head[len(prefix) :][:SHOWN]
                    fits |= is_kind & (heads // np.uint32(10 ** (SHOWN - len(shown))) == int(shown))
        rows: list[int] = self.rows[begin:end][fits].tolist()
        return sorted(rows)

    def kept(self, new_row: Positions) -> Tails:
        """The numbers whose new row is not negative."""
        rows = new_row[self.rows]
        kept = rows >= 0
        return Tails(self.tails[kept], self.heads[kept], self.prefixes[kept], rows[kept].astype(np.uint32))


def tails_of(numbers: Sequence[str], prefixes: Sequence[int], rows: Positions) -> Tails:
    """The tails of these numbers."""
    tails = np.array([int(number[-SHOWN:][::-1].ljust(SHOWN, "0")) for number in numbers], dtype=np.uint32)
    heads = np.array([int(number[:SHOWN].ljust(SHOWN, "0")) for number in numbers], dtype=np.uint32)
    order = np.argsort(tails, kind="stable")
    kinds = np.array(prefixes, dtype=np.uint16)
    return Tails(tails[order], heads[order], kinds[order], rows[order].astype(np.uint32))


def joined_tails(parts: Sequence[Tails], bases: Sequence[int], new_row: Positions) -> Tails:
    """The tails of all parts, whose rows begin at ``bases`` and are then put in a new order."""
    tails = np.concatenate([part.tails for part in parts])
    order = np.argsort(tails, kind="stable")
    rows = np.concatenate([part.rows + base for part, base in zip(parts, bases, strict=False)])
    return Tails(
        tails[order],
        np.concatenate([part.heads for part in parts])[order],
        np.concatenate([part.prefixes for part in parts])[order],
        new_row[rows[order].astype(np.int64)].astype(np.uint32),
    )
