"""Writes Russian names in their cases, in folded spelling (й is и, ё is е); knows no exceptions."""

from __future__ import annotations

import itertools

# Endings by how the folded nominative ends, longest first: genitive, dative, accusative, instrumental,
# prepositional. After the tables of Zaliznyak's grammatical dictionary, regular nouns and surnames.
_ENDINGS: tuple[tuple[str, int, tuple[str, str, str, str, str]], ...] = (
    ("ская", 2, ("ои", "ои", "ую", "ои", "ои")),
    ("скии", 2, ("ого", "ому", "ого", "им", "ом")),
    ("ова", 1, ("ои", "ои", "у", "ои", "ои")),
    ("ева", 1, ("ои", "ои", "у", "ои", "ои")),
    ("ина", 1, ("ои", "ои", "у", "ои", "ои")),
    ("ов", 0, ("а", "у", "а", "ым", "е")),
    ("ев", 0, ("а", "у", "а", "ым", "е")),
    ("ин", 0, ("а", "у", "а", "ым", "е")),
    ("ия", 1, ("и", "и", "ю", "еи", "и")),
    ("га", 1, ("и", "е", "у", "ои", "е")),
    ("ка", 1, ("и", "е", "у", "ои", "е")),
    ("ша", 1, ("и", "е", "у", "еи", "е")),
    ("я", 1, ("и", "е", "ю", "еи", "е")),
    ("а", 1, ("ы", "е", "у", "ои", "е")),
    ("ь", 1, ("я", "ю", "я", "ем", "е")),
    ("еи", 1, ("я", "ю", "я", "ем", "е")),
    ("ии", 1, ("я", "ю", "я", "ем", "и")),
    ("аи", 1, ("я", "ю", "я", "ем", "е")),
)
_CONSONANTS = "бвгджзклмнпрстфхцчшщ"
_AFTER_CONSONANT = ("а", "у", "а", "ом", "е")
_PATRONYMICS = ("вич", "вна", "чна")


def is_cyrillic(text: str) -> bool:
    return bool(text) and all("\u0430" <= char <= "\u044f" for char in text)


def has_patronymic(word: str) -> bool:
    """Whether a folded word is a patronymic: a name that ends so begins with the surname."""
    return is_cyrillic(word) and word.endswith(_PATRONYMICS)


def declined(word: str) -> tuple[str, ...]:
    """The five oblique cases of a folded word; () for a word that is not declined (Шевченко)."""
    for ending, dropped, cases in _ENDINGS:
        if word.endswith(ending):
            stem = word[: len(word) - dropped]
            return tuple(stem + case for case in cases)
    return tuple(word + case for case in _AFTER_CONSONANT) if word[-1] in _CONSONANTS else ()


def declined_pairs(tokens: list[str]) -> list[tuple[str, str]]:
    """Given name and surname in the same case, in both orders, for two or three folded Cyrillic words."""
    if not 2 <= len(tokens) <= 3 or not all(map(is_cyrillic, tokens)):
        return []
    kept = [token for token in tokens if not token.endswith(_PATRONYMICS)]
    if len(kept) != 2:
        return []
    first, last = kept
    undeclined = tuple(itertools.repeat(last, 5)), tuple(itertools.repeat(first, 5))
    pairs = list(zip(declined(first) or undeclined[1], declined(last) or undeclined[0], strict=True))
    unique = dict.fromkeys(pair for one, two in pairs for pair in ((one, two), (two, one)))
    return [pair for pair in unique if set(pair) != {first, last}]
