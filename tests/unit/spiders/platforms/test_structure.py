"""Which elements of a page are its posts, and which are the rows of a board."""

import pytest

from spiders.platforms.html import soup_from
from spiders.platforms.outline import Outline
from spiders.platforms.structure import board_rows, post_elements

TALK = "He owes me five hundred and does not answer. " * 3


def outline_of(markup: str) -> Outline:
    return Outline(soup_from(f"<html><body>{markup}</body></html>"))


def posts(count: int, markup: str) -> str:
    return "".join(
        markup.format(n=number, who=f"user{number}", when=f"2026-11-{number + 10} 10:00", text=TALK)
        for number in range(1, count + 1)
    )


SHAPES = {
    "articles": '<article><b class="author">{who}</b><time datetime="{when}">x</time><p>{text}</p></article>',
    "definition lists": '<dl class="thread-post"><dt><a href="/user/{n}">{who}</a> {when}</dt><dd>{text}</dd></dl>',
    "table rows": '<table class="p"><tr><td><a href="member.php?u={n}">{who}</a></td><td><small>{when}</small><div>{text}</div></td></tr></table>',
    "list items": '<li id="reply-{n}"><span class="nick">{who}</span> <span title="{when}">just now</span><div class="msg">{text}</div></li>',
    "bare divs": '<div><span class="username">{who}</span><span>{when}</span><div>{text}</div></div>',
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [3, 12])
def test_repeated_posts_are_found_whatever_they_are_made_of(shape: str, count: int) -> None:
    found = post_elements(outline_of(f"<h1>Thread</h1><div class='list'>{posts(count, SHAPES[shape])}</div>"))
    assert [tag.get_text().count("He owes me") for tag in found] == [3] * count


def test_a_sidebar_of_latest_threads_does_not_outshine_two_posts() -> None:
    side = "".join(
        f'<li><a href="/t/{n}">Some other thread {n}</a> <span class="author">x</span> <time>2026-11-0{n}</time></li>'
        for n in range(1, 10)
    )
    found = post_elements(
        outline_of(f'{posts(2, SHAPES["list items"])}<div class="sidebar"><ul>{side}</ul></div>')
    )
    assert [tag.get("id") for tag in found] == ["reply-1", "reply-2"]


def test_a_single_post_is_known_by_its_name_alone() -> None:
    assert [tag.get("id") for tag in post_elements(outline_of(posts(1, SHAPES["list items"])))] == ["reply-1"]
    assert post_elements(outline_of(posts(1, SHAPES["bare divs"]))) == []


def test_replies_inside_comments_are_posts_of_their_own() -> None:
    inner = SHAPES["list items"].format(n=2, who="b", when="2026-11-12 10:00", text=TALK)
    outer = SHAPES["list items"].format(n=1, who="a", when="2026-11-11 10:00", text=TALK)
    nested = outer.replace("</li>", f"<ul>{inner}</ul></li>")
    assert [tag.get("id") for tag in post_elements(outline_of(f"<ol>{nested}</ol>"))] == [
        "reply-1",
        "reply-2",
    ]


def test_a_short_post_among_long_ones_is_a_post_too() -> None:
    short = '<li id="reply-9"><span class="nick">z</span> <span title="2026-11-20 10:00">now</span><div class="msg">+1</div></li>'
    assert len(post_elements(outline_of(posts(3, SHAPES["list items"]) + short))) == 4


def test_rows_of_a_board_lead_to_threads_and_are_no_posts() -> None:
    rows = "".join(
        f'<div class="row"><a class="title" href="/t/{n}">A thread about matter {n}</a> <a href="/t/{n}?page=2">2</a>'
        f'<span class="author">user{n}</span><span class="count">{n}</span><time datetime="2026-11-2{n}T10:00Z">x</time></div>'
        for n in range(1, 6)
    )
    outline = outline_of(f'<nav><a href="/">Home</a></nav><div class="threads">{rows}</div>')
    assert [str(row.link["href"]) for row in board_rows(outline)] == [f"/t/{n}" for n in range(1, 6)]
    assert post_elements(outline) == []


def test_a_menu_is_no_board() -> None:
    menu = "".join(f'<li class="item"><a href="/m/{n}">Menu entry {n}</a></li>' for n in range(8))
    assert board_rows(outline_of(f"<ul>{menu}</ul>")) == []
