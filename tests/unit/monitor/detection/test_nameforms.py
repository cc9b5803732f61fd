"""The forms under which a name is looked for."""

from monitor.detection.folding import skeleton_term
from monitor.detection.nameform import Shape
from monitor.detection.nameforms import name_forms, weak_forms


def skeletons(name: str) -> set[str]:
    return {form.skeleton for form in name_forms(name)}


def test_the_first_form_is_the_name_as_it_was_given() -> None:
    assert name_forms("Maria de la Cruz")[0].skeleton == "mariadelacruz"
    assert name_forms("張偉")[0].skeleton == "张伟"


def test_order_is_swapped_and_middle_names_and_second_surnames_fall_away() -> None:
    forms = skeletons("Guadalupe Rosario Mendoza Tapia")
    assert {
        "mendozatapiaguadaluperosario",
        "guadalupemendoza",
        "guadalupemendozatapia",
        "guadalupetapia",
    } <= forms


def test_particles_stay_with_their_surname_and_may_be_dropped() -> None:
    forms = skeletons("Maria Luisa dela Cruz")
    assert {"mariadelacruz", "marialuisacruz", "delacruzmarialuisa"} <= forms
    assert "marialuisadela" not in forms


def test_two_given_names_without_the_surname_are_hardly_certain() -> None:
    (form,) = [form for form in name_forms("Maria Luisa dela Cruz") if form.skeleton == "marialuisa"]
    assert form.certainty <= 0.25


def test_pinyin_has_both_orders_and_the_readings_of_surnames() -> None:
    assert {"shanguoqing", "guoqingshan", "danguoqing"} <= skeletons("单国庆")
    assert {"zenghua", "huazeng"} <= skeletons("曾华")


def test_a_form_says_where_its_words_begin() -> None:
    form = name_forms("Maria de la Cruz")[0]
    assert form.shape is Shape.WORDS
    assert form.breaks == (5,)
    assert form.soft_breaks == (7, 9)


def test_single_words_have_no_weak_parts() -> None:
    assert weak_forms("Cahaya") == []
    assert [form.skeleton for form in weak_forms("Priya de Nair")] == ["priya", "nair"]


def test_a_name_without_letters_has_no_forms() -> None:
    assert name_forms("...") == []


def test_hanzi_may_be_taken_apart() -> None:
    assert {"弓长伟", "张亻韦", "弓长亻韦"} <= skeletons("张伟")
    assert "连凯亻桀" in skeletons("連凱傑")


def test_all_characters_but_one_may_be_spelled_by_sound_or_set_apart_by_an_x() -> None:
    assert {"zuo宗yue", "左zongyue", "左x宗x悦"} <= skeletons("左宗悅")


def test_arabic_particles_join_the_name() -> None:
    joined = {skeleton_term(letters) for letters in ("ويوسفالبلوشي", "ليوسفالبلوشي")}
    assert joined <= skeletons("يوسف البلوشي")
