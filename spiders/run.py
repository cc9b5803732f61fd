"""The blind process: reads one job from standard input, crawls, writes records as JSON lines to standard output.

It is the only process that takes hostile pages apart. It knows no subject, no key and no database; nothing
but records goes to standard output, and no text of a page to standard error.

Run as ``python -P -m spiders.run``. Exit codes: 0 done, 2 the job cannot be read, 1 anything else.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO, Literal

from scrapy.crawler import AsyncCrawlerProcess

from spiders import isolation
from spiders.items import Record, line_from_record
from spiders.job import CrawlJob, job_from_text
from spiders.settings import scrapy_settings
from spiders.spider import ForumSpider

_MAX_JOB_BYTES = 256 * 1024 * 1024


class _QuietFormatter(logging.Formatter):
    """Exceptions by their class only: their message or their frames may quote the page."""

    def format(self, record: logging.LogRecord) -> str:
        """The first line only: Scrapy puts whole tracebacks into some messages."""
        return super().format(record).partition("\n")[0]

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's interface
        return f"({ei[0].__name__})" if ei and ei[0] is not None else ""

    def formatStack(self, stack_info: str) -> Literal[""]:  # noqa: ARG002, N802
        return ""


class LineWriter:
    """Writes records of one page together and in order, without holding up other downloads."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = asyncio.Lock()

    async def __call__(self, records: Sequence[Record]) -> None:
        """Returns when the lines are in the pipe. Raises BrokenPipeError when nobody reads any more."""
        if not records:
            return
        data = b"".join(line_from_record(record).encode("ascii") + b"\n" for record in records)
        async with self._lock:
            await asyncio.to_thread(self._write, data)

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()


def main() -> int:
    """Do one job. The exit code."""
    isolation.scrub_environment()
    isolation.limit_resources()
    records = _claim_stdout()
    _log_to_stderr()
    try:
        job = job_from_text(sys.stdin.buffer.read(_MAX_JOB_BYTES))
    except (ValueError, TypeError, KeyError) as error:
        sys.stderr.write(f"The job cannot be read: {type(error).__name__}.\n")
        return 2
    return _crawl(job, LineWriter(records))


def _crawl(job: CrawlJob, sink: LineWriter) -> int:
    limits = job.limits
    process = AsyncCrawlerProcess(
        scrapy_settings(
            user_agent=job.user_agent,
            delay_s=limits.delay_s,
            max_response_bytes=limits.max_response_bytes,
            page_timeout_s=limits.page_timeout_s,
        )
    )
    crawler = process.create_crawler(ForumSpider)
    process.crawl(crawler, job=job, sink=sink, before_first_request=_isolate)
    process.start()
    if process.bootstrap_failed or crawler.stats.get_value("spider_exceptions/count"):
        return 1
    return 0


def _isolate() -> None:
    """Once every component is loaded and before anything is read from the network."""
    isolation.warm_up()
    sys.stderr.write(isolation.give_up_root() + "\n")
    sys.stderr.flush()


def _claim_stdout() -> BinaryIO:
    """Keep standard output for records: whatever else prints goes to standard error."""
    records = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return records


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_QuietFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


if __name__ == "__main__":
    # Threads that wait for a name server must not hold up the end of a finished crawl.
    code = main()
    sys.stderr.flush()
    os._exit(code)
