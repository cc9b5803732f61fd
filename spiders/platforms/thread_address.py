"""Decides which thread an address belongs to, whichever page of it this is. Never fetches it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from spiders.platforms.urls import without_fragment

_PAGE_NAMES = frozenset(
    {"page", "start", "st", "offset", "pagina", "halaman", "pg", "cpage", "pn", "sid", "extra"}
)
_PAGE_PATH = re.compile(r"/(?:comment-)?page[-/]\d{1,6}/?$", re.IGNORECASE)
_DISCUZ_PATH = re.compile(r"/thread-(\d+)-\d+-\d+\.html$")
_DIGITS = re.compile(r"\d+")
_SMF_TOPIC = re.compile(r"(topic[=,]\d+)\.(?:msg)?\d+")


def thread_address(url: str) -> str:
    """The address of a thread's first page, as far as the address itself tells."""
    url = _SMF_TOPIC.sub(r"\1.0", without_fragment(url))
    parts = urlsplit(url)
    path = _DISCUZ_PATH.sub(r"/thread-\1-1-1.html", _PAGE_PATH.sub("/", parts.path))
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0].lower() not in _PAGE_NAMES]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc, path or "/", query, ""))


def is_same_thread(url: str, other_url: str) -> bool:
    """Whether two addresses may be pages of one thread: they differ in figures and in the query only.

    The "next" of many sites leads to another article, and from there through the whole site.
    """
    path, other_path = (_DIGITS.sub("#", urlsplit(thread_address(one)).path) for one in (url, other_url))
    return path == other_path or other_path.startswith(path.rstrip("/") + "/")


def place_of(url: str) -> str:
    """Path and query of an address: what tells threads of one site apart."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
