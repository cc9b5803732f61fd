"""Chooses the documents of a batch in which numbers or disguised names are looked for at all; looks for none.

Reading digits and leetspeak costs several times what the plain search does. Most documents have too few
digits for any number and no figure inside a word.
"""

from __future__ import annotations

import numpy as np

from monitor.detection.characters import INFO_SCRIPT, INFO_SCRIPT_SHIFT, INFO_SIGN, Bytes, Kind, Script
from monitor.detection.digits import NOT_A_DIGIT, letter_table, value_table
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.leet import leet_letter_table, sign_table
from monitor.detection.masks import mask_table

_DIGITS_OF_WORD = 4
"""At most: a hundred and a spoken o beside it, or four letters o."""
_LATIN = Script.LATIN << INFO_SCRIPT_SHIFT


class SecondLook:
    """The signs of one batch that may be more than what they are."""

    def __init__(self, batch: FoldedBatch) -> None:
        self._batch = batch
        self._signs = (batch.info >= INFO_SIGN).nonzero()[0]
        self._codes = np.concatenate((batch.codes, np.zeros(2, dtype=np.uint32)))  # -1 and -2 are zero too

    def for_numbers(self, words: Positions, chains: Positions, fewest_digits: int) -> Positions:
        """Documents with as many digits as the shortest number, or with some that are partly covered.

        ``words`` are the folded places of number words and of runs of the letter o that may be digits,
        ``chains`` of number words that are written as one with the next.
        """
        batch = self._batch
        figures = self._signs[value_table()[batch.codes[self._signs]] != NOT_A_DIGIT]
        count = len(batch.originals)
        digits = np.bincount(batch.documents_of(figures), minlength=count)
        digits += _DIGITS_OF_WORD * np.bincount(batch.documents_of(words), minlength=count)
        letters, masks = letter_table(), mask_table()
        is_beside_letter = letters[self._codes[figures - 1]] != NOT_A_DIGIT
        is_beside_letter |= letters[self._codes[figures + 1]] != NOT_A_DIGIT
        is_covered = masks[self._codes[figures + 1]] | masks[self._codes[figures + 2]]
        is_covered &= batch.kinds[figures] == Kind.DIGIT
        chosen = digits >= fewest_digits
        chosen[batch.documents_of(figures[is_beside_letter | is_covered])] = True
        chosen[batch.documents_of(chains)] = True
        return chosen.nonzero()[0]

    def for_leet(self) -> Positions:
        """Documents with a figure or sign beside a Latin letter, or among single ones."""
        batch = self._batch
        places = self._signs[leet_letter_table()[batch.codes[self._signs]] > 0]
        latin: Bytes = np.concatenate((batch.info & np.uint8(INFO_SCRIPT), np.zeros(2, dtype=np.uint8)))
        is_latin = latin == _LATIN
        before, after = is_latin[places - 1], is_latin[places + 1]
        is_spaced = is_latin[places - 2] & is_latin[places + 2] & ~before & ~after
        after &= ~sign_table()[batch.codes[places]]
        return np.unique(batch.documents_of(places[before | after | is_spaced]))
