"""Which words are the author's own, which are quoted, which nobody sees."""

import pytest

from spiders.platforms.html import (
    RichText,
    clean,
    flattened,
    line_from_fragment,
    rich_text_from_fragment,
    rich_text_from_tag,
    soup_from,
)

BASE = "https://forum.example/thread/1/"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("  a \n  b  ", "a b"),
        ("<pre>x = 1\ny = 2</pre>", "x = 1\ny = 2"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("a<script>evil()</script><style>p{}</style>b", "ab"),
        ('a<span style="display: none">spam</span>b', "ab"),
        ('a<span style="font-size:0px">spam</span>b', "ab"),
        ('a<font class="jammer">Xq9</font>b<p hidden>c</p>', "ab"),
        ("138\u200b0000\u200b0000", "138\u200b0000\u200b0000"),
        ('hi <img class="emoji" alt="😡" src="e.png">', "hi 😡"),
        ('hi <img src="/smilies/s.gif" alt=":)">', "hi :)"),
        ('<i class="tw tw-smile" title=":smile:"></i>', ":smile:"),
        ("&lt;b&gt; &amp;", "<b> &"),
    ],
)
def test_text_keeps_its_lines_and_loses_what_nobody_sees_in_both_parsers(markup: str, text: str) -> None:
    assert rich_text_from_fragment(markup, BASE).text == text
    assert rich_text_from_tag(soup_from(f"<body>{markup}</body>"), BASE).text == text


@pytest.mark.parametrize(
    "markup",
    [
        "<blockquote><cite>Ann wrote:</cite>their words</blockquote>own words",
        '<div class="bbcode_quote">Ann wrote:<br>their words</div>own words',
        '<div class="quote"><div>Ann wrote:</div>their words</div>own words',
        '<blockquote class="mycode_quote">Ann wrote:<br>their words</blockquote>own words',
        '<div class="bbCodeBlock bbCodeBlock--quote">Ann wrote:<br>their words</div>own words',
    ],
)
def test_quoted_words_stand_apart_from_own_words(markup: str) -> None:
    assert rich_text_from_fragment(markup, BASE) == RichText("own words", "Ann wrote:\ntheir words")


def test_a_quote_within_a_quote_stays_quoted_and_own_words_go_on_after_it() -> None:
    rich = rich_text_from_fragment("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", BASE)
    assert rich == RichText("a\ne", "b\nc\nd")


def test_a_button_that_is_called_quote_quotes_nobody() -> None:
    assert rich_text_from_fragment('<a class="quote" href="#">words</a>', BASE).text == "words"


def test_pictures_are_absolute_lazy_ones_too_and_those_of_quotes_belong_to_others() -> None:
    rich = rich_text_from_fragment(
        '<img src="/a.png"><img src="x.gif" data-src="//cdn.example/b.png"><img src="data:image/png;base64,xx">'
        '<blockquote><img src="/quoted.png"></blockquote><img src="/a.png">',
        BASE,
    )
    assert rich.images == ("https://forum.example/a.png", "https://cdn.example/b.png")


def test_a_title_becomes_one_line_of_plain_text() -> None:
    assert line_from_fragment(" Utang &amp; <b>janji</b>\n palsu ") == "Utang & janji palsu"


def test_half_surrogates_and_nul_are_replaced_and_whole_pairs_joined() -> None:
    assert clean("a\x00b\ud83d\ude21c\ud800d") == "ab😡c\ufffdd"


def test_flattening_keeps_every_word_and_leaves_ordinary_pages_alone() -> None:
    ordinary = "<div><p>words</p></div>" * 50
    assert flattened(ordinary) == ordinary
    deep = "<div>a" * 7000 + "b" + "</div>" * 7000
    assert flattened(deep).count("<div>") == flattened(deep).count("</div>")
    assert flattened(deep).count("<div>") < 1000
    assert rich_text_from_fragment(deep, BASE).text.replace("\n", "") == "a" * 7000 + "b"
