"""Two captures of one page: is the post unchanged, edited, absent, or could it not be seen? Pure; looks at no picture.

What is compared is the post, not the page. What changes by itself in it (``passing``) is shown and is no
edit. "Absent" is said of a time, never of a deletion, and nothing is said that the captures do not show.
"""

from __future__ import annotations

import dataclasses
import difflib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from monitor.evidence.passing import Passing, Token, has_passed, tokens_from_text
from monitor.evidence.verdict import Verdict

_PRESENT = frozenset(verdict.value for verdict in Verdict if verdict.shows_mention)
_ABSENT = frozenset({"gone", "mention not found"})
# Half of the words are the same: below, what stands there may be another post.
_MIN_LIKENESS = 0.5
# difflib takes cubic time at worst; above this it leaves out what is everywhere.
_MAX_EXACT_TOKENS = 800


class Change(StrEnum):
    """What the later capture shows, against the earlier."""

    UNCHANGED = "unchanged"
    EDITED = "edited"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    APPEARED = "appeared"
    PRESENT = "present"
    """Both show what was looked for, and the words of the post were not kept in both."""
    ANOTHER_TEXT = "another text"
    """The mention is there, in a text so different that it may be another post."""
    NOT_COMPARABLE = "not comparable"


_WITHOUT_TEXT = {
    "gone": Change.ABSENT,
    "blocked": Change.BLOCKED,
    "login wall": Change.BLOCKED,
    "captcha": Change.BLOCKED,
    "unreachable": Change.UNREACHABLE,
    "timed out": Change.UNREACHABLE,
    "server error": Change.UNREACHABLE,
    "tls error": Change.UNREACHABLE,
    "address refused": Change.UNREACHABLE,
}


class Kind(StrEnum):
    """What became of a run of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"
    PASSING = "changed by itself"


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """A run of the post's text. ``untrusted_was``: what stood there before, where it changed by itself."""

    kind: Kind
    untrusted_text: str
    untrusted_was: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One capture, as far as comparing goes.

    ``page``: the address without its fragment; ``post_id``: the source's name of the post. Either may be empty.
    ``untrusted_post_text``: empty where the post was not found. ``is_post_known``: that it is the text of the
    post itself, found by its own words or id, and not of whatever names the person.
    """

    at: datetime
    verdict: str
    untrusted_post_text: str = ""
    page: str = ""
    post_id: str = ""
    is_post_known: bool = False

    @property
    def is_present(self) -> bool:
        """Whether the capture shows what was looked for."""
        return self.verdict in _PRESENT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``runs`` are there where something in the post changed, if only by itself."""

    earlier: Seen
    later: Seen
    change: Change
    runs: tuple[Run, ...] = ()

    @property
    def is_moved(self) -> bool:
        """Whether the later capture is of another page, such as the next one of the thread."""
        pages = {self.earlier.page, self.later.page} - {""}
        return len(pages) > 1

    @property
    def sentence(self) -> str:
        """In English, for terminals; the report has its own words."""
        first, second = (f"{one.at:%Y-%m-%d %H:%M:%S} UTC" for one in (self.earlier, self.later))
        where = " on another page" if self.is_moved else ""
        return {
            Change.UNCHANGED: f"Present at {first}, present with the same words{where} at {second}.",
            Change.EDITED: f"Present at {first}, present with other words{where} at {second}.",
            Change.ABSENT: f"Present at {first}, absent at {second}.",
            Change.UNREACHABLE: f"Present at {first}, the page could not be reached at {second}.",
            Change.BLOCKED: f"Present at {first}, the page refused the visit at {second}.",
            Change.APPEARED: f"Not seen at {first}, present{where} at {second}.",
            Change.PRESENT: f"Present at {first}, present{where} at {second}. The words of the post were not kept "
            "in both captures, so they cannot be compared.",
            Change.ANOTHER_TEXT: f"Present at {first}. What was looked for stands{where} in another text at {second}, "
            "which may be another post.",
            Change.NOT_COMPARABLE: f"The captures of {first} ({self.earlier.verdict}) and {second} "
            f"({self.later.verdict}) do not show what became of the post between them.",
        }[self.change]


def seen_from_manifest(manifest: Mapping[str, Any], at: datetime, verdict: str, url: str = "") -> Seen:
    """From a manifest of schema 1 (without the post's text) or 2, or from none."""
    post, mentions = manifest.get("post") or {}, manifest.get("mentions") or []
    return Seen(
        at=at,
        verdict=verdict,
        untrusted_post_text=str(post.get("text", "")),
        page=(url or str(manifest.get("requested_url", ""))).partition("#")[0],
        post_id=str(post.get("id", "")),
        is_post_known=bool(mentions) and bool(mentions[0].get("is_in_post")),
    )


def compare(earlier: Seen, later: Seen) -> Comparison:
    """The later capture against the earlier one."""
    change, runs = _change(earlier, later)
    return Comparison(earlier=earlier, later=later, change=change, runs=runs)


def _change(earlier: Seen, later: Seen) -> tuple[Change, tuple[Run, ...]]:
    is_one_page = not (earlier.page and later.page) or earlier.page == later.page
    is_other_post = bool(earlier.post_id and later.post_id) and earlier.post_id != later.post_id
    if is_other_post or (not later.is_present and not is_one_page):
        return Change.NOT_COMPARABLE, ()
    if not earlier.is_present:
        is_new = later.is_present and earlier.verdict in _ABSENT and is_one_page
        return (Change.APPEARED if is_new else Change.NOT_COMPARABLE), ()
    if later.is_present:
        return _change_of_text(earlier, later)
    if later.verdict == "mention not found":
        return _change_without_mention(earlier, later)
    return _WITHOUT_TEXT.get(later.verdict, Change.NOT_COMPARABLE), ()


def _change_of_text(earlier: Seen, later: Seen) -> tuple[Change, tuple[Run, ...]]:
    if not (earlier.untrusted_post_text and later.untrusted_post_text):
        return Change.PRESENT, ()
    runs, likeness = _compared(earlier, later)
    if all(run.kind in (Kind.KEPT, Kind.PASSING) for run in runs):
        return Change.UNCHANGED, runs if any(run.kind is Kind.PASSING for run in runs) else ()
    is_same_post = (earlier.is_post_known and later.is_post_known) or likeness >= _MIN_LIKENESS
    return (Change.EDITED, runs) if is_same_post else (Change.ANOTHER_TEXT, ())


def _change_without_mention(earlier: Seen, later: Seen) -> tuple[Change, tuple[Run, ...]]:
    """The name is gone from the page. If the post still stands there without it, it was edited."""
    if earlier.untrusted_post_text and later.untrusted_post_text:
        runs, likeness = _compared(earlier, later)
        if likeness >= _MIN_LIKENESS:
            return Change.EDITED, runs
    return Change.ABSENT, ()


def _compared(earlier: Seen, later: Seen) -> tuple[tuple[Run, ...], float]:
    """The runs, and which part of the words is the same (0..1)."""
    before, after = (tokens_from_text(one.untrusted_post_text) for one in (earlier, later))
    runs = _merged(_runs(before, after, later.at - earlier.at))
    same = sum(size for _, _, size in _matching(before, after))
    in_order = 2 * same / (len(before) + len(after) or 1)
    return tuple(runs), max(in_order, _likeness_of_pairs(before, after))


def _likeness_of_pairs(before: Sequence[Token], after: Sequence[Token]) -> float:
    """Dice's coefficient over pairs of neighbours: paragraphs in another order are still the same post."""
    old, new = (Counter(itertools.pairwise(token.key for token in one)) for one in (before, after))
    return 2 * (old & new).total() / (old.total() + new.total() or 1)


def _matching(before: Sequence[Token], after: Sequence[Token]) -> list[tuple[int, int, int]]:
    """Blocks (from, from, size) that are alike, with the same beginning and the same end taken off first."""
    old, new = [token.key for token in before], [token.key for token in after]
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    is_long = max(len(old), len(new)) > _MAX_EXACT_TOKENS
    found = difflib.SequenceMatcher(None, old, new, autojunk=is_long).get_matching_blocks()
    blocks = [(head + one.a, head + one.b, one.size) for one in found]
    return [(0, 0, head), *blocks, (len(before) - tail, len(after) - tail, tail)]


def _runs(before: Sequence[Token], after: Sequence[Token], elapsed: timedelta) -> Iterator[Run]:
    at_a = at_b = 0
    for from_a, from_b, size in _matching(before, after):
        yield from _gap(before[at_a:from_a], after[at_b:from_b])
        for old, new in zip(before[from_a : from_a + size], after[from_b : from_b + size], strict=True):
            yield from _pair(old, new, elapsed)
        at_a, at_b = from_a + size, from_b + size
    yield from _gap(before[at_a:], after[at_b:])


def _pair(old: Token, new: Token, elapsed: timedelta) -> Iterator[Run]:
    if old.untrusted_text == new.untrusted_text:
        yield Run(Kind.KEPT, new.untrusted_text)
    elif has_passed(old, new, elapsed):
        yield Run(Kind.PASSING, new.untrusted_text, old.untrusted_text)
    else:
        yield Run(Kind.REMOVED, old.untrusted_text)
        yield Run(Kind.ADDED, new.untrusted_text)


def _gap(removed: Sequence[Token], added: Sequence[Token]) -> Iterator[Run]:
    """Counters that come with the first like, and marks of an edit, come by themselves; ages do not."""
    by_itself = (Passing.COUNTER, Passing.LABEL)
    for tokens, kind in ((removed, Kind.REMOVED), (added, Kind.ADDED)):
        for token in tokens:
            if token.passing not in by_itself:
                yield Run(kind, token.untrusted_text)
            elif kind is Kind.REMOVED:
                yield Run(Kind.PASSING, "", token.untrusted_text)
            else:
                yield Run(Kind.PASSING, token.untrusted_text)


def _merged(runs: Iterator[Run]) -> Iterator[Run]:
    for kind, group in itertools.groupby(runs, key=lambda run: run.kind):
        if kind is Kind.PASSING:
            yield from group
        else:
            yield Run(kind, _joined([run.untrusted_text for run in group]))


def _joined(texts: Sequence[str]) -> str:
    """Words with a blank between them, hanzi and the like without."""
    out = ""
    for text in texts:
        is_close = not out or (_is_unspaced(text[0]) and _is_unspaced(out[-1]))
        out += text if is_close else f" {text}"
    return out


def _is_unspaced(char: str) -> bool:
    return "\u3000" <= char <= "\u9fff" or "\u0e00" <= char <= "\u0eff" or "\uf900" <= char <= "\uffef"
