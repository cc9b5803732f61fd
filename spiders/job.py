"""What a crawl process is told to do, as one JSON object on its standard input. Never whom anybody watches."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from spiders.gate import AllowedNetwork, Gate, allowed_network_from_text
from spiders.items import PageState, fields_from_record, record_from_line
from spiders.settings import USER_AGENT

CRAWL = "crawl"
RECOGNISE = "recognise"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CrawlLimits:
    """Where a crawl stops by itself. Each limit that is met is reported, never silent.

    ``delay_s`` lies between two requests to one public host. ``max_retry_after_s`` is the longest
    wait that a server may ask for before its host is given up for this crawl. ``time_limit_s`` is
    for the whole crawl: sources that are not finished then are cut.
    """

    max_pages_per_source: int = 200
    max_response_bytes: int = 8_000_000
    page_timeout_s: float = 30.0
    reread_pages: int = 10
    delay_s: float = 1.0
    max_retry_after_s: float = 60.0
    time_limit_s: float = 1800.0
    sources_at_once: int = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceJob:
    """One source to read, and what is remembered of its pages from earlier crawls."""

    source_url: str
    platform: str
    start_url: str
    states: tuple[PageState, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CrawlJob:
    """Sources to read in one process, within limits, through a gate with the operator's exceptions."""

    sources: tuple[SourceJob, ...]
    limits: CrawlLimits = dataclasses.field(default_factory=CrawlLimits)
    allowed_networks: tuple[AllowedNetwork, ...] = ()
    user_agent: str = USER_AGENT
    mode: str = CRAWL

    def gate(self) -> Gate:
        """The gate that every request of this crawl passes."""
        return Gate(self.allowed_networks)


def text_from_job(job: CrawlJob) -> str:
    """The job for the pipe."""
    return json.dumps(
        {
            "mode": job.mode,
            "sources": [_fields_from_source(source) for source in job.sources],
            "limits": dataclasses.asdict(job.limits),
            "allowed_networks": [_text_from_network(network) for network in job.allowed_networks],
            "user_agent": job.user_agent,
        }
    )


def job_from_text(text: str | bytes) -> CrawlJob:
    """Parse a job. Raises ValueError, TypeError or KeyError where it is none."""
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise ValueError("a job is a JSON object")
    mode = fields.get("mode", CRAWL)
    if mode not in (CRAWL, RECOGNISE):
        raise ValueError(f"{mode!r} is no kind of job: crawl or recognise")
    return CrawlJob(
        sources=tuple(_source_from_fields(source) for source in fields["sources"]),
        limits=CrawlLimits(**fields.get("limits", {})),
        allowed_networks=tuple(map(allowed_network_from_text, fields.get("allowed_networks", ()))),
        user_agent=fields.get("user_agent", USER_AGENT),
        mode=mode,
    )


def _fields_from_source(source: SourceJob) -> dict[str, Any]:
    return {
        "source_url": source.source_url,
        "platform": source.platform,
        "start_url": source.start_url,
        "states": [fields_from_record(state) for state in source.states],
    }


def _source_from_fields(fields: dict[str, Any]) -> SourceJob:
    states = (
        record_from_line(json.dumps({"record": "page_state", **state})) for state in fields.get("states", ())
    )
    return SourceJob(
        source_url=fields["source_url"],
        platform=fields.get("platform", ""),
        start_url=fields.get("start_url") or fields["source_url"],
        states=tuple(state for state in states if isinstance(state, PageState)),
    )


def _text_from_network(allowed: AllowedNetwork) -> str:
    if allowed.port is None:
        return str(allowed.network)
    if allowed.network.version == 6:
        return f"[{allowed.network}]:{allowed.port}"
    return f"{allowed.network}:{allowed.port}"
