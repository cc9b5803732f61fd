"""Asks a reader about one page, within a time, and turns its failure or a wall into a refusal. Fetches nothing."""

from __future__ import annotations

from collections.abc import Sequence

from spiders.fetching import Fetched, refusal_from_page
from spiders.isolation import ReadingTooLongError, reading_time_limit
from spiders.items import RefusalKind
from spiders.platforms import registry
from spiders.platforms.base import Follow, Page, Platform, Reading, Recognition
from spiders.refusals import PageRefusedError, kind_from_status
from spiders.walls import Wall, wall_from_page

_TOOK_TOO_LONG = PageRefusedError(RefusalKind.UNREADABLE, "Taking the page apart took too long.")


def recognition_from_page(page: Page) -> Recognition:
    """How the page's site would be read. Raises PageRefusedError where no reader knows it."""
    try:
        with reading_time_limit():
            found = registry.recognise(page)
    except ReadingTooLongError:
        raise _TOOK_TOO_LONG from None
    if found is None:
        raise PageRefusedError(RefusalKind.UNREADABLE, "No posts were found that can be read here.")
    return found[1]


def reading_from_page(platform: Platform, page: Page) -> Reading:
    """What the platform makes of the page. Raises PageRefusedError where it fails."""
    try:
        with reading_time_limit():
            return platform.read(page)
    except ReadingTooLongError:
        raise _TOOK_TOO_LONG from None
    except Exception as error:  # noqa: BLE001 - a reader's fault on one page must not end the crawl
        # The class only: the message may quote the page.
        detail = f"The reader for {platform.name} failed with {type(error).__name__}."
        raise PageRefusedError(RefusalKind.UNREADABLE, detail) from None


def other_ways(platform: Platform, page: Page) -> Sequence[Follow]:
    """Other pages with the same posts, where this one was refused. Empty where the reader fails."""
    try:
        with reading_time_limit():
            return platform.on_refusal(page)
    except Exception:  # noqa: BLE001 - the refusal itself is reported by the caller
        return ()


def raise_for_refusal(fetched: Fetched, page: Page) -> None:
    """Raises PageRefusedError where the status or the page itself refuses."""
    kind = kind_from_status(fetched.status)
    refusal = refusal_from_page(fetched, kind) if kind is not None else None
    # A page that is gone or failed is that, whatever the site's template puts around it.
    if kind in (None, RefusalKind.FORBIDDEN, RefusalKind.RATE_LIMITED, RefusalKind.SERVER_ERROR):
        wall = _wall(page)
        if wall is not None:
            raise PageRefusedError(
                wall[0],
                wall[1],
                status=fetched.status,
                retry_after_s=refusal.retry_after_s if refusal is not None else None,
            )
    if refusal is not None:
        raise refusal


def _wall(page: Page) -> Wall | None:
    try:
        with reading_time_limit():
            return wall_from_page(page)
    except ReadingTooLongError:
        raise _TOOK_TOO_LONG from None


def raise_for_reading(reading: Reading, *, may_be_empty: bool) -> None:
    """Raises PageRefusedError where a page came that should have held something and did not.

    ``may_be_empty``: a page before it led here, so an empty one is the end and no failure.
    """
    if reading.refusal is not None:
        detail = reading.refusal_detail or "The page is a wall instead of posts."
        raise PageRefusedError(reading.refusal, detail, status=200)
    is_empty = not (reading.posts or reading.follow or reading.watermark)
    if is_empty and reading.promised != 0 and not may_be_empty:
        raise PageRefusedError(
            RefusalKind.UNREADABLE, "The page came, but no post could be read from it.", status=200
        )
