"""Addresses, handles and ids are found by themselves only."""

import pytest

from monitor.detection.identifiers import handle_from_text
from monitor.detection.model import Document, TermKind, WatchedSubject
from monitor.detection.watchlist import compile_watchlist


def kinds_in(subject: WatchedSubject, text: str) -> list[tuple[TermKind, str]]:
    watchlist = compile_watchlist([subject])
    documents = [Document(id="d", untrusted_text=text)]
    return [(mention.kind, mention.text) for found in watchlist.find(documents) for mention in found.mentions]


@pytest.mark.parametrize(
    "raw",
    [
        "@Ana.Kovi",
        "ana.kovi",
        "t.me/ana.kovi",
        "https://www.instagram.com/ana.kovi/?hl=id",
        "https://x.example/@ana.kovi",
    ],
)
def test_a_handle_is_the_same_with_sign_and_as_a_profile_address(raw: str) -> None:
    assert handle_from_text(raw) == "ana.kovi"


def test_the_sign_belongs_to_the_span_of_a_handle() -> None:
    subject = WatchedSubject(id="x", handles=("ana.kovi",))
    assert kinds_in(subject, "ask @ana.kovi!") == [(TermKind.HANDLE, "@ana.kovi")]


def test_a_short_handle_is_found_only_with_its_sign() -> None:
    subject = WatchedSubject(id="x", handles=("ana",))
    assert kinds_in(subject, "ana went home") == []
    assert kinds_in(subject, "@ana went home") == [(TermKind.HANDLE, "@ana")]


def test_an_id_with_brackets_keeps_them() -> None:
    assert kinds_in(WatchedSubject(id="x", ids=("K482910(3)",)), "id K482910(3).") == [
        (TermKind.NATIONAL_ID, "K482910(3)")
    ]


def test_an_id_of_digits_is_found_in_groups_and_in_other_digits() -> None:
    subject = WatchedSubject(id="x", ids=("3275031407960005",))
    assert kinds_in(subject, "NIK 3275 0314 0796 0005") == [(TermKind.NATIONAL_ID, "3275 0314 0796 0005")]
    assert kinds_in(subject, "NIK ３２７５０３１４０７９６０００５") == [
        (TermKind.NATIONAL_ID, "３２７５０３１４０７９６０００５")
    ]
    assert kinds_in(subject, "NIK 32750314079600051") == []


def test_an_address_inside_a_longer_one_is_not_found() -> None:
    subject = WatchedSubject(id="x", emails=("ana@mail.example",))
    assert kinds_in(subject, "ana@mail.example.net xana@mail.example ana@mail.examples") == []
    assert kinds_in(subject, "ANA (at) mail (dot) example") == [
        (TermKind.EMAIL, "ANA (at) mail (dot) example")
    ]
