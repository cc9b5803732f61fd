"""What each Unicode character is folded to, as tables for whole batches; never looks at neighbours.

The tables are built once per process from the Unicode database, OpenCC's traditional-to-simplified
characters and data/lookalikes.toml.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import tomllib
import unicodedata
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import opencc

Codes = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]

CODE_SPACE = sys.maxunicode + 1
DROP = 0
"""Folded value of a character that no view keeps."""
DOCUMENT_SEPARATOR = 0x1E
"""Stands between two documents of a batch; no watch term and no phrase contains it."""


class Kind(IntEnum):
    """What a folded character is to a word. NO_SPACE scripts write words without spaces between."""

    OTHER = 0
    LETTER = 1
    DIGIT = 2
    NO_SPACE = 3
    MARK = 4


INFO_SHIFT = 21
"""In ``Tables.packed`` the folded code point lies below this bit and the INFO bits from it on."""
INFO_KIND, INFO_UPPER, INFO_SCRIPT, INFO_KEPT, INFO_SIGN = 0b111, 1 << 3, 0b11 << 4, 1 << 6, 1 << 7
"""What one byte says of a folded character: its kind, whether it was a capital, its script, whether the
skeleton keeps it, and whether it may be read as a digit or, a figure or sign, as a letter."""
INFO_SCRIPT_SHIFT = 4
INFO_FOREIGN = 0b10 << INFO_SCRIPT_SHIFT
"""Set in INFO_SCRIPT for Cyrillic and Greek, not for Latin."""

HANZI_DIGITS = (
    "零〇○洞",
    "一壹弌",
    "二贰弍两",
    "三叁弎参",
    "四肆",
    "五伍",
    "六陆",
    "七柒",
    "八捌",
    "九玖",
)
HANZI_ONES = "幺"
LEET_SIGNS = "@$!|€£"


class Script(IntEnum):
    OTHER = 0
    LATIN = 1
    CYRILLIC = 2
    GREEK = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """``packed`` maps a code point to what it is folded to, with its INFO bits: to a code point, DROP, or
    CODE_SPACE + an index into ``expansions``.

    ``kind`` and ``script`` are of folded code points, ``is_upper``, ``is_attached`` (dropped,
    and belongs to the character before it) and ``look`` (the Latin letter that a Cyrillic or Greek one passes for) of
    original ones.
    """

    packed: Codes
    expansions: tuple[str, ...]
    kind: Bytes
    script: Bytes
    is_upper: npt.NDArray[np.bool_]
    is_attached: npt.NDArray[np.bool_]
    look: Codes
    latin_as_cyrillic: dict[int, int]


# Blocks in which no character is folded by NFKC or case; hanzi go through OpenCC instead.
_PLAIN_BLOCKS = (
    (0x3400, 0xA000),
    (0xAC00, 0xF900),
    (0x20000, 0x2F800),
    (0x30000, 0xE0000),
    (0xE0200, CODE_SPACE),
)
_HANZI_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2EBF0))
# Scripts written without spaces: Thai, Lao, Tibetan, Myanmar, Khmer, kana, hanzi.
_NO_SPACE_BLOCKS = (
    (0x0E00, 0x1000),
    (0x1000, 0x10A0),
    (0x1780, 0x1800),
    (0x3005, 0x3008),
    (0x3021, 0x302A),
    (0x3040, 0x3100),
    (0x3105, 0x3130),
    (0x31F0, 0x3200),
    *_HANZI_BLOCKS,
    (0x30000, 0x323B0),
)
_ENCLOSED_LETTERS = (0x1F110, 0x1F130, 0x1F150, 0x1F170)
_SMALL_COMBINING = ((0x0300, 0x0370), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0xFE20, 0xFE30))
_ARABIC_POINTS = ((0x0610, 0x061B), (0x064B, 0x0660), (0x0670, 0x0671), (0x06D6, 0x06EE), (0x08D3, 0x0900))
_TAGS = (0xE0000, 0xE0200)
_RESERVED = (_TAGS, *_SMALL_COMBINING, *_ARABIC_POINTS)
_TATWEEL = 0x0640
_NUKTA = 0x093C
_CANDRABINDU, _ANUSVARA = 0x0901, 0x0902
_SARA_AM = 0x0E33  # Thai; NFKC would split it into two characters that nobody types
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff70\ufe63\uff0d\u2043\u02d7"
_SINGLE_QUOTES = "\u2018\u2019\u201b\u02bc\u02b9\u02bb\u00b4\u0060\uff07\u05f3"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f\uff02"
_BOPOMOFO_TONES = "\u02c7\u02ca\u02cb\u02d9"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\uffa0\ufeff\u200b\u200c\u200d\u200e\u200f"
)


@functools.cache
def tables() -> Tables:
    """The tables of this process; the first call builds them in about 0.2 s."""
    looks = _lookalikes()
    fold = np.arange(CODE_SPACE, dtype=np.uint32)
    expansions: list[str] = []
    places: dict[str, int] = {}
    for code in _codes_outside(_PLAIN_BLOCKS):
        folded = _fold_character(chr(code), looks)
        if len(folded) == 1:
            fold[code] = ord(folded)
        elif not folded:
            fold[code] = DROP
        else:
            if folded not in places:
                places[folded] = len(expansions)
                expansions.append(folded)
            fold[code] = CODE_SPACE + places[folded]
    fold[0xD800:0xE000] = 0xFFFD
    _fold_hanzi(fold, looks["hanzi"])
    kind, script = _kinds(), _scripts()
    is_upper = _flags(lambda char: char.isupper())
    return Tables(
        packed=_packed(fold, kind, script, is_upper),
        expansions=tuple(_fold_all(expansion, fold) for expansion in expansions),
        kind=kind,
        script=script,
        is_upper=is_upper,
        is_attached=_flags(_is_attached) & (fold == DROP),
        look=_look_table(looks),
        latin_as_cyrillic={ord(latin): ord(other) for latin, other in looks["latin_as_cyrillic"].items()},
    )


@functools.cache
def info_table() -> Bytes:
    """The INFO bits of every folded code point, all but INFO_UPPER, which only the original character tells."""
    return _info(tables().kind, tables().script)


def _info(kind: Bytes, script: Bytes) -> Bytes:
    info = kind | (script << INFO_SCRIPT_SHIFT)
    info[kind != Kind.OTHER] |= INFO_KEPT
    info[DOCUMENT_SEPARATOR] |= INFO_KEPT
    for char in "0123456789" + "".join(HANZI_DIGITS) + HANZI_ONES + LEET_SIGNS:
        info[ord(char)] |= INFO_SIGN
    return info.astype(np.uint8)


def _packed(fold: Codes, kind: Bytes, script: Bytes, is_upper: npt.NDArray[np.bool_]) -> Codes:
    is_single = fold < CODE_SPACE
    info = np.zeros(CODE_SPACE, dtype=np.uint8)
    info[is_single] = _info(kind, script)[fold[is_single]]
    info |= np.where(is_upper, INFO_UPPER, 0).astype(np.uint8)
    return fold | (info.astype(np.uint32) << np.uint32(INFO_SHIFT))


def _lookalikes() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("data") / "lookalikes.toml"
    data = tomllib.loads(path.read_text("utf-8"))
    return {
        section: {char: target for chars, target in pairs.items() for char in chars}
        for section, pairs in data.items()
    }


def _codes_outside(blocks: tuple[tuple[int, int], ...]) -> list[int]:
    codes: list[int] = []
    begin = 0
    for start, end in blocks:
        codes.extend(filter(_may_fold, range(begin, start)))
        begin = end
    return codes


def _may_fold(code: int) -> bool:
    """Half of the code points are not assigned; of those only what will be tags and marks means anything."""
    return unicodedata.category(char := chr(code)) != "Cn" or _in(char, _RESERVED)


def _fold_character(char: str, looks: dict[str, dict[str, str]]) -> str:
    """The folded form of one character outside the plain blocks: usually one character, "" to drop it."""
    fixed = _fixed_fold(char, looks["always"], looks["arabic"])
    if fixed is not None:
        return fixed
    digits = _digits_of(char)
    if digits:
        return digits
    if unicodedata.decomposition(char).startswith("<fraction>"):  # ½ must not become the digits 1 and 2
        return char
    folded = "".join(_fold_part(part, looks) for part in unicodedata.normalize("NFKC", char).casefold())
    if len(folded) > 1 and any("a" <= part <= "z" for part in folded):  # ㎂ holds a Greek letter
        folded = "".join(looks["greek"].get(part, part) for part in folded)
    if len(folded) == 3 and folded[0] == "(" and folded[2] == ")":
        return folded[1]
    return folded


def _fold_part(part: str, looks: dict[str, dict[str, str]]) -> str:
    if _in(part, _SMALL_COMBINING) or _in(part, _ARABIC_POINTS) or ord(part) == _NUKTA:
        return ""
    decomposed = unicodedata.normalize("NFD", part)
    if len(decomposed) > 1 and _in(decomposed[1], _SMALL_COMBINING):
        part = decomposed[0]
    fixed = _fixed_fold(part, looks["always"], looks["arabic"])
    return part if fixed is None else fixed


def _fixed_fold(char: str, always: dict[str, str], arabic: dict[str, str]) -> str | None:
    """What our own rules say of a character, None where they are silent."""
    code = ord(char)
    rules = (
        (code == DOCUMENT_SEPARATOR, char),
        (char in "\n\r\x85\u2028\u2029\x0b\x0c", "\n"),
        (_is_invisible(char), ""),
        (char.isspace() or code < 0x20, " "),
        (char in _DASHES, "-"),
        (char in _SINGLE_QUOTES, "'"),
        (char in _DOUBLE_QUOTES, '"'),
        (code == _CANDRABINDU, chr(_ANUSVARA)),
        (code == _SARA_AM, char),
    )
    for applies, folded in rules:
        if applies:
            return folded
    for begin in _ENCLOSED_LETTERS:
        if begin <= code < begin + 26:
            return chr(ord("a") + code - begin)
    return always.get(char) or arabic.get(char)


def _is_invisible(char: str) -> bool:
    is_selector_or_tag = _in(char, (_TAGS, (0xFE00, 0xFE10)))
    return (
        char in _INVISIBLE
        or char in _BOPOMOFO_TONES
        or ord(char) == _TATWEEL
        or is_selector_or_tag
        or unicodedata.category(char) == "Cf"
    )


def _digits_of(char: str) -> str:
    """Decimal digits of any script, circled, bracketed, dotted and superscript ones; "" for others."""
    category = unicodedata.category(char)
    if category == "Nd" or unicodedata.digit(char, None) is not None:
        return str(unicodedata.digit(char))
    value = unicodedata.numeric(char, None)
    if category == "No" and value is not None and value.is_integer() and 10 <= value <= 50:
        return str(int(value)) if not 0x0900 <= ord(char) < 0x2000 else ""
    return ""


def _fold_hanzi(fold: Codes, variants: dict[str, str]) -> None:
    converter = opencc.OpenCC("t2s")
    for start, end in _HANZI_BLOCKS:
        originals = [chr(code) for code in range(start, end)]
        simplified = converter.convert("\n".join(originals)).split("\n")
        for original, simple in zip(originals, simplified, strict=True):
            if len(simple) == 1:
                fold[ord(original)] = ord(simple)
    for original, simple in variants.items():
        fold[ord(original)] = ord(simple)
    # NFKC has made hanzi of compatibility ideographs, radicals and squared signs: some are traditional.
    for start, end in ((0x2E80, 0x3400), (0xF900, 0xFB00), (0x1F200, 0x1F300), (0x2F800, 0x2FA20)):
        block = fold[start:end]
        is_single = block < CODE_SPACE
        block[is_single] = fold[block[is_single]]
    for start, end in _HANZI_BLOCKS:  # 薴 becomes 苧, which is itself folded to 苎
        fold[start:end] = fold[fold[start:end]]


def _fold_all(expansion: str, fold: Codes) -> str:
    return "".join(chr(code) if (code := int(fold[ord(char)])) < CODE_SPACE else char for char in expansion)


def _kinds() -> Bytes:
    kind = np.zeros(CODE_SPACE, dtype=np.uint8)
    for code in _codes_outside(_PLAIN_BLOCKS):
        category = unicodedata.category(chr(code))
        if category[0] == "L":
            kind[code] = Kind.LETTER
        elif category in {"Nd", "Nl"}:
            kind[code] = Kind.DIGIT
        elif category[0] == "M":
            kind[code] = Kind.MARK
    kind[0xAC00:0xD7A4] = Kind.LETTER
    for start, end in _NO_SPACE_BLOCKS:
        block = kind[start:end]
        block[block != Kind.MARK] = Kind.NO_SPACE
    for start, end in (
        (0x0E3F, 0x0E40),
        (0x0E4F, 0x0E50),
        (0x0E5A, 0x0E5C),
        (0x30FB, 0x30FC),
        (0x104A, 0x1050),
    ):
        kind[start:end] = Kind.OTHER
    kind[0x02C2:0x02E0] = Kind.OTHER  # tone marks of bopomofo and pinyin
    kind[0x3007] = Kind.NO_SPACE
    kind[0xFFFD] = Kind.OTHER
    return kind


def _scripts() -> Bytes:
    script = np.zeros(CODE_SPACE, dtype=np.uint8)
    for char in "abcdefghijklmnopqrstuvwxyz":
        script[ord(char)] = Script.LATIN
    script[0x0400:0x0530] = Script.CYRILLIC
    script[0x0370:0x0400] = Script.GREEK
    return script


def _look_table(looks: dict[str, dict[str, str]]) -> Codes:
    table = np.zeros(CODE_SPACE, dtype=np.uint32)
    for section in ("cyrillic", "greek"):
        for char, latin in looks[section].items():
            table[ord(char)] = ord(latin)
    return table


def _is_attached(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me"} or _in(char, ((0xFE00, 0xFE10), (0xE0100, 0xE01F0)))


def _flags(test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    flags = np.zeros(CODE_SPACE, dtype=np.bool_)
    for code in _codes_outside(_PLAIN_BLOCKS):
        if test(chr(code)):
            flags[code] = True
    return flags


def _in(char: str, blocks: tuple[tuple[int, int], ...]) -> bool:
    code = ord(char)
    return any(start <= code < end for start, end in blocks)
