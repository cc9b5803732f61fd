"""One post as an ``article`` element, with schema.org microdata where the board has it.

It decides the markup of a post and its permalink; it never decides which posts a page shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from monitor.practice.discussion import ForumPost, ThreadView
from monitor.practice.layout import avatar, page_url, paragraphs, time_tag
from monitor.practice.pictures import PICTURES

_QUOTE_LENGTH = 220
_COMMENT = ' itemprop="comment" itemscope itemtype="https://schema.org/Comment"'
_PERSON = ' itemprop="author" itemscope itemtype="https://schema.org/Person"'


def post_path(view: ThreadView, post: ForumPost) -> str:
    """The post's permalink without host: the right page of its thread, and the post's anchor."""
    return f"{page_url(f'/thread/{view.content.id}/', view.page_of(post.id))}#p{post.id}"


def post_article(view: ThreadView, post: ForumPost, labels: Mapping[str, str], *, has_microdata: bool) -> str:
    """The post's markup: author, time, permalink, quote, text, pictures, edited mark."""
    is_opener = post.id == view.posts[0].id

    def prop(markup: str) -> str:
        return markup if has_microdata else ""

    scope = prop("" if is_opener else _COMMENT)
    link = escape(post_path(view, post))
    role = f'<span class="role">{labels["starter"]}</span>' if post.author == view.posts[0].author else ""
    url_prop = prop("" if is_opener else ' itemprop="url"')
    published = time_tag(post.published_at, prop(' itemprop="datePublished"'))
    return f"""<article class="post" id="p{post.id}"{scope}>
  <aside class="author">
    {avatar(post.author)}
    <a class="name" href="/member/{quote(post.author)}/"{prop(_PERSON)}><span{prop(' itemprop="name"')}>{escape(post.author)}</span></a>
    {role}
  </aside>
  <div class="body">
    <header class="post-head"><a class="permalink" href="{link}"{url_prop}>{published}</a><a class="number" href="{link}">#{post.number}</a></header>
    <div class="content"{prop(' itemprop="text"')}>
{_quote(view, post, labels)}{paragraphs(post.text)}
{_images(post)}</div>
    {_edited(post, labels, has_microdata)}
    <footer class="actions"><a href="/login?quote={post.id}">{labels["quote"]}</a><a href="/login?report={post.id}">{labels["report"]}</a></footer>
  </div>
</article>"""


def _quote(view: ThreadView, post: ForumPost, labels: Mapping[str, str]) -> str:
    quoted = next((other for other in view.posts if other.number == post.quotes), None)
    if quoted is None:
        return ""
    text = quoted.text if len(quoted.text) <= _QUOTE_LENGTH else f"{quoted.text[:_QUOTE_LENGTH]}…"
    said = escape(labels["wrote"].format(author=quoted.author))
    link = escape(post_path(view, quoted))
    return f'<blockquote class="quote" cite="{link}"><cite><a href="{link}">{said}</a></cite>{paragraphs(text)}</blockquote>\n'


def _images(post: ForumPost) -> str:
    return "".join(
        f'<figure><img src="/image/{name}.png" alt="{escape(PICTURES[name].alt)}" width="{PICTURES[name].size[0]}" height="{PICTURES[name].size[1]}"></figure>\n'
        for name in post.images
    )


def _edited(post: ForumPost, labels: Mapping[str, str], has_microdata: bool) -> str:
    if post.edited_at is None:
        return ""
    stamp = time_tag(post.edited_at, ' itemprop="dateModified"' if has_microdata else "")
    return f'<p class="edited">{labels["edited"]} {stamp}</p>'
