"""Cuts text into the pieces of a vocabulary by the likeliest path; knows nothing of what pieces mean.

The unigram segmentation of SentencePiece (Kudo 2018, "Subword Regularization"), found by dynamic programming
in time linear in the length of the text.
"""

from __future__ import annotations

import re

from monitor.judging.packed_model import Vocabulary

_SPACES = re.compile("  +")
_SPACE_MARK = "\u2581"
_UNKNOWN_PENALTY = 10.0
_NEVER = -1e30


class WordPieces:
    """Cuts strings into numbers of pieces. Any string is accepted."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._longest = max(map(len, vocabulary.pieces), default=1)
        self._unknown_score = min(vocabulary.scores, default=0.0) - _UNKNOWN_PENALTY

    def numbers(self, untrusted_text: str) -> list[int]:
        """The numbers of the pieces, in reading order, without marks of begin and end."""
        text = _SPACES.sub(" ", untrusted_text.translate(self._vocabulary.replacements))
        if not text.startswith(" "):
            text = f" {text}"
        return self._best_path(text.replace(" ", _SPACE_MARK))

    def _best_path(self, text: str) -> list[int]:
        pieces, scores, unknown = (
            self._vocabulary.pieces,
            self._vocabulary.scores,
            self._vocabulary.unknown,
        )
        length = len(text)
        best = [0.0] + [_NEVER] * length
        piece_before = [unknown] * (length + 1)
        begins = [0] * (length + 1)
        for begin in range(length):
            here = best[begin]
            for end in range(begin + 1, min(length, begin + self._longest) + 1):
                number = pieces.get(text[begin:end])
                if number is not None and number != unknown and here + scores[number] > best[end]:
                    best[end], piece_before[end], begins[end] = here + scores[number], number, begin
            if here + self._unknown_score > best[begin + 1]:
                best[begin + 1], piece_before[begin + 1], begins[begin + 1] = (
                    here + self._unknown_score,
                    unknown,
                    begin,
                )
        found, place = [], length
        while place > 0:
            found.append(piece_before[place])
            place = begins[place]
        return found[::-1]
