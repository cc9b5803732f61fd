"""Spells names of Indic scripts and Cyrillic in Latin letters as people type them, and Indic ones in other ways.

No scholarly romanisation (ISO 15919, ISO 9): of each name the few spellings that are likely on social media. The
Indic blocks of Unicode lie parallel (they descend from ISCII), so that one table by the place in the block serves
nine of them. In Hindi and its neighbours an inherent vowel falls silent at the end, and between a vowel with one
consonant and a consonant with a vowel (Ohala 1983, Aspects of Hindi Phonology). Words are folded: nuktas are
dropped, a candrabindu is an anusvara, й is и and ё is е.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence

from monitor.detection.declension import is_cyrillic

MOST_SPELLINGS = 6
_MOST_VARIANTS = 4
_FIRST_BLOCK, _BLOCK, _BLOCKS = 0x0900, 0x80, 9
_DEVANAGARI, _BENGALI, _GURMUKHI, _GUJARATI, _TAMIL = 0, 1, 2, 3, 5
_SILENT_VOWEL = frozenset({_DEVANAGARI, _BENGALI, _GURMUKHI, _GUJARATI})

_FIRST_CONSONANT = 0x15
_LETTERS = "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h"
_CONSONANTS = dict(enumerate(_LETTERS.split(), _FIRST_CONSONANT))
_VOWELS = {0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0A: "u", 0x0B: "ri", 0x0E: "e", 0x0F: "e"} | {
    0x10: "ai", 0x12: "o", 0x13: "o", 0x14: "au", 0x3E: "a", 0x3F: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri",
    0x46: "e", 0x47: "e", 0x48: "ai", 0x4A: "o", 0x4B: "o", 0x4C: "au",
}  # fmt: skip
_SIGNS_BEGIN = 0x3E
_LONG_I, _LONG_U, _AU = frozenset({0x08, 0x40}), frozenset({0x0A, 0x42}), frozenset({0x14, 0x4C})
_NASALS, _VIRAMA, _V = frozenset({0x01, 0x02, 0x70}), 0x4D, 0x35
_LABIALS = range(0x2A, 0x2F)
_NASAL_LETTERS = frozenset({0x28, 0x2E})
_K, _SH = 0x15, 0x37
_BORROWED = {0x1C: "z", 0x2B: "f"}
"""Folding drops the nukta that tells z from j and f from ph."""
_UNSPOKEN = frozenset({0x03, 0x3C, 0x55, 0x56, 0x57, 0x71})
_KNOWN = frozenset({*_CONSONANTS, *_VOWELS, *_NASALS, *_UNSPOKEN, _VIRAMA})

# Tamil writes voiced and voiceless stops alike: first, doubled, after a nasal, between vowels.
_TAMIL_STOPS = {
    0x15: ("k", "kk", "g", "g"),
    0x1A: ("s", "ch", "j", "s"),
    0x1F: ("t", "tt", "d", "d"),
    0x24: ("th", "th", "d", "th"),
    0x2A: ("p", "pp", "b", "b"),
}
_TAMIL_ALSO = {"g": ("k",), "s": ("ch",)}
_TAMIL_OTHERS = {0x34: ("zh", "l")}
_TAMIL_NASALS = frozenset({0x19, 0x1E, 0x23, 0x28, 0x29, 0x2E})

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "к": "k", "л": "l",
    "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
_CYRILLIC_ENDS = (("ии", ("iy", "y", "ii")), ("ия", ("ia", "iya")))
_SILENT = "ъ"
"""Stands for an ending that is spelled apart, so that the letter before it is not taken for the last."""
_CYRILLIC_VOWELS = "аеиоуыэюя"
_HABITS = (("xsh", "x"), ("jn", "gy"), ("ndir", "ndr"), ("ppira", "bra"), ("niyam", "niam"))
_Choices = list[tuple[str, ...]]


@dataclasses.dataclass(slots=True)
class _Sound:
    """A consonant, or none, with the vowel after it; ``place`` is where the consonant stands in its block."""

    place: int
    consonant: str
    vowel: str
    vowel_place: int = 0
    is_inherent: bool = False
    is_silenced: bool = False
    is_conjunct: bool = False
    has_nasal: bool = False


def latin_spellings(word: str) -> tuple[str, ...]:
    """Up to six likely Latin spellings of one folded word, the likeliest first; () for any other script."""
    if is_cyrillic(word):
        return _spelled(_cyrillic_choices(word))
    block = _block_of(word)
    if block is None or not all((ord(char) - _FIRST_BLOCK) % _BLOCK in _KNOWN for char in word):
        return ()
    sounds = list(_sounds(word))
    if not sounds:
        return ()
    if block == _TAMIL:
        return _spelled(_tamil_choices(sounds))
    if block in _SILENT_VOWEL:
        _silence(sounds)
    return _spelled(_indic_choices(sounds, block))


def nasal_variants(word: str) -> tuple[str, ...]:
    """Up to four other spellings of a folded Devanagari or Bengali word in its own script, without the word itself."""
    block = _block_of(word)
    found: list[str] = []
    if block == _DEVANAGARI:
        found += [_with_anusvara(word), _with_nasal_letters(word)]
        found += [word.replace(*pair) for pair in (("ष", "श"), ("श", "ष"), ("ळ", "ल"))]
    elif block == _BENGALI:
        found += [word[:-1] + other for one, other in ("িী", "ীি", "ুূ", "ূু") if word.endswith(one)]
    return tuple(variant for variant in dict.fromkeys(found) if variant != word)[:_MOST_VARIANTS]


def _block_of(word: str) -> int | None:
    """Which of the Indic blocks all characters lie in."""
    blocks = {(ord(char) - _FIRST_BLOCK) // _BLOCK for char in word}
    block = blocks.pop() if len(blocks) == 1 else -1
    return block if 0 <= block < _BLOCKS else None


def _sounds(word: str) -> Iterator[_Sound]:
    held: _Sound | None = None
    for char in word:
        place = (ord(char) - _FIRST_BLOCK) % _BLOCK
        if place in _CONSONANTS:
            is_conjunct = held is not None and held.vowel == ""
            if held:
                yield held
            held = _Sound(place, _CONSONANTS[place], "a", is_inherent=True, is_conjunct=is_conjunct)
        elif place == _VIRAMA and held:
            held.vowel, held.is_inherent = "", False
        elif place in _NASALS:
            if held:
                held.has_nasal = True
        elif place in _VOWELS:
            if place >= _SIGNS_BEGIN and held:
                held.vowel, held.vowel_place, held.is_inherent = _VOWELS[place], place, False
            else:
                if held:
                    yield held
                held = _Sound(0, "", _VOWELS[place], place)
    if held:
        yield held


def _silence(sounds: Sequence[_Sound]) -> None:
    """Drop the inherent vowels that nobody speaks, from the end to the beginning."""
    last = sounds[-1]
    if len(sounds) > 1 and last.is_inherent and not last.is_conjunct and not last.has_nasal:
        last.vowel = ""
    for index in range(len(sounds) - 2, 0, -1):
        before, sound, after = sounds[index - 1 : index + 2]
        is_between = before.vowel and after.consonant and after.vowel and not after.is_conjunct
        if sound.is_inherent and is_between and not sound.is_conjunct and not sound.has_nasal:
            sound.vowel, sound.is_silenced = "", True


def _indic_choices(sounds: Sequence[_Sound], block: int) -> _Choices:
    choices: _Choices = []
    for index, sound in enumerate(sounds):
        after = sounds[index + 1] if index + 1 < len(sounds) else None
        choices.append(_consonant_choices(sounds, index, block))
        choices.append(_vowel_choices(sound, block, is_last=after is None))
        if sound.has_nasal:
            choices.append((_nasal_letter(after, block),))
    return choices


def _nasal_letter(after: _Sound | None, block: int) -> str:
    if after is None:
        return "n" if block in _SILENT_VOWEL else "m"
    if after.place in _NASAL_LETTERS:
        return ""
    return "m" if after.place in _LABIALS else "n"


def _consonant_choices(sounds: Sequence[_Sound], index: int, block: int) -> tuple[str, ...]:
    sound = sounds[index]
    if sound.place == _V:
        if not sound.vowel:
            return ("v",)
        return ("w", "v") if index and sound.vowel == "a" and not sound.is_inherent else ("v", "w")
    if sound.place == _K and not sound.vowel and index + 1 < len(sounds) and sounds[index + 1].place == _SH:
        return ("k", "x")
    if block == _BENGALI and sound.consonant == "y" and index and sounds[index - 1].vowel == "o":
        return ("w", "y")  # ওয়া
    if block in _SILENT_VOWEL and sound.place in _BORROWED:
        return (sound.consonant, _BORROWED[sound.place])
    return (sound.consonant,)


def _vowel_choices(sound: _Sound, block: int, *, is_last: bool) -> tuple[str, ...]:
    if sound.vowel_place in _LONG_I:
        if block == _BENGALI and is_last:
            return ("i", "y")
        return ("ee", "i") if block in _SILENT_VOWEL - {_BENGALI} and not is_last else ("i", "ee")
    if sound.vowel_place in _LONG_U:
        return ("u", "oo")
    if sound.vowel_place in _AU:
        return ("ou", "ow", "au") if block == _BENGALI else ("au",)
    return ("", "a") if sound.is_silenced else (sound.vowel,)


def _tamil_choices(sounds: Sequence[_Sound]) -> _Choices:
    choices: _Choices = []
    for index, sound in enumerate(sounds):
        before = sounds[index - 1] if index else None
        after = sounds[index + 1] if index + 1 < len(sounds) else None
        is_doubled = after is not None and not sound.vowel and after.place == sound.place
        if is_doubled and sound.place in _TAMIL_STOPS:
            continue  # the second one says it
        choices += [_tamil_consonant(sound, before), (sound.vowel,)]
    return choices


def _tamil_consonant(sound: _Sound, before: _Sound | None) -> tuple[str, ...]:
    stops = _TAMIL_STOPS.get(sound.place)
    if stops is None:
        return _TAMIL_OTHERS.get(sound.place, (sound.consonant,))
    first, doubled, after_nasal, between = stops
    if before is None or (before.vowel and not sound.vowel):
        return (first, *_TAMIL_ALSO.get(first, ()))
    if before.vowel:
        return (between, *_TAMIL_ALSO.get(between, ()))
    if before.place == sound.place:
        return (doubled,)
    return (after_nasal,) if before.place in _TAMIL_NASALS else (first,)


def _cyrillic_choices(word: str) -> _Choices:
    for end, spellings in _CYRILLIC_ENDS:
        if word.endswith(end) and len(word) > len(end):
            return [*_cyrillic_choices(word[: -len(end)] + _SILENT), spellings]
    choices: _Choices = []
    for index, char in enumerate(word):
        follows_vowel = index > 0 and word[index - 1] in _CYRILLIC_VOWELS
        if char == "и" and follows_vowel and index == len(word) - 1:
            choices.append(("y", "i"))
        elif char == "х":
            choices.append(("kh", "h"))
        elif word[index : index + 2] == "кс":
            choices.append(("ks", "x"))
        elif char == "с" and index and word[index - 1] == "к":
            continue
        elif char in "юя":
            choices.append((_CYRILLIC[char], "i" + _CYRILLIC[char][1]))
        else:
            choices.append((_CYRILLIC[char],))
    return choices


def _spelled(choices: _Choices) -> tuple[str, ...]:
    """The first choice everywhere, then another one in one place, then the second wherever there is one."""
    first = [options[0] for options in choices]
    found = ["".join(first)]
    for place, options in enumerate(choices):
        found += ["".join([*first[:place], other, *first[place + 1 :]]) for other in options[1:]]
    found.insert(3, "".join(options[min(1, len(options) - 1)] for options in choices))
    every = itertools.chain.from_iterable(_respelled(spelling) for spelling in found)
    return tuple(spelling for spelling in dict.fromkeys(every) if spelling)[:MOST_SPELLINGS]


def _respelled(spelling: str) -> Iterator[str]:
    """Habits that no letter accounts for: laxmi, gyan, rajendran, reddy, singh."""
    custom = spelling
    for written, usual in _HABITS:
        custom = custom.replace(written, usual)
    for ending, usual in (("ddi", "ddy"), ("sinh", "singh")):
        custom = custom.removesuffix(ending) + usual if custom.endswith(ending) else custom
    yield custom
    if custom != spelling and "xsh" not in spelling and "jn" not in spelling:
        yield spelling


def _with_anusvara(word: str) -> str:
    """Nasal letters before a stop of their own row written as a dot (गुलाबचन्द as गुलाबचंद)."""
    for nasal, stops in _NASAL_ROWS:
        for stop in stops:
            word = word.replace(f"{nasal}्{stop}", f"ं{stop}")
    return word


def _with_nasal_letters(word: str) -> str:
    for nasal, stops in _NASAL_ROWS:
        for stop in stops:
            word = word.replace(f"ं{stop}", f"{nasal}्{stop}")
    return word


_NASAL_ROWS = (("ङ", "कखगघ"), ("ञ", "चछजझ"), ("ण", "टठडढ"), ("न", "तथदध"), ("म", "पफबभ"))
