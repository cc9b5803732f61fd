"""A small site on loopback whose every answer a test decides, and a crawl of it in the real crawl process."""

from __future__ import annotations

import dataclasses
import http.server
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from spiders.crawl import CrawlJob, CrawlLimits, SourceJob, crawl
from spiders.gate import allowed_network_from_text
from spiders.items import PageState, Post, Record, Refusal, SourceDone

BOARD_CHILD = (sys.executable, "-P", str(Path(__file__).parent / "board_child.py"))


@dataclasses.dataclass(frozen=True)
class Asked:
    """One request that the site received."""

    path: str
    headers: Mapping[str, str]
    at_s: float


@dataclasses.dataclass
class Reply:
    """One answer. ``stream`` writes the body by itself, with ``is_raw`` the head too."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    stream: Callable[[http.server.BaseHTTPRequestHandler], None] | None = None
    is_raw: bool = False


Answer = Reply | str | bytes | Callable[[Asked], Reply]


class Site:
    """A server on a free port of 127.0.0.1. ``pages`` maps path and query to answers; else 404."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.open_requests = 0
        self.most_open_requests = 0
        self._lock = threading.Lock()
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    @property
    def paths(self) -> list[str]:
        """What was asked for, robots.txt excepted."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        asked = Asked(handler.path, {k.lower(): v for k, v in handler.headers.items()}, time.monotonic())
        with self._lock:
            self.asked.append(asked)
            self.open_requests += 1
            self.most_open_requests = max(self.most_open_requests, self.open_requests)
        try:
            self._reply(handler, asked)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True
        finally:
            with self._lock:
                self.open_requests -= 1

    def _reply(self, handler: http.server.BaseHTTPRequestHandler, asked: Asked) -> None:
        found = self.pages.get(handler.path, Reply("not here", status=404))
        reply = found(asked) if callable(found) else found if isinstance(found, Reply) else Reply(found)
        if reply.is_raw:
            handler.close_connection = True
            reply.stream(handler)
            return
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        handler.send_response(reply.status)
        headers = {"Content-Type": "text/html; charset=utf-8", **reply.headers}
        if reply.stream is None:
            headers.setdefault("Content-Length", str(len(body)))
        else:
            handler.close_connection = True
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if reply.stream is not None:
            reply.stream(handler)
        elif reply.status != 304:
            handler.wfile.write(body)


@dataclasses.dataclass
class Crawled:
    """Everything that one crawl gave, and what would be remembered after it."""

    records: list[Record]
    states: dict[str, PageState]
    log: list[str]

    def of(self, kind: type[Record]) -> list[Record]:
        return [record for record in self.records if type(record) is kind]

    @property
    def posts(self) -> list[Post]:
        return self.of(Post)

    @property
    def refusals(self) -> list[Refusal]:
        return self.of(Refusal)

    @property
    def done(self) -> list[SourceDone]:
        return self.of(SourceDone)

    @property
    def texts(self) -> list[str]:
        return [post.untrusted_text for post in self.posts]


def crawled(
    sites: Site | Sequence[Site],
    start_urls: Sequence[str],
    *,
    states: Mapping[str, PageState] | None = None,
    command: Sequence[str] = BOARD_CHILD,
    platform: str = "board",
    **limits: float,
) -> Crawled:
    """Crawl with the board platform of ``board_child.py``, allowed to reach exactly these sites."""
    sites = [sites] if isinstance(sites, Site) else sites
    job = CrawlJob(
        sources=tuple(
            SourceJob(source_url=url, platform=platform, start_url=url, states=tuple((states or {}).values()))
            for url in start_urls
        ),
        limits=CrawlLimits(**{"page_timeout_s": 5.0, **limits}),
        allowed_networks=tuple(allowed_network_from_text(f"127.0.0.1:{site.port}") for site in sites),
    )
    log: list[str] = []
    records = list(crawl(job, on_stderr=log.append, command=command))
    remembered = dict(states or {})
    remembered.update({record.url: record for record in records if isinstance(record, PageState)})
    return Crawled(records, remembered, log)


@pytest.fixture
def site() -> Iterator[Site]:
    """One site, allowing everything by a robots.txt that does not exist."""
    site = Site()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def other_site() -> Iterator[Site]:
    """A second site."""
    site = Site()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def crawl_sites() -> Callable[..., Crawled]:
    """``crawled`` as a fixture, for test modules cannot import from here."""
    return crawled


@pytest.fixture
def reply() -> type[Reply]:
    """The class of answers."""
    return Reply
