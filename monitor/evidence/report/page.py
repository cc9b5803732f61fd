"""A report as one HTML page to be printed. Everything of strangers is escaped; pictures are inside; nothing is fetched."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib import resources
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from monitor.evidence.report.contents import (
    CustodyLine,
    ReportContents,
    ReportedHit,
    ReportedItem,
    TimelineEntry,
)
from monitor.evidence.report.figures import Figure, Figures
from monitor.evidence.report.marking import MAX_CHARS, marked
from monitor.evidence.report.moments import Moments, zone_of
from monitor.evidence.report.signs import Line, lines
from monitor.evidence.report.tongue import tongue_of
from monitor.evidence.report.visible import visible
from monitor.evidence.report.wording import wording

_TEMPLATE = "templates/report.html"
_SEVERITIES = ("critical", "high", "medium", "low")


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A heading of the report and the page that it stands on, 0 while that is not known."""

    anchor: str
    title: str
    page: int


@dataclasses.dataclass(frozen=True, slots=True)
class SiteRow:
    """What was found on one site."""

    name: str
    posts: int
    first_at: datetime
    last_at: datetime


def report_page(contents: ReportContents, figures: Figures, pages: Sequence[int] = ()) -> str:
    """The HTML. ``pages``: on which page each section begins, where that is known."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["visible"] = visible
    environment.filters["css_string"] = _css_string
    text = resources.files("monitor.evidence.report").joinpath(_TEMPLATE).read_text("utf-8")
    view = View(contents, figures, tuple(pages))
    return environment.from_string(text).render(report=contents, words=view.words, view=view)


@dataclasses.dataclass(frozen=True)
class View:
    """What the template asks for beside the plain fields."""

    contents: ReportContents
    figures: Figures
    pages: tuple[int, ...] = ()

    @cached_property
    def words(self) -> Mapping[str, str]:
        return wording(self.contents.language)

    @cached_property
    def moments(self) -> Moments:
        return Moments(self.words, zone_of(self.contents.timezone))

    @cached_property
    def sections(self) -> Sequence[Section]:
        """Every heading of the second rank, in order; the template has just these."""
        contents, words = self.contents, self.words
        named = [("summary", words["summary"])] if contents.hits else []
        named += [
            (f"post-{number}", words["post"].format(number=number))
            for number in range(1, len(contents.hits) + 1)
        ]
        if contents.loose_items:
            named.append(("own", words["own_material" if contents.hits else "items"]))
        named += [(key, words[key]) for key in ("timeline", "custody", "files", "verify", "proves", "terms")]
        pages = self.pages if len(self.pages) == len(named) else (0,) * len(named)
        return [Section(anchor, title, page) for (anchor, title), page in zip(named, pages, strict=True)]

    @property
    def cases(self) -> list[str]:
        return list(dict.fromkeys(item.case_reference for item in self.contents.items if item.case_reference))

    @property
    def period(self) -> str:
        """From the first thing seen to the last, in days."""
        seen = [hit.found_at for hit in self.contents.hits] + [item.made_at for item in self.contents.items]
        days = [self.moments.date(moment) for moment in (min(seen), max(seen))]
        return days[0] if days[0] == days[1] else self.words["between"].format(first=days[0], last=days[1])

    @property
    def found(self) -> tuple[datetime, datetime]:
        """When the first and the last of the posts were found."""
        seen = [hit.found_at for hit in self.contents.hits]
        return min(seen), max(seen)

    @property
    def severities(self) -> str:
        count = Counter(hit.severity for hit in self.contents.hits)
        return self.words["comma"].join(
            f"{self.words[one]} ({count[one]})" for one in _SEVERITIES if count[one]
        )

    @property
    def sites(self) -> list[SiteRow]:
        """The sites that the posts stand on, the one with most posts first."""
        by_name: dict[str, list[datetime]] = {}
        for hit in self.contents.hits:
            by_name.setdefault(site_of(hit), []).append(hit.found_at)
        rows = [SiteRow(name, len(seen), min(seen), max(seen)) for name, seen in by_name.items()]
        return sorted(rows, key=lambda row: (-row.posts, row.name))

    def first_stamp(self, hit: ReportedHit) -> datetime | None:
        """Since when the first capture with the post on it is known to exist."""
        stamps = [moment for item in hit.items if item.shows_post for _, moment in item.stamps]
        return min(stamps, default=None)

    def quoted(self, hit: ReportedHit, field: str) -> Markup:
        """One of the post's strings with the person and the shaming words marked."""
        return marked(getattr(hit, f"untrusted_{field}"), hit.spans, field)

    def is_cut(self, untrusted_text: str) -> bool:
        return len(untrusted_text) > MAX_CHARS

    def tongue(self, untrusted_text: str) -> str:
        """What goes into ``lang`` for strangers' text."""
        return tongue_of(untrusted_text, self.contents.language)

    def lines(self, hit: ReportedHit) -> list[Line]:
        return lines(hit.signs, self.words)

    def figures_of(self, item: ReportedItem) -> list[Figure]:
        return self.figures.of_item(item, self.words)

    def result(self, item: ReportedItem) -> str:
        """The verdict in words."""
        verdict = "imported" if item.kind == "import" else item.verdict.replace(" ", "_")
        return self.words.get(f"verdict_{verdict}", item.verdict)

    def event(self, entry: TimelineEntry) -> str:
        """What was seen, in a sentence."""
        before = self.moments.local(entry.before) if entry.before else ""
        return self.words[entry.key].format(before=before, at=self.moments.local(entry.at))

    def custody_by_item(self) -> list[tuple[str, list[CustodyLine]]]:
        by_item: dict[str, list[CustodyLine]] = {}
        for line in self.contents.custody:
            by_item.setdefault(line.item_id, []).append(line)
        return list(by_item.items())

    def act(self, action: str) -> str:
        return self.words.get(f"act_{action}", action)

    def grouped(self, fingerprint: str) -> str:
        """In groups of four, to be read out."""
        return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)).upper()


def site_of(hit: ReportedHit) -> str:
    """The host of the post's address, else what the source calls its site."""
    return urlsplit(hit.untrusted_url).hostname or hit.site


def _css_string(text: str) -> Markup:
    """A string for CSS inside a style element: JSON's escapes, and no ``<`` that could end the element."""
    return Markup(json.dumps(text, ensure_ascii=False).replace("<", "\\3c "))  # noqa: S704
