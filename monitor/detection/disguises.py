"""Writes a watch term the ways people disguise it, and forms that look like it but mean somebody else.

For previews and tests. Whether a disguise is seen through is not decided here.
"""

from __future__ import annotations

import opencc
import phonenumbers

from monitor.detection.hanzi import is_hanzi
from monitor.detection.identifiers import handle_from_text
from monitor.detection.model import TermKind
from monitor.detection.nameform import Shape
from monitor.detection.nameforms import name_forms

_CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
_HANZI_DIGITS = "零一二三四五六七八九"
_FORMAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_FULL_WIDTH = "０１２３４５６７８９"
_DEVANAGARI = "०१२३४५६७८९"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "A": "4", "E": "3", "I": "1", "O": "0"})
_CYRILLIC = str.maketrans("aceopxyACEOPX", "асеорхуАСЕОРХ")
_ZERO_WIDTH = "\u200b"


def disguised_forms(kind: TermKind, value: str) -> list[str]:
    """Ways to write the term so that a person still reads it, plainest first."""
    if kind in {TermKind.PHONE, TermKind.ASSOCIATE_PHONE}:
        return _phone_forms(value)
    if kind is TermKind.EMAIL:
        return [value, value.upper(), value.replace("@", " [at] ").replace(".", " [dot] ")]
    if kind is TermKind.HANDLE:
        bare = handle_from_text(value)
        return [f"@{bare}", f"t.me/{bare}", f"https://example.social/@{bare}"]
    if kind is TermKind.NATIONAL_ID:
        return [value, " ".join(_groups(value, 4)), "-".join(_groups(value, 6))]
    if kind in {TermKind.NAME, TermKind.ALIAS, TermKind.ASSOCIATE_NAME}:
        return _hanzi_name_forms(value) if all(map(is_hanzi, value)) else _word_name_forms(value)
    return [value]


def lookalike_forms(kind: TermKind, value: str) -> list[str]:
    """Texts that are close to the term and must not be taken for it."""
    if kind in {TermKind.PHONE, TermKind.ASSOCIATE_PHONE, TermKind.NATIONAL_ID}:
        digits = "".join(char for char in value if char.isalnum())
        other = digits[:-1] + str((int(digits[-1]) + 1) % 10 if digits[-1].isdecimal() else 0)
        return [
            other,
            f"{digits}{digits[:3]}",
            f"9{digits}" if kind is TermKind.NATIONAL_ID else f"9{digits[2:]}7",
        ]
    if kind is TermKind.EMAIL:
        return [f"x{value}", f"{value}n"]
    if kind is TermKind.HANDLE:
        return [f"@{handle_from_text(value)}_official", f"@{handle_from_text(value)}99"]
    if kind in {TermKind.NAME, TermKind.ALIAS, TermKind.ASSOCIATE_NAME}:
        if all(map(is_hanzi, value)):
            return [f"{value[0]}{value[:-1]}", f"{value}。"[1:], f"{value[0]}，{value[1:]}"]
        return [f"{value.lower()}son", f"x{value.lower()}"]
    return []


def _groups(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _phone_forms(value: str) -> list[str]:
    number = phonenumbers.parse(value, None)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    digits = phonenumbers.national_significant_number(number)
    groups = [digits[:3], digits[3:7], digits[7:]]
    return [
        national,
        international,
        f"00{number.country_code}{digits}",
        " ".join(digits),
        ".".join(filter(None, groups)),
        "🔸".join(filter(None, groups)),
        "\n".join(filter(None, groups)),
        *(
            _digits_as(digits, alphabet)
            for alphabet in (_CIRCLED, _FULL_WIDTH, _HANZI_DIGITS, _FORMAL_DIGITS, _DEVANAGARI)
        ),
        "".join(f"{digit}\ufe0f\u20e3" for digit in digits),
        digits.replace("1", "l").replace("0", "O"),
        " ".join(_WORDS[int(digit)] for digit in digits),
        _ZERO_WIDTH.join(digits),
    ]


def _digits_as(digits: str, alphabet: str) -> str:
    return "".join(alphabet[int(digit)] for digit in digits)


def _hanzi_name_forms(value: str) -> list[str]:
    forms = [
        value,
        " ".join(value),
        "-".join(value),
        "·".join(value),
        "🔸".join(value),
        _ZERO_WIDTH.join(value),
    ]
    forms.append(opencc.OpenCC("s2t").convert(value))
    forms.append(opencc.OpenCC("t2s").convert(value))
    for form in name_forms(value):
        if form.shape is not Shape.HANZI:
            cut = form.breaks[0]
            forms.append(f"{form.skeleton[:cut].capitalize()} {form.skeleton[cut:].capitalize()}")
        elif not all(map(is_hanzi, form.skeleton)) and not form.skeleton.isascii():
            forms.append(form.skeleton)
    return list(dict.fromkeys(forms))


def _word_name_forms(value: str) -> list[str]:
    words = value.split()
    forms = [value, value.upper(), " ".join(value.replace(" ", "")), ".".join(words)]
    if len(words) > 1:
        forms += [
            f"{words[-1]}, {' '.join(words[:-1])}",
            "-".join(words),
            f"#{''.join(word.capitalize() for word in words)}",
        ]
        forms += [f"{words[0][0]}. {' '.join(words[1:])}", f"{' '.join(words[:-1])} {words[-1][0]}."]
    if len(words) > 2:
        forms.append(f"{words[0]} {words[-1]}")
    forms += [value.translate(_LEET), value.translate(_CYRILLIC), _ZERO_WIDTH.join(value)]
    forms.append("".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in value))
    return list(dict.fromkeys(forms))
