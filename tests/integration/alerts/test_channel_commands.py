"""``shamewatch channels``: what the operator is told while a channel is added, tried out and retried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.practice.mailbox import Mailbox
from storage import Keyring, Scope, Storage
from storage.repositories.hit_records import HitPost
from tests.acceptance.conftest import Shamewatch


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A real mail server on loopback."""
    with Mailbox(tmp_path / "mailbox") as running:
        yield running


@pytest.fixture
def shamewatch(tmp_path: Path) -> Shamewatch:
    installation = Shamewatch(tmp_path / "monitor")
    installation.folder.mkdir()
    installation.ok("init")
    return installation


@pytest.fixture
def subject_id(shamewatch: Shamewatch) -> str:
    return shamewatch.ok("subjects", "add", "Case 1", "--declare", "self", "--declared-by", "case-1")


def given_up(shamewatch: Shamewatch, subject_id: str, channel_id: str) -> None:
    """Store an alert to the channel that was given up."""
    keyring = Keyring.open(shamewatch.folder / "key" / "instance.key", away_from=[shamewatch.home])
    storage = Storage.open(home=shamewatch.home, keyring=keyring)
    with storage.begin(Scope.operator()) as work:
        post = HitPost(site="https://f.example", id="1", url="https://f.example/1", untrusted_text="x")
        hit, _ = work.hits.record(subject_id, post=post, body_sha256="0" * 64, score=0.9, severity="high")
        alert = work.alerts.enqueue(hit.id, channel_id)
        assert alert is not None
        work.alerts.record_attempt(alert.id, datetime.now(UTC), "failed", "No such address.")
    storage.close()


def test_an_email_channel_without_a_mail_server_is_added_with_a_warning(
    shamewatch: Shamewatch, subject_id: str, mailbox: Mailbox
) -> None:
    add = ("channels", "add", subject_id, "email", "--to", "a@mail.example")
    done = shamewatch.run(*add)
    assert done.returncode == 0
    assert "SHAMEWATCH_SMTP_URL" in done.stderr
    assert f"channels test {done.stdout.strip()}" in " ".join(done.stderr.split())
    assert shamewatch.with_settings(smtp_url=mailbox.smtp_url).run(*add).stderr == ""


def test_what_was_given_up_is_offered_after_a_delivered_trial_and_put_back_by_retry(
    shamewatch: Shamewatch, subject_id: str, mailbox: Mailbox
) -> None:
    working = shamewatch.with_settings(smtp_url=mailbox.smtp_url)
    channel = working.ok("channels", "add", subject_id, "email", "--to", "a@mail.example")
    assert "channels retry" not in working.ok("channels", "test", channel)
    given_up(working, subject_id, channel)
    said = " ".join(working.ok("channels", "test", channel).split())
    assert f"1 alert(s) to this channel were given up. `shamewatch channels retry {channel}`" in said
    assert working.ok("channels", "retry", channel) == "1 alert(s) go out with the next round."
    assert working.ok("channels", "retry", channel) == "No alert to this channel was given up."
    assert working.lines("channels", "test", channel)[0]["given_up"] == 0


def test_the_retry_of_a_channel_that_does_not_exist_is_refused(shamewatch: Shamewatch) -> None:
    code, said = shamewatch.refused("channels", "retry", "c-nothing")
    assert code == 3
    assert "c-nothing" in said
