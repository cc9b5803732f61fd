"""A monitor that is killed at any instant loses nothing and alerts nobody twice."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from monitor.practice import DEMO_SUBJECTS, PracticeForum
from monitor.practice.mailbox import Mailbox
from tests.acceptance.conftest import Shamewatch
from tests.acceptance.registration import registered

# One for each language of the forum would do as well; two make the outbox long enough to be cut in two.
WATCHED = DEMO_SUBJECTS[:2]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_after_kills_every_shaming_post_is_one_hit_with_evidence_and_one_alert(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with PracticeForum() as forum, Mailbox(tmp_path / "mailbox") as mailbox:
        installation = Shamewatch(tmp_path / "home").with_settings(
            allowed_networks=forum.network, smtp_url=mailbox.smtp_url
        )
        subjects = _registered(installation, forum)
        killed = sum(_killed_round(installation, chance.uniform(1.0, 14.0)) for _ in range(5))
        installation.ok("round", "--all")

        hits = installation.lines("hits", "list", "--limit", "1000")
        expected = {
            (forum.post_url(post_id), subjects[name])
            for post_id, name in forum.expected_hits()
            if name in subjects
        }
        found = [(hit["url"], hit["subject"]) for hit in hits]
        assert killed >= 3, "the rounds were too quick to be killed: this run proves nothing"
        assert len(found) == len(set(found))
        assert expected <= set(found)
        assert all(hit["capture"] for hit in hits)
        alerted = [message["X-Shamewatch-Id"] for message in mailbox.messages()]
        states = [
            alert for hit in hits for alert in installation.lines("hits", "show", hit["id"])[0]["alerts"]
        ]
        assert {alert["id"] for alert in states} == set(alerted)
        assert len(states) == len(hits)
        assert all(alert["state"] == "delivered" for alert in states)


def _registered(installation: Shamewatch, forum: PracticeForum) -> dict[str, str]:
    installation.folder.mkdir()
    installation.ok("init")
    subjects = {}
    for borrower in WATCHED:
        subjects[borrower.id] = registered(installation, borrower, language="en", region="PH")
    installation.ok("sources", "add", forum.url)
    return subjects


def _killed_round(installation: Shamewatch, after_s: float) -> bool:
    """Whether the round was still running when it was killed."""
    running = installation.start("round", "--all")
    time.sleep(after_s)
    was_running = running.poll() is None
    running.kill()
    try:
        running.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        # A child of the killed round may hold the pipes for a moment longer.
        running.stdout.close() if running.stdout else None
    return was_running
