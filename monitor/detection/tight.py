"""Undoes disguises of words in folded text and keeps where every character came from; never judges words.

The tight view reads leetspeak inside words (sc4mmer, m@ling), joins letter-spaced words (s c a m), drops
what stands between two hanzi (老.赖, 骗🐟子), joins split hanzi (亻责, 马扁) and writes doubled letters once.
Phrases are compiled with their doubled letters made single too, so that both meet.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable

from monitor.detection.folding import fold_term

_LEET = str.maketrans("0134578@$!€£+", "oieastbasieet")
_LEET_WORD = re.compile(r"[a-z0-9@$!€£+]*[a-z][a-z0-9@$!€£+]*")
_LEET_MARK = re.compile(r"[0134578@$!€£+]")
_SPACED_WORD = re.compile(r"(?<![^\W\d_])[a-z](?:[ .\-_*•·|/][a-z0134578@$](?![^\W\d_])){3,}")
_BETWEEN_HANZI = re.compile(
    r"(?<=[\u3400-\u4dbf\u4e00-\u9fff])[^\w,;:!?。，！？；：、()\[\]（）【】《》\"'\n\x1e]{1,3}(?=[\u3400-\u4dbf\u4e00-\u9fff])"
)
Replacement = Callable[[re.Match[str]], list[tuple[str, int]]]
"""From a match to the characters that stand for it, each with its offset inside the match."""

_DOUBLED = re.compile(r"([a-z])\1+")
_SPLIT_HANZI = {
    "亻责": "债",
    "人责": "债",
    "钅戋": "钱",
    "金戋": "钱",
    "马扁": "骗",
    "束负": "赖",
    "贝次": "资",
    "又欠": "欢",
    "女昌": "娼",
    "女支": "妓",
    "女表": "婊",
    "亻昔": "借",
    "人昔": "借",
    "不辶": "还",
    "辶不": "还",
    "讠射": "谢",
    "日暴": "曝",
    "火暴": "爆",
    "止尸": "死",
    "歹匕": "死",
    "贝武": "赋",
    "户尸": "骗",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Tight:
    """``places[i]`` is where ``text[i]`` begins in the folded text; one more entry for the end."""

    text: str
    places: list[int]


@functools.cache
def _split_terms() -> dict[str, str]:
    return {fold_term(split): whole for split, whole in _SPLIT_HANZI.items()}


@functools.cache
def _split_pattern() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _split_terms())))


def tighten(folded: str) -> Tight:
    """The tight view of folded text. Runs in time linear in the length of the text."""
    text, places = folded, list(range(len(folded) + 1))
    text = _LEET_WORD.sub(_read_leet, text)
    for pattern, replacement in (
        (_SPACED_WORD, _join_letters),
        (_BETWEEN_HANZI, _drop),
        (_split_pattern(), _join_hanzi),
        (_DOUBLED, _single),
    ):
        text, places = _replace(pattern, replacement, text, places)
    return Tight(text=text, places=places)


def _read_leet(match: re.Match[str]) -> str:
    word = match.group()
    marks = len(_LEET_MARK.findall(word))
    if not marks or marks * 2 > len(word) or len(word) < 3:
        return word
    body = word.rstrip("!+")
    return body.translate(_LEET) + word[len(body) :]


def _join_letters(match: re.Match[str]) -> list[tuple[str, int]]:
    word = match.group()
    return [(char.translate(_LEET), place) for place, char in enumerate(word) if place % 2 == 0]


def _drop(_: re.Match[str]) -> list[tuple[str, int]]:
    return []


def _join_hanzi(match: re.Match[str]) -> list[tuple[str, int]]:
    return [(_split_terms()[match.group()], 0)]


def _single(match: re.Match[str]) -> list[tuple[str, int]]:
    return [(match.group(1), 0)]


def _replace(
    pattern: re.Pattern[str], replacement: Replacement, text: str, places: list[int]
) -> tuple[str, list[int]]:
    pieces: list[str] = []
    kept: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        pieces.append(text[done : match.start()])
        kept.extend(places[done : match.start()])
        for char, offset in replacement(match):
            pieces.append(char)
            kept.append(places[match.start() + offset])
        done = match.end()
    if not done:
        return text, places
    pieces.append(text[done:])
    kept.extend(places[done:])
    return "".join(pieces), kept
