"""Tells at which places of a text terms of which lengths may begin, from what they begin with; is never sure.

One table says with which characters terms begin. Four more, for terms that begin with the same 2, 4, 8 and 16
characters, hold one bit per length and one for "there are longer ones". Most places are out after the first two
tables; nothing that is watched for is ever out.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Codes
from monitor.detection.folding import Positions
from monitor.detection.stretches import SIZES, Hashes, Keys, Salt, Stretches, size_below

Flags = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.uint32] | npt.NDArray[np.uint16] | npt.NDArray[np.uint8]

_TYPES = (np.uint8, np.uint8, np.uint16, np.uint32)
_LEAST_BITS, _MOST_BITS = 10, (21, 22, 22, 20)
_LONGEST = SIZES[-1]
_FIRST_CHARACTERS = 1 << 16
"""Characters beyond the basic plane share the places of others."""
_WORD_LEVEL = 1
_NUMBER_WORD = 1 << 6
"""Set in the table of 4 characters, beside the bits of lengths, for what two number words in one begin with."""
_FEW = 512
"""Of so few places all bits are looked at in one step."""
_OFFSETS = np.arange(16, dtype=np.uint32)


@dataclasses.dataclass(frozen=True, slots=True)
class Candidates:
    """What may be terms: where, how long, with which keys; and where chains of number words may begin."""

    places: Positions
    lengths: Positions
    keys: Keys
    chain_places: Positions


@dataclasses.dataclass(frozen=True, slots=True)
class Screen:
    """``firsts`` tells what terms begin with, ``masks[i]`` are for SIZES[i], ``long_lengths`` the lengths of 32
    characters and more that occur.

    Bits are only ever added, so that one screen may be shared by a watch list and those made from it.
    """

    firsts: Flags
    masks: tuple[Masks, ...]
    long_lengths: set[int]
    salt: Salt

    @classmethod
    def for_terms(cls, count: int, salt: Salt) -> Screen:
        """An empty screen with room for so many terms."""
        bits = max(_LEAST_BITS, (4 * count).bit_length())
        masks = tuple(
            np.zeros(1 << min(bits, most), dtype=kind) for kind, most in zip(_TYPES, _MOST_BITS, strict=True)
        )
        return cls(np.zeros(_FIRST_CHARACTERS, dtype=np.bool_), masks, set(), salt)

    @property
    def has_room_for(self) -> int:
        """How many terms the screen holds before it lets too much through."""
        return len(self.masks[1]) // 2 if len(self.masks[1]) < 1 << _MOST_BITS[1] else 1 << 24

    def add_chains(self, stretches: Stretches, places: Positions) -> None:
        """Mark what several number words that are written as one begin with; 4 characters at each place."""
        self.firsts[_first_slots(stretches, places)] = True
        for level, mark in ((0, 1 << SIZES[0]), (_WORD_LEVEL, _NUMBER_WORD)):
            where = self._slots(level, stretches.at(places, SIZES[level]))
            np.bitwise_or.at(self.masks[level], where, np.uint8(mark))

    def add(self, stretches: Stretches, places: Positions, lengths: Positions) -> None:
        """Let terms through that stand at the places."""
        self.firsts[_first_slots(stretches, places)] = True
        sizes = size_below(lengths)
        for level, size in enumerate(SIZES[:-1]):
            reaching = np.flatnonzero(sizes >= size)
            if not len(reaching):
                return
            marks = np.where(
                sizes[reaching] == size, np.left_shift(1, np.maximum(lengths[reaching] - size, 0)), 1 << size
            )
            where = self._slots(level, stretches.at(places[reaching], size))
            masks = self.masks[level]
            np.bitwise_or.at(masks, where, marks.astype(masks.dtype))
        self.long_lengths.update(np.unique(lengths[sizes == _LONGEST]).tolist())

    def _slots(self, level: int, hashes: Hashes) -> Hashes:
        shift = np.uint32(33 - len(self.masks[level]).bit_length())
        return (hashes * np.uint32(0x9E3779B1)) >> shift

    def candidates(self, stretches: Stretches, places: Positions, may_end: Flags) -> Candidates:
        """Everything that may be a term, begins at one of the places and ends before one marked in ``may_end``.

        ``may_end`` is one longer than the text.
        """
        found: list[tuple[Positions, Positions, Keys]] = []
        places = places[self.firsts.take(_first_slots(stretches, places)).nonzero()[0]]
        chains = places[:0]
        hashes = stretches.at(places, SIZES[0])
        for level, size in enumerate(SIZES[:-1]):
            marks = self.masks[level].take(self._slots(level, hashes))
            if level == _WORD_LEVEL:
                chains = places[((marks & _NUMBER_WORD) != 0).nonzero()[0]]
            alive = marks.nonzero()[0] if len(marks) < _FEW else (marks != 0).nonzero()[0]
            places, hashes, marks = places[alive], hashes[alive], marks[alive]
            which, lengths = _bits_of(marks, size)
            ending = may_end.take(places[which] + lengths, mode="clip").nonzero()[0]
            if len(ending):
                which, lengths = which[ending], lengths[ending]
                keys = stretches.keys(places[which], lengths, size, hashes[which])
                found.append((places[which], lengths, keys))
            longer = ((marks & marks.dtype.type(1 << size)) != 0).nonzero()[0]
            places = places[longer]
            if not len(places):
                break
            hashes = stretches.joined(hashes[longer], stretches.at(places + size, size))
        for length in sorted(self.long_lengths) if len(places) else ():
            lengths = np.full(len(places), length, dtype=np.int64)
            found.append((places, lengths, stretches.keys(places, lengths, _LONGEST, hashes)))
        if not found:
            found.append((places[:0], places[:0], np.zeros(0, dtype=np.uint32)))
        return Candidates(
            places=np.concatenate([item[0] for item in found]),
            lengths=np.concatenate([item[1] for item in found]),
            keys=np.concatenate([item[2] for item in found]),
            chain_places=chains,
        )


def _first_slots(stretches: Stretches, places: Positions) -> Codes:
    return stretches.codes.take(places) & np.uint32(_FIRST_CHARACTERS - 1)


def _bits_of(marks: Masks, size: int) -> tuple[Positions, Positions]:
    """(which, length) of every length bit that is set."""
    if len(marks) < _FEW:
        which, offsets = ((marks.astype(np.uint32)[:, None] >> _OFFSETS[:size]) & 1).nonzero()
        return which, offsets + size
    found = [((marks & marks.dtype.type(1 << offset)) != 0).nonzero()[0] for offset in range(size)]
    lengths = np.repeat(np.arange(size, 2 * size), [len(having) for having in found])
    return np.concatenate(found), lengths
