"""`shamewatch run` does rounds by itself, and Ctrl-C lets it finish the one under way."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from monitor.practice import DEMO_SUBJECTS, PracticeForum
from monitor.practice.mailbox import Mailbox
from tests.acceptance.conftest import Shamewatch
from tests.acceptance.registration import registered

PATIENCE_S = 120.0


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_while_pages_are_captured_ends_it_after_the_round(
    shamewatch: Shamewatch, mailbox: Mailbox, number: signal.Signals
) -> None:
    """Ctrl-C reaches every process of the terminal's group, the browser's and the crawler's among them."""
    with PracticeForum() as forum:
        installation = shamewatch.with_settings(allowed_networks=forum.network, smtp_url=mailbox.smtp_url)
        installation.ok("init")
        registered(installation, DEMO_SUBJECTS[0], language="zh-Hans", region="CN")
        installation.ok("sources", "add", forum.url)
        running = installation.start("run", start_new_session=True)
        _wait_for_first_capture(installation.home)
        os.killpg(running.pid, number)
        out, err = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, err
    assert "Nothing that was stored is lost" in out
    assert err.strip() == ""
    hits = installation.lines("hits", "list")
    assert len(hits) >= 4
    assert {hit["capture"]["verdict"] for hit in hits} == {"ok"}
    assert len(list(mailbox.messages())) == len(hits)


def _wait_for_first_capture(home: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not list((home / "vault").rglob("*/*/*")):
        assert time.monotonic() < until_s, "nothing was captured"
        time.sleep(0.05)
