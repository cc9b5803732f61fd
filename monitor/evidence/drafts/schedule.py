"""The schedule at the end of every draft: each item's facts and digests, as labelled lines in the court's language."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Sequence

from monitor.evidence.drafts.facts import DraftFacts, DraftFile, DraftItem, HowMade
from monitor.evidence.drafts.form import Form, Words

_MAX_TITLE = 300
_MAX_ORIGIN = 2_000
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset({"\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"})


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A label and what was recorded."""

    label: str
    value: str


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One item of the schedule."""

    id: str
    kind: str
    rows: Sequence[Row]
    files: Sequence[DraftFile]


def schedule(facts: DraftFacts, form: Form, words: Words) -> list[Entry]:
    """Every item with every file. What made an item is said in full once, and referred to afterwards."""
    first_with: dict[HowMade, str] = {}
    entries = []
    for item in facts.items:
        first = first_with.setdefault(item.how, item.id)
        how = _how(item, words) if first == item.id else [Row(words.tool, words.same.format(item=first))]
        kind = words.imported if item.is_import else words.captured
        entries.append(Entry(item.id, kind, [*_what(item, form, words), *how], item.files))
    return entries


def one_line(untrusted_text: str, limit: int = _MAX_ORIGIN) -> str:
    """Strangers' text on one line, so that it cannot pass for a line of ours; what hides or turns is shown by its code.

    Cut at ``limit`` characters.
    """
    text = " ".join(untrusted_text.split())
    more = "…" if len(text) > limit else ""
    return "".join(map(_shown, text[:limit])) + more


def _shown(char: str) -> str:
    # Joiners belong to Indic scripts and to emoji.
    if unicodedata.category(char) in _UNSEEN and char not in _JOINERS:
        return f"[U+{ord(char):04X}]"
    return char


def _what(item: DraftItem, form: Form, words: Words) -> list[Row]:
    verdict = words.verdicts.get(item.verdict, item.verdict)
    rows = [
        Row(words.file_in if item.is_import else words.page, one_line(item.untrusted_origin) or words.nothing)
    ]
    if item.untrusted_title:
        rows.append(Row(words.title, one_line(item.untrusted_title, _MAX_TITLE)))
    if item.untrusted_note:
        rows.append(Row(words.note, one_line(item.untrusted_note)))
    rows.append(Row(words.taken_in if item.is_import else words.began, form.when(item.began_at)))
    if item.ended_at is not None:
        rows.append(Row(words.ended, form.when(item.ended_at)))
    if not item.is_import:
        reason = one_line(item.reason)
        rows.append(Row(words.verdict, f"{verdict}. {reason}" if reason else verdict))
        rows.append(Row(words.server, item.server or words.nothing))
    stamps = "; ".join(f"{form.when(at)}, {one_line(tsa)}" for tsa, at in item.stamps)
    return [
        *rows,
        Row(words.stamps, stamps or words.unstamped),
        Row(words.signer, item.signer or words.nothing),
    ]


def _how(item: DraftItem, words: Words) -> list[Row]:
    how = item.how
    told = [(words.tool, how.tool), (words.system, how.system), (words.operator, how.operator),
            (words.device, how.device), (words.clock, _clock(how, words))]  # fmt: skip
    if not item.is_import:
        told[1:1] = [(words.browser, how.browser)]
        told += [
            (words.access, how.access), (words.profile, _yes_or_no(how.is_fresh_profile, words)),
            (words.proxy, how.proxy), (words.resolvers, how.resolvers), (words.hosts, how.hosts_file_sha256),
        ]  # fmt: skip
    told.append((words.packages, how.packages_sha256))
    return [Row(label, one_line(value) or words.nothing) for label, value in told]


def _clock(how: HowMade, words: Words) -> str:
    text = _yes_or_no(how.is_clock_synchronised, words)
    if not text or how.clock_error_ms is None:
        return text
    return f"{text}; {words.clock_error.format(error_ms=how.clock_error_ms)}"


def _yes_or_no(value: bool | None, words: Words) -> str:
    if value is None:
        return ""
    return words.yes if value else words.no
