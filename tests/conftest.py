"""What holds for every test: in CI a test that is skipped has failed, since nobody would see what it no longer proves."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

# No test asks a timestamping authority on the internet; those about stamps start one on loopback.
os.environ.setdefault("SHAMEWATCH_TSA_URLS", "none")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which counts as a failure in CI. {reason}"
    return report
