"""Reads text the way a person's eye does, and keeps where every character came from; never translates.

Two views of the same text:

- the **folded** view keeps spaces and punctuation. It drops zero-width and other invisible characters,
  soft hyphens, variation selectors, enclosing keycaps, bidi controls, Arabic vowel points and tatweel,
  and the accents of Latin, Greek and Cyrillic (Indic and Thai marks carry meaning and stay). It folds
  case, width, digits of every script and every circle to 0-9, mathematical and enclosed letters,
  traditional hanzi to simplified, and Cyrillic or Greek look-alikes inside Latin words (and Latin ones
  inside Cyrillic words).
- the **skeleton** drops whatever is neither letter, mark, hanzi nor digit as well: spaces, dots, emoji.

Every position of either view leads back to code points of the original string. Hanzi numerals are not
digits here, because names contain them; `phones` reads them.
"""

from __future__ import annotations

import bisect
import dataclasses
import functools
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import (
    CODE_SPACE,
    DOCUMENT_SEPARATOR,
    DROP,
    INFO_FOREIGN,
    INFO_KEPT,
    INFO_KIND,
    INFO_SHIFT,
    INFO_UPPER,
    Bytes,
    Codes,
    Kind,
    info_table,
    tables,
)
from monitor.detection.scripts import settled_scripts

Positions = npt.NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)
_LETTER, _DIGIT, _MARK = np.uint8(Kind.LETTER), np.uint8(Kind.DIGIT), np.uint8(Kind.MARK)
_SEPARATOR = chr(DOCUMENT_SEPARATOR)
_CODE_MASK = np.uint32((1 << INFO_SHIFT) - 1)


@dataclasses.dataclass(frozen=True, slots=True)
class Folded:
    """One folded string. ``starts[i]`` is the code point of ``original`` that ``text[i]`` came from."""

    original: str
    text: str
    starts: Positions

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The slice of ``original`` that ``text[begin:end]`` came from, trailing marks included."""
        return _original_span(self.original, self.starts, begin, end)


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """The tight view of a batch. ``places[i]`` is the folded position of ``text[i]``."""

    codes: Codes
    places: Positions

    @functools.cached_property
    def text(self) -> str:
        return _text_from_codes(self.codes)


@dataclasses.dataclass(frozen=True)
class FoldedBatch:
    """Many strings folded as one, with U+001E between them.

    ``codes`` and ``text`` are the folded view, ``info`` the INFO bits (see `characters`) of each of its
    characters; ``starts`` lead into the joined original;
    ``document_begins[d]`` is where document d begins in the folded view, ``original_begins[d]`` where in
    the joined original. ``original`` is the joined original.
    """

    originals: Sequence[str]
    original: str
    original_codes: Codes
    codes: Codes
    info: Bytes
    starts: Positions
    original_begins: Positions
    document_begins: Positions

    @functools.cached_property
    def text(self) -> str:
        return _text_from_codes(self.codes)

    def is_upper(self, position: int) -> bool:
        """Whether the folded character was a capital."""
        return self._info_bytes[position] & INFO_UPPER != 0

    @functools.cached_property
    def _info_bytes(self) -> bytes:
        return self.info.tobytes()

    @functools.cached_property
    def kinds(self) -> Bytes:
        """The `Kind` of every folded character."""
        return self.info & np.uint8(INFO_KIND)

    @functools.cached_property
    def boundaries(self) -> npt.NDArray[np.bool_]:
        """Element i says that a word may begin at folded position i (and end before it); length n + 1.

        Words end where letters meet anything else, and at a capital after a small letter (#MariaSantos).
        Scripts without spaces have a boundary everywhere but before a mark.
        """
        kinds = self.kinds
        bounds = np.ones(len(kinds) + 1, dtype=np.bool_)
        if len(kinds) < 2:
            return bounds
        is_letter, is_mark, is_digit = kinds == _LETTER, kinds == _MARK, kinds == _DIGIT
        joined = (is_letter | is_mark)[:-1] & is_letter[1:]
        joined |= is_mark[1:]
        joined |= is_digit[:-1] & is_digit[1:]
        is_upper = (self.info & INFO_UPPER) != 0
        camel = np.greater(is_upper[1:], is_upper[:-1]) & is_letter[:-1]
        bounds[1:-1] = ~joined | camel
        return bounds

    @functools.cached_property
    def skeleton(self) -> Skeleton:
        places = ((self.info & INFO_KEPT) != 0).nonzero()[0]
        return Skeleton(codes=self.codes[places], places=places)

    def end_of(self, document: int) -> int:
        """Where the document ends in the folded view: before the separator."""
        is_last = document + 1 == len(self.document_begins)
        return len(self.codes) if is_last else int(self.document_begins[document + 1]) - 1

    def text_of(self, document: int) -> str:
        """The folded text of one document."""
        return self.text[int(self.document_begins[document]) : self.end_of(document)]

    def ends_of(self, documents: Positions) -> Positions:
        """`end_of` of many documents at once."""
        return np.append(self.document_begins[1:] - 1, len(self.codes))[documents]

    def excerpts(self, begins: Positions, ends: Positions) -> FoldedBatch:
        """A batch whose documents are slices of this one, in ascending order and apart by a character or more.

        Its ``starts`` still lead into the joined original; there are no originals of its documents.
        """
        lengths = ends - begins + 1
        new_ends = np.cumsum(lengths)
        new_begins = new_ends - lengths
        places = np.arange(int(new_ends[-1])) + np.repeat(begins - new_begins, lengths)
        places[-1] = min(places[-1], len(self.codes) - 1)
        codes, info = self.codes.take(places), self.info.take(places)
        codes[new_ends - 1], info[new_ends - 1] = DOCUMENT_SEPARATOR, info_table()[DOCUMENT_SEPARATOR]
        return FoldedBatch(
            originals=(),
            original=self.original,
            original_codes=self.original_codes,
            codes=codes,
            info=info,
            starts=self.starts.take(places),
            original_begins=np.zeros(len(begins), dtype=np.int64),
            document_begins=new_begins,
        )

    def before(self, position: int, reach: int) -> str:
        """The characters before the folded position, of the same document."""
        return self.text[max(0, position - reach) : position].rpartition(_SEPARATOR)[2]

    def after(self, position: int, reach: int) -> str:
        """The characters from the folded position on, of the same document."""
        return self.text[position : position + reach].partition(_SEPARATOR)[0]

    def document_of(self, position: int) -> int:
        """The index of the document in which the folded position lies."""
        return bisect.bisect_right(self._begins, position) - 1

    @functools.cached_property
    def _begins(self) -> list[int]:
        begins: list[int] = self.document_begins.tolist()
        return begins

    def documents_of(self, positions: Positions) -> Positions:
        return np.searchsorted(self.document_begins, positions, side="right") - 1

    def locate(self, begin: int, end: int) -> tuple[int, int, int]:
        """(document, start, end) of the folded slice: code points of that document's original string."""
        document = self.document_of(begin)
        start, stop = _original_span(self.original, self.starts, begin, end)
        offset = int(self.original_begins[document])
        return document, start - offset, min(stop - offset, len(self.originals[document]))


def fold(text: str) -> Folded:
    """The folded view of one string."""
    batch = fold_batch([text])
    return Folded(original=text, text=batch.text, starts=batch.starts)


class _CharacterFold(dict[int, str]):
    """`str.translate` table for short strings, filled from the big tables as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = int(tables().packed[code] & _CODE_MASK)
        if folded >= CODE_SPACE:
            text = tables().expansions[folded - CODE_SPACE]
        else:
            text = chr(folded) if folded != DROP else ""
        self[code] = text
        return text


class _SkeletonFold(dict[int, str]):
    def __missing__(self, code: int) -> str:
        text = chr(code) if tables().kind[code] != Kind.OTHER else ""
        self[code] = text
        return text


_CHARACTER_FOLD = _CharacterFold()
_SKELETON_FOLD = _SkeletonFold()


def _folded_text(text: str) -> str:
    """`fold(text).text`, without offsets and quickly where no letters change with their neighbours."""
    folded = text.translate(_CHARACTER_FOLD)
    if not folded.isascii() and any("\u0370" <= char <= "\u052f" for char in folded):
        return fold(text).text
    return folded


def fold_term(text: str) -> str:
    """A phrase of a lexicon or a watch term in the space of folded text, runs of spaces made one.

    Compile phrases with it and look for them in ``FoldedBatch.text``.
    """
    return " ".join(_folded_text(text).split())


def fold_terms(texts: Sequence[str]) -> list[str]:
    """`fold_term` of many at once, which is several times as fast."""
    batch = fold_batch(texts)
    return [" ".join(batch.text_of(number).split()) for number in range(len(texts))]


def skeleton_term(text: str) -> str:
    """A phrase in the space of ``Skeleton.text``: letters, marks, hanzi and digits only."""
    return _folded_text(text).translate(_SKELETON_FOLD)


def fold_batch(texts: Sequence[str]) -> FoldedBatch:
    """Fold many strings at once. Any string is accepted: lone surrogates, controls, the empty string."""
    original = _SEPARATOR.join(texts)
    original_codes = np.frombuffer(original.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    packed = tables().packed.take(original_codes)
    starts = ((packed & _CODE_MASK) != DROP).nonzero()[0]
    if len(starts) < len(packed):
        packed = packed.take(starts)
    folded = packed & _CODE_MASK
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    original_begins = np.zeros(len(texts), dtype=np.int64)
    np.cumsum(lengths[:-1], out=original_begins[1:])
    codes, info, starts = _expand(folded, (packed >> INFO_SHIFT).astype(np.uint8), starts)
    document_begins = np.searchsorted(starts, original_begins)
    codes, info = _settle_scripts(codes, info, starts, original_codes, document_begins)
    return FoldedBatch(
        originals=texts,
        original=original,
        original_codes=original_codes,
        codes=codes,
        info=info,
        starts=starts,
        original_begins=original_begins,
        document_begins=document_begins,
    )


def _expand(codes: Codes, info: Bytes, starts: Positions) -> tuple[Codes, Bytes, Positions]:
    """Put in the characters that became several (ß, ligatures, ⑩)."""
    places = (codes >= CODE_SPACE).nonzero()[0]
    if not len(places):
        return codes, info, starts
    parts = [_expansion(code) for code in (codes[places] - CODE_SPACE).tolist()]
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    upper = info[places] & INFO_UPPER
    return (
        _spliced(codes, places, parts),
        _spliced(info, places, [info_table()[part] | bit for part, bit in zip(parts, upper, strict=True)]),
        _spliced(starts, places, np.split(np.repeat(starts[places], lengths), np.cumsum(lengths)[:-1])),
    )


def _spliced(
    values: npt.NDArray[_Number], places: Positions, parts: Sequence[npt.NDArray[_Number]]
) -> npt.NDArray[_Number]:
    """The values with the one at each place replaced by a part. Most batches have very few such places."""
    pieces: list[npt.NDArray[_Number]] = []
    done = 0
    for place, part in zip(places.tolist(), parts, strict=True):
        pieces += (values[done:place], part)
        done = place + 1
    return np.concatenate([*pieces, values[done:]])


@functools.cache
def _expansion(index: int) -> Codes:
    return np.array([ord(char) for char in tables().expansions[index]], dtype=np.uint32)


def _settle_scripts(
    codes: Codes, info: Bytes, starts: Positions, original_codes: Codes, begins: Positions
) -> tuple[Codes, Bytes]:
    """Give every word one script, in the documents that hold Cyrillic or Greek at all."""
    foreign = ((info & INFO_FOREIGN) != 0).nonzero()[0]
    if not len(foreign):
        return codes, info
    documents = np.unique(np.searchsorted(begins, foreign, side="right") - 1)
    ends = np.append(begins, len(codes))[documents + 1]
    lengths = ends - begins[documents]
    new_begins = np.cumsum(lengths) - lengths
    places = np.arange(int(lengths.sum())) + np.repeat(begins[documents] - new_begins, lengths)
    settled = settled_scripts(codes[places], starts[places], original_codes, new_begins)
    codes, info = codes.copy(), info.copy()
    codes[places] = settled
    info[places] = (info[places] & INFO_UPPER) | info_table()[settled]
    return codes, info


def _text_from_codes(codes: Codes) -> str:
    return str(codes.astype("<u4", copy=False).data, "utf-32-le")


def _original_span(original: str, starts: Positions, begin: int, end: int) -> tuple[int, int]:
    attached = tables().is_attached
    stop = int(starts[end - 1]) + 1
    while stop < len(original) and attached[ord(original[stop])]:
        stop += 1
    return int(starts[begin]), stop
