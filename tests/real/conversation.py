"""What is said on the real software under test: the practice forum's threads, and two long ones.

The same invented people and the same shaming posts stand everywhere, so that every test can count them.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from monitor.practice.content import ThreadContent, shipped_content

OPENED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeedPost:
    """One post to write into the software. ``quotes`` and ``parent`` are indexes in the same thread."""

    author: str
    text: str
    published_at: datetime
    quotes: int | None = None
    shames: tuple[str, ...] = ()
    edited_text: str = ""
    is_removed: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeedThread:
    """One thread; its first post opens it."""

    title: str
    lang: str
    posts: tuple[SeedPost, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RealPost:
    """One post as the software now holds it: what a crawl has to find.

    ``id`` and ``thread_id`` are the software's own. ``is_removed`` posts must not be found.
    """

    id: int
    thread_id: int
    title: str
    author: str
    text: str
    quoted: str
    published_at: datetime
    shames: tuple[str, ...] = ()
    is_removed: bool = False


def seed_threads() -> tuple[SeedThread, ...]:
    """All threads, the readable ones of the practice forum first."""
    content = shipped_content()
    open_boards = {board.slug for board in content.boards if board.access == "open"}
    readable = [thread for thread in content.threads if thread.board in open_boards and not thread.is_removed]
    return (*(_from_practice(thread) for thread in readable), _ferry_log(), _reading_circle())


def _from_practice(thread: ThreadContent) -> SeedThread:
    began_at = OPENED_AT - timedelta(days=thread.began_days_ago)
    posts = tuple(
        SeedPost(
            author=post.by,
            text=post.text.strip(),
            published_at=began_at + written,
            quotes=post.quotes - 1 if post.quotes else None,
            shames=post.shames,
        )
        for post, (written, _) in zip(thread.posts, thread.offsets(), strict=True)
    )
    return SeedThread(title=thread.title, lang=thread.lang, posts=posts)


def _ferry_log() -> SeedThread:
    """45 posts, one of them edited later, one removed."""
    skippers = ("Odalys", "hedgepig", "Benno K.", "quietharbour")
    weather = ("fog until nine", "a following wind", "drizzle", "bright and cold", "swell from the south")
    posts = tuple(
        SeedPost(
            author=skippers[trip % len(skippers)],
            text=f"Crossing {trip + 1}: {weather[trip % len(weather)]}, {7 + trip * 5 % 23} passengers and {1 + trip % 4} bicycles.",
            published_at=OPENED_AT - timedelta(days=20) + timedelta(minutes=97 * trip),
            edited_text="Crossing 8: corrected, nine passengers and a goat." if trip == 7 else "",
            is_removed=trip == 21,
        )
        for trip in range(45)
    )
    return SeedThread(title="Ferry log, the whole of February", lang="en", posts=posts)


def _reading_circle() -> SeedThread:
    """63 posts in Spanish and Chinese."""
    readers = ("Vecina del 12", "don_chucho", "青团子", "老槐树")
    posts = tuple(
        SeedPost(
            author=readers[page % len(readers)],
            text=f"Página {page * 3 + 1}: la frase que más me gustó."
            if page % len(readers) < 2
            else f"第 {page * 3 + 1} 页：这一段写得真好。",
            published_at=OPENED_AT - timedelta(days=15) + timedelta(minutes=61 * page),
        )
        for page in range(63)
    )
    return SeedThread(title="Círculo de lectura / 读书会", lang="es", posts=posts)
