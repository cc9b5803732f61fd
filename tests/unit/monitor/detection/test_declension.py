"""Russian names in their cases."""

import pytest

from monitor.detection.declension import declined, declined_pairs, is_cyrillic
from monitor.detection.folding import fold_term
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.watchlist import compile_watchlist


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Сергей Кузнецов", "верните деньги Сергею Кузнецову"),
        ("Гарифуллина Алия Рашитовна", "кто знает Алию Гарифуллину"),
        ("Роман Долгов", "объявление о Долгове Романе"),
        ("Вера Любимова", "долг Веры Любимовой"),
        ("Оксана Шевченко", "передайте Оксане Шевченко"),
        ("Анна Вольская", "ищем Анну Вольскую"),
    ],
)
def test_a_name_is_found_in_every_case(name: str, text: str) -> None:
    watchlist = compile_watchlist([WatchedSubject(id="x", names=(name,))])
    (found,) = watchlist.find([Document(id="d", untrusted_text=text)])
    assert found.identity > 0.5


def test_given_name_and_surname_stand_in_the_same_case() -> None:
    watchlist = compile_watchlist([WatchedSubject(id="x", names=("Сергей Кузнецов",))])
    found = watchlist.find([Document(id="d", untrusted_text="Сергею Кузнецова не видно")])
    assert all(one.identity < 0.5 for one in found)


def test_regular_words_have_five_oblique_cases_and_others_none() -> None:
    assert declined(fold_term("Игорь")) == ("игоря", "игорю", "игоря", "игорем", "игоре")
    assert declined(fold_term("Шевченко")) == ()


def test_only_names_in_cyrillic_are_declined() -> None:
    assert declined_pairs(["anna", "volskaya"]) == []
    assert not is_cyrillic("anna")
    assert not is_cyrillic("")
