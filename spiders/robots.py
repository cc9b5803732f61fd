"""Whether robots.txt lets a page be read, and how fast (RFC 9309). Never reads a page while that is unknown.

Scrapy's own middleware lets waiting requests through while robots.txt is still being fetched (all waiters
share one Deferred; the second one gets None, which means "allowed"). Here the verdict is fetched under one
lock per server, and nobody passes before it is known.
"""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from spiders.items import RefusalKind
from spiders.politeness import retry_after_s_from_header
from spiders.refusals import PageRefusedError, refusal_from_exception
from spiders.settings import MAX_CRAWL_DELAY_S, MAX_REDIRECTS, MAX_ROBOTS_BYTES, ROBOTS_TOKEN

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

# Without a connection nothing at all can be read: these say more than "robots" would.
_OWN_KIND = frozenset(
    {RefusalKind.UNREACHABLE, RefusalKind.TLS_ERROR, RefusalKind.ADDRESS_REFUSED, RefusalKind.RATE_LIMITED}
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Verdict:
    """The rules, or why they could not be had; neither: everything is allowed."""

    rules: RobotParser | None = None
    refusal: PageRefusedError | None = None


class LockedRobotsTxtMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware with the race removed, and with unreadable robots files meaning "no"."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._locks: dict[str, asyncio.Lock] = {}
        self._verdicts: dict[str, _Verdict] = {}

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Raises PageRefusedError where the page may not be read."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self.robot_parser(request)
        if rules is None:
            return
        if not rules.allowed(request.url, ROBOTS_TOKEN):
            raise PageRefusedError(RefusalKind.ROBOTS, "The site's robots.txt forbids this page.")
        self._apply_crawl_delay(request, rules)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of the request's server; None where it has none. Raises PageRefusedError."""
        parts = urlsplit(request.url)
        server = f"{parts.scheme}://{parts.netloc}".lower()
        async with self._locks.setdefault(server, asyncio.Lock()):
            verdict = self._verdicts.get(server) or await self._verdict(f"{server}/robots.txt")
            if verdict.refusal is None or verdict.refusal.kind is not RefusalKind.UNREACHABLE:
                # A server that cannot be reached may be the next time: the page's retry asks again.
                self._verdicts[server] = verdict
        if verdict.refusal is not None:
            raise verdict.refusal
        return verdict.rules

    async def _verdict(self, robots_url: str) -> _Verdict:
        try:
            response = await self._fetch(robots_url)
        except Exception as error:  # noqa: BLE001 - every failure means complete disallow (§2.3.1.4)
            return _Verdict(refusal=_refusal_without_robots(refusal_from_exception(error)))
        if response is None or 400 <= response.status < 500:
            return _Verdict()  # §2.3.1.2 (more than five redirects), §2.3.1.3 (unavailable)
        return _Verdict(rules=ProtegoRobotParser(response.body, self.crawler.spider))

    async def _fetch(self, url: str) -> Response | None:
        """The robots file after redirects, each through the gate. None where they do not end."""
        for _ in range(MAX_REDIRECTS):
            request = Request(
                url,
                callback=NO_CALLBACK,
                meta={"dont_obey_robotstxt": True, "download_maxsize": MAX_ROBOTS_BYTES},
            )
            response = await self.crawler.engine.download_async(request)
            if response.status == 429 or response.status >= 500:
                raise _refusal_from_status(response)
            location = response.headers.get(b"Location")
            if not (300 <= response.status < 400 and location):
                return response
            url = urljoin(url, location.decode("latin-1"))
        return None

    def _apply_crawl_delay(self, request: Request, rules: RobotParser) -> None:
        """Scrapy reads Crawl-delay but does not apply it: set it on the server's slot."""
        delay_s = rules.crawl_delay(ROBOTS_TOKEN)
        if not delay_s or delay_s <= 0:
            return
        delay_s = min(delay_s, MAX_CRAWL_DELAY_S)
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        slot = downloader.slots.get(key)
        if slot is not None and slot.delay < delay_s:
            slot.delay, slot.jitter = delay_s, 0.0
        known = downloader.per_slot_settings.get(key, {})
        if known.get("delay", 0.0) < delay_s:
            # Scrapy forgets the slots of idle hosts; new ones are made after these settings.
            downloader.per_slot_settings[key] = {"concurrency": 1, "delay": delay_s, "jitter": 0.0}


def _refusal_from_status(response: Response) -> PageRefusedError:
    if response.status == 429:
        header = response.headers.get(b"Retry-After", b"") or b""
        return PageRefusedError(
            RefusalKind.RATE_LIMITED,
            "The server limits how often its robots.txt may be asked for.",
            status=429,
            retry_after_s=retry_after_s_from_header(header.decode("latin-1")),
        )
    return PageRefusedError(
        RefusalKind.ROBOTS,
        f"robots.txt answered with status {response.status}, which means that nothing may be read.",
        status=response.status,
    )


def _refusal_without_robots(refusal: PageRefusedError) -> PageRefusedError:
    if refusal.kind in _OWN_KIND or refusal.kind is RefusalKind.ROBOTS:
        return refusal
    return PageRefusedError(
        RefusalKind.ROBOTS,
        f"robots.txt could not be had, which means that nothing may be read: {refusal.detail}",
        status=refusal.status,
    )
