"""What others would search with, each with spans in the original text; measures nothing itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import ahocorasick
import ahocorasick_rs
import daachorse

from monitor.detection.folding import fold_batch, skeleton_term

_POSTS_AT_ONCE = 2_000
Scan = Callable[[Sequence[str]], int]
"""From posts to how many finds."""


def raw_scan(patterns: Sequence[str], posts: Sequence[str]) -> Callable[[], int]:
    """daachorse over text that is folded and joined already: no folding, no offsets, no spans. The limit."""
    automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(patterns))
    starts = range(0, len(posts), _POSTS_AT_ONCE)
    texts = [fold_batch(posts[start : start + _POSTS_AT_ONCE]).skeleton.text for start in starts]
    return lambda: sum(len(automaton.find_overlapping(text)) for text in texts)


def pyahocorasick(patterns: Sequence[str], _: Sequence[str]) -> Scan:
    """Fold character by character, search, lead back to the original."""
    automaton = ahocorasick.Automaton()
    for pattern in patterns:
        automaton.add_word(pattern, len(pattern))
    automaton.make_automaton()

    def scan(posts: Sequence[str]) -> int:
        found = 0
        for post in posts:
            folded, offsets = _per_character_fold(post)
            for end, length in automaton.iter(folded):
                found += offsets[end] >= offsets[end - length + 1]
        return found

    return scan


def ahocorasick_rust(patterns: Sequence[str], posts: Sequence[str]) -> Scan:
    """str.translate drops what the skeleton drops; offsets are worked out only for posts with a find."""
    implementation = ahocorasick_rs.Implementation.ContiguousNFA
    automaton = ahocorasick_rs.AhoCorasick(patterns, implementation=implementation)
    table = {ord(char): skeleton_term(char) for char in set("".join(posts))}

    def scan(posts: Sequence[str]) -> int:
        found = 0
        for post in posts:
            hits = automaton.find_matches_as_indexes(post.translate(table), overlapping=True)
            if hits:
                offsets = [offset for offset, char in enumerate(post) for _ in table.get(ord(char), char)]
                found += sum(offsets[end - 1] >= offsets[begin] for _, begin, end in hits)
        return found

    return scan


def flashtext(patterns: Sequence[str], _: Sequence[str]) -> Scan | None:
    """Words in a trie of dictionaries, as written; None where the package is not installed."""
    try:
        from flashtext import KeywordProcessor  # noqa: PLC0415  # an optional peer
    except ImportError:
        return None
    processor = KeywordProcessor()
    for pattern in patterns:
        processor.add_keyword(pattern)

    def scan(posts: Sequence[str]) -> int:
        return sum(len(processor.extract_keywords(post, span_info=True)) for post in posts)

    return scan


def alternation(patterns: Sequence[str], _: Sequence[str]) -> Scan:
    """One regular expression of all patterns over the folded post."""
    pattern = re.compile("|".join(map(re.escape, patterns)))

    def scan(posts: Sequence[str]) -> int:
        return sum(sum(1 for _ in pattern.finditer(_per_character_fold(post)[0])) for post in posts)

    return scan


def _per_character_fold(text: str) -> tuple[str, list[int]]:
    out: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        for part in unicodedata.normalize("NFKD", char).casefold():
            if not unicodedata.combining(part) and part.isalnum():
                out.append(part)
                offsets.append(offset)
    return "".join(out), offsets
