"""What can go wrong between the monitor and its crawl process. Pages that refuse us are records, not errors."""

from __future__ import annotations


class CrawlError(Exception):
    """The crawl process did not do its work. The message is one sentence for people.

    ``exit_code`` is the command's where the error reaches its end.
    """

    exit_code = 9


class CrawlFailedError(CrawlError):
    """The crawl process ended before it had finished."""


class CrawlProtocolError(CrawlError):
    """The crawl process wrote something that is none of our records, and was ended."""


class CrawlTimeoutError(CrawlError):
    """The crawl process did not end in its time, and was ended."""
