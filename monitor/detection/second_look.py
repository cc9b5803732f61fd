"""Chooses the places of a batch at which numbers or disguised names are looked for at all; looks for none.

Reading digits and leetspeak costs several times what the plain search does. Most text has too few digits near
each other for any number, and no figure inside a word.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import INFO_SCRIPT, INFO_SCRIPT_SHIFT, INFO_SIGN, Bytes, Kind, Script
from monitor.detection.digits import NOT_A_DIGIT, letter_table, value_table
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.leet import EXCLAMATION, leet_letter_table, sign_table
from monitor.detection.masks import mask_table
from monitor.detection.phones import LONGEST_GAP

_DIGITS_OF_WORD = 4
"""At most: a hundred and a spoken o beside it, or four letters o."""
_LONGEST_WORD = 24
_MARGIN = 64
"""Characters on either side of a number that tell what it is: a unit, an order, a country prefix, a mask."""
_LEET_REACH = 96
"""Characters on either side of a disguised letter: a name with spaces between its letters, and what is beside it."""
Flags = npt.NDArray[np.bool_]
_LATIN = Script.LATIN << INFO_SCRIPT_SHIFT


@dataclasses.dataclass(frozen=True, slots=True)
class Regions:
    """Slices of a batch, in ascending order, each in one document, apart by a character or more."""

    begins: Positions
    ends: Positions

    def __bool__(self) -> bool:
        return len(self.begins) > 0

    def chosen(self, which: Flags) -> Regions:
        return Regions(self.begins[which], self.ends[which])


_NOWHERE = Regions(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


class SecondLook:
    """The signs of one batch that may be more than what they are."""

    def __init__(self, batch: FoldedBatch) -> None:
        self._batch = batch
        self._signs = (batch.info >= INFO_SIGN).nonzero()[0]
        self._codes = np.concatenate((batch.codes, np.zeros(2, dtype=np.uint32)))  # -1 and -2 are zero too

    def for_numbers(
        self, words: Positions, chains: Positions, chain_lengths: Positions, fewest_digits: int
    ) -> tuple[Regions, Regions]:
        """Where as many digits as the shortest number may stand near each other: in figures alone, and otherwise.

        ``words`` are the folded places of number words and of runs of the letter o that may be digits, ``chains``
        of those that are written as one: with hardly more digits than letters. Figures beside letters that may be
        digits, and figures that are partly covered, are looked at however few they are.
        """
        if not (len(self._signs) or len(words) or len(chains)):
            return _NOWHERE, _NOWHERE
        figures = self._signs[value_table()[self._codes[self._signs]] != NOT_A_DIGIT]
        is_more = self._may_be_more(figures)
        places = np.concatenate((figures, words, chains))
        weights = np.concatenate(
            (np.where(is_more, fewest_digits, 1), np.full(len(words), _DIGITS_OF_WORD), chain_lengths)
        )
        reaches = np.repeat((1, _LONGEST_WORD, _LONGEST_WORD), (len(figures), len(words), len(chains)))
        reaches[len(reaches) - len(chains) :] += 2 * chain_lengths
        is_special: Flags = np.ones(len(places), dtype=np.bool_)
        is_special[: len(figures)] = is_more
        order = np.argsort(places, kind="stable")
        return self._rich(places[order], reaches[order], weights[order], is_special[order], fewest_digits)

    def _may_be_more(self, figures: Positions) -> Flags:
        """Whether figures stand beside a letter that may be a digit, or before a sign that covers some."""
        letters, masks = letter_table(), mask_table()
        after, second = self._codes[figures + 1], self._codes[figures + 2]
        is_more = (letters[self._codes[figures - 1]] != NOT_A_DIGIT) | (letters[after] != NOT_A_DIGIT)
        is_covered = (masks[after] | masks[second]) & (self._batch.kinds[figures] == Kind.DIGIT)
        more: Flags = is_more | is_covered
        return more

    def _rich(
        self, places: Positions, reaches: Positions, weights: Positions, is_special: Flags, fewest: int
    ) -> tuple[Regions, Regions]:
        """Around runs of places, each within reach of the one before, whose weights come to enough."""
        if not len(places):
            return _NOWHERE, _NOWHERE
        farthest = np.maximum.accumulate(places + reaches)
        documents = self._batch.documents_of(places)
        is_first = np.concatenate(([True], places[1:] > farthest[:-1] + LONGEST_GAP))
        is_first[1:] |= documents[1:] > documents[:-1]
        firsts = is_first.nonzero()[0]
        lasts = np.append(firsts[1:], len(places)) - 1
        is_rich = np.add.reduceat(weights, firsts) >= fewest
        around = self._around(places[firsts[is_rich]], farthest[lasts[is_rich]], _MARGIN)
        if not around:
            return _NOWHERE, _NOWHERE
        # Special are regions with anything special in them, also where it belongs to no rich run.
        special = np.add.accumulate(np.concatenate(([0], is_special)))
        edges = places.searchsorted(around.begins), places.searchsorted(around.ends)
        is_plain = special[edges[0]] == special[edges[1]]
        return around.chosen(is_plain), around.chosen(~is_plain)

    def for_leet(self) -> Regions:
        """Where a figure or sign stands beside a Latin letter or among single ones, as `leet_view` reads them."""
        batch = self._batch
        if not len(self._signs):
            return _NOWHERE
        places = self._signs[leet_letter_table()[batch.codes[self._signs]] > 0]
        latin: Bytes = np.concatenate((batch.info & np.uint8(INFO_SCRIPT), np.zeros(2, dtype=np.uint8)))
        is_latin = latin == _LATIN
        before, after = is_latin[places - 1], is_latin[places + 1]
        is_spaced = is_latin[places - 2] & is_latin[places + 2] & ~before & ~after
        codes = batch.codes[places]
        is_inside = before | (after & ~sign_table()[codes])
        is_inside &= after | (codes != EXCLAMATION)
        places = places[is_inside | is_spaced]
        return self._around(places, places + 1, _LEET_REACH)

    def _around(self, begins: Positions, ends: Positions, margin: int) -> Regions:
        """The slices with so much around them, as far as it is of the same document; those that meet are one."""
        if not len(begins):
            return _NOWHERE
        batch = self._batch
        documents = batch.documents_of(begins)
        begins = np.maximum(begins - margin, batch.document_begins[documents])
        ends = np.minimum(ends + margin, batch.ends_of(documents))
        is_first = np.concatenate(([True], begins[1:] > np.maximum.accumulate(ends)[:-1]))
        firsts = is_first.nonzero()[0]
        return Regions(begins[firsts], np.maximum.reduceat(ends, firsts))
