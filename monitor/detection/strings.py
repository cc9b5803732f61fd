"""Keeps very many short strings as one block of bytes; two arrays instead of a million objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Codes
from monitor.detection.folding import Positions

_SLICE = 1 << 18
_CONTINUATION = 0x80


@dataclasses.dataclass(frozen=True, slots=True)
class Strings:
    """String i is ``block[offsets[i]:offsets[i + 1]]`` in UTF-8."""

    offsets: npt.NDArray[np.uint32]
    block: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Strings:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        return cls(_offsets(lengths), np.frombuffer(b"".join(encoded), dtype=np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> str:
        begin, end = int(self.offsets[index]), int(self.offsets[index + 1])
        return self.block[begin:end].tobytes().decode("utf-8", "surrogatepass")

    def taken(self, order: Positions) -> Strings:
        """The strings at these indices, in this order."""
        begins = self.offsets[:-1][order].astype(np.int64)
        lengths = self.offsets[1:][order].astype(np.int64) - begins
        offsets = _offsets(lengths)
        block = np.empty(int(offsets[-1]), dtype=np.uint8)
        for start in range(
            0, len(order), _SLICE
        ):  # the places of a slice fit in the cache, those of all do not
            part = slice(start, start + _SLICE)
            low, high = int(offsets[start]), int(offsets[min(start + _SLICE, len(order))])
            shift = np.repeat(begins[part] - offsets[:-1][part], lengths[part])
            block[low:high] = self.block[np.arange(low, high) + shift]
        return Strings(offsets, block)

    def codes(self, begin: int, end: int) -> tuple[Codes, Positions, Positions]:
        """(code points, places, lengths) of the strings from ``begin`` to ``end``."""
        low, high = int(self.offsets[begin]), int(self.offsets[end])
        block = self.block[low:high]
        is_lead = np.append((block & 0xC0) != _CONTINUATION, np.array([True]))
        counts = np.cumsum(is_lead) - 1
        bounds = counts[self.offsets[begin : end + 1].astype(np.int64) - low]
        text = block.tobytes().decode("utf-8", "surrogatepass").encode("utf-32-le", "surrogatepass")
        return np.frombuffer(text, dtype="<u4"), bounds[:-1], np.diff(bounds)

    def indices_of(self, text: str) -> Iterator[int]:
        """The indices of all strings that are equal, in ascending order."""
        wanted = text.encode("utf-8", "surrogatepass")
        fits = np.flatnonzero(np.diff(self.offsets) == len(wanted))
        letters = np.frombuffer(wanted, dtype=np.uint8)
        for place, letter in enumerate(letters):
            fits = fits[self.block[self.offsets[fits] + np.uint32(place)] == letter]
        yield from fits.tolist()


def joined_strings(parts: Sequence[Strings]) -> Strings:
    """The strings of all parts, one part after the other."""
    lengths = [np.diff(part.offsets.astype(np.int64)) for part in parts]
    return Strings(_offsets(np.concatenate(lengths)), np.concatenate([part.block for part in parts]))


def _offsets(lengths: Positions) -> npt.NDArray[np.uint32]:
    offsets = np.zeros(len(lengths) + 1, dtype=np.uint32)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
