"""Hashes stretches of text so that those of many lengths can be looked up at all places at once; finds nothing.

Hashes of 2, 4, 8, 16 and 32 characters are made of two halves each; a stretch of any length is covered by the
two of the next smaller size that begin and end with it. The letters l and i count as one, as they do in the
reading of leetspeak (see `leet`), so that one table serves both. A hash is never proof: the letters are compared.
"""

from __future__ import annotations

import dataclasses
import secrets

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Codes
from monitor.detection.folding import Positions

Words = npt.NDArray[np.uint64]
Hashes = npt.NDArray[np.uint32]
Keys = npt.NDArray[np.uint32]

SIZES = (2, 4, 8, 16, 32)
_PADDING = 64
_L, _L_TO_I = np.uint32(ord("l")), np.uint32(ord("l") ^ ord("i"))
_SCATTER = np.uint64(0x9FB21C651E98DF25)


@dataclasses.dataclass(frozen=True, slots=True)
class Salt:
    """Odd multipliers, drawn anew for each watch list so that nobody can write posts whose hashes collide."""

    words: tuple[int, ...]

    @classmethod
    def drawn(cls) -> Salt:
        return cls(tuple(secrets.randbits(64) | 1 for _ in range(6)))

    def word(self, index: int) -> np.uint64:
        return np.uint64(self.words[index])

    def half(self, index: int) -> np.uint32:
        return np.uint32(self.words[index] >> 32 | 1)


class Stretches:
    """The hashes of one text. Places past its end are as if it went on with character 0."""

    def __init__(self, codes: Codes, salt: Salt) -> None:
        padded = np.zeros(len(codes) + _PADDING + 1, dtype=np.uint32)
        self.codes: Codes = padded
        np.bitwise_xor(codes, (codes == _L) * _L_TO_I, out=padded[: len(codes)])
        self._salt = salt
        self._halves = salt.half(2), salt.half(3)
        self.pairs: Hashes = padded[:-1] * salt.half(0)
        self.pairs += padded[1:] * salt.half(1)
        self.pairs ^= self.pairs >> np.uint32(15)

    def _pairs_at(self, places: Positions) -> Hashes:
        return self.pairs.take(places, mode="clip")

    def at(self, places: Positions, size: int) -> Hashes:
        """The hashes of the ``size`` (one of SIZES) characters at each place."""
        if size == 2:
            return self._pairs_at(places)
        half = size // 2
        return self.joined(self.at(places, half), self.at(places + half, half))

    def joined(self, first: Hashes, second: Hashes) -> Hashes:
        """The hashes of twice as many characters, from those of both halves."""
        joined = first * self._halves[0] + second * self._halves[1]
        joined ^= joined >> np.uint32(15)
        return joined

    def keys(self, places: Positions, lengths: Positions, size: int, first: Hashes | None = None) -> Keys:
        """Keys for stretches of ``size`` characters or more; ``first`` are their first hashes."""
        if first is None:
            first = self.at(places, size)
        last = self.at(places + (lengths - size), size)
        keys = first.astype(np.uint64) << np.uint64(32) | last
        return scattered(keys, lengths, self._salt)

    def term_keys(self, places: Positions, lengths: Positions) -> Keys:
        """The keys of terms of two characters or more that stand at the places."""
        keys = np.zeros(len(places), dtype=np.uint32)
        sizes = size_below(lengths)
        for size in SIZES:
            which = np.flatnonzero(sizes == size)
            keys[which] = self.keys(places[which], lengths[which], size)
        return keys


def scattered(values: Words, lengths: Positions, salt: Salt) -> Keys:
    """Keys of 32 bits that depend on every bit of the values, and on the lengths."""
    keys = (values ^ (lengths.astype(np.uint64) * salt.word(4))) * salt.word(5)
    keys ^= keys >> np.uint64(32)
    keys *= _SCATTER
    return (keys >> np.uint64(32)).astype(np.uint32)


def size_below(lengths: Positions) -> Positions:
    """The largest of SIZES that is no longer than each length (2 for shorter ones)."""
    steps = np.searchsorted(np.array(SIZES), lengths, side="right") - 1
    return np.array(SIZES)[np.maximum(steps, 0)]


class DigitWindows:
    """Keys of all runs of so many digits in a stream of digits."""

    def __init__(self, values: npt.NDArray[np.uint8], salt: Salt) -> None:
        self._salt = salt
        base = salt.words[0]
        powers = _powers_of(base, len(values))
        self._inverses = _powers_of(pow(base, -1, 1 << 64), len(values))
        self._sums = np.zeros(len(values) + 1, dtype=np.uint64)
        np.cumsum((values.astype(np.uint64) + np.uint64(1)) * powers, out=self._sums[1:])

    def keys(self, places: Positions, lengths: Positions) -> Keys:
        """Keys of the windows, the same wherever they stand."""
        sums = self._sums[places + lengths] - self._sums[places]
        return scattered(sums * self._inverses[places], lengths, self._salt)


def _powers_of(base: int, count: int) -> Words:
    powers = np.full(count, base, dtype=np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers)
