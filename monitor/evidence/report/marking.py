"""Marks the person and the shaming words in what a post says; strangers' text stays text."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from monitor.evidence.report.contents import Span
from monitor.evidence.report.visible import visible

MAX_CHARS = 12_000
_MENTION, _CUE = "mention", "cue"


def marked(untrusted_text: str, spans: Sequence[Span], field: str) -> Markup:
    """One of the post's strings as HTML, cut at ``MAX_CHARS``. A mention goes before a cue that it overlaps."""
    text = untrusted_text[:MAX_CHARS]
    kinds = [""] * len(text)
    for span in sorted(spans, key=lambda one: one.is_mention):
        if span.field == field:
            begin, end = max(0, span.start), min(span.end, len(text))
            kinds[begin:end] = [_MENTION if span.is_mention else _CUE] * max(0, end - begin)
    parts = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or kinds[at] != kinds[begin]:
            parts.append(_piece(text[begin:at], kinds[begin]))
            begin = at
    return Markup("").join(parts)


def _piece(untrusted_text: str, kind: str) -> Markup:
    printable = visible(untrusted_text)
    return Markup('<mark class="{}">{}</mark>').format(kind, printable) if kind else printable
