"""Lists the forms under which a registered name may be written, each with how surely it means the person.

Forms live in the skeleton of folded text, so case, accents, width, scripts' look-alikes, traditional
hanzi and separators are already taken care of. What may stand between the letters is decided by `names`.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import unicodedata
from collections.abc import Iterator
from enum import Enum

from monitor.detection.components import ways_apart
from monitor.detection.declension import declined_pairs, has_patronymic, is_cyrillic
from monitor.detection.folding import fold_term, skeleton_term
from monitor.detection.hanzi import chinese_names, is_hanzi
from monitor.detection.ordinary import Commonness, commonness, is_given_name, is_ordinary_latin
from monitor.detection.readings import all_readings, bopomofo_readings
from monitor.detection.romanised import latin_spellings, nasal_variants

_PARTICLE_WORDS = (
    "de del dela dels delos la las los da das do dos di du le van von der den bin binti bint bte ibn ben al el ul ur "
    "y e st san santa abu md mohd"
)
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
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
_MOST_READINGS = 6


class Shape(Enum):
    """How the parts of a form may be separated."""

    HANZI = "hanzi"
    WORDS = "words"
    SWAPPED = "swapped"  # family name first: a comma may stand after it


@dataclasses.dataclass(frozen=True, slots=True)
class NameForm:
    """``skeleton`` is what to find; at ``breaks`` (offsets) words begin, at ``soft_breaks`` they may.

    ``accented`` are the same letters as a Vietnamese name has them, "" for others;
    ``ordinary_words`` are the offsets at which words stand that are also no names, ``small_words`` those
    of words that were registered without a capital. ``is_ordinary`` marks a name that is also a word;
    ``lacks_first`` and ``lacks_last`` one from which the first or the last of the registered words is missing.
    """

    skeleton: str
    shape: Shape
    breaks: tuple[int, ...]
    soft_breaks: tuple[int, ...]
    certainty: float
    accented: str = ""
    ordinary_words: tuple[int, ...] = ()
    small_words: tuple[int, ...] = ()
    is_ordinary: bool = False
    lacks_first: bool = False
    lacks_last: bool = False


_BASE = {
    Commonness.RARE: 0.92,
    Commonness.COMMON: 0.8,
    Commonness.VERY_COMMON: 0.7,
    Commonness.ORDINARY_WORD: 0.2,
}


_SINGLE_WORD = {
    Commonness.RARE: 0.55,
    Commonness.COMMON: 0.55,
    Commonness.VERY_COMMON: 0.4,
    Commonness.ORDINARY_WORD: 0.2,
}
_DISGUISED_WORD = 0.4
"""Of a name that is also a word, where it is written as nobody writes the word (安ran)."""
_ROMANISED, _ROMANISED_ALONE = 0.85, 0.6
_NICKNAME_BEGINS = frozenset("老小阿大")
_NICKNAME_ENDS = frozenset("哥姐弟妹叔姨爷总儿子仔嫂")


def base_certainty(name: str) -> float:
    """How surely the name in full, alone and clearly a name, means its bearer."""
    folded = fold_term(name)
    level = commonness(name)
    if any(is_hanzi(char) for char in folded):
        is_nickname = len(folded) == 2 and (
            folded[0] in _NICKNAME_BEGINS or folded[1] in _NICKNAME_ENDS or folded[0] == folded[1]
        )
        if is_nickname or (len(folded) == 2 and folded[0] not in chinese_names().surnames):
            return min(_BASE[level], 0.35)
        return _BASE[level]
    return _BASE[level] if len(_tokens(folded)) > 1 else _SINGLE_WORD[level]


def name_forms(name: str) -> list[NameForm]:
    """All forms of a name; the first is the name as it was given. Empty if the name has no letters."""
    folded = fold_term(name)
    hanzi = "".join(char for char in folded if is_hanzi(char))
    if hanzi and all(is_hanzi(char) or not char.isalnum() for char in folded):
        forms = _hanzi_forms(name, hanzi)
    else:
        tokens = _tokens(folded)
        forms = _word_forms(name, tokens) if tokens else []
    if forms and commonness(name) is Commonness.ORDINARY_WORD:
        forms[0] = dataclasses.replace(forms[0], is_ordinary=True)
    return _unique(forms)


def weak_forms(name: str) -> list[NameForm]:
    """Forms that only support another identifier in the same post: a given or family name alone."""
    tokens = [token for token in _tokens(fold_term(name)) if len(token) > 2 and token not in _PARTICLES]
    if len(tokens) < 2:
        return []
    return [NameForm(token, Shape.WORDS, (), (), 0.2) for token in dict.fromkeys(tokens)]


def _tokens(folded: str) -> list[str]:
    return [token for word in _words(folded) if (token := skeleton_term(word))]


def _words(text: str) -> list[str]:
    return "".join(" " if char in ".-_,·/()" else char for char in text).split()


def _unique(forms: list[NameForm]) -> list[NameForm]:
    """The surest form for each skeleton, in order of first appearance."""
    best: dict[str, NameForm] = {}
    for form in forms:
        held = best.get(form.skeleton)
        if form.skeleton and (held is None or form.certainty > held.certainty):
            best[form.skeleton] = form
    return list(best.values())


def _hanzi_forms(name: str, hanzi: str) -> list[NameForm]:
    base = base_certainty(name)
    forms = [NameForm(hanzi, Shape.HANZI, (), (), base)]
    cut = 2 if hanzi[:2] in chinese_names().double_surnames and len(hanzi) > 2 else 1
    if len(hanzi) < 2 or (cut == 1 and hanzi[0] not in chinese_names().surnames):
        return forms
    family, given = hanzi[:cut], hanzi[cut:]
    forms.append(NameForm(f"姓{family}名{given}", Shape.HANZI, (), (), 0.92))
    disguised = max(base, _DISGUISED_WORD)
    forms.extend(_mixed_forms(hanzi, disguised))
    forms.extend(_parted_forms(name, hanzi, disguised))
    forms.extend(_pinyin_forms(family, given))
    return forms


# Characters that are read otherwise as a surname than in words.
_SURNAME_SOUNDS = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "任": "ren", "区": "ou", "朴": "piao",
    "盖": "ge", "冼": "xian", "翟": "zhai", "覃": "qin", "缪": "miao", "乐": "yue", "尉": "yu", "盛": "sheng",
    "召": "shao", "种": "chong", "秘": "bi", "繁": "po", "折": "she", "黑": "he", "员": "yun", "燕": "yan",
    "车": "che", "葛": "ge", "宁": "ning", "纪": "ji", "哈": "ha", "逄": "pang",
}  # fmt: skip


@functools.cache
def _sounds(char: str) -> tuple[str, ...]:
    """The two likeliest readings of one character without tones; none for one that has no reading."""
    sounds = [skeleton_term(reading) for reading in all_readings(char)]
    sounds += [sound.replace("v", "u") for sound in sounds if "v" in sound]  # 吕 is Lv, Lu or Lyu
    return _two_likeliest(sounds)


@functools.cache
def _bopomofo(char: str) -> tuple[str, ...]:
    return _two_likeliest([skeleton_term(reading) for reading in bopomofo_readings(char)])


def _two_likeliest(sounds: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sound for sound in sounds if sound))[:2]


def _readings(family: str, given: str) -> list[tuple[str, ...]]:
    """Readings of the name, the surname's own reading first (单, 曾)."""
    special = tuple(sound for char in family[:1] if (sound := _SURNAME_SOUNDS.get(char)))
    sounds = [_sounds(char) for char in family + given]
    sounds[0] = tuple(dict.fromkeys((*special, *sounds[0])))[:2]
    return list(itertools.islice(itertools.product(*sounds), _MOST_READINGS))


def _mixed_forms(hanzi: str, base: float) -> list[NameForm]:
    """One character replaced by its sound (安ran, 林ㄓ豪), all but one (zuo宗yue), the surname by its initial (c静怡)."""
    forms = [
        NameForm(hanzi[:place] + sound + hanzi[place + 1 :], Shape.HANZI, (), (), min(base, 0.7))
        for sounds_of in (_sounds, _bopomofo)
        for place, char in enumerate(hanzi)
        for sound in sounds_of(char)
    ]
    sounds = _sounds(hanzi[0])
    if len(hanzi) == 3 and all(map(_sounds, hanzi)):
        first, second, third = (_sounds(char)[0] for char in hanzi)
        forms += [
            NameForm(mixed, Shape.HANZI, (), (), min(base, 0.6))
            for mixed in (first + hanzi[1] + third, first + second + hanzi[2], hanzi[0] + second + third)
        ]
    if len(hanzi) >= 3 and sounds:
        forms.append(NameForm(sounds[0][0] + hanzi[1:], Shape.HANZI, (), (), 0.5))
    return forms


def _parted_forms(name: str, hanzi: str, base: float) -> list[NameForm]:
    """One character, or every one that can be, taken apart (方亻更, 弓长亻韦), or an x between all (许x静x雯).

    A traditional character has parts of its own: 傑 is 亻桀, 杰 is not.
    """
    written = [char for char in name if is_hanzi(char)]
    ways = [
        tuple(dict.fromkeys(map(skeleton_term, (*ways_apart(char), *ways_apart(original)))))
        for char, original in zip(hanzi, written if len(written) == len(hanzi) else hanzi, strict=True)
    ]
    forms = [
        NameForm(hanzi[:place] + way + hanzi[place + 1 :], Shape.HANZI, (), (), min(base, 0.75))
        for place, found in enumerate(ways)
        for way in found
    ]
    if sum(map(bool, ways)) > 1:
        apart = "".join(found[-1] if found else char for found, char in zip(ways, hanzi, strict=True))
        forms.append(NameForm(apart, Shape.HANZI, (), (), min(base, 0.75)))
    if len(hanzi) >= 3:
        forms.append(NameForm("x".join(hanzi), Shape.HANZI, (), (), min(base, 0.7)))
    return forms


def _pinyin_forms(family: str, given: str) -> list[NameForm]:
    forms: list[NameForm] = []
    certainty = 0.45 if len(family + given) > 2 else 0.3
    for reading in _readings(family, given):
        first, rest = "".join(reading[: len(family)]), reading[len(family) :]
        last = "".join(rest)
        inner = tuple(itertools.accumulate(len(syllable) for syllable in rest))[:-1]
        after_first = tuple(len(first) + offset for offset in inner)
        forms.append(NameForm(first + last, Shape.SWAPPED, (len(first),), after_first, certainty))
        forms.append(NameForm(last + first, Shape.WORDS, (len(last),), inner, certainty))
    return forms


def _word_forms(name: str, tokens: list[str]) -> list[NameForm]:
    base = base_certainty(name)
    accents = _accents(name)
    small = frozenset(skeleton_term(word) for word in _words(name) if word[0].islower())
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
    words = _words(unicodedata.normalize("NFC", name).lower())
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
        if token not in _PARTICLES:
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
