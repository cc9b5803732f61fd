"""Scrapy's HTTP handler with a bound on the head of an answer, which neither Scrapy nor Twisted has.

Without it a server that sends header lines without end fills the memory of the crawl process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from twisted.web._newclient import BODY, DONE

from spiders.settings import MAX_HEAD_BYTES

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.internet.interfaces import IAddress


class BoundedHeadProtocol(_LenientHTTP11ClientProtocol):
    """Ends the connection when the head of an answer is longer than any honest one."""

    _head_bytes = 0

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's interface
        """Count what comes before the body; the failure is that of a connection that broke off."""
        parser = self._parser
        if parser is None or parser.state in (BODY, DONE):
            self._head_bytes = 0
        else:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and self.transport is not None:
                self.transport.abortConnection()
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _BoundedHeadFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> BoundedHeadProtocol:  # noqa: ARG002, N802
        return BoundedHeadProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class BoundedDownloadHandler(HTTP11DownloadHandler):
    """The handler for http and https."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedHeadFactory  # noqa: SLF001 - Scrapy sets its own in the same way
