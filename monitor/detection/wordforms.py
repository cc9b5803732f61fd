"""Lists the forms of a name made of words: shortened, swapped, with initials, declined, in Latin letters."""

from __future__ import annotations

import dataclasses
import itertools
import unicodedata
from collections.abc import Iterator

from monitor.detection.declension import declined_pairs, has_patronymic, is_cyrillic
from monitor.detection.folding import skeleton_term
from monitor.detection.nameform import NameForm, Shape, base_certainty, words_of
from monitor.detection.ordinary import is_given_name, is_ordinary_latin
from monitor.detection.romanised import latin_spellings, nasal_variants

_PARTICLE_WORDS = (
    "de del dela dels delos la las los da das do dos di du le van von der den bin binti bint bte ibn ben al el ul ur "
    "y e st san santa abu md mohd"
)
PARTICLES = frozenset(_PARTICLE_WORDS.split())
_VIETNAMESE_MARKS = frozenset("\u031b\u0309\u0323")
_MUHAMMAD = ("muhammad", "mohammad", "mohammed", "muhammed", "mohamed", "muh", "moh", "mohd", "md", "mhd")
ABBREVIATIONS = frozenset({"muh", "moh", "mohd", "mhd"})
"""Forms of a name that carry a full stop of their own."""
_SPELLINGS = {
    **dict.fromkeys(
        ("muhammad", "mohammad", "mohammed", "muhammed", "mohamed", "mohd", "md", "muh"), _MUHAMMAD
    ),
    "maria": ("ma",),
}
_VIETNAMESE_SURNAME_WORDS = (
    "nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly dinh trinh mai lam luong truong dao "
    "doan ha ta cao luu trieu chau kieu to thai quach la nghiem thach ton khuc van"
)
_VIETNAMESE_SURNAMES = frozenset(_VIETNAMESE_SURNAME_WORDS.split())
_LONGEST_VIETNAMESE_SYLLABLE = 6
_MOST_TOKENS = 6
_ARABIC_LETTERS, _ARABIC_PARTICLES = ("\u0621", "\u06d3"), "ولبف"
_ROMANISED, _ROMANISED_ALONE = 0.85, 0.6


def word_forms(name: str, tokens: list[str]) -> list[NameForm]:
    """The forms of a name with these words, folded; the first is the name as it was given."""
    base = base_certainty(name)
    accents = _accents(name)
    small = frozenset(skeleton_term(word) for word in words_of(name) if word[0].islower())
    if len(tokens) == 1:
        forms = [NameForm(tokens[0], Shape.WORDS, (), (), base)]
    else:
        forms = _token_forms(tokens, base)
    return [_annotated(form, accents, small) for form in (*forms, *_respelled_forms(tokens, base))]


def _respelled_forms(tokens: list[str], base: float) -> Iterator[NameForm]:
    """Names of other scripts in Latin letters, and Indic ones as others spell them in their own."""
    for spelling in _one_respelled([nasal_variants(token) for token in tokens], tokens):
        yield _form(_units(spelling), Shape.WORDS, base * 0.9)
    yield from _romanised_forms(tokens, base)
    if len(tokens) > 2:
        ends = [tokens[1], tokens[0]] if has_patronymic(tokens[-1]) else [tokens[0], tokens[-1]]
        yield from _romanised_forms(ends, base * 0.85)


def _romanised_forms(tokens: list[str], base: float) -> Iterator[NameForm]:
    latin = [latin_spellings(token) for token in tokens]
    if not all(latin):
        return
    first = [spellings[0] for spellings in latin]
    second = [spellings[min(1, len(spellings) - 1)] for spellings in latin]
    certainty = base * (_ROMANISED if len(tokens) > 1 else _ROMANISED_ALONE)
    for spelling in (first, second, *_one_respelled([spellings[1:] for spellings in latin], first)):
        yield _form(_units(spelling), Shape.WORDS, certainty)
        if len(tokens) > 1:
            yield _form([*_units(spelling)[-1:], *_units(spelling)[:-1]], Shape.SWAPPED, certainty)


def _one_respelled(others: list[tuple[str, ...]], tokens: list[str]) -> Iterator[list[str]]:
    """The words with one of them replaced by each of its other spellings."""
    for place, spellings in enumerate(others):
        for spelling in spellings:
            yield [*tokens[:place], spelling, *tokens[place + 1 :]]


def _token_forms(tokens: list[str], base: float) -> list[NameForm]:
    units = _units(tokens[:_MOST_TOKENS])
    forms = [_form(units, Shape.WORDS, base)]
    if len(units) == 1:
        return forms
    forms.extend(_joined_to_particle(forms[0]))
    forms.append(_form([*units[-1:], *units[:-1]], Shape.SWAPPED, base))
    if len(units) > 2:
        forms.append(_form([*units[-2:], *units[:-2]], Shape.SWAPPED, base))
        forms.append(_form([*units[1:], units[0]], Shape.SWAPPED, base))
        forms.extend(_shortened_forms(units, base))
    forms.extend(
        _form([[spelling], *_units(tokens[1:])], Shape.WORDS, base * 0.9)
        for spelling in _SPELLINGS.get(tokens[0], ())
        if spelling != tokens[0]
    )
    bare = [unit[-1:] for unit in units]
    if bare != units:
        forms.append(_form(bare, Shape.WORDS, base * 0.9))
    forms.extend(_form([[one], [two]], Shape.WORDS, base * 0.9) for one, two in declined_pairs(tokens))
    forms.extend(_initial_forms(units))
    return forms


def _accents(name: str) -> dict[str, str]:
    """Each folded word of the name as it is accented, where the letters correspond one to one."""
    words = words_of(unicodedata.normalize("NFC", name).lower())
    return {folded: word for word in words if len(folded := skeleton_term(word)) == len(word)}


def _annotated(form: NameForm, accents: dict[str, str], small: frozenset[str]) -> NameForm:
    offsets = (0, *sorted((*form.breaks, *form.soft_breaks)))
    words = [form.skeleton[begin:end] for begin, end in itertools.pairwise((*offsets, len(form.skeleton)))]
    accented = "".join(_accented_word(word, accents) for word in words)
    return dataclasses.replace(
        form,
        accented=accented if _is_vietnamese(accented) else "",
        ordinary_words=tuple(
            offset for offset, word in zip(offsets, words, strict=True) if is_ordinary_latin(word)
        ),
        small_words=tuple(offset for offset, word in zip(offsets, words, strict=True) if word in small),
    )


def _is_vietnamese(word: str) -> bool:
    """Whether accents tell words apart: by đ, or a horn, hook or dot below, which only Vietnamese writes."""
    return "đ" in word or not _VIETNAMESE_MARKS.isdisjoint(unicodedata.normalize("NFD", word))


def _accented_word(word: str, accents: dict[str, str]) -> str:
    if len(word) == 1:
        return next((accent[0] for folded, accent in accents.items() if folded[0] == word), word)
    return accents.get(word, word)


def _units(tokens: list[str]) -> list[list[str]]:
    """Particles go with the word after them: ["maria"], ["de", "la", "cruz"]."""
    units: list[list[str]] = []
    held: list[str] = []
    for token in tokens:
        held.append(token)
        if token not in PARTICLES:
            units.append(held)
            held = []
    if held:
        units.append(held)
    return units


def _form(
    units: list[list[str]],
    shape: Shape,
    certainty: float,
    *,
    lacks_first: bool = False,
    lacks_last: bool = False,
) -> NameForm:
    breaks: list[int] = []
    soft: list[int] = []
    length = 0
    for place, unit in enumerate(units):
        if place:
            breaks.append(length)
        for token in unit[:-1]:
            length += len(token)
            soft.append(length)
        length += len(unit[-1])
    skeleton = "".join(itertools.chain.from_iterable(units))
    return NameForm(
        skeleton,
        shape,
        tuple(breaks),
        tuple(soft),
        round(certainty, 3),
        lacks_first=lacks_first,
        lacks_last=lacks_last,
    )


def _joined_to_particle(form: NameForm) -> list[NameForm]:
    """Arabic writes "and", "to", "by" and "so" as one letter joined to the word after it."""
    if not _ARABIC_LETTERS[0] <= form.skeleton[0] <= _ARABIC_LETTERS[1]:
        return []
    return [
        dataclasses.replace(
            form,
            skeleton=particle + form.skeleton,
            breaks=tuple(offset + 1 for offset in form.breaks),
            soft_breaks=tuple(offset + 1 for offset in form.soft_breaks),
            certainty=round(form.certainty * 0.95, 3),
        )
        for particle in _ARABIC_PARTICLES
    ]


def _shortened_forms(units: list[list[str]], base: float) -> list[NameForm]:
    """Middle names and second surnames fall away: any two or more units in order."""
    forms: list[NameForm] = []
    is_vietnamese = _is_vietnamese_name(units)
    for size in range(2, len(units)):
        for chosen in itertools.combinations(range(len(units)), size):
            kept = [units[index] for index in chosen]
            words = " ".join(itertools.chain.from_iterable(kept))
            lacks_first, lacks_last = chosen[0] != 0, chosen[-1] != len(units) - 1
            if is_vietnamese and lacks_last:
                continue  # the given name stands last: without it any relative is meant
            certainty = min(base, base_certainty(words)) * (0.6 if lacks_first else 0.85)
            if all(is_given_name(unit[-1]) for unit in kept) and lacks_last:
                certainty = min(certainty, 0.25)  # "Maria Luisa" is any of very many
            lacking = {"lacks_first": lacks_first, "lacks_last": lacks_last}
            forms.append(_form(kept, Shape.WORDS, certainty, **lacking))
            if size == 2:
                forms.append(_form([kept[1], kept[0]], Shape.SWAPPED, certainty * 0.9, **lacking))
    return forms


def _is_vietnamese_name(units: list[list[str]]) -> bool:
    return units[0][-1] in _VIETNAMESE_SURNAMES and all(
        len(unit) == 1 and len(unit[0]) <= _LONGEST_VIETNAMESE_SYLLABLE for unit in units
    )


def _initial_forms(units: list[list[str]]) -> list[NameForm]:
    """J. Ángel Flores, B. Ramos, Bintang P., E. K. Antwi, Kiplagat Dorcas C., Гордеева И. С."""
    first, last = units[0], units[-1]
    if not all(unit[-1].isascii() or is_cyrillic(unit[-1]) for unit in (first, last)):
        return []
    initials = [[unit[-1][0]] for unit in units]
    forms = [_form([initials[0], *units[1:]], Shape.WORDS, 0.55 if len(units) > 2 else 0.45)]
    forms.append(_form([initials[0], last], Shape.WORDS, 0.45))
    forms.append(_form([first, initials[-1]], Shape.WORDS, 0.35))
    if len(units) > 2:
        middle = initials[1:-1]
        forms.append(_form([first, *middle, last], Shape.WORDS, 0.75))
        forms.append(_form([first, initials[1], *units[2:]], Shape.WORDS, 0.75))
        forms.append(_form([last, first, *middle], Shape.SWAPPED, 0.75))
        forms.append(_form([first, initials[1]], Shape.WORDS, 0.3))
        family, given = (first, initials[1:]) if has_patronymic(last[-1]) else (last, initials[:-1])
        forms.append(_form([*given, family], Shape.WORDS, 0.5))
        forms.append(_form([family, *given], Shape.SWAPPED, 0.5))
    return [form for form in forms if len(form.skeleton) >= 4]
