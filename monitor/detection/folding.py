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

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import (
    CODE_SPACE,
    DOCUMENT_SEPARATOR,
    DROP,
    Bytes,
    Codes,
    Kind,
    Script,
    tables,
)

Positions = npt.NDArray[np.int64]
_SEPARATOR = chr(DOCUMENT_SEPARATOR)


@dataclasses.dataclass(frozen=True, slots=True)
class Folded:
    """One folded string. ``starts[i]`` is the code point of ``original`` that ``text[i]`` came from."""

    original: str
    text: str
    starts: Positions

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """The slice of ``original`` that ``text[begin:end]`` came from, trailing marks included."""
        return _original_span(self.original, self.starts, begin, end)


@dataclasses.dataclass(frozen=True, slots=True)
class Skeleton:
    """The tight view of a batch. ``places[i]`` is the folded position of ``text[i]``."""

    text: str
    codes: Codes
    places: Positions


@dataclasses.dataclass(frozen=True)
class FoldedBatch:
    """Many strings folded as one, with U+001E between them.

    ``codes`` and ``text`` are the folded view; ``starts`` lead into the joined original;
    ``document_begins[d]`` is where document d begins in the folded view, ``original_begins[d]`` where in
    the joined original. ``original`` is the joined original.
    """

    originals: Sequence[str]
    original: str
    original_codes: Codes
    codes: Codes
    starts: Positions
    original_begins: Positions
    document_begins: Positions

    @functools.cached_property
    def text(self) -> str:
        return _text_from_codes(self.codes)

    @functools.cached_property
    def kinds(self) -> Bytes:
        """The `Kind` of every folded character."""
        return tables().kind[self.codes]

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
        before, after = kinds[:-1], kinds[1:]
        joined = ((before == Kind.LETTER) | (before == Kind.MARK)) & (after == Kind.LETTER)
        joined |= after == Kind.MARK
        joined |= (before == Kind.DIGIT) & (after == Kind.DIGIT)
        upper = tables().is_upper[self.original_codes[self.starts]]
        camel = upper[1:] & ~upper[:-1] & (before == Kind.LETTER)
        bounds[1:-1] = ~joined | camel
        return bounds

    @functools.cached_property
    def skeleton(self) -> Skeleton:
        keep = (self.kinds != Kind.OTHER) | (self.codes == DOCUMENT_SEPARATOR)
        places = np.flatnonzero(keep)
        codes = self.codes[places]
        return Skeleton(text=_text_from_codes(codes), codes=codes, places=places)

    def document_of(self, position: int) -> int:
        """The index of the document in which the folded position lies."""
        return int(np.searchsorted(self.document_begins, position, side="right")) - 1

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
        folded = int(tables().fold[code])
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


def skeleton_term(text: str) -> str:
    """A phrase in the space of ``Skeleton.text``: letters, marks, hanzi and digits only."""
    return _folded_text(text).translate(_SKELETON_FOLD)


def fold_batch(texts: Sequence[str]) -> FoldedBatch:
    """Fold many strings at once. Any string is accepted: lone surrogates, controls, the empty string."""
    original = _SEPARATOR.join(texts)
    original_codes = np.frombuffer(original.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    mapped = tables().fold[original_codes]
    starts = np.flatnonzero(mapped != DROP)
    codes = mapped[starts]
    lengths = np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts))
    original_begins = np.zeros(len(texts), dtype=np.int64)
    np.cumsum(lengths[:-1], out=original_begins[1:])
    codes, starts = _expand(codes, starts)
    document_begins = np.searchsorted(starts, original_begins)
    codes = _settle_scripts(codes, starts, original_codes, document_begins)
    return FoldedBatch(
        originals=texts,
        original=original,
        original_codes=original_codes,
        codes=codes,
        starts=starts,
        original_begins=original_begins,
        document_begins=document_begins,
    )


def _expand(codes: Codes, starts: Positions) -> tuple[Codes, Positions]:
    """Put in the characters that became several (ß, ligatures, ⑩)."""
    places = np.flatnonzero(codes >= CODE_SPACE)
    if not len(places):
        return codes, starts
    expansions = tables().expansions
    parts = [
        np.array([ord(char) for char in expansions[code - CODE_SPACE]], dtype=np.uint32)
        for code in codes[places]
    ]
    counts = np.ones(len(codes), dtype=np.int64)
    counts[places] = [len(part) for part in parts]
    begins = np.concatenate(([0], np.cumsum(counts)))[places]
    codes, starts = np.repeat(codes, counts), np.repeat(starts, counts)
    for begin, part in zip(begins, parts, strict=True):
        codes[begin : begin + len(part)] = part
    return codes, starts


def _settle_scripts(codes: Codes, starts: Positions, original_codes: Codes, begins: Positions) -> Codes:
    """Give every word one script: look-alikes of another script are read as the word's own.

    A word with a letter that only Cyrillic has is Cyrillic, one with a letter that only Latin has is
    Latin; where every letter passes for both, the document's majority decides.
    """
    scripts = tables().script[codes]
    is_foreign = scripts > Script.LATIN
    if not is_foreign.any():
        return codes
    mixed = np.flatnonzero(
        is_foreign[1:] & (scripts[:-1] == Script.LATIN) | (scripts[1:] == Script.LATIN) & is_foreign[:-1]
    )
    codes = codes.copy()
    looks = _looks(codes, starts, original_codes)
    majority = _Majority(scripts, begins)
    done = -1
    for place in mixed:
        if place > done:
            begin, done = _word_around(scripts, int(place))
            _settle_word(codes, scripts, looks, slice(begin, done), majority)
    _settle_documents(codes, _looks(codes, starts, original_codes), begins)
    return codes


def _looks(codes: Codes, starts: Positions, original_codes: Codes) -> Codes:
    """The Latin letter each character passes for, 0 for none; capitals may look otherwise (Н, η)."""
    by_original = tables().look[original_codes[starts]]
    return np.where(by_original, by_original, tables().look[codes])


def _settle_documents(codes: Codes, looks: Codes, begins: Positions) -> None:
    """In a document that is mostly Latin and whose few Cyrillic letters all pass for Latin, read them so."""
    scripts = tables().script[codes]
    places = np.flatnonzero(scripts > Script.LATIN)
    ends = np.append(begins[1:], len(codes))
    for document in np.unique(np.searchsorted(begins, places, side="right") - 1):
        part = slice(int(begins[document]), int(ends[document]))
        other = scripts[part] > Script.LATIN
        latin = int((scripts[part] == Script.LATIN).sum())
        if latin > int(other.sum()) and bool((looks[part][other] > 0).all()):
            codes[part] = np.where(other, looks[part], codes[part])


def _word_around(scripts: Bytes, place: int) -> tuple[int, int]:
    begin, end = place, place + 1
    while begin > 0 and scripts[begin - 1]:
        begin -= 1
    while end < len(scripts) and scripts[end]:
        end += 1
    return begin, end


def _settle_word(codes: Codes, scripts: Bytes, looks: Codes, word: slice, majority: _Majority) -> None:
    swap = tables().latin_as_cyrillic
    script, look, letters = scripts[word], looks[word], codes[word]
    other = script > Script.LATIN
    if bool((look[other] > 0).all()):
        is_all_double = all(int(code) in swap for code in letters[~other])
        if not (is_all_double and majority.is_cyrillic_at(word.start)):
            codes[word] = np.where(other, look, letters)
            return
    codes[word] = [swap.get(int(code), int(code)) for code in letters]


class _Majority:
    """Which documents are mostly Cyrillic, asked once per document however many mixed words it has."""

    def __init__(self, scripts: Bytes, begins: Positions) -> None:
        self._scripts, self._begins = scripts, begins
        self._known: dict[int, bool] = {}

    def is_cyrillic_at(self, place: int) -> bool:
        document = int(np.searchsorted(self._begins, place, side="right")) - 1
        if document not in self._known:
            is_last = document + 1 == len(self._begins)
            end = len(self._scripts) if is_last else int(self._begins[document + 1])
            part = self._scripts[int(self._begins[document]) : end]
            self._known[document] = int((part == Script.CYRILLIC).sum()) > int((part == Script.LATIN).sum())
        return self._known[document]


def _text_from_codes(codes: Codes) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _original_span(original: str, starts: Positions, begin: int, end: int) -> tuple[int, int]:
    attached = tables().is_attached
    stop = int(starts[end - 1]) + 1
    while stop < len(original) and attached[ord(original[stop])]:
        stop += 1
    return int(starts[begin]), stop
