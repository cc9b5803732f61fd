"""Decides which words of a piece of HTML its author wrote, which are quoted, and which pictures belong to it.

One writer serves every parser: it is fed opening tags, closing tags and text, so that the fast parser
of the platform readers and the tolerant one of the generic reader give the same text. It never
recurses, so that 100,000 nested tags cost memory and nothing else. Zero-width characters stay:
detection wants to see them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.element import PreformattedString
from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.platforms.urls import absolute_url

MAX_TEXT_CHARS = 100_000
MAX_IMAGES = 40

_SKIPPED = frozenset(
    {"script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "head", "title",
    "textarea", "select", "button", "input", "audio", "video", "canvas", "map", "dialog"}
)  # fmt: skip
_BLOCKS = frozenset(
    {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "table", "tbody", "thead", "tfoot", "tr", "h1", "h2",
    "h3", "h4", "h5", "h6", "blockquote", "pre", "section", "article", "aside", "header", "footer", "nav",
    "main", "hr", "address", "details", "summary", "figure", "figcaption", "form", "fieldset", "center"}
)  # fmt: skip
_CELLS = frozenset({"td", "th"})
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_QUOTE_CLASS = re.compile(
    r"(?:^|[_-])(?:bb)?(?:code)?quote(?:d|s|text|block|body|content|container)?$", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|em|pt|%)?\s*(?:;|$)", re.IGNORECASE
)
_HIDDEN_CLASSES = frozenset({"jammer", "sr-only", "visually-hidden", "screen-reader-text", "hidden"})
_EMOJI = re.compile(r"emoji|smil|emoticon|sticker|twemoji", re.IGNORECASE)
_EMOJI_GLYPH = re.compile(r"(?:^|\s)(?:tw-|emoji|emojione)", re.IGNORECASE)
_LAZY_SOURCES = ("data-original", "data-src", "data-lazy-src", "zoomfile", "file", "src")
_HARMLESS_TAGS = 6000
_MAX_DEPTH = 400
# Possessive: a tag that never ends must not be tried again from every letter of its name.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*+)[^<>]*+>")
_OPTIONAL_END = frozenset(
    {"p", "li", "dd", "dt", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup",
    "html", "head", "body"}
)  # fmt: skip
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SPACES_OF_A_LINE = re.compile(r"[ \t\r\f]+")
_RUNS = re.compile(r"[ \n\x00]{2,}|[\n\x00]")
_SOFT_BREAK = "\x00"

Event = tuple[str, str, Mapping[str, str]]
NO_ATTRIBUTES: Mapping[str, str] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class RichText:
    """What a piece of HTML says: the author's own words, what they quote, and absolute picture addresses."""

    text: str = ""
    quoted: str = ""
    images: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.quoted or self.images)


class _Writer:
    """Turns tags and text into own words, quoted words and pictures."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._own: list[str] = []
        self._quoted: list[str] = []
        self._images: dict[str, None] = {}
        self._skip_depth = 0
        self._quote_depth = 0
        self._pre_depth = 0

    def feed(self, events: Iterable[Event]) -> RichText:
        for kind, value, attributes in events:
            if kind == "text":
                if not self._skip_depth:
                    spaces = _SPACES_OF_A_LINE if self._pre_depth else _SPACES
                    self._write(spaces.sub(" ", value.replace(_SOFT_BREAK, "")))
            elif kind == "open":
                self._open(value, attributes)
            else:
                self._close(value, attributes)
        return RichText(_tidy(self._own), _tidy(self._quoted), tuple(self._images)[:MAX_IMAGES])

    def _write(self, piece: str) -> None:
        (self._quoted if self._quote_depth else self._own).append(piece)

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._skip_depth or is_hidden(tag, attributes):
            self._skip_depth += 1
        elif tag == "br":
            self._write("\n")
        elif tag == "img":
            self._picture(attributes)
        else:
            if tag in ("i", "span") and _EMOJI_GLYPH.search(attributes.get("class", "")):
                self._write(attributes.get("title", "").replace(_SOFT_BREAK, ""))
            self._boundary(tag)
            self._pre_depth += tag == "pre"
            if is_quote(tag, attributes):
                self._quote_depth += 1
                self._write(_SOFT_BREAK)

    def _close(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._skip_depth:
            self._skip_depth -= 1
            return
        if is_quote(tag, attributes):
            self._write(_SOFT_BREAK)
            self._quote_depth -= 1
        self._pre_depth -= tag == "pre"
        self._boundary(tag)

    def _boundary(self, tag: str) -> None:
        if tag in _BLOCKS or (tag == "cite" and self._quote_depth):
            self._write(_SOFT_BREAK)
        elif tag in _CELLS:
            self._write(" ")

    def _picture(self, attributes: Mapping[str, str]) -> None:
        alt = attributes.get("alt", "").strip()
        source = next((attributes[name] for name in _LAZY_SOURCES if attributes.get(name)), "")
        if _EMOJI.search(f"{attributes.get('class', '')} {source}") or (alt and _is_symbols(alt)):
            self._write(alt.replace(_SOFT_BREAK, ""))
        elif not self._quote_depth:
            url = absolute_url(self._base_url, source)
            if url:
                self._images[url] = None


def is_hidden(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether a reader of the page would not see what stands in this element."""
    if tag in _SKIPPED or "hidden" in attributes:
        return True
    if _HIDDEN_STYLE.search(attributes.get("style", "")):
        return True
    return any(token in _HIDDEN_CLASSES for token in attributes.get("class", "").lower().split())


def is_quote(tag: str, attributes: Mapping[str, str]) -> bool:
    """Whether the element holds another author's words."""
    if tag in ("blockquote", "q"):
        return True
    if tag in ("a", "button", "li", "body", "html"):
        return False
    return any(_QUOTE_CLASS.search(token) for token in attributes.get("class", "").split())


def rich_text_from_fragment(untrusted_html: str, base_url: str) -> RichText:
    """Text, quotes and pictures of a piece of HTML as it stands in a feed or an API's answer."""
    body = parsed(untrusted_html).body
    return RichText() if body is None else rich_text_from_node(body, base_url)


def rich_text_from_node(node: LexborNode, base_url: str) -> RichText:
    """The same for a node of a page that was parsed by selectolax."""
    return _Writer(base_url).feed(_events_from_node(node))


def rich_text_from_tag(tag: Tag, base_url: str, is_left_out: Callable[[Tag], bool] | None = None) -> RichText:
    """The same for a tag of BeautifulSoup, without the parts that ``is_left_out`` names."""
    return _Writer(base_url).feed(_events_from_tag(tag, is_left_out))


def line_from_fragment(untrusted_html: str) -> str:
    """A title or name as one line of plain text."""
    rich = rich_text_from_fragment(untrusted_html, "")
    return one_line(rich.text or rich.quoted)


def one_line(untrusted_text: str) -> str:
    """Text with every run of white space as one space, at most 500 characters."""
    return " ".join(clean(untrusted_text).split())[:500]


def clean(untrusted_text: str) -> str:
    """Text without NUL and without halves of surrogate pairs, which neither parsers nor databases take."""
    if "\x00" in untrusted_text:
        untrusted_text = untrusted_text.replace("\x00", "")
    try:
        untrusted_text.encode("utf-8")
    except UnicodeEncodeError:
        return untrusted_text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return untrusted_text


def parsed(untrusted_html: str) -> LexborHTMLParser:
    """The page as a tree of the fast parser."""
    return LexborHTMLParser(flattened(clean(untrusted_html)))


def soup_from(untrusted_html: str) -> BeautifulSoup:
    """The page as a tree of the tolerant parser."""
    # The comment in front keeps BeautifulSoup from warning that a short text is a file name or the page is XML.
    return BeautifulSoup(f"<!---->{flattened(clean(untrusted_html))}", "lxml")


def flattened(untrusted_html: str) -> str:
    """The page without tags that nest deeper than any real page; text is kept.

    An HTML parser looks back through all open elements at many tags, so nesting of depth n costs n²:
    a few megabytes of ``<div>`` would keep it busy for minutes.
    """
    if untrusted_html.count("<") < _HARMLESS_TAGS:
        return untrusted_html
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        tag = match.group(2).lower()
        if tag in _VOID or tag in _OPTIONAL_END:
            return match.group()
        if match.group(1):
            depth -= depth > 0
            return match.group() if depth < _MAX_DEPTH else ""
        depth += 1
        return match.group() if depth <= _MAX_DEPTH else ""

    return _TAG.sub(keep, untrusted_html)


def attributes_of(tag: Tag) -> dict[str, str]:
    """Attributes of a BeautifulSoup tag with multi-valued ones joined, as other parsers give them."""
    return {
        name: " ".join(value) if isinstance(value, list) else str(value) for name, value in tag.attrs.items()
    }


def _events_from_node(root: LexborNode) -> Iterator[Event]:
    stack: list[LexborNode | Event] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            yield item
            continue
        tag = item.tag or ""
        if tag == "-text":
            yield "text", item.text_content or "", NO_ATTRIBUTES
        elif not tag.startswith(("-", "_", "!")):
            attributes = {name: value or "" for name, value in item.attributes.items()}
            yield "open", tag, attributes
            if tag in _VOID:
                if is_hidden(tag, attributes):
                    yield "close", tag, attributes
                continue
            stack.append(("close", tag, attributes))
            stack.extend(reversed(list(item.iter(include_text=True))))


def _events_from_tag(root: Tag, is_left_out: Callable[[Tag], bool] | None) -> Iterator[Event]:
    stack: list[PageElement | Event] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, tuple):
            yield item
        elif isinstance(item, Tag):
            if item is not root and is_left_out is not None and is_left_out(item):
                continue
            attributes = attributes_of(item)
            yield "open", item.name, attributes
            if item.name in _VOID:
                if is_hidden(item.name, attributes):
                    yield "close", item.name, attributes
                continue
            stack.append(("close", item.name, attributes))
            stack.extend(reversed(item.contents))
        elif isinstance(item, NavigableString) and not isinstance(item, PreformattedString):
            yield "text", str(item), NO_ATTRIBUTES


def _tidy(pieces: list[str]) -> str:
    return _RUNS.sub(_run, "".join(pieces)).strip()[:MAX_TEXT_CHARS]


def _run(match: re.Match[str]) -> str:
    run = match.group()
    breaks = run.count("\n")
    if breaks > 1:
        return "\n\n"
    return "\n" if breaks or _SOFT_BREAK in run else " "


def _is_symbols(alt: str) -> bool:
    return (len(alt) <= 8 and not any(char.isalnum() for char in alt)) or bool(
        re.fullmatch(r":\w{1,30}:", alt)
    )
