"""Why a post was flagged, in a few lines that a judge can follow; judges nothing itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from monitor.evidence.report.contents import Sign
from monitor.evidence.report.visible import visible

_MOST_QUOTES = 4
_MOST_CHARS = 60


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """``what``: a kind of watch term or of shaming; ``quotes``: the places, quoted."""

    what: str
    quotes: Markup


def lines(signs: Sequence[Sign], words: Mapping[str, str]) -> list[Line]:
    """The person first, then the shaming words family by family, then what speaks against it."""
    by_what: dict[str, list[Markup]] = {}
    for sign in sorted(signs, key=lambda one: (one.is_against, not one.is_person)):
        key = words.get(_key(sign), sign.what)
        quote = _quote(sign, words)
        quotes = by_what.setdefault(key, [])
        if quote not in quotes and len(quotes) < _MOST_QUOTES:
            quotes.append(quote)
    comma = escape(words["comma"])
    return [Line(what, comma.join(quotes)) for what, quotes in by_what.items()]


def _key(sign: Sign) -> str:
    if sign.is_against:
        return "against"
    return f"{'kind' if sign.is_person else 'family'}_{sign.what}"


def _quote(sign: Sign, words: Mapping[str, str]) -> Markup:
    text = visible(_cut(sign.untrusted_text))
    if sign.reads_as and sign.reads_as != sign.untrusted_text:
        return escape(words["reads_as"]).format(text=text, term=visible(_cut(sign.reads_as)))
    return escape(words["quotation"]).format(text=text)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARS else f"{line[: _MOST_CHARS - 1].rstrip()}…"
