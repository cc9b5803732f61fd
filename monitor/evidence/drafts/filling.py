"""Fills what the program knows into the drafts, as pages to print and as text to edit. Invents nothing, signs nothing."""

from __future__ import annotations

import dataclasses
import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from jinja2 import Environment, StrictUndefined

from monitor.evidence.drafts.facts import DraftFacts
from monitor.evidence.drafts.form import FORMS, Form, Line, Part, Words, form, read, words
from monitor.evidence.drafts.schedule import Entry, one_line, schedule

_BLANK = "________________________"


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """One draft: the page to print, and the same as text to edit."""

    name: str
    html: str
    text: str


def drafts(facts: DraftFacts) -> list[Draft]:
    """All drafts, each in the language of its court."""
    return [_draft(name, facts) for name in FORMS]


def explanation(language: str) -> str:
    """What the drafts are, for the person they are given to, with a list of them. English where there is no other."""
    texts: Mapping[str, str] = tomllib.loads(read("explanations.toml"))
    papers = (f"{name}.pdf, {name}.txt: {form(name).title}. {form(name).law}" for name in FORMS)
    return "\n\n".join([texts.get(language, texts["en"]), *papers])


def _draft(name: str, facts: DraftFacts) -> Draft:
    paper = form(name)
    speech = words(paper.language)
    numbers = itertools.count(1)
    parts = [_filled(part, facts, speech, numbers) for part in paper.parts]
    entries = schedule(facts, paper, speech)
    html = (
        _environment()
        .from_string(read("templates/draft.html"))
        .render(form=paper, words=speech, parts=parts, entries=entries)
    )
    text = _text(name, paper, speech, parts, entries)
    return Draft(name, html, text)


def _filled(part: Part, facts: DraftFacts, speech: Words, numbers: Iterator[int]) -> Part:
    """The lines that apply to such items, with what the program recorded; what it did not record it says so of."""
    by_program = facts.captures or facts.items
    values = {
        "tool": _each(item.how.tool for item in by_program),
        "browser": _each(item.how.browser for item in by_program),
        "system": _each(item.how.system for item in by_program),
        "device": _each(item.how.device for item in by_program),
    }
    known = {key: value or speech.nothing for key, value in values.items()}
    there = {"": True, "captures": bool(facts.captures), "imports": bool(facts.imports)}
    lines = [
        Line(text=line.text.format(**known, n=next(numbers) if "{n}" in line.text else 0), fields=line.fields)
        for line in part.lines
        if there[line.only]
    ]
    return part.model_copy(update={"lines": tuple(lines)})


def _each(values: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(one_line(value) for value in values if value))


def _text(name: str, paper: Form, speech: Words, parts: Sequence[Part], entries: Sequence[Entry]) -> str:
    """Windows' line ends: it is opened in whatever a law clinic has."""
    lines = [speech.draft, speech.edit.format(name=name), ""]
    lines += [f"{speech.notes}:", *(f"- {note}" for note in paper.notes), f"- {paper.check}", ""]
    lines += [paper.title, paper.law, ""]
    for part in parts:
        lines += [part.heading, ""]
        for line in part.lines:
            fields = [f"{field}: {_BLANK}" for field in line.fields]
            lines += [*([line.text] if line.text else []), *fields, ""]
    lines += [paper.schedule, ""]
    for entry in entries:
        lines += [f"{speech.item} {entry.id} ({entry.kind})"]
        lines += [f"{row.label}: {row.value}" for row in entry.rows]
        lines += [f"  {file.sha256}  {file.name} ({file.size_bytes} {speech.size})" for file in entry.files]
        lines += [""]
    return "\r\n".join(lines)


def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["spaced"] = _spaced
    return environment


def _spaced(text: str) -> str:
    """HTML collapses spaces: a box stays beside its word, and away from the next one."""
    apart = text.replace("   ", "\N{EM SPACE}")
    return apart.replace("☐ ", "☐\N{NO-BREAK SPACE}").replace("☒ ", "☒\N{NO-BREAK SPACE}")
