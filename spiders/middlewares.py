"""What every request passes on its way out, and every body on its way in: the gate, the pace, the size limit."""

from __future__ import annotations

import asyncio
import socket
import zlib
from typing import TYPE_CHECKING, Self

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest

from spiders.gate import Address, is_public
from spiders.items import RefusalKind
from spiders.refusals import PageRefusedError
from spiders.resolver import PINS

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from spiders.gate import Gate


class GateMiddleware:
    """Lets a request out only to an address that the gate admits, and pins that address.

    Robots files, redirects and meta refreshes are requests of their own and pass here too.
    """

    def __init__(self, crawler: Crawler, gate: Gate) -> None:
        self._crawler = crawler
        self._gate = gate
        self._timeout_s: float = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of building components. The gate travels in the spider."""
        gate: Gate = crawler.spider.gate  # type: ignore[union-attr]
        return cls(crawler, gate)

    async def process_request(self, request: Request) -> None:
        """Raises GateRefusedError; PageRefusedError (unreachable) for an unknown name; TimeoutError."""
        _, host, port = self._gate.check_url(request.url)
        async with asyncio.timeout(self._timeout_s), self._locks.setdefault((host, port), asyncio.Lock()):
            addresses = PINS.fresh(host, port)
            if addresses is None:
                addresses = await self._resolve(host, port)
        self._set_pace(request, addresses)

    async def _resolve(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            return await asyncio.to_thread(PINS.resolve, self._gate, host, port)
        except (socket.gaierror, UnicodeError) as error:
            raise PageRefusedError(RefusalKind.UNREACHABLE, f"The name {host} is not known.") from error

    def _set_pace(self, request: Request, addresses: tuple[Address, ...]) -> None:
        """No delay on the operator's own networks. Crawl-delay (spiders/robots.py) may still set one."""
        if any(is_public(address) for address in addresses):
            return
        downloader = self._crawler.engine.downloader
        downloader.per_slot_settings.setdefault(
            downloader.get_slot_key(request), {"concurrency": 1, "delay": 0.0, "jitter": 0.0}
        )


class BoundedCompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's decompression, with its refusals told apart: a bomb is too large, broken data is unreadable."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Raises PageRefusedError."""
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise PageRefusedError(
                RefusalKind.TOO_LARGE, "The page is larger than the limit once it is unpacked."
            ) from error
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise PageRefusedError(
                RefusalKind.UNREADABLE, f"The page is packed in a broken way ({type(error).__name__})."
            ) from error
