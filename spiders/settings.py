"""How the crawler behaves towards other people's servers: its name, its pace, its limits. Never which pages are read.

Every component that Scrapy would start by itself is listed here or is off: no remote control, no telnet
console, no cookies, no referer, no proxy from the environment, no unverified certificate.
"""

from __future__ import annotations

from typing import Any

# One honest name for the crawler and for the evidence browser: a page that treats them differently
# would be evidence of something that no reader saw.
USER_AGENT = "Shamewatch/0.1 (reads public forum posts; obeys robots.txt)"
ROBOTS_TOKEN = "Shamewatch"  # noqa: S105 - the product token of RFC 9309 §2.2.1, no secret

MAX_REDIRECTS = 10
MAX_ROBOTS_BYTES = 1_000_000
MAX_HEAD_BYTES = 1_000_000
MAX_CRAWL_DELAY_S = 300.0

ACCEPT = (
    "text/html,application/xhtml+xml,application/atom+xml,application/rss+xml,"
    "application/feed+json,application/json;q=0.9,application/xml;q=0.9,text/*;q=0.8"
)

BOT_NAME = "shamewatch"
SPIDER_MODULES = ["spiders.spider"]
ROBOTSTXT_OBEY = True


def scrapy_settings(
    *,
    user_agent: str = USER_AGENT,
    delay_s: float = 1.0,
    max_response_bytes: int = 8_000_000,
    page_timeout_s: float = 30.0,
) -> dict[str, Any]:
    """Scrapy's settings for one crawl process.

    ``delay_s`` lies between two requests to one public host, give or take half of it.
    """
    return {
        "BOT_NAME": BOT_NAME,
        "USER_AGENT": user_agent,
        "ROBOTSTXT_OBEY": ROBOTSTXT_OBEY,
        "ROBOTSTXT_USER_AGENT": ROBOTS_TOKEN,
        "DEFAULT_REQUEST_HEADERS": {"Accept": ACCEPT},
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": delay_s,
        "DOWNLOAD_TIMEOUT": page_timeout_s,
        "DOWNLOAD_MAXSIZE": max_response_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS_BASE": dict.fromkeys(
            ("http", "https"), "spiders.downloads.BoundedDownloadHandler"
        ),
        "DOWNLOADER_MIDDLEWARES_BASE": {
            "spiders.middlewares.GateMiddleware": 50,
            "spiders.robots.LockedRobotsTxtMiddleware": 100,
            "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
            "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
            "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
            "spiders.middlewares.BoundedCompressionMiddleware": 590,
        },
        "SPIDER_MIDDLEWARES_BASE": {},
        "EXTENSIONS_BASE": {},
        "REMOTE_CONTROL_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "RETRY_ENABLED": False,
        "REDIRECT_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "TWISTED_DNS_RESOLVER": "spiders.resolver.PinnedResolver",
        "DNSCACHE_ENABLED": False,
        "REACTOR_THREADPOOL_MAXSIZE": 20,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "STATS_DUMP": False,
    }
