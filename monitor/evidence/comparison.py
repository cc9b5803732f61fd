"""Two captures of one page: is the post unchanged, edited, absent, or could it not be seen? Pure; words nothing for people.

What is compared is the post, not the page, and not what changes by itself in it: how long ago it was
written, how many like it. "Absent" is said of a time, never of a deletion.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

_PRESENT = frozenset({"ok", "partial"})
_ABSENT = frozenset({"gone", "mention not found"})
_BLOCKED = frozenset({"blocked", "login wall", "captcha"})
_UNREACHABLE = frozenset({"unreachable", "timed out", "server error", "tls error", "address refused"})
_MAX_TOKENS = 6_000
# Ages and counters, in the languages of the product. They change without anybody's doing.
_VOLATILE = re.compile(
    r"(?i)(?:\d+|an?|una?|um|uma|satu|isang)\s*(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)\s+ago"
    r"|\b(?:just now|yesterday|today|edited)\b"
    r"|\d+\s*(?:秒|分钟|分鐘|小时|小時|天|周|週|个月|個月|年)(?:之?前|以前)|刚刚|剛剛|昨天|前天"
    r"|(?:hace|há)\s+\d+\s*\w+|\d+\s*(?:menit|jam|hari|minggu|bulan|tahun)\s+(?:yang\s+)?lalu"
    r"|\d+\s*(?:minuto|oras|araw|linggo|buwan|taon)\s+(?:na\s+)?ang\s+nakalipas"
    r"|\d+\s*(?:phút|giờ|ngày|tuần|tháng|năm)\s+trước|\d+\s*(?:मिनट|घंटे|दिन|सप्ताह|महीने|साल)\s+पहले"
    r"|\d[\d.,]*\s*[kKmM万萬]?\s*(?:likes?|views?|replies|comments?|shares?|reposts?|upvotes?|points?|me gusta|vistas|curtidas|suka|dilihat|lượt (?:thích|xem)|次?(?:赞|讚|浏览|瀏覽|阅读|閱讀|回复|回覆|转发|轉發|评论|評論|点赞|點讚))"
)


class Change(StrEnum):
    """What the later capture shows, against the earlier."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    APPEARED = "appeared"
    NOT_COMPARABLE = "not comparable"


class Kind(StrEnum):
    """What became of a run of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """A run of the post's text."""

    kind: Kind
    untrusted_text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One capture, as far as comparing goes. ``untrusted_post_text`` is empty where the post was not found."""

    at: datetime
    verdict: str
    untrusted_post_text: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``runs`` are there where the post was edited."""

    earlier: Seen
    later: Seen
    change: Change
    runs: tuple[Run, ...] = ()

    @property
    def sentence(self) -> str:
        """In English, for terminals; the report has its own words."""
        first, second = (f"{one.at:%Y-%m-%d %H:%M:%S} UTC" for one in (self.earlier, self.later))
        return {
            Change.UNCHANGED: f"Present at {first}, present with the same words at {second}.",
            Change.EDITED: f"Present at {first}, present with other words at {second}.",
            Change.ABSENT: f"Present at {first}, absent at {second}.",
            Change.UNREACHABLE: f"Present at {first}, the page could not be reached at {second}.",
            Change.BLOCKED: f"Present at {first}, the page refused the visit at {second}.",
            Change.APPEARED: f"Not seen at {first}, present at {second}.",
            Change.NOT_COMPARABLE: f"The captures of {first} and {second} cannot be compared.",
        }[self.change]


def seen_from_manifest(manifest: Mapping[str, Any], at: datetime, verdict: str) -> Seen:
    """From a manifest of schema 1 (without the post's text) or 2."""
    post = manifest.get("post") or {}
    return Seen(at=at, verdict=verdict, untrusted_post_text=str(post.get("text", "")))


def compare(earlier: Seen, later: Seen) -> Comparison:
    """The later capture against the earlier one."""
    change, runs = _change(earlier, later)
    return Comparison(earlier=earlier, later=later, change=change, runs=runs)


def _change(earlier: Seen, later: Seen) -> tuple[Change, tuple[Run, ...]]:
    if earlier.verdict not in _PRESENT:
        is_new = later.verdict in _PRESENT and earlier.verdict in _ABSENT
        return (Change.APPEARED if is_new else Change.NOT_COMPARABLE), ()
    for verdicts, change in (
        (_ABSENT, Change.ABSENT),
        (_BLOCKED, Change.BLOCKED),
        (_UNREACHABLE, Change.UNREACHABLE),
    ):
        if later.verdict in verdicts:
            return change, ()
    if later.verdict not in _PRESENT or not (earlier.untrusted_post_text and later.untrusted_post_text):
        return Change.NOT_COMPARABLE, ()
    before, after = _tokens(earlier.untrusted_post_text), _tokens(later.untrusted_post_text)
    if before == after:
        return Change.UNCHANGED, ()
    return Change.EDITED, tuple(_runs(before, after))


def _tokens(untrusted_text: str) -> list[str]:
    """Words, and single characters of scripts that do not part words; blanks and what changes by itself are left out."""
    text = _VOLATILE.sub(" ", unicodedata.normalize("NFC", untrusted_text))
    return re.findall(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+", text)[:_MAX_TOKENS]  # fmt: skip


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[Run]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, from_a, to_a, from_b, to_b in matcher.get_opcodes():
        if tag == "equal":
            yield Run(Kind.KEPT, _joined(before[from_a:to_a]))
            continue
        if to_a > from_a:
            yield Run(Kind.REMOVED, _joined(before[from_a:to_a]))
        if to_b > from_b:
            yield Run(Kind.ADDED, _joined(after[from_b:to_b]))


def _joined(tokens: Sequence[str]) -> str:
    """Words with a blank between them, hanzi and the like without."""
    out = ""
    for token in tokens:
        is_close = not out or (_is_unspaced(token[0]) and _is_unspaced(out[-1]))
        out += token if is_close else f" {token}"
    return out


def _is_unspaced(char: str) -> bool:
    return "\u3000" <= char <= "\u9fff" or "\u0e00" <= char <= "\u0eff" or "\uf900" <= char <= "\uffef"
