"""A name is found where it stands as a name, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.model import Document, WatchedSubject
from monitor.detection.watchlist import compile_watchlist


def certainty(name: str, text: str) -> float:
    """The certainty of the surest mention, 0.0 without one."""
    watchlist = compile_watchlist([WatchedSubject(id="x", names=(name,))])
    found = list(watchlist.find([Document(id="d", untrusted_text=text)]))
    return max((mention.certainty for one in found for mention in one.mentions), default=0.0)


def test_an_ordinary_word_counts_little_alone_and_more_where_only_a_person_fits() -> None:
    alone = certainty("方便", "停车很方便，下次再来")
    person = certainty("方便", "老赖方便，身份证")
    assert 0 < alone <= 0.3
    assert person >= 0.5


def test_a_name_that_two_readings_share_is_less_certain_than_a_clear_one() -> None:
    assert certainty("张伟", "张伟大") < certainty("张伟", "张伟欠钱") == 0.7


def test_capitals_that_differ_between_the_words_make_a_name_of_words_doubtful() -> None:
    assert certainty("Hope Chukwuma", "we can only hope Chukwuma wins") < 0.4
    assert certainty("Hope Chukwuma", "HOPE CHUKWUMA is wanted") > 0.7
    assert certainty("Hope Chukwuma", "Hope Chukwuma is wanted") > 0.7


def test_accents_may_be_missing_but_not_be_others() -> None:
    assert certainty("An Đỗ", "An Do") > 0.7
    assert certainty("An Đỗ", "ăn dở") < 0.3


def test_a_comma_stands_only_after_a_family_name_put_first() -> None:
    assert certainty("Maria Santos", "Santos, Maria") > 0.6
    assert certainty("Maria Santos", "Maria, Santos") == 0.0


def test_an_initial_is_less_certain_than_the_name() -> None:
    assert 0.3 < certainty("Bayani Villamor", "B. Villamor") < certainty("Bayani Villamor", "Bayani Villamor")


def test_initials_are_capitals_or_have_a_full_stop_and_belong_to_no_one_else() -> None:
    assert certainty("Agus Christian", "A. Christian ran") > 0.4
    assert certainty("Agus Christian", "i am a christian") < 0.2
    assert certainty("Blessing Davis", "Ann B. Davis acted") < 0.3
    assert certainty("Ann Brown", "@A_Brown_30") == 0.0


def test_a_name_inside_a_handle_is_less_certain() -> None:
    assert 0 < certainty("David Thomas", "@BetoDavidThomas hi") < 0.4


def test_pinyin_is_less_certain_than_hanzi() -> None:
    assert 0 < certainty("王国庆", "Wang Guoqing") < certainty("王国庆", "王国庆")


@pytest.mark.parametrize(
    "text", ["xmaria santos", "maria santosa", "Mariasantosa", "mariam santos", "maria (not) santos"]
)
def test_a_name_is_never_found_inside_longer_words(text: str) -> None:
    assert certainty("Maria Santos", text) == 0.0


@given(
    st.lists(st.sampled_from(["\u200b", "\u200d", "\u00ad", "\ufe0f", "\u2060"]), min_size=11, max_size=11)
)
@settings(max_examples=60, deadline=None)
def test_invisible_characters_never_hide_a_name(gaps: list[str]) -> None:
    written = "".join(char + gap for char, gap in zip("Maria Santos", [*gaps, ""], strict=True))
    assert certainty("Maria Santos", written) == certainty("Maria Santos", "Maria Santos")


@given(st.text(st.sampled_from("张伟国王大 .,，\n王李😀"), max_size=30))
@settings(max_examples=200, deadline=None)
def test_hanzi_between_two_characters_of_a_name_always_part_them(text: str) -> None:
    """Whatever surrounds it, no find holds a hanzi that the name does not hold."""
    watchlist = compile_watchlist([WatchedSubject(id="x", names=("张伟",))])
    for found in watchlist.find([Document(id="d", untrusted_text=text)]):
        for mention in found.mentions:
            assert {char for char in mention.text if char >= "\u4e00"} <= {"张", "伟", "😀", "，"}
            assert mention.text[0] == "张"
            assert mention.text[-1] == "伟"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dorcas Chebet Kiplagat", "Dorcas Chebet Rono won the race"),
        ("Hussein Abdalla Makame", "Hussein Abdalla Mwinyi"),
        ("Barreto Nogueira Lima", "Clara Nogueira Lima canta hoje"),
        ("Sunita Chauhan", "Sunita Chauhan-Mehra opened the camp"),
        ("Anne Delaunay", "Marie-Anne Delaunay chante"),
        ("Rakesh Tandel", "Rakesh Tandel Memorial School"),
        ("Slamet Riyadi", "macet di Jalan Slamet Riyadi"),
        ("মিতালী ঘোষ", "মিতালী ঘোষাল ভালো গায়"),
    ],
)
def test_what_stands_beside_it_makes_it_the_name_of_another_or_of_a_place(name: str, text: str) -> None:
    assert certainty(name, text) < 0.25


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dorcas Chebet Kiplagat", "Dorcas Chebet owes me"),
        ("Dorcas Chebet Kiplagat", "DORCAS CHEBET WANTED"),
        ("Dorcas Chebet Kiplagat", "Dorcas Chebet Is A Thief"),
        ("Rakesh Tandel", "lent rakesh tandel school fees"),
        ("মিতালী ঘোষ", "মিতালী ঘোষকে সবাই চেনে"),
        ("Ebenezer Kwaku Antwi", "E. K. Antwi signed"),
        ("Dorcas Chebet Kiplagat", "KIPLAGAT, DORCAS C. (officer)"),
        ("Гордеева Инна Сергеевна", "Гордеева И. С. не платит"),
        ("Гордеева Инна Сергеевна", "И.С. Гордеева"),
    ],
)
def test_what_stands_beside_it_leaves_it_the_name(name: str, text: str) -> None:
    assert certainty(name, text) >= 0.3


def test_vietnamese_relatives_share_all_but_the_given_name() -> None:
    assert certainty("Trần Thị Mỹ Duyên", "Trần Thị Mỹ Linh vỡ hụi") == 0.0
    assert certainty("Trần Thị Mỹ Duyên", "Trần Mỹ Duyên vỡ hụi") > 0.3


def test_words_in_a_sentence_with_commas_are_no_name_in_arabic_either() -> None:
    assert certainty("كريم صالح", "القرآن كريم، صالح لكل زمان") == 0.0


def test_bopomofo_with_tone_marks_is_read_as_without() -> None:
    assert certainty("簡承翰", "簡承ㄏㄢˋ欠錢") > 0.5
