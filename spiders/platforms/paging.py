"""Finds the link to the next page of a thread or a board, in many languages. Never follows a link back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from spiders.platforms.html import attributes_of
from spiders.platforms.urls import absolute_url, is_same_site, without_fragment

_NEXT_WORDS = frozenset(
    {"next", "next page", "older", "older posts", "下一页", "下一頁", "下页", "下頁", "后页", "後頁", "次へ", "다음",
    "siguiente", "página siguiente", "sig", "berikutnya", "selanjutnya", "lanjut", "laman berikutnya", "seterusnya",
    "susunod", "kasunod", "susunod na pahina", "tiếp", "trang sau", "sau", "ถัดไป", "अगला", "próxima", "próximo",
    "suivant", "suivante", "page suivante", "weiter", "nächste", "далее", "следующая", "sonraki", "التالي"}
)  # fmt: skip
_ARROWS = frozenset({"»", "›", ">", "→", ">>", "❯", "▶", "»»"})
_NEXT_CLASS = re.compile(
    r"(?:^|[\s_-])(?:next|nxt|pagination-next|pager-next|arrow-right)(?:$|[\s_-])", re.IGNORECASE
)
_PAGER = re.compile(
    r"pag(?:e|er|es|in|ination|elinks|section)|(?:^|[\s_-])(?:pg|pgs|pgt|navigation|multipage)(?:$|[\s_-])",
    re.IGNORECASE,
)
_CURRENT = re.compile(r"current|active|selected|(?:^|[\s_-])on(?:$|[\s_-])", re.IGNORECASE)
_TRIM = re.compile(r"^[\W_]+|[\W_]+$")


def next_page_url(soup: BeautifulSoup, url: str) -> str:
    """The address of the next page, or an empty string on the last one."""
    here = {without_fragment(url), without_fragment(url).rstrip("/")}
    for href in _candidates(soup):
        target = without_fragment(absolute_url(url, href))
        if target and target not in here and is_same_site(target, url):
            return target
    return ""


def _candidates(soup: BeautifulSoup) -> Iterator[str]:
    """Addresses that may be meant, the surest first."""
    links = [tag for tag in soup.find_all(["a", "link"], href=True) if isinstance(tag, Tag)]
    stated = [
        link for link in links if "next" in [rel.lower() for rel in link.get_attribute_list("rel") if rel]
    ]
    yield from (str(link["href"]) for link in stated)
    anchors = [link for link in links if link.name == "a" and _leads_on(link)]
    yield from (str(link["href"]) for link in anchors if _is_worded(link))
    paged = [link for link in anchors if _is_in_pager(link)]
    yield from (str(link["href"]) for link in paged if link.get_text().strip() in _ARROWS)
    number = _current_number(soup)
    if number is not None:
        yield from (str(link["href"]) for link in paged if link.get_text().strip(" []") == str(number + 1))


def _leads_on(link: Tag) -> bool:
    href = str(link["href"])
    return not href.startswith(("#", "javascript:")) and "disabled" not in " ".join(
        name for name in link.get_attribute_list("class") if name
    )


def _is_worded(link: Tag) -> bool:
    attributes = attributes_of(link)
    words = {
        _TRIM.sub("", text).strip().lower()
        for text in (link.get_text(" "), attributes.get("aria-label", ""), attributes.get("title", ""))
    }
    if words & _NEXT_WORDS:
        return True
    parent = attributes_of(link.parent) if link.parent is not None else {}
    names = f"{attributes.get('class', '')} {parent.get('class', '') if _is_in_pager(link) else ''}"
    return bool(_NEXT_CLASS.search(names)) and len(link.get_text().strip()) <= 40


def _is_in_pager(link: Tag) -> bool:
    for one in [link, *link.parents][:4]:
        attributes = attributes_of(one)
        if _PAGER.search(
            f"{attributes.get('class', '')} {attributes.get('id', '')} {attributes.get('role', '')}"
        ):
            return True
    return False


def _current_number(soup: BeautifulSoup) -> int | None:
    """The number of this page where a pager shows it as the one that is no link."""
    for tag in soup.find_all(["span", "strong", "b", "em", "li", "a"]):
        text = tag.get_text().strip(" []")
        if not (text.isdecimal() and len(text) <= 5) or (tag.name == "a" and tag.get("href")):
            continue
        attributes = attributes_of(tag)
        is_current = bool(_CURRENT.search(attributes.get("class", ""))) or "aria-current" in attributes
        if (is_current or tag.name in ("strong", "b", "em")) and _is_in_pager(tag) and not tag.find("a"):
            return int(text)
    return None
