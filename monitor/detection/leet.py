"""Reads figures and signs inside Latin words as the letters they pass for (M4r!a); judges no word."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import (
    CODE_SPACE,
    DOCUMENT_SEPARATOR,
    LEET_SIGNS,
    Codes,
    Kind,
    Script,
    tables,
)
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.names import View

# 1 and | pass for i and for l alike, so this view makes every l an i; terms are put through `leet_term`.
_LETTERS = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g"} | {
    "@": "a",
    "$": "s",
    "!": "i",
    "|": "i",
    "€": "e",
    "£": "i",
}
EXCLAMATION = ord("!")
LEET_SAME = "li"
"""The first is read as the second."""


@dataclasses.dataclass(frozen=True, slots=True)
class LeetView:
    """A second skeleton of the documents that have such words. ``is_leet`` marks the letters read so."""

    codes: Codes
    view: View
    is_leet: npt.NDArray[np.bool_]

    @property
    def text(self) -> str:
        return self.codes.astype("<u4").tobytes().decode("utf-32-le")


def leet_term(skeleton: str) -> str:
    """A skeleton in the space of the leet view."""
    return skeleton.replace(*LEET_SAME)


@functools.cache
def leet_letter_table() -> Codes:
    table = np.zeros(CODE_SPACE, dtype=np.uint32)
    for char, letter in _LETTERS.items():
        table[ord(char)] = ord(letter)
    return table


@functools.cache
def sign_table() -> npt.NDArray[np.bool_]:
    table = np.zeros(CODE_SPACE, dtype=np.bool_)
    table[[ord(char) for char in LEET_SIGNS]] = True
    return table


def leet_view(batch: FoldedBatch) -> LeetView | None:
    """The view, or None where no document of the batch has letters and figures in one word."""
    codes = batch.codes
    letters = leet_letter_table()[codes]
    candidates = letters > 0
    is_latin = np.concatenate(([False], tables().script[codes] == Script.LATIN, [False]))
    chosen = np.zeros(len(codes) + 2, dtype=np.bool_)
    is_sign, is_exclamation = sign_table()[codes], codes == EXCLAMATION
    for _ in range(3):  # a word may hold several in a row (J0533)
        known = is_latin | chosen
        touches = known[:-2] | known[2:]
        touches[is_sign] = known[:-2][is_sign]  # a sign before a word is a handle or punctuation
        touches &= ~is_exclamation | _goes_on(known, chosen)
        chosen[1:-1] = candidates & touches
    is_leet = chosen[1:-1] | _among_spaced_letters(is_latin, candidates)
    if not is_leet.any():
        return None
    has_leet = np.zeros(len(batch.document_begins), dtype=np.bool_)
    has_leet[batch.documents_of(np.flatnonzero(is_leet))] = True
    lengths = np.diff(np.append(batch.document_begins, len(codes)))
    in_scope = np.repeat(has_leet, lengths)
    return _built(batch, letters, is_leet, in_scope)


def _goes_on(known: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where an exclamation mark is a letter: some follow, or it ends a word with others near by (S!t!, not Sit!)."""
    others = chosen[:-2].copy()
    for reach in (1, 2):
        others[reach:] |= chosen[: -2 - reach]
    goes_on: npt.NDArray[np.bool_] = known[2:] | others
    return goes_on


def _among_spaced_letters(
    is_latin: npt.NDArray[np.bool_], candidates: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Between single letters with spaces around: O k @ f o r. ``is_latin`` is padded by one on each side."""
    wide = np.concatenate(([False], is_latin, [False]))
    beside = wide[:-4] & wide[4:]
    alone = ~wide[1:-3] & ~wide[3:-1]
    return candidates & beside & alone


def _built(
    batch: FoldedBatch, letters: Codes, is_leet: npt.NDArray[np.bool_], in_scope: npt.NDArray[np.bool_]
) -> LeetView:
    codes = np.where(is_leet, letters, batch.codes)
    codes[codes == ord("l")] = ord("i")
    kinds = np.where(is_leet, np.uint8(Kind.LETTER), batch.kinds)
    places: Positions = np.flatnonzero(((kinds != Kind.OTHER) | (codes == DOCUMENT_SEPARATOR)) & in_scope)
    boundaries = np.ones(len(codes) + 1, dtype=np.bool_)
    is_letter = (kinds == Kind.LETTER) | (kinds == Kind.MARK)
    boundaries[1:-1] = ~(is_letter[:-1] & is_letter[1:])
    return LeetView(codes=codes[places], view=View(places=places, boundaries=boundaries), is_leet=is_leet)
