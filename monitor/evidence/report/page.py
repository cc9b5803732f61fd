"""A report as one HTML page to be printed. Everything of strangers is escaped; pictures are inside; nothing is fetched."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from monitor.evidence.report.contents import ReportContents, ReportedHit, ReportedItem
from monitor.evidence.report.pictures import single, strips
from monitor.evidence.report.wording import wording

_TEMPLATE = "templates/report.html"
_MAX_TEXT = 6_000
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def report_page(contents: ReportContents) -> str:
    """The HTML. Raises OSError where a picture cannot be read."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["plain"] = plain
    template = environment.from_string(
        resources.files("monitor.evidence.report").joinpath(_TEMPLATE).read_text("utf-8")
    )
    return template.render(report=contents, words=wording(contents.language), view=_View(contents))


def plain(untrusted_text: str) -> str:
    """Strangers' text as it may be printed: bidi controls and invisible characters become visible signs."""
    return "".join(_visible(char) for char in untrusted_text)


def _visible(char: str) -> str:
    if char in "\n\t":
        return char
    category = unicodedata.category(char)
    if char in _BIDI or category in ("Cc", "Cs", "Co", "Zl", "Zp"):
        return "\N{REPLACEMENT CHARACTER}"
    # Joiners belong to Indic scripts and to emoji; other format characters hide something.
    return "·" if category == "Cf" and char not in "\u200c\u200d" else char


@dataclasses.dataclass(frozen=True)
class _View:
    """What the template asks for beside the plain fields."""

    contents: ReportContents

    @cached_property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.contents.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    @property
    def items(self) -> list[ReportedItem]:
        return [item for hit in self.contents.hits for item in hit.items] + list(self.contents.loose_items)

    def when(self, moment: datetime | None) -> str:
        """UTC, and the subject's own time beside it."""
        if moment is None:
            return wording(self.contents.language)["unknown"]
        text = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        if self.zone.key == "UTC":
            return text
        local = moment.astimezone(self.zone)
        return f"{text} ({local:%Y-%m-%d %H:%M} {local:%Z})"

    def quoted(self, hit: ReportedHit) -> Markup:
        """The post's text with the mentions and the shaming words marked."""
        text = hit.untrusted_text[:_MAX_TEXT]
        marks = ["" for _ in text]
        for span in sorted(hit.spans, key=lambda one: one.is_mention):
            for at in range(max(0, span.start), min(span.end, len(text))):
                marks[at] = "mention" if span.is_mention else "cue"
        parts: list[Markup] = []
        begin = 0
        for at in range(1, len(text) + 1):
            if at == len(text) or marks[at] != marks[begin]:
                piece = plain(text[begin:at])
                parts.append(
                    Markup('<mark class="{}">{}</mark>').format(marks[begin], piece)
                    if marks[begin]
                    else Markup("{}").format(piece)
                )
                begin = at
        more = "…" if len(hit.untrusted_text) > _MAX_TEXT else ""
        return Markup("").join([*parts, more])

    def pictures(self, item: ReportedItem) -> list[dict[str, str]]:
        """Source and caption of each picture to be printed."""
        words = wording(self.contents.language)
        found: list[dict[str, str]] = []
        for path in item.pictures:
            if path.name == "screenshot.png":
                found += _page_pictures(path, words["picture_page"], words["picture_cut"])
            else:
                caption = words["picture_mention"] if path.name == "mention.png" else ""
                found.append({"source": single(path), "caption": caption})
        return found

    def grouped(self, fingerprint: str) -> str:
        """In groups of four, to be read out."""
        return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)).upper()


def _page_pictures(path: Path, caption: str, cut: str) -> Sequence[dict[str, str]]:
    sources, is_cut = strips(path)
    found = []
    for number, source in enumerate(sources, 1):
        text = caption.format(part=number, parts=len(sources))
        if is_cut and number == len(sources):
            text = f"{text} {cut}"
        found.append({"source": source, "caption": text})
    return found
