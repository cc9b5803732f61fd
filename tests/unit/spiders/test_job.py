from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from spiders.gate import GateRefusedError, allowed_network_from_text
from spiders.items import PageState
from spiders.job import CrawlJob, CrawlLimits, SourceJob, job_from_text, text_from_job

JOB = CrawlJob(
    sources=(
        SourceJob(
            source_url="https://f.test/",
            platform="spirit",
            start_url="https://f.test/",
            states=(
                PageState(
                    url="https://f.test/t",
                    kind="thread",
                    marker="3",
                    read_at=datetime(2026, 1, 2, tzinfo=UTC),
                ),
            ),
        ),
    ),
    limits=CrawlLimits(max_pages_per_source=7, delay_s=0.5),
    allowed_networks=tuple(
        allowed_network_from_text(text)
        for text in ("127.0.0.1:8101", "10.0.0.0/8", "[fd00::1]:80", "fd00::/8")
    ),
    user_agent="Test/1",
)


def test_a_job_crosses_the_pipe_unchanged():
    assert job_from_text(text_from_job(JOB)) == JOB


def test_the_gate_of_a_job_has_its_exceptions_and_no_services():
    gate = job_from_text(text_from_job(JOB)).gate()

    assert gate.check_url("http://[fd00::1]/")
    with pytest.raises(GateRefusedError):
        gate.check_url("http://127.0.0.1:8102/")


def test_a_job_needs_its_sources_only():
    job = job_from_text('{"sources": [{"source_url": "https://f.test/"}]}')

    assert job.sources == (SourceJob(source_url="https://f.test/", platform="", start_url="https://f.test/"),)
    assert job.limits == CrawlLimits()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"sources": [{}]}',
        '{"sources": [], "mode": "x"}',
        '{"sources": [], "limits": {"x": 1}}',
        '{"sources": [], "allowed_networks": ["x"]}',
    ],
)
def test_what_is_no_job_is_refused(text):
    with pytest.raises((ValueError, KeyError, TypeError)):
        job_from_text(text)


def test_a_job_holds_nothing_but_what_a_crawl_needs():
    assert set(json.loads(text_from_job(JOB))) == {
        "mode",
        "sources",
        "limits",
        "allowed_networks",
        "user_agent",
    }
