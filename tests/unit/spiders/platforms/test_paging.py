"""The link to the next page, in many languages, and nothing that is none."""

import pytest

from spiders.platforms.html import soup_from
from spiders.platforms.paging import next_page_url

URL = "https://forum.example/t/1"
NEXT = "https://forum.example/t/1?page=2"


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="next" href="?page=2">',
        '<a rel="nofollow next" href="?page=2">x</a>',
        *(f'<a href="?page=2">{words}</a>' for words in ("Next", "Next »", "下一页", "下一頁", "[下一页]", "Siguiente ›", "Berikutnya", "Selanjutnya »", "Susunod", "Suivant", "Próxima")),
        '<a aria-label="Next page" href="?page=2"><i></i></a>',
        '<a class="nxt" href="?page=2"></a>',
        '<li class="pagination-next"><a href="?page=2">…</a></li>',
        '<div class="pager"><a href="?page=2">»</a></div>',
        '<div class="pagelinks"><span class="current_page">1</span> <a class="nav_page" href="?page=2">2</a> <a href="?page=3">3</a></div>',
        '<div class=pages><b>1</b> <a href="?page=2">2</a></div>',
    ],
)  # fmt: skip
def test_the_next_page_is_found(markup: str) -> None:
    assert next_page_url(soup_from(f"<body>{markup}</body>"), URL) == NEXT


@pytest.mark.parametrize(
    "markup",
    [
        '<a rel="prev" href="?page=2">« Previous</a>',
        '<nav class="crumbs"><a href="/">Home</a> <a href="/board">»</a></nav>',
        '<a href="/t/1">Next</a>',
        '<a href="#next">Next</a>',
        '<a href="javascript:next()">Next</a>',
        '<a href="https://other.example/t/1?page=2">Next</a>',
        '<a class="next disabled" href="?page=2">Next</a>',
        '<p>The next day I paid. <a href="/x">Read what happened next in this long story of mine</a></p>',
        '<div class="pager"><a href="?page=1">1</a> <span class="current">2</span></div>',
    ],
)
def test_what_leads_nowhere_further_is_no_next_page(markup: str) -> None:
    assert next_page_url(soup_from(f"<body>{markup}</body>"), URL) == ""
