"""Makes strangers' text printable: whatever hides, turns or towers is shown by its code; nothing is dropped unsaid."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from markupsafe import Markup

# Marks on one letter. Devanagari and Vietnamese need three; a tower of marks covers other lines.
_MARKS_ON_A_LETTER = 4
_LABELS_IN_A_ROW = 4
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){3,}")
_ZWNJ, _ZWJ = "\u200c", "\u200d"
# No format characters by their category, and yet nothing is seen of them.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufff9\ufffa\ufffb")


def visible(untrusted_text: str) -> Markup:
    """The text as HTML, with a small label such as ``U+202E`` for every character that cannot be seen."""
    return Markup("").join(
        Markup('<span class="unseen">{}</span>').format(piece) if is_label else Markup("{}").format(piece)
        for piece, is_label in pieces(untrusted_text)
    )


def pieces(untrusted_text: str) -> Iterator[tuple[str, bool]]:
    """Runs of text that may be printed, and between them labels (True) for what may not.

    Of a long run of unprintable characters the first few are named, and the rest counted.
    """
    text = _EMPTY_LINES.sub("\n\n\n", untrusted_text.replace("\r\n", "\n").replace("\r", "\n"))
    for is_printable, run in itertools.groupby(_judged(text), key=lambda judged: judged[1]):
        chars = [char for char, _ in run]
        if is_printable:
            yield "".join(chars), False
            continue
        for char in chars[:_LABELS_IN_A_ROW]:
            yield f"U+{ord(char):04X}", True
        if len(chars) > _LABELS_IN_A_ROW:
            yield f"+{len(chars) - _LABELS_IN_A_ROW}", True


def _judged(text: str) -> Iterator[tuple[str, bool]]:
    marks = 0
    for at, char in enumerate(text):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        yield char, marks <= _MARKS_ON_A_LETTER and _is_printable(text, at, category)


def _is_printable(text: str, at: int, category: str) -> bool:
    char = text[at]
    if char in "\n\t":
        return True
    if char in (_ZWNJ, _ZWJ):
        return _joins(text, at)
    if "\ufe00" <= char <= "\ufe0f":  # which form of the character before: emoji or text
        return at > 0 and not text[at - 1].isspace() and not text[at - 1].isascii()
    if "\U0001f000" <= char <= "\U0001faff":  # pictures that this Python may be too old to know
        return True
    return category not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and char not in _UNSEEN


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands where languages and emoji need it: within a script that joins, or between pictures."""
    before = text[at - 1] if at else ""
    if not before:
        return False
    return _needs_joiners(before) or unicodedata.category(before) in ("So", "Sk") or before == "\ufe0f"


def _needs_joiners(char: str) -> bool:
    code = ord(char)
    # Arabic to Sinhala with all of India's scripts; Khmer, Myanmar, Mongolian.
    return 0x0600 <= code <= 0x0DFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x18AF
