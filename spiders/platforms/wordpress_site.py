"""Decides which WordPress site a page belongs to and how its REST API is addressed. Reads no comment.

The API is found as WordPress says it should be: a link with ``rel="https://api.w.org/"`` in the page or
in the Link header (https://developer.wordpress.org/rest-api/using-the-rest-api/discovery/). Sites
without pretty permalinks answer at ``?rest_route=/``.
"""

from __future__ import annotations

import dataclasses
import json
import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from spiders.platforms.base import Page
from spiders.platforms.html import parsed
from spiders.platforms.urls import absolute_url, query_value, site_of, with_query, without_fragment

_API_HEADER = re.compile(r'<([^<>]+)>;\s*rel="https://api\.w\.org/"')
_JSON_PATH = re.compile(r"^(.*?/)wp-json(?:/|$)")
_ASSET = re.compile(r"^(.*?/)wp-(?:content|includes)/")
_POST_CLASS = re.compile(r"(?:^|\s)(?:postid|page-id)-(\d{1,12})(?:\s|$)")
_SINGLE = re.compile(r"(?:^|\s)(?:single|page)(?:\s|$)")
# Forums built into WordPress keep their posts out of the comments.
_FORUM_CLASS = re.compile(r"(?:^|\s)(?:bbpress|buddypress|wpforo)(?:\s|$)")


@dataclasses.dataclass(frozen=True, slots=True)
class Api:
    """A REST root: ``https://host/wp-json/`` or ``https://host/?rest_route=/``; one article or all of them."""

    root: str
    article_id: str = ""

    @property
    def is_pretty(self) -> bool:
        return not query_value(self.root, "rest_route")

    @property
    def home(self) -> str:
        """The site's front page, with a slash at its end."""
        parts = urlsplit(self.root)
        match = _JSON_PATH.match(parts.path)
        path = match.group(1) if match else parts.path.removesuffix("index.php")
        return f"{site_of(self.root)}{path or '/'}"

    @property
    def source_url(self) -> str:
        """What is kept as the source: enough to find both the API and the article again."""
        return self.endpoint("comments", post=self.article_id) if self.article_id else self.root

    def endpoint(self, route: str, **values: str) -> str:
        """The address of ``wp/v2/<route>`` with a query."""
        if self.is_pretty:
            return with_query(urljoin(self.root, f"wp/v2/{route}"), **values)
        return with_query(self.root, rest_route=f"/wp/v2/{route}", **values)

    def comments_feed(self) -> str:
        """The feed with the newest comments, of the site or of the one article."""
        if self.article_id:
            return with_query(self.home, p=self.article_id, feed="rss2")
        return (
            urljoin(self.home, "comments/feed/")
            if self.is_pretty
            else with_query(self.home, feed="comments-rss2")
        )

    def posts_feed(self) -> str:
        """The feed with the newest articles."""
        return urljoin(self.home, "feed/") if self.is_pretty else with_query(self.home, feed="rss2")


def api_from_address(url: str) -> Api | None:
    """The API that an address of its own names, else None. Takes the article from ``post=``."""
    url = without_fragment(url)
    parts = urlsplit(url)
    match = _JSON_PATH.match(parts.path)
    article_id = query_value(url, "post")
    article_id = article_id if article_id.isdecimal() else ""
    if match:
        return Api(f"{site_of(url)}{match.group(1)}wp-json/", article_id)
    if query_value(url, "rest_route").startswith("/"):
        return Api(f"{site_of(url)}{parts.path or '/'}?rest_route=/", article_id)
    return None


def api_from_page(page: Page) -> Api | None:
    """The API of the site that any of its pages belongs to, else None."""
    by_address = api_from_address(page.url)
    if by_address is not None:
        return by_address if _is_api_answer(page.untrusted_body) else None
    tree = parsed(page.untrusted_body)
    body = tree.body
    classes = (body.attributes.get("class") or "") if body is not None else ""
    if _FORUM_CLASS.search(classes) or tree.css_first("#bbpress-forums, #wpforo-wrap") is not None:
        return None
    root = _announced_root(page, tree) or _guessed_root(page, tree)
    if not root:
        return None
    number = _POST_CLASS.search(classes)
    is_article = number is not None and bool(_SINGLE.search(classes)) and "home" not in classes.split()
    api = api_from_address(root)
    return dataclasses.replace(api, article_id=number.group(1)) if api and number and is_article else api


def _is_api_answer(body: str) -> bool:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if isinstance(answer, dict):
        namespaces = answer.get("namespaces")
        return (isinstance(namespaces, list) and "wp/v2" in namespaces) or str(
            answer.get("code", "")
        ).startswith("rest_")
    return isinstance(answer, list) and all(isinstance(one, dict) and "id" in one for one in answer)


def _announced_root(page: Page, tree: LexborHTMLParser) -> str:
    link = tree.css_first('link[rel="https://api.w.org/"][href]')
    href = (link.attributes.get("href") or "") if link is not None else ""
    header = _API_HEADER.search(page.headers.get("link", ""))
    return absolute_url(page.url, href or (header.group(1) if header else ""))


def _guessed_root(page: Page, tree: LexborHTMLParser) -> str:
    """The usual address of the API, below the folder that scripts and styles come from."""
    generator = tree.css_first('meta[name="generator" i][content^="WordPress"]')
    for node in tree.css(
        'link[href*="/wp-includes/"], script[src*="/wp-includes/"], link[href*="/wp-content/"]'
    ):
        asset = absolute_url(page.url, node.attributes.get("href") or node.attributes.get("src") or "")
        match = _ASSET.match(asset)
        if match and site_of(asset) == site_of(page.url):
            return urljoin(match.group(1), "wp-json/")
    return urljoin(f"{site_of(page.url)}/", "wp-json/") if generator is not None else ""
