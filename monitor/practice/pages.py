"""The forum's pages: index of boards, listing of threads, thread, and the walls that refuse.

It decides the markup of each page from one view of the discussion; it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from monitor.practice.content import THREADS_PER_PAGE, BoardContent
from monitor.practice.discussion import Discussion, ThreadView
from monitor.practice.layout import Frame, avatar, document, page_url, pager, time_tag
from monitor.practice.postmarkup import post_article


class Pages:
    """Renders pages of one discussion under one base address (no slash at its end)."""

    def __init__(self, discussion: Discussion, base_url: str) -> None:
        self._discussion = discussion
        self._base_url = base_url

    def index(self) -> str:
        """The list of boards."""
        labels = self._labels("en")
        rows = "\n".join(self._board_row(board) for board in self._discussion.content.boards)
        body = f"""<h1 class="visually-hidden">{escape(self._discussion.content.name)}</h1>
<section class="panel">
  <div class="row head"><span>{labels["board"]}</span><span>{labels["threads"]}</span><span>{labels["posts"]}</span><span>{labels["last_reply"]}</span></div>
{rows}
</section>"""
        return document(self._frame("en", self._discussion.content.name), body)

    def _board_row(self, board: BoardContent) -> str:
        threads = [view for view in self._discussion.threads(board.slug) if not view.content.is_removed]
        posts = sum(len(view.posts) for view in threads)
        last = '<span class="last">–</span>'
        if threads:
            latest = max(threads, key=lambda view: view.last_post.published_at)
            # A closed board says how busy it is, as forums do, but not what is said there.
            where = '<span aria-hidden="true">🔒</span>'
            if board.access == "open":
                where = f'<a href="{thread_path(latest)}">{escape(latest.content.title)}</a>'
            last = f'<span class="last">{where}{time_tag(latest.last_post.published_at)}</span>'
        counts = f"<span>{len(threads)}</span><span>{posts}</span>"
        return f"""  <div class="row" lang="{board.lang}">
    <span class="what"><a class="title" href="/board/{board.slug}/">{escape(board.name)}</a>
      <span class="small">{escape(board.about)}</span></span>
    {counts}{last}
  </div>"""

    def listing(self, board: BoardContent, page: int) -> str | None:
        """One page of a board's threads, or None where there is no such page."""
        threads = self._discussion.threads(board.slug)
        pages = max(1, -(-len(threads) // THREADS_PER_PAGE))
        if not 1 <= page <= pages:
            return None
        labels = self._labels(board.lang)
        path = f"/board/{board.slug}/"
        shown = threads[(page - 1) * THREADS_PER_PAGE : page * THREADS_PER_PAGE]
        rows = "\n".join(_thread_row(view, labels) for view in shown)
        body = f"""<div class="title-bar"><h1>{escape(board.name)}</h1><p class="about">{escape(board.about)}</p>
<a class="feed" href="{path}feed.xml">RSS</a></div>
<section class="panel threads">
  <div class="row head"><span>{labels["thread"]}</span><span>{labels["replies"]}</span><span>{labels["last_reply"]}</span></div>
{rows}
</section>
{pager(labels, path, page, pages)}"""
        feed = f'<link rel="alternate" type="application/rss+xml" title="{escape(board.name)}" href="{path}feed.xml">'
        frame = self._frame(board.lang, board.name, crumbs=((board.name, path),), links=(feed,))
        return document(frame, body)

    def thread(self, view: ThreadView, page: int) -> str | None:
        """One page of a thread, or None where there is no such page."""
        board = self._discussion.board(view.content.board)
        if board is None or not 1 <= page <= view.pages:
            return None
        labels, path = self._labels(view.content.lang), thread_path(view)
        posts = "\n".join(
            post_article(view, post, labels, has_microdata=board.has_microdata) for post in view.on_page(page)
        )
        pages = pager(labels, path, page, view.pages)
        scope, hidden = self._thread_scope(view, page) if board.has_microdata else ("", "")
        headline = ' itemprop="headline"' if board.has_microdata else ""
        opener = view.posts[0]
        body = f"""<div class="thread" lang="{view.content.lang}"{scope}>
<div class="title-bar"><h1{headline}>{escape(view.content.title)}</h1>
<p class="about">{labels["started_by"]} {escape(opener.author)} · {view.reply_count} {labels["replies"].lower()}</p></div>
{hidden}{pages}
<section class="posts">
{posts}
</section>
{pages}
<p class="join"><a class="button" href="/login?next={quote(path)}">{labels["reply"]}</a></p>
</div>"""
        links = [f'<link rel="canonical" href="{self._base_url}{page_url(path, page)}">']
        if page > 1:
            links.append(f'<link rel="prev" href="{page_url(path, page - 1)}">')
        if page < view.pages:
            links.append(f'<link rel="next" href="{page_url(path, page + 1)}">')
        crumbs = ((board.name, f"/board/{board.slug}/"), (view.content.title, path))
        return document(self._frame(view.content.lang, view.content.title, crumbs=crumbs, links=links), body)

    def _thread_scope(self, view: ThreadView, page: int) -> tuple[str, str]:
        """schema.org DiscussionForumPosting: on later pages its opening post stands in hidden tags only."""
        scope = ' itemscope itemtype="https://schema.org/DiscussionForumPosting"'
        hidden = [f'<link itemprop="url" href="{self._base_url}{thread_path(view)}">']
        if page > 1:
            opener = view.posts[0]
            stamp = opener.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
            hidden.append(f'<meta itemprop="datePublished" content="{stamp}">')
            hidden.append(
                '<span itemprop="author" itemscope itemtype="https://schema.org/Person" hidden>'
                f'<meta itemprop="name" content="{escape(opener.author)}"></span>'
            )
        return scope, "".join(hidden) + "\n"

    def notice(self, lang: str, label: str) -> str:
        """A page that says why there is nothing to see: ``members_only``, ``no_longer`` or ``no_page``."""
        labels = self._labels(lang)
        body = f'<section class="panel notice"><p>{escape(labels[label])}</p><p><a href="/">{labels["home"]}</a></p></section>'
        return document(self._frame(lang, labels[label]), body)

    def login(self, lang: str = "en") -> str:
        """The login form, which also stands in place of a board that wants a login."""
        labels = self._labels(lang)
        body = f"""<section class="panel notice">
<h1>{labels["log_in"]}</h1>
<p>{escape(labels["must_log_in"])}</p>
<form class="login" method="post" action="/login">
  <label>{labels["user_name"]} <input type="text" name="user" autocomplete="username" required></label>
  <label>{labels["password"]} <input type="password" name="password" autocomplete="current-password" required></label>
  <button class="button" type="submit">{labels["log_in"]}</button>
</form></section>"""
        return document(self._frame(lang, labels["log_in"]), body)

    def _labels(self, lang: str) -> Mapping[str, str]:
        return self._discussion.content.labels[lang]

    def _frame(
        self,
        lang: str,
        title: str,
        crumbs: tuple[tuple[str, str], ...] = (),
        links: tuple[str, ...] | list[str] = (),
    ) -> Frame:
        content = self._discussion.content
        return Frame(
            forum=content.name,
            motto=content.motto,
            base_url=self._base_url,
            lang=lang,
            labels=self._labels(lang),
            title=title,
            crumbs=crumbs,
            links=links,
        )


def thread_path(view: ThreadView) -> str:
    """The thread's address without host: ``/thread/12/``."""
    return f"/thread/{view.content.id}/"


def _thread_row(view: ThreadView, labels: Mapping[str, str]) -> str:
    content, path = view.content, thread_path(view)
    if content.is_removed:
        return f"""  <div class="row removed" lang="{content.lang}">
    <span class="what"><a class="title" href="{path}">{escape(content.title)}</a>
      <span class="small">{labels["removed"]}</span></span>
    <span class="count">{view.reply_count}</span><span class="last">{time_tag(view.last_post.published_at)}</span>
  </div>"""
    badge = f'<span class="badge">{labels["pinned"]}</span> ' if content.is_pinned else ""
    jumps = ""
    if view.pages > 1:
        links = "".join(f'<a href="{page_url(path, page)}">{page}</a>' for page in range(2, view.pages + 1))
        jumps = f' <span class="jumps">{links}</span>'
    opener, last = view.posts[0], view.last_post
    return f"""  <div class="row" lang="{content.lang}">
    <span class="what">{avatar(opener.author)}<span>{badge}<a class="title" href="{path}">{escape(content.title)}</a>{jumps}
      <span class="small">{labels["by"]} {escape(opener.author)} · {time_tag(opener.published_at)}</span></span></span>
    <span class="count">{view.reply_count}</span>
    <span class="last">{time_tag(last.published_at)}<span class="small">{labels["by"]} {escape(last.author)}</span></span>
  </div>"""
