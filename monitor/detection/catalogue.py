"""What the segments of one watch list, and all watch lists made from it, have in common; only ever grows.

Growing in place costs the older ones nothing but a candidate more that comes to nothing. That is what makes a
new term live in milliseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from monitor.detection.digits import number_word_skeletons
from monitor.detection.folding import Positions
from monitor.detection.formtable import FormTable
from monitor.detection.keytable import KeyTable, sorted_table
from monitor.detection.screen import Screen
from monitor.detection.stretches import Salt, Stretches
from monitor.detection.strings import Strings

_NUMBER_WORDS = 500
_SLICE = 1 << 18
_CHAIN_HEAD = 4


class Catalogue:
    """The salt of the hashes, the screen for texts, the lengths of numbers, shapes of forms and prefixes."""

    def __init__(self, salt: Salt, screen: Screen) -> None:
        self.salt = salt
        self.screen = screen
        self.forms = FormTable()
        self.number_lengths: set[int] = set()
        self.prefixes: list[tuple[str, ...]] = []
        self._prefix_numbers: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()
        self.number_words = self._screened_number_words()

    def _screened_number_words(self) -> KeyTable:
        """The table of the number words; they, and what several in one begin with, are let through."""
        words = number_word_skeletons()
        skeletons = Strings.of(words)
        codes, places, lengths = skeletons.codes(0, len(skeletons))
        stretches = Stretches(codes, self.salt)
        chains = Strings.of(sorted(_beginnings_of_chains(words)))
        chain_codes, chain_places, _ = chains.codes(0, len(chains))
        with self._lock:
            self.screen.add(stretches, places, lengths)
            self.screen.add_chains(Stretches(chain_codes, self.salt), chain_places)
        return sorted_table(stretches.term_keys(places, lengths))[0]

    @classmethod
    def for_terms(cls, count: int) -> Catalogue:
        """An empty one with room for so many forms."""
        salt = Salt.drawn()
        return cls(salt, Screen.for_terms(count + _NUMBER_WORDS, salt))

    def prefix_number(self, prefixes: tuple[str, ...]) -> int:
        """The number of a list of prefixes."""
        number = self._prefix_numbers.get(prefixes)
        if number is None:
            with self._lock:
                number = self._prefix_numbers.get(prefixes, len(self.prefixes))
                if number == len(self.prefixes):
                    self.prefixes.append(prefixes)
                    self._prefix_numbers[prefixes] = number
        return number

    def restore(
        self, forms: list[Any], prefixes: Sequence[tuple[str, ...]], number_lengths: Iterable[int]
    ) -> None:
        """Fill an empty catalogue with what another one held."""
        self.forms = FormTable.from_plain_data(forms)
        self.prefixes = list(prefixes)
        self._prefix_numbers = {item: number for number, item in enumerate(prefixes)}
        self.number_lengths = set(number_lengths)

    def has_room_for(self, count: int) -> bool:
        """Whether the screen still keeps out most of what is no term once it holds so many forms."""
        return count <= self.screen.has_room_for

    def rescreened(self, skeletons: Strings) -> Catalogue:
        """This catalogue, or if its screen is too small one with a screen for these forms alone."""
        if self.has_room_for(len(skeletons)):
            return self
        new = Catalogue(self.salt, Screen.for_terms(2 * len(skeletons), self.salt))
        new.restore(self.forms.as_plain_data(), self.prefixes, sorted(self.number_lengths))
        for begin in range(0, len(skeletons), _SLICE):
            end = min(begin + _SLICE, len(skeletons))
            codes, places, lengths = skeletons.codes(begin, end)
            new.screen_terms(Stretches(codes, self.salt), places, lengths)
        return new

    def screen_terms(self, stretches: Stretches, places: Positions, lengths: Positions) -> None:
        """Let the terms at these places through."""
        with self._lock:
            self.screen.add(stretches, places, lengths)


def _beginnings_of_chains(words: Sequence[str]) -> set[str]:
    """The first four characters of every two number words that are written as one."""
    heads = {word[:_CHAIN_HEAD] for word in words}
    return {
        (word + head)[:_CHAIN_HEAD] for word in words for head in heads if len(word + head) >= _CHAIN_HEAD
    }
