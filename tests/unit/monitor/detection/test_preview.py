"""What a person is shown before a term is registered."""

import pytest

from monitor.detection.disguises import disguised_forms
from monitor.detection.model import Document, TermKind, WatchedSubject
from monitor.detection.preview import preview
from monitor.detection.terms import term_from_text
from monitor.detection.watchlist import compile_watchlist


def test_a_phone_shows_a_dozen_disguises_and_what_is_another_number() -> None:
    shown = preview(term_from_text(TermKind.PHONE, "+639175502816"))
    assert len(shown.will_match) >= 12
    assert "639175502817" in shown.will_not_match
    assert not shown.needs_second_identifier


def test_every_example_that_is_shown_is_found_by_the_matcher() -> None:
    shown = preview(term_from_text(TermKind.NAME, "王国庆"))
    watchlist = compile_watchlist([WatchedSubject(id="x", names=("王国庆",))])
    found = {
        one.document.id
        for one in watchlist.find([Document(id=text, untrusted_text=text) for text in shown.will_match])
    }
    assert found == set(shown.will_match)
    assert {"王 国 庆", "王國慶", "Wang Guoqing"} <= found


def test_every_example_that_will_not_match_is_passed_over() -> None:
    shown = preview(term_from_text(TermKind.HANDLE, "@ana.kovi"))
    watchlist = compile_watchlist([WatchedSubject(id="x", handles=("@ana.kovi",))])
    assert shown.will_not_match
    assert (
        list(watchlist.find([Document(id=text, untrusted_text=text) for text in shown.will_not_match])) == []
    )


@pytest.mark.parametrize(
    ("name", "level"), [("张伟", "very common"), ("方便", "ordinary word"), ("Grace", "ordinary word")]
)
def test_common_and_ordinary_names_need_a_second_identifier(name: str, level: str) -> None:
    shown = preview(term_from_text(TermKind.NAME, name))
    assert shown.commonness == level
    assert shown.needs_second_identifier
    assert "second identifier" in shown.sentence


def test_a_place_alone_finds_nothing_and_says_so() -> None:
    shown = preview(term_from_text(TermKind.PLACE, "Ecatepec"))
    assert shown.will_match == ()
    assert "only supports" in shown.sentence


@pytest.mark.parametrize("kind", list(TermKind))
def test_every_kind_has_disguises(kind: TermKind) -> None:
    value = (
        "+639175502816"
        if "phone" in kind.value
        else "ana_kovi@mail.example"
        if kind is TermKind.EMAIL
        else "Ana Kovi 123456"
    )
    assert disguised_forms(kind, value)
