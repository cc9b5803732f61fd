"""Keeps very many short strings as one block of bytes; two arrays instead of a million objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Codes
from monitor.detection.folding import Positions

_SLICE = 1 << 18
_CONTINUATION = 0x80
_STEP = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Strings:
    """UTF-8 in one block. ``lengths`` are in bytes, ``anchors[k]`` is where string 64 k begins."""

    lengths: npt.NDArray[np.unsignedinteger[Any]]
    anchors: npt.NDArray[np.uint32]
    block: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        return _strings(lengths, np.frombuffer(b"".join(encoded), dtype=np.uint8))

    def __len__(self) -> int:
        return len(self.lengths)

    def _begin(self, index: int) -> int:
        anchor = index // _STEP
        between: list[int] = self.lengths[anchor * _STEP : index].tolist()
        return int(self.anchors[anchor]) + sum(between)

    def __getitem__(self, index: int) -> str:
        begin = self._begin(index)
        return self.block[begin : begin + int(self.lengths[index])].tobytes().decode("utf-8", "surrogatepass")

    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each string begins in the block, and where the last one ends."""
        offsets = np.zeros(len(self.lengths) + 1, dtype=np.int64)
        np.cumsum(self.lengths, out=offsets[1:])
        return offsets

    def taken(self, order: Positions) -> Strings:
        """The strings at these indices, in this order."""
        begins, lengths = self.offsets()[order], self.lengths[order].astype(np.int64)
        ends = np.cumsum(lengths)
        block = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
        for start in range(
            0, len(order), _SLICE
        ):  # the places of a slice fit in the cache, those of all do not
            part = slice(start, start + _SLICE)
            low, high = int(ends[start] - lengths[start]), int(ends[part][-1])
            shift = np.repeat(begins[part] - (ends[part] - lengths[part]), lengths[part])
            block[low:high] = self.block[np.arange(low, high) + shift]
        return _strings(lengths, block)

    def codes(self, begin: int, end: int) -> tuple[Codes, Positions, Positions]:
        """(code points, places, lengths) of the strings from ``begin`` to ``end``."""
        offsets = self.offsets()[begin : end + 1]
        block = self.block[int(offsets[0]) : int(offsets[-1])]
        is_lead = np.append((block & 0xC0) != _CONTINUATION, np.array([True]))
        counts = np.cumsum(is_lead) - 1
        bounds = counts[offsets - offsets[0]]
        text = block.tobytes().decode("utf-8", "surrogatepass").encode("utf-32-le", "surrogatepass")
        return np.frombuffer(text, dtype="<u4"), bounds[:-1], np.diff(bounds)

    def _begins(self, indices: Positions) -> Positions:
        """Where the strings at many indices begin in the block."""
        anchors = indices // _STEP
        before = anchors[:, None] * _STEP + np.arange(_STEP)
        is_before = before < indices[:, None]
        lengths = np.where(is_before, self.lengths.take(before, mode="clip"), 0)
        begins: Positions = self.anchors[anchors] + lengths.sum(axis=1, dtype=np.int64)
        return begins

    def are_equal(
        self, indices: Positions, texts: Sequence[str], numbers: Positions, *, same: str = ""
    ) -> npt.NDArray[np.bool_]:
        """Whether the string at each index is the text whose number is given for it.

        ``same`` are two ASCII characters; the first is read as the second.
        """
        wanted = Strings.of(texts)
        lengths = wanted.lengths[numbers].astype(np.int64)
        equal: npt.NDArray[np.bool_] = self.lengths[indices] == lengths
        which = (equal & (lengths > 0)).nonzero()[0]
        if not len(which):
            return equal
        sizes = lengths[which]
        firsts = np.cumsum(sizes) - sizes
        steps = np.arange(int(sizes.sum())) - np.repeat(firsts, sizes)
        letters = self.block.take(steps + np.repeat(self._begins(indices[which]), sizes))
        if same:
            letters[letters == ord(same[0])] = ord(same[1])
        held = wanted.block.take(steps + np.repeat(wanted.offsets()[numbers[which]], sizes))
        equal[which] = np.logical_and.reduceat(letters == held, firsts)
        return equal

    def indices_of(self, text: str) -> Iterator[int]:
        """The indices of all strings that are equal, in ascending order."""
        wanted = text.encode("utf-8", "surrogatepass")
        fits, offsets = np.flatnonzero(self.lengths == len(wanted)), self.offsets()
        letters = np.frombuffer(wanted, dtype=np.uint8)
        for place, letter in enumerate(letters):
            fits = fits[self.block[offsets[fits] + place] == letter]
        yield from fits.tolist()


def joined_strings(parts: Sequence[Strings]) -> Strings:
    """The strings of all parts, one part after the other."""
    lengths = np.concatenate([part.lengths.astype(np.int64) for part in parts])
    return _strings(lengths, np.concatenate([part.block for part in parts]))


def _strings(lengths: Positions, block: npt.NDArray[np.uint8]) -> Strings:
    kind = np.min_scalar_type(int(lengths.max()) if len(lengths) else 0)
    anchors = (np.cumsum(lengths) - lengths)[::_STEP]
    return Strings(lengths.astype(kind), anchors.astype(np.uint32), block)
