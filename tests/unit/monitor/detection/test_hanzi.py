"""Whether hanzi that spell a name are a name or parts of other words."""

import pytest

from monitor.detection.hanzi import is_hanzi, is_ordinary_word, stands_whole


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("国", "王伟", "大"),
        ("关", "于明", "天"),
        ("中国", "王伟", "业银行"),
        ("", "周杰", "伦演唱会"),
        ("蔡", "徐坤", "打球"),
        ("提", "高明", "显"),
    ],
)
def test_a_name_that_other_words_swallow_does_not_stand(before: str, name: str, after: str) -> None:
    assert stands_whole(before, name, after) == 0.0


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("", "张伟", ""),
        ("老赖", "李娜", "电话"),
        ("", "张伟", "大家都知道"),
        ("我是", "王国庆", "的"),
        ("听说", "于明", "家让人"),
        ("转告", "陈静", "还钱"),
    ],
)
def test_a_name_among_words_that_end_where_it_begins_stands(before: str, name: str, after: str) -> None:
    assert stands_whole(before, name, after) > 0.8


def test_where_both_cuts_are_possible_the_name_is_doubtful() -> None:
    assert 0.2 < stands_whole("", "张伟", "大") < 0.8


def test_words_that_are_names_are_known() -> None:
    assert is_ordinary_word("方便")
    assert is_ordinary_word("成功")
    assert is_ordinary_word("白雪")
    assert not is_ordinary_word("张伟")


def test_hanzi_are_told_from_kana_and_latin() -> None:
    assert is_hanzi("张")
    assert is_hanzi("𠮷")
    assert not any(map(is_hanzi, "あa1。"))
