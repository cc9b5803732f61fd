"""Reads author, time, text, address and id out of one element that holds one post. Decides nothing about the page.

Microdata inside the element is believed first, then ``data-`` attributes, then class names, then the
order in which things stand.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from bs4 import Tag

from spiders.platforms.base import Page
from spiders.platforms.dates import Moment, moment_from_text
from spiders.platforms.html import RichText, one_line, rich_text_from_tag
from spiders.platforms.outline import PROFILE_LINK, TIME_ATTRIBUTES, Mark, Outline
from spiders.platforms.urls import absolute_url, is_same_site, without_fragment

_ID_ATTRIBUTES = (
    "data-pid",
    "data-post-id",
    "data-comment-id",
    "data-msgid",
    "data-message-id",
    "data-id",
    "data-pk",
)
_ELEMENT_ID = re.compile(
    r"(?:[a-z_-]{0,30}[_-])?(?:post|pid|p|comment|c|msg|message|reply|r|floor|entry|note)?[_-]?\d{1,20}$"
    r"|[a-z]{0,20}(?:post|comment|msg|reply|pid)[a-z_-]{0,12}\d{1,20}$",
    re.IGNORECASE,
)
_BODY_CLASS = re.compile(
    r"^(?:[\w-]+[_-])?(?:message-?(?:body|text|content)|msg-?(?:text|body)|post-?(?:text|message|body|content)|comment-?(?:text|body|content|message)"
    r"|postmessage|postmessage_#|bbwrapper|t_f)$"
    r"|^(?:post_body|pid_#|msg_#|inner|entry-content|e-content|reply-?(?:content|text|body)"
    r"|content|body|text|message|msg|postbody|post|comment|markdown|richtext|usertext-body|md|comment__text|article-?content)$",
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:actions?|buttons?|controls?|toolbar|signature|sig|share|likes?|votes?|report|avatar|badge|role|rank|profile|edited|modified"
    r"|postprofile|userinfo|user_info|pls|poster|footer|permalink|meta|number|postnum|head|header|keyinfo|author)(?:$|[\s_-])",
    re.IGNORECASE,
)
_EDITED = re.compile(r"edit|modif|已编辑|编辑|修改|diubah|disunting|editado|na-edit", re.IGNORECASE)
_NOT_PUBLISHED = re.compile(
    r"join|regist|lastpost|last-?(?:seen|visit|active|reply)|注册|註冊|加入|daftar|sumali|bergabung|miembro desde",
    re.IGNORECASE,
)
_NUMBER_LINK = re.compile(r"#?\s?\d{1,7}\s?(?:楼|樓|#)?$")
_PERMALINK_WORDS = frozenset({"permalink", "link", "链接", "連結", "enlace", "tautan", "#"})
_ADDRESS_ID = re.compile(
    r"(?:[?&;](?:pid|p|msg|post|comment|cid)=|/(?:posts?|comments?|p|reply|status)/)(\d{1,19})(?!\d)",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"repl(?:y|ies)|quote|report|edit|delete|举报|回复|引用|balas|kutip|responder|citar|tugon", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one post element says. ``key`` is its id on the page; ``is_key_global`` says that its address holds it too."""

    rich: RichText
    author: str = ""
    published: Moment | None = None
    edited: Moment | None = None
    url: str = ""
    key: str = ""
    is_key_global: bool = False
    parent_key: str = ""


def draft_from_element(
    page: Page, outline: Outline, tag: Tag, nested: Sequence[Tag], *, is_day_first: bool, language: str
) -> Draft:
    """One post out of its element; ``nested`` are other posts inside it, which are left out."""
    parts = _Parts(page, outline, tag, nested, is_day_first=is_day_first, language=language)
    return parts.draft()


def _is_letter(tag: Tag) -> bool:
    """The round badge with a first letter that stands in for a picture."""
    return "avatar" in " ".join(name for name in tag.get_attribute_list("class") if name)


def _names_post(url: str, key: str) -> bool:
    """Whether the address itself, not only its anchor, names the post by the number in its key."""
    number = (_DIGITS.findall(key) or [""])[-1]
    return bool(number) and any(number == one for one in _ADDRESS_ID.findall(without_fragment(url)))


class _Parts:
    def __init__(
        self,
        page: Page,
        outline: Outline,
        tag: Tag,
        nested: Sequence[Tag],
        *,
        is_day_first: bool,
        language: str,
    ) -> None:
        self._page = page
        self._outline = outline
        self._tag = tag
        self._nested = nested
        self._is_day_first = is_day_first
        self._language = language
        self._times = [mark for mark in outline.times_in(tag) if self._is_own(mark.position)]
        self._authors = [mark for mark in outline.authors_in(tag) if self._is_own(mark.position)]
        self._tags = [inner for inner in outline.inside(tag) if self._is_own(outline.span(inner)[0])]
        self._body = self._find_body()

    def draft(self) -> Draft:
        key, is_global = self._key()
        url = self._permalink(key)
        published, edited = self._moment(is_edit=False), self._moment(is_edit=True)
        return Draft(
            rich=self._rich(),
            author=self._author(),
            published=published,
            edited=edited if edited != published else None,
            url=url,
            key=key,
            is_key_global=is_global or _names_post(url, key),
        )

    def _is_own(self, position: int) -> bool:
        spans = (self._outline.span(tag) for tag in self._nested)
        return not any(start <= position < end for start, end in spans)

    def _find_body(self) -> Tag | None:
        """The element with the author's words: the largest that is called so and holds no other part."""
        best: Tag | None = None
        for tag in self._tags:
            attributes = self._outline.attributes(tag)
            is_stated = attributes.get("itemprop", "").lower() in ("text", "articlebody", "commenttext")
            if is_stated and self._outline.text_chars(tag):
                return tag
            names = [*attributes.get("class", "").split(), attributes.get("id", "")]
            is_called_body = any(_BODY_CLASS.match(_DIGITS.sub("#", name)) for name in names if name)
            if not is_called_body or any(self._outline.contains(tag, other) for other in self._nested):
                continue
            is_pure = self._is_pure(tag)
            if is_pure and (best is None or self._outline.text_chars(tag) > self._outline.text_chars(best)):
                best = tag
        return best if best is not None and (self._outline.text_chars(best) > 0 or best.find("img")) else None

    def _is_pure(self, tag: Tag) -> bool:
        """Whether neither the author nor the time of the post stands in this element.

        Words in a text may look like a time: they count only where the post shows no other.
        """
        start, end = self._outline.span(tag)
        inside = [mark for mark in self._times if start <= mark.position < end]
        if any(start <= mark.position < end for mark in self._named_authors()):
            return False
        return not inside or (all(mark.rank == 0 for mark in inside) and len(inside) < len(self._times))

    def _named_authors(self) -> list[Mark]:
        """Authors by class or microdata: links to profiles also stand in texts, as mentions."""
        return [mark for mark in self._authors if mark.rank != 2 or mark.tag.name != "a"]

    def _rich(self) -> RichText:
        if self._body is not None:
            return rich_text_from_tag(self._body, self._page.url, self._is_nested)
        aside = {id(self._aside(mark)) for mark in (*self._times, *self._authors[:4])}

        def is_left_out(tag: Tag) -> bool:
            attributes = self._outline.attributes(tag)
            names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
            is_address = tag.name == "a" and bool(_NUMBER_LINK.match(tag.get_text().strip()))
            return self._is_nested(tag) or id(tag) in aside or is_address or bool(_SET_ASIDE.search(names))

        return rich_text_from_tag(self._tag, self._page.url, is_left_out)

    def _is_nested(self, tag: Tag) -> bool:
        return any(tag is other for other in self._nested)

    def _aside(self, mark: Mark) -> Tag:
        """The largest element around an author or a time that holds little else."""
        tag = mark.tag
        least = self._outline.text_chars(tag)
        while tag.parent is not None and tag.parent is not self._tag and self._outline.is_seen(tag.parent):
            if self._outline.text_chars(tag.parent) > least + 40 or not self._outline.contains(
                self._tag, tag.parent
            ):
                break
            tag = tag.parent
        return tag

    def _author(self) -> str:
        for name in ("data-username", "data-author", "data-user-name", "data-nickname"):
            if value := one_line(self._outline.attributes(self._tag).get(name, "")):
                return value
        body_span = self._outline.span(self._body) if self._body is not None else (0, 0)
        outside = [mark for mark in self._authors if not body_span[0] <= mark.position < body_span[1]]
        for mark in sorted(outside, key=lambda mark: (-mark.rank, mark.position)):
            named = mark.tag.find(attrs={"itemprop": "name"})
            holder = named if isinstance(named, Tag) else mark.tag
            content = self._outline.attributes(holder).get("content", "")
            text = one_line(content or rich_text_from_tag(holder, self._page.url, _is_letter).text)
            if text and len(text) <= 60 and moment_from_text(text, self._page.fetched_at) is None:
                return text
        return ""

    def _moment(self, *, is_edit: bool) -> Moment | None:
        body_span = self._outline.span(self._body) if self._body is not None else (0, 0)
        for mark in self._times:
            if body_span[0] <= mark.position < body_span[1]:
                continue
            about = self._words_around(mark.tag)
            if _NOT_PUBLISHED.search(about) or bool(_EDITED.search(about)) != is_edit:
                continue
            if moment := self._moment_of(mark.tag):
                return moment
        return None

    def _words_around(self, tag: Tag) -> str:
        words = []
        for one in [tag, *tag.parents][:3]:
            if one is self._tag or self._outline.text_chars(one) > 120:
                break
            attributes = self._outline.attributes(one)
            names = " ".join(attributes.get(name, "") for name in ("class", "id", "itemprop"))
            words.append(
                f"{names} {one.get_text(' ')[:120]}"
                if one is tag or self._outline.text_chars(one) < 60
                else names
            )
        return " ".join(words)

    def _moment_of(self, tag: Tag) -> Moment | None:
        attributes = self._outline.attributes(tag)
        texts = [attributes[name] for name in TIME_ATTRIBUTES if attributes.get(name)]
        texts.append(tag.get_text(" "))
        if tag.parent is not None and self._outline.text_chars(tag.parent) <= 80:
            texts.insert(len(texts) - 1, tag.parent.get_text(" "))
        for text in texts:
            moment = moment_from_text(
                text, self._page.fetched_at, is_day_first=self._is_day_first, language=self._language
            )
            if moment is not None:
                return moment
        return None

    def _key(self) -> tuple[str, bool]:
        attributes = self._outline.attributes(self._tag)
        for name in _ID_ATTRIBUTES:
            if re.fullmatch(r"[\w-]{1,64}", attributes.get(name, "")):
                return attributes[name], True
        candidates = [attributes.get("id", "")]
        candidates += [
            self._outline.attributes(tag).get("id", "") or self._outline.attributes(tag).get("name", "")
            for tag in self._tags[:60]
        ]
        return next(
            (key for key in candidates if key and len(key) <= 64 and _ELEMENT_ID.match(key)), ""
        ), False

    def _permalink(self, key: str) -> str:
        stated = self._tag.find(attrs={"itemprop": "url"})
        links = [tag for tag in self._tags if tag.name == "a" and tag.get("href")]
        if (
            isinstance(stated, Tag)
            and stated.get("href")
            and not PROFILE_LINK.search(str(stated.get("href")))
        ):
            links.insert(0, stated)
        timed = {id(one) for mark in self._times for one in (mark.tag, mark.tag.parent) if one is not None}
        best: tuple[int, str] = (0, "")
        for link in links:
            href = str(link.get("href"))
            url = absolute_url(self._page.url, href)
            if not url or PROFILE_LINK.search(href) or not is_same_site(url, self._page.url):
                continue
            best = max(best, (self._likeness(link, url, key, id(link) in timed), url), key=lambda one: one[0])
        name = self._outline.attributes(self._tag).get("id", "") or ("" if key.isdecimal() else key)
        anchor = f"#{name}" if name and _ELEMENT_ID.match(name) else ""
        return best[1] or f"{without_fragment(self._page.url)}{anchor}"

    def _likeness(self, link: Tag, url: str, key: str, is_timed: bool) -> int:
        """How much like the post's own address a link is; 0 for not at all."""
        if self._body is not None and self._outline.contains(self._body, link):
            return 0
        text = " ".join(link.get_text(" ").split())
        fragment = url.partition("#")[2]
        number = (_DIGITS.findall(key) or [""])[-1]
        if link.get("itemprop") == "url":
            return 6
        if key and (fragment == key or (number and fragment and number in _DIGITS.findall(fragment))):
            return 5
        if _names_post(url, key) and not _ACTION.search(f"{text} {url}"):
            return 4
        if is_timed or "bookmark" in link.get_attribute_list("rel"):
            return 3
        return 2 if _NUMBER_LINK.match(text) or text.lower() in _PERMALINK_WORDS else 0
