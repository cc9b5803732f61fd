"""One page over the wire: redirects, retries, decoding. Ends in a Fetched or a PageRefusedError, never in silence."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http.request import NO_CALLBACK
from w3lib.html import get_meta_refresh

from spiders.decoding import text_from_body
from spiders.gate import GateRefusedError
from spiders.items import RefusalKind
from spiders.links import host_key
from spiders.politeness import HostBook, retry_after_s_from_header, wait_before_retry_s
from spiders.refusals import PageRefusedError, kind_from_status, refusal_from_exception
from spiders.settings import MAX_REDIRECTS

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from spiders.job import CrawlLimits

_MAX_REFRESH_DELAY_S = 5.0
_TEXT_TYPES = frozenset(
    {"", "application/xhtml+xml", "application/xml", "application/json", "application/javascript",
     "application/x-javascript", "application/rdf+xml", "application/octet-stream+text"}
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page that came, with any status. ``is_unchanged`` is the answer 304. ``url`` is after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    untrusted_body: str
    size_bytes: int
    is_unchanged: bool = False


class Fetcher:
    """Fetches pages for every source of one crawl, and keeps the book on the servers' behaviour."""

    def __init__(self, crawler: Crawler, limits: CrawlLimits) -> None:
        self._crawler = crawler
        self._limits = limits
        self._hosts = HostBook(time.monotonic)
        self._turns: dict[str, asyncio.Lock] = {}

    def given_up(self, url: str) -> PageRefusedError | None:
        """Why the page's server is left alone for the rest of this crawl, if it is."""
        return self._hosts.given_up(host_key(url))

    def refuse(self, url: str, refusal: PageRefusedError) -> None:
        """Note a refusal in the book: one that no retry mends, or a wall that came with status 200."""
        self._hosts.refused(refusal.host or host_key(url), refusal)

    async def fetch(self, url: str, validators: Mapping[str, str]) -> Fetched:
        """The page, whatever its status, after retries. ``validators`` are conditional request headers.

        Raises PageRefusedError where no answer can be had, or none that is text.
        """
        attempt = 0
        while True:
            refusal, fetched = await self._attempt(url, validators)
            if refusal is None and fetched is not None:
                self._hosts.succeeded(host_key(fetched.url))
                return fetched
            assert refusal is not None
            wait_s = wait_before_retry_s(refusal, attempt, self._limits.max_retry_after_s)
            if wait_s is None or self._hosts.given_up(refusal.host) is not None:
                if fetched is not None:
                    return fetched
                raise refusal
            self._hosts.attempt_failed(refusal.host, refusal, wait_s)
            attempt += 1

    async def _attempt(
        self, url: str, validators: Mapping[str, str]
    ) -> tuple[PageRefusedError | None, Fetched | None]:
        """What one attempt gave: a page, a refusal, or a page that is a refusal."""
        trail = [url]
        try:
            fetched = await self._follow(trail, validators)
        except Exception as error:  # noqa: BLE001 - each failure becomes a refusal that is reported
            return refusal_from_exception(error).at(host_key(trail[-1])), None
        kind = kind_from_status(fetched.status)
        if kind is None:
            return None, fetched
        return refusal_from_page(fetched, kind), fetched

    async def _follow(self, trail: list[str], validators: Mapping[str, str]) -> Fetched:
        """The page after its redirects, whose addresses are added to ``trail``.

        Each hop passes the gate, robots.txt and its own server's turn.
        """
        for _ in range(MAX_REDIRECTS + 1):
            url = trail[-1]
            if url in trail[:-1]:
                raise PageRefusedError(RefusalKind.REDIRECT_LOOP, "The page redirects in a circle.")
            response = await self._download(url, validators)
            target = _redirect_target(response)
            if target is None:
                fetched = _fetched_from_response(response)
                target = _refresh_target(fetched)
                if target is None or target in trail:
                    return fetched
            # A fragment is never sent, so a redirect to another one is the same request again.
            trail.append(urljoin(url, target).partition("#")[0])
        raise PageRefusedError(
            RefusalKind.REDIRECT_LOOP, f"The page redirects more than {MAX_REDIRECTS} times."
        )

    async def _download(self, url: str, validators: Mapping[str, str]) -> Response:
        try:
            request = Request(url, headers=dict(validators), callback=NO_CALLBACK)
        except ValueError:
            raise GateRefusedError("The address cannot be read as a URL.") from None
        # Scrapy's slots start every waiting request at once where the delay is 0: its limit of one request
        # per host is counted only when a download has begun. The turn covers robots.txt too.
        slot = self._crawler.engine.downloader.get_slot_key(request)
        async with self._turns.setdefault(slot, asyncio.Lock()):
            await self._wait(host_key(url))
            response: Response = await self._crawler.engine.download_async(request)
        return response

    async def _wait(self, host: str) -> None:
        """Returns when the server may be asked. Raises PageRefusedError where it was given up meanwhile."""
        while True:
            if (given_up := self._hosts.given_up(host)) is not None:
                raise given_up
            wait_s = self._hosts.wait_s(host)
            if wait_s <= 0:
                return
            await asyncio.sleep(wait_s)


def refusal_from_page(fetched: Fetched, kind: RefusalKind) -> PageRefusedError:
    """The refusal that a page with a failing status is."""
    retry_after_s = retry_after_s_from_header(fetched.headers.get("retry-after", ""))
    if fetched.status == 503 and retry_after_s is not None:
        kind = RefusalKind.RATE_LIMITED
    detail = _STATUS_SENTENCES.get(kind, "The server answered with a status that is no page.")
    sentence = f"{detail} (status {fetched.status})"
    refusal = PageRefusedError(kind, sentence, status=fetched.status, retry_after_s=retry_after_s)
    return refusal.at(host_key(fetched.url))


_STATUS_SENTENCES = {
    RefusalKind.FORBIDDEN: "The server does not let this page be read.",
    RefusalKind.RATE_LIMITED: "The server says that it is asked too often.",
    RefusalKind.GONE: "The page is not there.",
    RefusalKind.SERVER_ERROR: "The server failed.",
}


def _redirect_target(response: Response) -> str | None:
    if response.status not in (301, 302, 303, 307, 308):
        return None
    location = response.headers.get(b"Location")
    if not location:
        return None
    try:
        return location.decode("utf-8").strip()
    except UnicodeDecodeError:
        return location.decode("latin-1").strip()


def _refresh_target(fetched: Fetched) -> str | None:
    """Where a page sends its reader at once by <meta http-equiv=refresh>; reloads of itself are none."""
    if fetched.status != 200 or "refresh" not in fetched.untrusted_body[:4096].lower():
        return None
    delay_s, target = get_meta_refresh(
        fetched.untrusted_body[:4096], fetched.url, ignore_tags=("script", "noscript")
    )
    if delay_s is None or target is None or delay_s > _MAX_REFRESH_DELAY_S:
        return None
    return target if target.partition("#")[0] != fetched.url.partition("#")[0] else None


def _fetched_from_response(response: Response) -> Fetched:
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    content_type = headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    text = ""
    if response.status != 304:
        if not _is_text(media_type, response.body):
            raise PageRefusedError(
                RefusalKind.UNREADABLE,
                f"The page is no text but {media_type or 'data'}.",
                status=response.status,
            )
        text, _ = text_from_body(response.body, content_type)
    return Fetched(
        url=response.url,
        status=response.status,
        headers=headers,
        untrusted_body=text,
        size_bytes=len(response.body),
        is_unchanged=response.status == 304,
    )


def _is_text(media_type: str, body: bytes) -> bool:
    if media_type == "" and b"\0" in body[:512]:
        return body[:2] in (b"\xff\xfe", b"\xfe\xff")
    return (
        media_type in _TEXT_TYPES or media_type.startswith("text/") or media_type.endswith(("+xml", "+json"))
    )
