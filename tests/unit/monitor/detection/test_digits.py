"""Every way of writing digits becomes one stream that knows where each digit stood."""

import pytest

from monitor.detection.digits import NOT_A_DIGIT, Source, digit_stream
from monitor.detection.folding import fold_batch


def digits_of(text: str) -> str:
    return "".join(str(value) for value in digit_stream(fold_batch([text])).values if value != NOT_A_DIGIT)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("treinta y tres, dieciocho, cero nueve", "331809"),
        ("trinta e dois, zero, meia, sete", "32067"),
        ("twenty-four, thirty, five", "24305"),
        ("double nine eight triple zero", "998000"),
        ("44 3fiveeight", "44358"),
        ("девять5ноль-один-два", "95012"),
        ("ศูนย์ ๙ ห้า 00", "09500"),
        ("صفر٥٤٣ تسعة٠٨", "0543908"),
        ("1五9oo27三三l8", "15900273318"),
        ("幺三八〇〇", "13800"),
        ("O711 9O8", "0711908"),
        ("0975 ooo 683", "0975000683"),
    ],
)
def test_spelled_out_and_disguised_digits_are_read(text: str, digits: str) -> None:
    assert digits_of(text) == digits


def test_number_words_inside_other_words_are_not_read() -> None:
    assert digits_of("bone phone ones threesome 0 1 2 3 4") == "01234"


def test_each_digit_knows_how_it_was_written_and_where() -> None:
    batch = fold_batch(["7 七 l7 seven seven"])
    stream = digit_stream(batch)
    assert [Source(source) for source in stream.sources.tolist()] == [
        Source.FIGURE,
        Source.HANZI,
        Source.LETTER,
        Source.FIGURE,
        Source.WORD,
        Source.WORD,
    ]
    spans = zip(stream.begins.tolist(), stream.ends.tolist(), strict=True)
    assert [batch.text[begin:end] for begin, end in spans] == ["7", "七", "l", "7", "seven", "seven"]


def test_documents_are_kept_apart() -> None:
    assert digit_stream(fold_batch(["12", "34"])).values.tolist() == [1, 2, NOT_A_DIGIT, 3, 4]
