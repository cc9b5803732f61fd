"""What folding promises to matching: one form for every disguise, and the way back to the original."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detection.folding import fold, fold_batch, fold_term, skeleton_term

ANY_TEXT = st.text(st.characters(), max_size=60)
TRICKY = st.text(
    st.sampled_from("aB0①㉑ßﬁé\u0301\u200b\ufe0f\u20e3张張 \n\x1eсаЁẞ⒈🄂🅐ñก้क़\ud800½"), max_size=40
)


@pytest.mark.parametrize(
    "disguised",
    [
        "138",
        "１３８",
        "①③⑧",
        "❶❸❽",
        "⓵⓷⓼",
        "➀➂➇",
        "➊➌➑",
        "⑴⑶⑻",
        "⒈⒊⒏",
        "🄂🄄🄉",
        "1️⃣3️⃣8️⃣",
        "١٣٨",
        "۱۳۸",
        "१३८",
        "১৩৮",
        "๑๓๘",
        "௧௩௮",
        "౧౩౮",
        "𝟏𝟑𝟖",
        "¹³⁸",
        "1\u200b3\u200d8",
        "🯱🯳🯸",
    ],
)
def test_digits_of_every_kind_become_ascii_digits(disguised: str) -> None:
    assert fold(disguised).text == "138"


@pytest.mark.parametrize(
    ("original", "folded"),
    [
        ("Ｍａｒｉａ", "maria"),
        ("𝓜𝓪𝓻𝓲𝓪", "maria"),
        ("🅜🅐🅡🅘🅐", "maria"),
        ("Mаriа", "maria"),  # Cyrillic а
        ("Μaria", "maria"),  # Greek capital Mu
        ("Nguyễn Thị Ánh Đào", "nguyen thi anh dao"),
        ("STRASSE Straße", "strasse strasse"),
        ("ﬁlm Æsop Œuvre", "film aesop oeuvre"),
        ("張偉 国慶 囯庆", "张伟 国庆 国庆"),
        ("Yılmaz İpek", "yilmaz ipek"),
        ("so\u00adft zero\u200bwidth", "soft zerowidth"),
        ("ａ\u3000ｂ！", "a b!"),
        ("أحمد بـــلال", "احمد بلال"),
    ],
)
def test_disguised_and_plain_spellings_fold_to_the_same_text(original: str, folded: str) -> None:
    assert fold(original).text == folded


def test_russian_stays_russian_and_its_latin_letters_become_cyrillic() -> None:
    assert fold("Роман Сорока").text == "роман сорока"
    assert fold("мошеннiк вoр Дoлгов").text.endswith("долгов")


def test_a_word_that_passes_for_both_scripts_follows_the_document() -> None:
    assert fold("он взял деньги, Pоmaн").text.endswith("роман")
    assert fold("he took the money, Маmа").text.endswith("mama")


def test_marks_of_indic_and_thai_scripts_are_kept() -> None:
    assert fold("ชื่อ").text == "ชื่อ"
    assert fold("ज्योति").text == "ज्योति"
    assert fold("কী").text == "কী"


def test_hanzi_numerals_are_not_digits_because_names_contain_them() -> None:
    assert fold("王一").text == "王一"


def test_a_fraction_does_not_become_digits() -> None:
    assert not any(char.isdecimal() for char in fold("½").text)


def test_separators_fall_out_of_the_skeleton_only() -> None:
    assert skeleton_term("s. c-a 🔸m") == "scam"
    assert fold_term("s. c-a  m") == "s. c-a m"


def test_a_span_ends_after_the_marks_that_belong_to_its_last_character() -> None:
    folded = fold("x e\u0301 5\ufe0f\u20e3!")
    begin = folded.text.index("5")
    assert folded.original[slice(*folded.span(begin, begin + 1))] == "5\ufe0f\u20e3"
    assert folded.span(2, 3) == (2, 4)


@given(st.lists(ANY_TEXT | TRICKY, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_a_batch_folds_every_text_as_if_it_were_alone(texts: list[str]) -> None:
    clean = [text.replace("\x1e", "") for text in texts]
    batch = fold_batch(clean)
    assert batch.text.split("\x1e") == [fold(text).text for text in clean]


@given(ANY_TEXT | TRICKY)
@settings(max_examples=300, deadline=None)
def test_spans_lead_back_to_the_substring_that_was_folded(text: str) -> None:
    """Every folded character lies in order inside the original, and folding the span again contains it."""
    folded = fold(text)
    assert len(folded.starts) == len(folded.text)
    for index, char in enumerate(folded.text):
        start, end = folded.span(index, index + 1)
        assert 0 <= start < end <= len(text)
        if unicodedata.category(char)[0] != "L":  # letters may take the script of their word
            assert char in fold(text[start:end]).text
    positions = [int(start) for start in folded.starts]
    assert positions == sorted(positions)


@given(ANY_TEXT | TRICKY)
@settings(max_examples=200, deadline=None)
def test_folding_is_idempotent(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


def test_folding_every_character_alone_is_idempotent() -> None:
    everything = "\n\n".join(chr(code) for code in range(sys.maxunicode + 1) if code != 0x1E)
    once = fold(everything).text
    assert fold(once).text == once


def test_locate_gives_the_document_and_its_own_code_points() -> None:
    batch = fold_batch(["", "ab\u200bc", "xab"])
    first = batch.text.index("abc")
    assert batch.locate(first, first + 3) == (1, 0, 4)
    second = batch.text.index("ab", first + 1)
    assert batch.locate(second, second + 2) == (2, 1, 3)


def test_words_begin_after_spaces_and_at_inner_capitals_but_not_inside_words() -> None:
    batch = fold_batch(["enJoy joy3 ñandú"])
    begins = [index for index, is_begin in enumerate(batch.boundaries[:-1]) if is_begin]
    assert [batch.text[index:] for index in begins] == [
        "enjoy joy3 nandu",
        "joy joy3 nandu",
        " joy3 nandu",
        "joy3 nandu",
        "3 nandu",
        " nandu",
        "nandu",
    ]


def test_fifty_thousand_combining_marks_and_ten_megabytes_fold_in_seconds() -> None:
    assert fold("e" + "\u0301" * 50_000).text == "e"
    assert len(fold("ab 张" * 2_500_000).text) == 10_000_000


@given(TRICKY)
@settings(max_examples=100, deadline=None)
def test_zero_width_characters_change_nothing(text: str) -> None:
    assert fold("\u200b".join(text)).text == fold(text).text


@given(ANY_TEXT | TRICKY)
@settings(max_examples=300, deadline=None)
def test_terms_are_folded_into_the_same_space_as_batches(text: str) -> None:
    clean = text.replace("\x1e", "")
    batch = fold_batch([clean])
    assert fold_term(clean) == " ".join(batch.text.split())
    assert skeleton_term(clean) == batch.skeleton.text
