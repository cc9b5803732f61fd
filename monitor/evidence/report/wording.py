"""Reads the words of a report from ``wording/<lang>.toml`` and checks them; words nothing itself."""

from __future__ import annotations

import functools
import string
import tomllib
from collections.abc import Mapping
from importlib import resources

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "id", "tl", "hi", "es", "vi", "pt")
_SAME = {"zh": "zh-Hans", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant",
         "zh-mo": "zh-Hant", "zh-hant-hk": "zh-Hant", "zh-hant-tw": "zh-Hant", "in": "id", "fil": "tl"}  # fmt: skip


def language_of(tag: str) -> str:
    """The language of the report for a BCP 47 tag; English where there is none."""
    return known_language(tag) or "en"


def known_language(tag: str) -> str | None:
    """The language of ours that a BCP 47 tag names; None where there is none."""
    lower = tag.strip().replace("_", "-").lower()
    known = {one.lower(): one for one in LANGUAGES}
    base = lower.partition("-")[0]
    return known.get(lower) or _SAME.get(lower) or known.get(base) or _SAME.get(base)


@functools.cache
def wording(language: str) -> Mapping[str, str]:
    """Every phrase of one language; all languages have the same, with the same placeholders. Raises ValueError."""
    words = _read(language)
    source = _read("en")
    if words.keys() != source.keys():
        raise ValueError(f"{language}: {sorted(words.keys() ^ source.keys())} are not in both.")
    for key, text in words.items():
        if _fields(text) != _fields(source[key]):
            raise ValueError(f"{language}: the placeholders of {key} are not those of English.")
    return words


def _read(language: str) -> dict[str, str]:
    path = resources.files("monitor.evidence.report").joinpath(f"wording/{language}.toml")
    return {key: str(value) for key, value in tomllib.loads(path.read_text("utf-8")).items()}


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
