"""Reads every way of writing digits in a batch as one stream; decides nothing about whose number it is.

Beside the digits that folding made, the stream holds hanzi numerals of both sorts, letters that pass for
digits inside numbers (l38O) and spelled-out words of many languages.
"""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from enum import IntEnum
from pathlib import Path

import daachorse
import numpy as np
import numpy.typing as npt

from monitor.detection.characters import (
    CODE_SPACE,
    DOCUMENT_SEPARATOR,
    HANZI_DIGITS,
    HANZI_ONES,
    Bytes,
    Codes,
    Kind,
)
from monitor.detection.folding import FoldedBatch, Positions, fold_term, skeleton_term
from monitor.detection.spoken import number_from_words

NOT_A_DIGIT = 255
"""Stands in the stream between two documents."""
_FEWEST_DIGITS_WITH_WORDS = 5


class Source(IntEnum):
    """How a digit was written."""

    FIGURE = 0
    HANZI = 1
    LETTER = 2
    WORD = 3


@dataclasses.dataclass(frozen=True, slots=True)
class DigitStream:
    """All digits of a batch in order. ``begins`` and ``ends`` are folded positions of each digit."""

    values: Bytes
    begins: Positions
    ends: Positions
    sources: Bytes

    def spells(self, first: int, last: int, digits: str) -> bool:
        """Whether these places of the stream are the digits."""
        return self.values[first:last].tobytes() == bytes(map(int, digits))


_LETTER_DIGITS = {"o": 0, "ο": 0, "о": 0, "l": 1, "i": 1, "|": 1, "б": 6, "з": 3}


@dataclasses.dataclass(frozen=True)
class _NumberWords:
    """``values[i]`` is what word i stands for: digits, or a sign of `spoken`."""

    spellings: tuple[str, ...]
    values: tuple[str, ...]
    joiners: frozenset[str]

    @functools.cached_property
    def automaton(self) -> daachorse.CharwiseDoubleArrayAhoCorasick:
        """Made when the first post holds numbers in words; it takes several megabytes."""
        kind = daachorse.MATCH_KIND_LEFTMOST_LONGEST
        return daachorse.CharwiseDoubleArrayAhoCorasick(list(self.spellings), kind)


@functools.cache
def value_table() -> Bytes:
    table = np.full(CODE_SPACE, NOT_A_DIGIT, dtype=np.uint8)
    for value in range(10):
        table[ord("0") + value] = value
    for value, chars in enumerate(HANZI_DIGITS):
        for char in chars:
            table[ord(char)] = value
    table[ord(HANZI_ONES)] = 1
    return table


@functools.cache
def _number_words() -> _NumberWords:
    data = tomllib.loads((Path(__file__).with_name("data") / "number_words.toml").read_text("utf-8"))
    values: dict[str, str] = {}
    for words in data["digits"].values():
        for value, spellings in enumerate(words):
            values.update((fold_term(word), str(value)) for word in spellings.split("|"))
    for value, spellings in data["two_digits"].items():
        values.update((fold_term(word), value) for word in spellings.split("|"))
    for times, spellings in data["repeats"].items():
        values.update((fold_term(word), f"{times}x") for word in spellings.split("|"))
    for value, spellings in data["hundreds"].items():
        values.update((fold_term(word), value) for word in spellings.split("|"))
    return _NumberWords(tuple(values), tuple(values.values()), frozenset(data["joiners"]["words"]))


@functools.cache
def number_word_skeletons() -> tuple[str, ...]:
    """The skeletons of all number words, and of the runs of letters that are read as zeros."""
    words = dict.fromkeys(map(skeleton_term, _number_words().spellings))
    zeros = [char * times for char, value in _LETTER_DIGITS.items() if value == 0 for times in (2, 3, 4)]
    return (*words, *zeros)


def plain_digit_stream(batch: FoldedBatch) -> DigitStream:
    """Read the digits of the batch that are figures and hanzi, of which there must be no others."""
    return _stream_of(batch.codes, value_table()[batch.codes], np.zeros(0, dtype=np.int64))


def digit_stream(batch: FoldedBatch) -> DigitStream:
    """Read all digits of the batch."""
    codes = batch.codes
    values = value_table()[codes]
    letters = _letter_digits(codes, batch.kinds)
    if len(letters):
        values[letters] = letter_table()[codes[letters]]
    stream = _stream_of(codes, values, letters)
    words = _word_digits(batch)
    return _merged(batch, stream, words) if words else stream


def _stream_of(codes: Codes, values: Bytes, letters: Positions) -> DigitStream:
    places = np.flatnonzero((values != NOT_A_DIGIT) | (codes == DOCUMENT_SEPARATOR))
    sources = np.where(codes[places] > 0x2000, Source.HANZI, Source.FIGURE).astype(np.uint8)
    if len(letters):
        sources[np.searchsorted(places, letters)] = Source.LETTER
    return DigitStream(values=values[places], begins=places, ends=places + 1, sources=sources)


@functools.cache
def letter_table() -> Bytes:
    table = np.full(CODE_SPACE, NOT_A_DIGIT, dtype=np.uint8)
    for char, value in _LETTER_DIGITS.items():
        table[ord(char)] = value
    return table


def _letter_digits(codes: Codes, kinds: Bytes) -> Positions:
    """Where letters stand for digits: in runs of such letters that touch a figure, and "oo" or "ooo" alone."""
    passes = letter_table()[codes] != NOT_A_DIGIT
    places = np.flatnonzero(passes)
    if not len(places):
        return places
    breaks = np.flatnonzero(np.diff(places) > 1)
    begins = places[np.concatenate(([0], breaks + 1))]
    ends = places[np.concatenate((breaks, [len(places) - 1]))] + 1
    padded_kinds = np.concatenate(([Kind.OTHER], kinds, [Kind.OTHER]))
    padded_codes = np.concatenate(([0], codes, [0]))
    before, after = padded_kinds[begins], padded_kinds[ends + 1]
    is_figure = value_table() != NOT_A_DIGIT
    touches = is_figure[padded_codes[begins]] | is_figure[padded_codes[ends + 1]]
    is_free = (before != Kind.LETTER) & (after != Kind.LETTER)
    lengths = ends - begins
    is_zeros = (
        (lengths >= 2)
        & (lengths <= 4)
        & (letter_table()[codes[begins]] == 0)
        & (codes[begins] == codes[ends - 1])
    )
    chosen = np.flatnonzero(is_free & (touches | is_zeros) & (lengths <= 12))
    if not len(chosen):
        return places[:0]
    return np.concatenate([np.arange(begins[index], ends[index]) for index in chosen])


def _word_digits(batch: FoldedBatch) -> list[tuple[int, int, str]]:
    """(begin, end, digits) of spelled-out numbers that stand as words of their own."""
    words = _number_words()
    hits = words.automaton.find(batch.text)
    if not hits:
        return []
    bounds: npt.NDArray[np.bool_] = batch.boundaries
    found: list[tuple[int, int, str]] = []
    last_end = -1
    for begin, end, index in hits:
        if not (bounds[begin] or begin == last_end):
            continue
        value = words.values[index]
        if found and begin == last_end and not bounds[last_end]:
            pass
        elif not bounds[end] and not _goes_on_as_number(batch.text, end):
            continue
        found.append((begin, end, value))
        last_end = end
    return number_from_words(batch.text, found, words.joiners)


def _goes_on_as_number(text: str, end: int) -> bool:
    follows = _number_words().automaton.find(text[end : end + 16])
    return bool(follows) and follows[0][0] == 0


def _merged(batch: FoldedBatch, stream: DigitStream, words: list[tuple[int, int, str]]) -> DigitStream:
    """Put word digits among the others, in documents that have enough digits for it to matter."""
    begins = np.fromiter((word[0] for word in words), dtype=np.int64, count=len(words))
    word_documents = batch.documents_of(begins)
    counts = np.bincount(
        word_documents, weights=[len(word[2]) for word in words], minlength=len(batch.document_begins)
    )
    counts += np.bincount(batch.documents_of(stream.begins), minlength=len(batch.document_begins))[
        : len(counts)
    ]
    kept = [words[index] for index in np.flatnonzero(counts[word_documents] >= _FEWEST_DIGITS_WITH_WORDS)]
    if not kept:
        return stream
    lengths = [len(word[2]) for word in kept]
    values = np.frombuffer("".join(word[2] for word in kept).encode(), dtype=np.uint8) - ord("0")
    all_begins = np.concatenate((stream.begins, np.repeat([word[0] for word in kept], lengths)))
    order = np.argsort(all_begins, kind="stable")
    return DigitStream(
        values=np.concatenate((stream.values, values))[order],
        begins=all_begins[order],
        ends=np.concatenate((stream.ends, np.repeat([word[1] for word in kept], lengths)))[order],
        sources=np.concatenate((stream.sources, np.full(len(values), Source.WORD, dtype=np.uint8)))[order],
    )
