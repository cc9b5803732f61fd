"""The real crawl process with one more platform: a board whose markup is as plain as can be."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from spiders import run
from spiders.items import PageState, Post
from spiders.platforms import registry
from spiders.platforms.base import Follow, Page, Reading, Recognition

POST = re.compile(r'<p id="(\w+)">(.*?)</p>', re.DOTALL)
THREAD = re.compile(r'<a class="thread" href="([^"]*)" data-replies="(\d*)">')
NEXT = re.compile(r'<a rel="next" href="([^"]*)">')
OTHER = re.compile(r'<link rel="alternate" href="([^"]*)">')


class Board:
    """Listing pages with ``a.thread``, thread pages with ``p#id``, both with ``a[rel=next]``."""

    name = "board"
    title = "Board"

    def recognise(self, page: Page) -> Recognition | None:
        if "<!-- board -->" not in page.untrusted_body:
            return None
        return Recognition(platform="board", start_url=page.url, will_read="All.", cannot_see="Nothing.")

    def begin(self, start_url: str, states: Mapping[str, PageState]) -> Sequence[Follow]:
        return [Follow(url=start_url, kind="page")]

    def read(self, page: Page) -> Reading:
        text = page.untrusted_body
        if "raise here" in text:
            raise ZeroDivisionError(text)
        if "spin here" in text:
            while True:
                pass
        parts = urlsplit(page.url)
        site = f"{parts.scheme}://{parts.netloc}"
        posts = [
            Post(
                platform="board",
                source_url=page.source_url,
                site=site,
                id=found[1],
                url=f"{page.url}#{found[1]}",
                untrusted_text=found[2],
            )
            for found in POST.finditer(text)
        ]
        follow = [
            Follow(url=urljoin(page.url, found[1]), kind="thread", marker=found[2])
            for found in THREAD.finditer(text)
        ]
        follow += [
            Follow(url=urljoin(page.url, found[1]), kind=page.kind, is_continuation=True)
            for found in NEXT.finditer(text)
        ]
        return Reading(posts=posts, follow=follow)

    def on_refusal(self, page: Page) -> Sequence[Follow]:
        return [
            Follow(url=urljoin(page.url, found[1]), kind="page")
            for found in OTHER.finditer(page.untrusted_body)
        ]


registry.PLATFORMS = (Board(), *registry.PLATFORMS)

if __name__ == "__main__":
    code = run.main()
    sys.stderr.flush()
    os._exit(code)
