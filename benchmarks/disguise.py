"""Disguises words of a text as people do who hide from word filters; for training only.

A few words are spaced out, dotted, written full-width, with figures for letters or with invisible characters; now and
then a whole text loses its capitals, its accents, its punctuation or its emoji.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"(PERSON|PHONE|ID|PLACE)")
_WORD = re.compile(r"[^\W\d_]{4,}|[\u4e00-\u9fff]{2,4}")
_FIGURES = str.maketrans("oieastOIEAST", "013457013457")
_SIGNS = " .-_*·/|~"
_EMOJI = "🙏😂🔥❗️✨🐷🍀"
_INVISIBLE = "\u200b\u200c\u2060\ufeff"


def disguised(text: str, rng: random.Random, *, share: float = 0.3) -> str:
    """The text, in ``share`` of the calls with some words or all of it written otherwise. Placeholders stay."""
    if rng.random() > share:
        return text
    if rng.random() < 0.5:
        return _everywhere(text, rng.choice(_WHOLE))
    chance = rng.choice((0.15, 0.35))
    return _everywhere(
        text,
        lambda part: _WORD.sub(
            lambda match: rng.choice(_WORDS)(match[0], rng) if rng.random() < chance else match[0], part
        ),
    )


def _everywhere(text: str, change: Callable[[str], str]) -> str:
    return "".join(
        part if _PLACEHOLDER.fullmatch(part) else change(part) for part in _PLACEHOLDER.split(text)
    )


def _spaced(word: str, rng: random.Random) -> str:
    return rng.choice(_SIGNS).join(word)


def _with_emoji(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + rng.choice(_EMOJI) + word[place:]


def _with_figures(word: str, _: random.Random) -> str:
    return word.translate(_FIGURES)


def _invisible(word: str, rng: random.Random) -> str:
    return rng.choice(_INVISIBLE).join(word)


def _wide(word: str, _: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in word)


def _stretched(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + word[place] * rng.randint(2, 4) + word[place:]


def _without_accents(text: str) -> str:
    """Latin letters lose their marks; other scripts keep theirs, which carry meaning."""
    return "".join(
        unicodedata.normalize("NFD", char)[0] if "\u00c0" <= char <= "\u1eff" else char for char in text
    )


def _without_signs(text: str) -> str:
    return "".join(char for char in text if char.isspace() or unicodedata.category(char)[0] in "LMN")


def _without_emoji(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) != "So")


_WORDS = (_spaced, _with_emoji, _with_figures, _invisible, _wide, _stretched)
_WHOLE = (str.lower, str.upper, _without_accents, _without_signs, _without_emoji)
