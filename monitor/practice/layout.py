"""The frame of every page: head, header, breadcrumbs, pager, times and escaped text.

It decides how the forum looks around its posts; it knows nothing of threads, requests or state.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page of the forum shares. ``links`` go into the head as ready elements."""

    forum: str
    motto: str
    base_url: str
    lang: str
    labels: Mapping[str, str]
    title: str
    crumbs: Sequence[tuple[str, str]] = ()
    links: Sequence[str] = ()


def document(frame: Frame, body: str) -> str:
    """A whole HTML page around ``body``, which must be markup already."""
    title = f"{frame.title} | {frame.forum}" if frame.title != frame.forum else frame.forum
    head_links = "".join(f"\n  {link}" for link in frame.links)
    return f"""<!DOCTYPE html>
<html lang="{frame.lang}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{escape(title)}</title>
  <link rel="stylesheet" href="/static/forum.css">
  <link rel="icon" href="/static/lantern.svg" type="image/svg+xml">{head_links}
</head>
<body>
<header class="masthead">
  <div class="wrap">
    <a class="brand" href="/"><img src="/static/lantern.svg" alt="" width="34" height="34">
      <span class="brand-name">{escape(frame.forum)}</span></a>
    <span class="motto">{escape(frame.motto)}</span>
    <nav class="account">
      <a href="/search">{escape(frame.labels["search"])}</a>
      <a href="/login">{escape(frame.labels["log_in"])}</a>
      <a class="button" href="/login?new=1">{escape(frame.labels["register"])}</a>
    </nav>
  </div>
</header>
<main class="wrap">
{_crumbs(frame)}
{body}
</main>
<footer class="wrap footer">
  <p>{escape(frame.forum)} · UTC · <a href="/sitemap.xml">sitemap</a> · <a href="/robots.txt">robots</a></p>
  <p class="small">A practice forum. Every person, number and place on it is invented.</p>
</footer>
</body>
</html>
"""


def _crumbs(frame: Frame) -> str:
    if not frame.crumbs:
        return ""
    items = [f'<li><a href="/">{escape(frame.labels["home"])}</a></li>']
    items += [f'<li><a href="{escape(url)}">{escape(name)}</a></li>' for name, url in frame.crumbs]
    return f'<nav class="crumbs" aria-label="Breadcrumb"><ol>{"".join(items)}</ol></nav>'


def time_tag(moment: datetime, extra: str = "") -> str:
    """``<time>`` with the exact moment in UTC as attribute and a readable one as text."""
    iso = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f'<time datetime="{iso}"{extra}>{moment.strftime("%Y-%m-%d %H:%M")}</time>'


def paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, line ends become breaks, addresses become links."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return "\n".join(
        f"<p>{'<br>'.join(_linked(line) for line in block.splitlines())}</p>" for block in blocks
    )


def _linked(line: str) -> str:
    pieces, end = [], 0
    for match in _LINK.finditer(line):
        url = escape(match.group())
        pieces += [escape(line[end : match.start()]), f'<a href="{url}" rel="nofollow ugc">{url}</a>']
        end = match.end()
    return "".join((*pieces, escape(line[end:])))


def pager(labels: Mapping[str, str], path: str, page: int, pages: int) -> str:
    """Links to the other pages, or nothing where there is one page."""
    if pages == 1:
        return ""
    parts = []
    if page > 1:
        parts.append(
            f'<a class="step" rel="prev" href="{page_url(path, page - 1)}">« {labels["previous"]}</a>'
        )
    for number in range(1, pages + 1):
        if number == page:
            parts.append(f'<span class="current" aria-current="page">{number}</span>')
        else:
            parts.append(f'<a href="{page_url(path, number)}">{number}</a>')
    if page < pages:
        parts.append(f'<a class="step" rel="next" href="{page_url(path, page + 1)}">{labels["next"]} »</a>')
    where = escape(labels["page"].format(page=page, pages=pages))
    return f'<nav class="pager" aria-label="{where}"><span class="where">{where}</span>{"".join(parts)}</nav>'


def page_url(path: str, page: int) -> str:
    """The address of a page; the first one has no number."""
    return path if page == 1 else f"{path}?page={page}"


def member_hue(name: str) -> int:
    """A colour for a member, 0..359, the same on every page."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") % 360


def avatar(name: str) -> str:
    """A round badge with the member's first letter."""
    first = next((char for char in name if char.isalnum()), "?")
    return f'<span class="avatar" style="--hue:{member_hue(name)}" aria-hidden="true">{escape(first.upper())}</span>'
