"""What the forum says to machines: an RSS feed a board, the sitemap and robots.txt.

It decides what a polite crawler is told; it never enforces it.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape

from monitor.practice.content import BoardContent
from monitor.practice.discussion import Discussion
from monitor.practice.layout import paragraphs
from monitor.practice.pages import thread_path
from monitor.practice.postmarkup import post_path

_FEED_POSTS = 20

ROBOTS = """User-agent: *
Crawl-delay: 0
Disallow: /login
Disallow: /search
Disallow: /member/
Disallow: /private/

Sitemap: {base_url}/sitemap.xml
"""


def robots(base_url: str) -> str:
    """The forum's robots.txt (RFC 9309, with the customary Crawl-delay)."""
    return ROBOTS.format(base_url=base_url)


def board_feed(discussion: Discussion, board: BoardContent, base_url: str) -> str:
    """RSS 2.0 with the board's newest posts, replies among them."""
    pairs = [
        (view, post)
        for view in discussion.threads(board.slug)
        if not view.content.is_removed
        for post in view.posts
    ]
    pairs.sort(key=lambda pair: (pair[1].published_at, pair[1].id), reverse=True)
    items = "".join(
        f"""
    <item>
      <title>{escape(view.content.title)}</title>
      <link>{escape(base_url + post_path(view, post))}</link>
      <guid isPermaLink="false">{escape(f"{base_url}/post/{post.id}/")}</guid>
      <dc:creator>{escape(post.author)}</dc:creator>
      <pubDate>{format_datetime(post.published_at, usegmt=True)}</pubDate>
      <description>{escape(paragraphs(post.text))}</description>
    </item>"""
        for view, post in pairs[:_FEED_POSTS]
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>{escape(board.name)} | {escape(discussion.content.name)}</title>
    <link>{base_url}/board/{board.slug}/</link>
    <description>{escape(board.about)}</description>
    <language>{board.lang}</language>{items}
  </channel>
</rss>
"""


def sitemap(discussion: Discussion, base_url: str) -> str:
    """Every open board and thread with its last change (sitemaps.org protocol 0.9)."""
    open_boards = [board.slug for board in discussion.content.boards if board.access == "open"]
    entries = [f"<url><loc>{base_url}/board/{slug}/</loc></url>" for slug in open_boards]
    entries += [
        f"<url><loc>{base_url}{thread_path(view)}</loc>"
        f"<lastmod>{view.changed_at.strftime('%Y-%m-%dT%H:%M:%SZ')}</lastmod></url>"
        for view in discussion.threads()
        if view.content.board in open_boards and not view.content.is_removed
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "\n".join(entries)
        + "\n</urlset>\n"
    )
