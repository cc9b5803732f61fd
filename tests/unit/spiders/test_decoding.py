"""Pages are read right whatever they say about their encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiders.decoding import text_from_body

SIMPLIFIED = "借钱不还的老赖，电话号码在这里，请大家转发。他欠了三万元已经失联半年，家人也不管。"
TRADITIONAL = "欠錢不還的人，電話號碼在這裡，請大家轉發。他欠了三萬元已經失聯半年，家人也不管。"
JAPANESE = "借金を返さない人の電話番号はこちらです。ご家族も知っています。至急ご連絡ください。"
KOREAN = "돈을 갚지 않는 사람의 전화번호는 여기에 있습니다. 가족들도 알고 있으니 연락 바랍니다."
RUSSIAN = "Должник не отвечает на звонки, его номер телефона здесь, передайте всем знакомым."


def html(text, charset=""):
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<html><head>{meta}<title>x</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (SIMPLIFIED, "gbk", "gb2312"),
        (SIMPLIFIED, "gbk", "gbk"),
        (SIMPLIFIED + "镕𠮷", "gb18030", "gb2312"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL + "嘅啲", "big5hkscs", "big5"),
        (JAPANESE, "shift_jis", "shift_jis"),
        (JAPANESE + "①㈱髙", "cp932", "Shift_JIS"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        (KOREAN, "euc_kr", "euc-kr"),
        (KOREAN + "뷁", "cp949", "ks_c_5601-1987"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8_r", "koi8-r"),
        ("El niño debió dinero – “pague ya”", "cp1252", "iso-8859-1"),
    ],
)
def test_a_declared_encoding_is_read_in_the_header_and_in_the_page(text, codec, label):
    by_header = text_from_body(html(text).encode(codec), f"text/html; charset={label}")[0]
    by_meta = text_from_body(html(text, label).encode(codec), "text/html")[0]
    xml = f'<?xml version="1.0" encoding="{label}"?><rss>{text}</rss>'

    assert by_header == html(text)
    assert by_meta == html(text, label)
    assert text_from_body(xml.encode(codec), "application/rss+xml")[0] == xml


@pytest.mark.parametrize(
    ("text", "codec"),
    [(SIMPLIFIED, "gbk"), (TRADITIONAL, "big5"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (KOREAN, "euc_kr"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8_r")],
)  # fmt: skip
@pytest.mark.parametrize("label", ["", "utf-8"])
def test_a_missing_or_wrong_declaration_is_found_out(text, codec, label):
    body = html(text * 3, label).encode(codec)

    assert text_from_body(body, "text/html")[0] == html(text * 3, label)


@pytest.mark.parametrize("label", ["gbk", "big5", "iso-8859-1", "shift_jis", "euc-kr"])
@pytest.mark.parametrize("text", [SIMPLIFIED, JAPANESE, KOREAN, RUSSIAN])
def test_utf8_that_is_declared_as_something_else_is_still_utf8(text, label):
    assert text_from_body(html(text, label).encode(), f"text/html; charset={label}") == (
        html(text, label),
        "utf-8",
    )


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_with_and_without_a_mark(codec):
    assert text_from_body(html(SIMPLIFIED).encode(codec), "text/html")[0] == html(SIMPLIFIED)


def test_a_mark_is_stronger_than_a_declaration():
    body = html(SIMPLIFIED).encode("utf-8-sig")

    assert text_from_body(body, "text/html; charset=gbk")[0] == html(SIMPLIFIED)


def test_a_few_broken_bytes_do_not_spoil_the_page():
    body = html(SIMPLIFIED * 20, "gbk").encode("gbk") + b"\xff\x81"

    text, encoding = text_from_body(body, "text/html")

    assert encoding == "gb18030"
    assert SIMPLIFIED * 20 in text


@pytest.mark.parametrize(
    "label", ["punycode", "unicode_escape", "rot13", "base64", "utf-7", "idna", "undefined", "no-such"]
)
def test_codecs_that_are_none_of_the_web_are_not_run(label):
    body = html("plain +ADw-script+AD4- \\u0041", label).encode()

    assert text_from_body(body, f"text/html; charset={label}") == (body.decode(), "utf-8")


@given(
    body=st.binary(max_size=400),
    label=st.sampled_from(["", "utf-8", "gbk", "big5", "utf-16", "shift_jis", "iso-2022-jp", "x"]),
)
def test_no_bytes_make_it_fail(body, label):
    text, _ = text_from_body(body, f"text/html; charset={label}")

    assert text.encode("utf-8").decode("utf-8") == text


def test_an_empty_page_is_empty_text():
    assert text_from_body(b"") == ("", "utf-8")
