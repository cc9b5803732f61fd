"""Reads the wording of alerts from ``wording/<lang>.toml`` and checks it; words nothing itself."""

from __future__ import annotations

import functools
import string
import tomllib
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from monitor.detection.model import Severity

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "id", "tl", "es")
# Words that people and browsers use for the same languages.
_SAME = {
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "in": "id",
    "fil": "tl",
}
_PLACEHOLDERS: dict[str, frozenset[str]] = {
    "seen": frozenset({"when"}),
    "importance_line": frozenset({"importance"}),
    "address": frozenset({"address"}),
    "page_title": frozenset({"title"}),
    "excerpt": frozenset({"excerpt"}),
    "copies": frozenset({"count"}),
    "link": frozenset({"link"}),
    "reference": frozenset({"reference"}),
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Neutral(_Section):
    """What a lock screen may show."""

    title: str = Field(min_length=1)
    intro: str = Field(min_length=1)
    short: str = Field(min_length=1)
    link: str
    reference: str


class Details(_Section):
    """What stands inside, with fixed placeholders."""

    title: str = Field(min_length=1)
    heading: str = Field(min_length=1)
    caution: str
    seen: str
    importance_line: str
    address: str
    page_title: str
    excerpt: str
    copies: str
    picture_attached: str
    picture_missing: str


class Trial(_Section):
    """The message by which a channel is tried out."""

    title: str = Field(min_length=1)
    body: str = Field(min_length=1)


class Wording(_Section):
    """Every sentence of one language."""

    language: str
    neutral: Neutral
    details: Details
    trial: Trial
    importance: dict[Severity, str]


def language_from_tag(tag: str) -> str:
    """The language of ours that serves a tag such as ``zh-TW`` or ``fil``; English where there is none."""
    lower = tag.strip().replace("_", "-").lower()
    by_lower = {language.lower(): language for language in LANGUAGES}
    parts = lower.split("-")
    for length in range(len(parts), 0, -1):
        prefix = "-".join(parts[:length])
        found = by_lower.get(prefix) or _SAME.get(prefix)
        if found:
            return found
    return "en"


@functools.cache
def wording_for(tag: str) -> Wording:
    """The checked wording for a language tag. Raises ValueError where our own file is wrong."""
    language = language_from_tag(tag)
    text = resources.files("monitor.alerts").joinpath("wording", f"{language}.toml").read_text("utf-8")
    wording = Wording.model_validate({"language": language, **tomllib.loads(text)})
    for section in (wording.neutral, wording.details, wording.trial):
        _check_placeholders(language, section.model_dump())
    if set(wording.importance) != set(Severity):
        raise ValueError(f"wording/{language}.toml does not name every importance")
    return wording


def _check_placeholders(language: str, texts: dict[str, Any]) -> None:
    for key, text in texts.items():
        used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        if used != _PLACEHOLDERS.get(key, frozenset()):
            raise ValueError(f"wording/{language}.toml: {key!r} has the wrong placeholders")
