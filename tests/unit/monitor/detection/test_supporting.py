"""What supports an identification that something else has made."""

import pytest

from monitor.detection.folding import fold
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.supporting import Support, masked_pattern

SUBJECT = WatchedSubject(
    id="x", names=("王国庆", "Priya Nair"), places=("常州", "Lima"), employers=("Estética Lupita",)
)


def supports(text: str) -> set[tuple[TermKind, str]]:
    folded = fold(text).text
    return {(kind, folded[begin:end]) for kind, _, begin, end, _ in Support(SUBJECT).find(folded)}


@pytest.mark.parametrize("text", ["王*庆", "王某庆", "王国*", "王某某", "王○庆", "*国庆"])
def test_masked_hanzi_names_support(text: str) -> None:
    assert (TermKind.NAME, text) in supports(f"曝光{text}欠款")


@pytest.mark.parametrize("text", ["P**** N***", "Priya N***", "P. N***", "Pri** Nair"])
def test_masked_latin_names_support(text: str) -> None:
    assert any(kind is TermKind.NAME and "*" in found for kind, found in supports(f"beware {text}, thief"))


def test_other_masked_names_do_not() -> None:
    assert supports("李*庆 王*明 Q**** N*** Priya") == {(TermKind.NAME, "priya")}


def test_places_and_employers_stand_as_words() -> None:
    assert supports("de Lima, Estetica Lupita") == {
        (TermKind.PLACE, "lima"),
        (TermKind.EMPLOYER, "estetica lupita"),
    }
    assert supports("limar climax") == set()
    assert supports("住在常州市") == {(TermKind.PLACE, "常州")}


def test_a_name_of_one_word_has_no_masked_form() -> None:
    assert masked_pattern("Cahaya") == ""


@pytest.mark.parametrize(("text", "alike"), [("章维欠钱", "章维"), ("找張 薇", "张 薇")])
def test_names_that_sound_alike_support_a_second_identifier(text: str, alike: str) -> None:
    folded = fold(text).text
    support = Support(WatchedSubject(id="x", names=("张伟",)))
    assert [(folded[begin:end], certainty) for _, _, begin, end, certainty in support.find(folded)] == [
        (alike, 0.3)
    ]


def test_the_name_itself_and_other_sounds_are_no_homophones() -> None:
    support = Support(WatchedSubject(id="x", names=("张伟",)))
    assert list(support.find("张伟 李薇 章鱼")) == []
