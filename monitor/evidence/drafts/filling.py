"""Fills what the program knows into the drafts, as pages to print and as text to edit. Invents nothing, signs nothing."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

_FORMS = ("us-fre-902", "india-bsa-63", "kenya-106b", "philippines-affidavit", "china-quzheng")
_DRAFT = {
    "en": "DRAFT. Not signed. To be completed, checked against the current official text, and signed only by the person it names.",
    "zh-Hans": "草稿，未签名。请补全并与现行官方文本核对，仅可由文中所列人员签名。",
}
_SCHEDULE = {
    "en": ("Schedule of files", "Item", "Page or origin", "Made (UTC)", "Timestamp (UTC)", "File", "SHA-256", "not yet stamped"),
    "zh-Hans": ("附表：文件清单", "编号", "网址或来源", "取得时间（UTC）", "时间戳（UTC）", "文件", "SHA-256", "尚未取得时间戳"),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """One file in the schedule of digests."""

    name: str
    sha256: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DraftItem:
    """One item in the schedule. ``stamped``: what its timestamps state, empty where there is none."""

    id: str
    untrusted_url: str
    made_at: datetime
    stamped: str
    files: Sequence[DraftFile]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DraftFacts:
    """All that the program knows and a draft may say."""

    tool: str
    browser: str
    system: str
    items: Sequence[DraftItem]


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """One draft: the page to print, and the same as text to edit."""

    name: str
    html: str
    text: str


def drafts(facts: DraftFacts) -> list[Draft]:
    """All drafts, each in the language of its court."""
    template = _environment().from_string(_read("templates/draft.html"))
    made = []
    for name in _FORMS:
        form = tomllib.loads(_read(f"forms/{name}.toml"))
        parts = [_filled(part, facts) for part in form["part"]]
        words = {"draft": _DRAFT[form["language"]], "schedule": _SCHEDULE[form["language"]]}
        html = template.render(form=form, parts=parts, facts=facts, words=words)
        made.append(Draft(name, html, _text(form, parts, facts, words)))
    return made


def explanation(language: str) -> str:
    """What the drafts are, for the person they are given to. English where there is no other."""
    texts: Mapping[str, str] = tomllib.loads(_read("explanations.toml"))
    return texts.get(language, texts["en"])


def _filled(part: Mapping[str, Any], facts: DraftFacts) -> dict[str, Any]:
    values = {"tool": facts.tool, "browser": facts.browser, "system": facts.system}
    return {"heading": part["heading"], "lines": [line.format(**values) for line in part["lines"]]}


def _text(
    form: Mapping[str, Any], parts: Sequence[Mapping[str, Any]], facts: DraftFacts, words: Mapping[str, Any]
) -> str:
    lines = [words["draft"], "", form["title"], form["law"], "", form["check"], ""]
    for part in parts:
        lines += [part["heading"], "", *(line for text in part["lines"] for line in (text, ""))]
    title, item, page, made, stamp, _, _, none = words["schedule"]
    lines += [title, ""]
    for one in facts.items:
        lines += [
            f"{item}: {one.id}",
            f"{page}: {one.untrusted_url}",
            f"{made}: {one.made_at:%Y-%m-%d %H:%M:%S}",
            f"{stamp}: {one.stamped or none}",
            *(f"  {file.sha256}  {file.name}" for file in one.files),
            "",
        ]
    return "\n".join(lines)


def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _read(name: str) -> str:
    return resources.files("monitor.evidence.drafts").joinpath(name).read_text("utf-8")
