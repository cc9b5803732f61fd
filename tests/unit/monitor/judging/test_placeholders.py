"""Nobody's name or number is left in what a second reader sees."""

from __future__ import annotations

from monitor.detection.model import Document, Mention, TermKind, WatchedSubject
from monitor.detection.watchlist import compile_watchlist
from monitor.judging.placeholders import passage, without_anybody

SUBJECT = WatchedSubject(
    id="s", names=("Analyn Dimasupil",), phones=("+639170004417",), places=("Lipa",), handles=("@analyn_d",)
)


def mentions_in(document: Document) -> tuple[Mention, ...]:
    (found,) = compile_watchlist([SUBJECT]).find([document])
    return found.mentions


def post(text: str, title: str = "", quoted: str = "") -> Document:
    return Document(id="p", untrusted_text=text, untrusted_title=title, untrusted_quoted=quoted)


def test_every_mention_becomes_a_placeholder_and_the_words_stay() -> None:
    document = post(
        "Si Analyn Dimasupil ng Lipa, 0917 000 4417, di nagbabayad!", title="Analyn Dimasupil na naman"
    )
    assert passage(document, mentions_in(document)) == (
        "PERSON na naman | Si PERSON ng Lipa, PHONE, di nagbabayad!"
    )


def test_a_judge_sees_no_place_number_link_or_handle_of_anybody() -> None:
    document = post(
        "Analyn Dimasupil ng Lipa https://fb.com/x?id=1 mail a.b@example.org tawag 0999-888-7766 or @some.one, ₱5,000 lang"
    )
    assert without_anybody(document, mentions_in(document)) == (
        "PERSON ng PLACE LINK mail ID tawag NUMBER or SOMEBODY, ₱5,000 lang"
    )


def test_a_long_post_is_read_where_it_names_the_subject() -> None:
    document = post("a" * 3_000 + " Analyn Dimasupil " + "z" * 3_000)
    read = passage(document, mentions_in(document))
    assert "PERSON" in read
    assert len(read) < 600
    assert read.startswith("a" * 100)
    assert read.endswith("z" * 60)


def test_a_quoted_post_is_read_where_nothing_else_names_the_subject() -> None:
    document = post("see above", quoted="Analyn Dimasupil owes us")
    assert passage(document, mentions_in(document)) == "see above | PERSON owes us"


def test_overlapping_mentions_leave_no_letter_of_either() -> None:
    document = post("Analyn Dimasupil")
    both = [
        Mention(kind=TermKind.NAME, term="x", field="text", start=0, end=10, text="", certainty=1),
        Mention(kind=TermKind.ALIAS, term="x", field="text", start=7, end=16, text="", certainty=1),
    ]
    assert passage(document, both) == "PERSON"
