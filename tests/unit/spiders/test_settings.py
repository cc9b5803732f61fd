"""What Scrapy would do by itself and must not."""

from __future__ import annotations

from scrapy.settings import Settings
from scrapy.utils.misc import load_object

from spiders.settings import USER_AGENT, scrapy_settings


def test_certificates_are_verified_and_nothing_listens_or_remembers():
    settings = Settings(scrapy_settings())

    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    for name in (
        "REMOTE_CONTROL",
        "TELNETCONSOLE",
        "COOKIES",
        "REFERER",
        "HTTPPROXY",
        "RETRY",
        "METAREFRESH",
    ):
        assert not settings.getbool(f"{name}_ENABLED"), name
    assert settings.getwithbase("EXTENSIONS") == {}
    assert settings.getwithbase("SPIDER_MIDDLEWARES") == {}


def test_only_http_and_https_can_be_downloaded():
    assert set(scrapy_settings()["DOWNLOAD_HANDLERS_BASE"]) == {"http", "https"}


def test_every_component_that_is_named_exists():
    settings = scrapy_settings()

    for name in [*settings["DOWNLOADER_MIDDLEWARES_BASE"], settings["TWISTED_DNS_RESOLVER"]]:
        assert load_object(name)


def test_the_gate_stands_before_everything_else():
    middlewares = scrapy_settings()["DOWNLOADER_MIDDLEWARES_BASE"]

    assert min(middlewares, key=middlewares.__getitem__) == "spiders.middlewares.GateMiddleware"


def test_the_crawler_says_what_it_is():
    assert USER_AGENT.startswith("Shamewatch/")
    assert scrapy_settings(user_agent="Other/1")["USER_AGENT"] == "Other/1"
