"""Lists the forms of a name in hanzi: sounded out, taken apart, with some characters replaced, in pinyin."""

from __future__ import annotations

import functools
import itertools

from monitor.detection.components import ways_apart
from monitor.detection.folding import skeleton_term
from monitor.detection.hanzi import chinese_names, is_hanzi
from monitor.detection.nameform import NameForm, Shape, base_certainty
from monitor.detection.readings import all_readings, bopomofo_readings

_MOST_READINGS = 6
_DISGUISED_WORD = 0.4
"""Of a name that is also a word, where it is written as nobody writes the word (安ran)."""
# Characters that are read otherwise as a surname than in words.
_SURNAME_SOUNDS = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "任": "ren", "区": "ou", "朴": "piao",
    "盖": "ge", "冼": "xian", "翟": "zhai", "覃": "qin", "缪": "miao", "乐": "yue", "尉": "yu", "盛": "sheng",
    "召": "shao", "种": "chong", "秘": "bi", "繁": "po", "折": "she", "黑": "he", "员": "yun", "燕": "yan",
    "车": "che", "葛": "ge", "宁": "ning", "纪": "ji", "哈": "ha", "逄": "pang",
}  # fmt: skip


def hanzi_forms(name: str, hanzi: str) -> list[NameForm]:
    """The forms of a name of which ``hanzi`` are the folded characters; the first is the name as it was given."""
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
