"""The hashed search finds exactly what a plain automaton finds, with the same checks behind it."""

from collections.abc import Iterator

import daachorse
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.digits import NOT_A_DIGIT, digit_stream
from monitor.detection.finds import LEAST_CERTAINTY, Find, finds_in
from monitor.detection.folding import FoldedBatch, fold_batch
from monitor.detection.leet import leet_term, leet_view
from monitor.detection.masks import fits_mask, masked_numbers
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.nameform import NameForm, Shape
from monitor.detection.names import View
from monitor.detection.patterns import DigitPattern, Owner, TextPattern, patterns_of
from monitor.detection.phones import accept
from monitor.detection.watchindex import WatchIndex

NAMES = [
    "Ana Lim", "Lim Ana", "Al Ili", "Maria Kovi dela Cruz", "Ana Maria Kovi", "Mary-Ann Kovimo", "Joy", "An Đỗ", "Jo Li",
    "张伟", "王国庆", "欧阳雪梅", "张 伟", "Мария Иванова", "Сергей Кузнецов", "प्रिया शर्मा", "ราชา ใจดี", "A B Abcdefghijklmnopqrstuvwxyzabcdefghi",
]  # fmt: skip
NUMBERS = ["+8613800138000", "+639175502816", "+6591234567", "+5491123456789"]
IDS = ["11010519491231002X", "4509123456", "AB123456"]
HANDLES = ["@ana.lim", "@joy", "@kovi_77"]
EMAILS = ["ana.lim@example.org", "j@b.co"]
GLUE = [
    " ",
    "",
    ".",
    "\n",
    ", ",
    "!",
    "@",
    "ж",
    "ბ",
    "é",
    "x",
    "0",
    "1",
    " one ",
    "five",
    "\u200b",
    "张",
    "-",
    "***",
    "(",
    "'",
]
LEET = str.maketrans("aeiol", "43!01")

subjects = st.builds(
    WatchedSubject,
    id=st.text("abc", min_size=1, max_size=3),
    names=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
    aliases=st.lists(st.sampled_from(NAMES), max_size=1).map(tuple),
    phones=st.lists(st.sampled_from(NUMBERS), max_size=2).map(tuple),
    ids=st.lists(st.sampled_from(IDS), max_size=2).map(tuple),
    handles=st.lists(st.sampled_from(HANDLES), max_size=1).map(tuple),
    emails=st.lists(st.sampled_from(EMAILS), max_size=1).map(tuple),
)
terms = st.sampled_from([*NAMES, *NUMBERS, *(number[3:] for number in NUMBERS), *IDS, *HANDLES, *EMAILS])
written = st.one_of(
    terms,
    terms.map(str.upper),
    terms.map(lambda term: term.translate(LEET)),
    terms.map(" ".join),
    terms.map(lambda term: term.replace(" ", "")),
    terms.map(lambda term: term[:4] + "****" + term[-3:]),
    terms.map(lambda term: term.replace("1", " one ").replace("8", "八").replace("0", "o")),
    st.just("nineonetwothreefourfivesixseven"),
    st.text(st.sampled_from("anлimjoy张伟 王0178.@!"), max_size=8),
)
texts = st.lists(st.one_of(written, st.sampled_from(GLUE)), max_size=8).map("".join)


def plain_finds(watched: list[WatchedSubject], batch: FoldedBatch) -> Iterator[tuple[object, ...]]:
    patterns = [pattern for index, one in enumerate(watched) for pattern in patterns_of(index, one)]
    names = [pattern for pattern in patterns if isinstance(pattern, TextPattern)]
    view = View(places=batch.skeleton.places, boundaries=batch.boundaries)
    for first, last, pattern in hits(batch.skeleton.text, names, str):
        begin, end = int(view.places[first]), int(view.places[last - 1]) + 1
        if pattern.owner.kind is TermKind.HANDLE and batch.text[begin - 1 : begin] == "@":
            begin -= 1
        yield pattern.owner, begin, end, pattern.check(batch, view, first, last, pattern.form)
    leet = leet_view(batch)
    for first, last, pattern in hits(leet.text, names, leet_term) if leet else ():
        form = pattern.form
        if not isinstance(form, NameForm) or form.shape is Shape.HANZI or not form.skeleton.isascii():
            continue
        begin, end = int(leet.view.places[first]), int(leet.view.places[last - 1]) + 1
        if len(form.skeleton) >= 4 and 0 < leet.is_leet[begin:end].sum() <= 0.6 * (end - begin):
            yield pattern.owner, begin, end, 0.9 * pattern.check(batch, leet.view, first, last, form)
    yield from plain_numbers([pattern for pattern in patterns if isinstance(pattern, DigitPattern)], batch)


def hits(text: str, patterns: list[TextPattern], spelling: object) -> Iterator[tuple[int, int, TextPattern]]:
    by_skeleton: dict[str, list[TextPattern]] = {}
    for pattern in patterns:
        by_skeleton.setdefault(spelling(pattern.form.skeleton), []).append(pattern)  # type: ignore[operator]
    if by_skeleton:
        automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(by_skeleton))
        groups = list(by_skeleton.values())
        for first, last, number in automaton.find_overlapping(text):
            for pattern in groups[number]:
                yield first, last, pattern


def plain_numbers(patterns: list[DigitPattern], batch: FoldedBatch) -> Iterator[tuple[object, ...]]:
    stream = digit_stream(batch)
    digits = "".join("-" if value == NOT_A_DIGIT else str(value) for value in stream.values.tolist())
    for pattern in patterns:
        place = digits.find(pattern.number.digits)
        while place >= 0:
            found = accept(batch, stream, place, place + len(pattern.number.digits), pattern.number)
            if found:
                yield pattern.owner, found.begin, found.end, found.certainty
            place = digits.find(pattern.number.digits, place + 1)
        for masked in masked_numbers(batch):
            if fits_mask(pattern.number, masked):
                yield pattern.owner, masked.begin, masked.end, 0.5


def as_set(finds: Iterator[Find]) -> set[tuple[object, ...]]:
    owners = [(find, Owner(find.owner.subject, find.owner.kind, find.owner.term)) for find in finds]
    return {(owner, find.begin, find.end, round(find.certainty, 6)) for find, owner in owners}


def found_in(index: WatchIndex, batch: FoldedBatch) -> list[Find]:
    return list(finds_in(index, batch, np.arange(len(batch.originals))))


@given(st.lists(subjects, min_size=1, max_size=5), st.lists(texts, min_size=1, max_size=4))
@settings(max_examples=250, deadline=None)
def test_what_is_found_is_what_a_plain_automaton_finds(
    watched: list[WatchedSubject], posts: list[str]
) -> None:
    batch = fold_batch(posts)
    expected = {
        (owner, begin, end, round(certainty, 6))  # type: ignore[call-overload]
        for owner, begin, end, certainty in plain_finds(watched, batch)
        if certainty >= LEAST_CERTAINTY  # type: ignore[operator]
    }
    assert as_set(found_in(WatchIndex.of(watched), batch)) == expected


def test_a_word_of_another_script_before_a_handle_does_not_hide_it() -> None:
    index = WatchIndex.of([WatchedSubject(id="x", handles=("@kovi_77",))])
    batch = fold_batch(["ბkovi_77"])
    assert [batch.text[find.begin : find.end] for find in found_in(index, batch)] == ["kovi_77"]


def test_spelled_out_digits_that_run_into_each_other_are_still_read() -> None:
    index = WatchIndex.of([WatchedSubject(id="x", phones=("+6591234567",))])
    batch = fold_batch(["text before", "nineonetwothreefourfivesixseven"])
    assert len(list(found_in(index, batch))) == 1


def test_a_find_in_a_later_document_stands_where_it_stands_in_the_whole_batch() -> None:
    index = WatchIndex.of([WatchedSubject(id="x", names=("Maria Kovi",), phones=("+6591234567",))])
    batch = fold_batch(["nothing", "M4r1a K0vi", "ßß", "call 9123 4567"])
    found = sorted(found_in(index, batch), key=lambda find: find.begin)
    assert [batch.text[find.begin : find.end] for find in found] == ["m4r1a k0vi", "9123 4567"]
