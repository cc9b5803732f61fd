"""A vault that takes nothing: no page is visited in vain, the hit says why, its alert goes, and the capture is made up for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.alerts.channels import channel_from_text, channel_to_json
from monitor.bootstrap import Monitor, initialise, monitor_from_settings
from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.safekeeping import put_folder
from monitor.evidence.verdict import Verdict
from monitor.jobs.round import run_round
from monitor.progress import RoundReport, Step
from monitor.stages.preserve_evidence import CaptureMeans, preserve_evidence
from storage import Scope
from storage.errors import DiskFullError
from storage.repositories.hit_records import HitPost

DEAD_STORE = "s3://vault/x?endpoint=http://127.0.0.1:9"
SECRET = SecretStr("key")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "data",
        key_file=tmp_path / "key" / "instance.key",
        chromium=tmp_path / "no-such-browser",
        vault_quota="1MB",
    )


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    """A vault with a quota that no capture fits into."""
    initialise(settings)
    with monitor_from_settings(settings) as opened:
        yield opened


def found(monitor: Monitor, tmp_path: Path) -> str:
    """A hit about a person who is told in a folder; its id."""
    with monitor.storage.begin(Scope.operator()) as work:
        subject = work.subjects.add("Case 1", "en")
        channel = channel_from_text("folder", {"path": str(tmp_path / "alerts")}, is_operator=True)
        work.channels.add(subject.id, "folder", {"channel": channel_to_json(channel)})
        post = HitPost(
            site="https://board.test",
            id="1",
            url="https://board.test/1",
            untrusted_text="x",
            untrusted_title="",
        )
        hit, _ = work.hits.record(subject.id, post=post, body_sha256="aa", score=0.9, severity="high")
    return hit.id


def no_browser() -> Browser:
    raise AssertionError("a page would be visited in vain")


def preserved(monitor: Monitor, hit_id: str, *, at: datetime) -> tuple[int, list[str]]:
    """One pass when the hit's capture is due; how many, and what the records say."""
    with monitor.storage.begin(Scope.operator()) as work:
        work.hits.put_off_capture(hit_id, at)
    means = dataclasses.replace(monitor.capture_means(), open_browser=no_browser)
    assert isinstance(means, CaptureMeans)
    count = preserve_evidence(monitor.storage, means, RoundReport())
    with monitor.storage.read(Scope.operator()) as work:
        return count, [f"{record.verdict}: {record.reason}" for record in work.evidence.of_hit(hit_id)]


def test_a_full_vault_is_recorded_once_and_tried_again_for_as_long_as_it_lasts(
    monitor: Monitor, tmp_path: Path
) -> None:
    hit_id = found(monitor, tmp_path)
    for _ in range(6):
        count, records = preserved(monitor, hit_id, at=datetime.now(UTC))
        assert count == 1
        assert len(records) == 1
        assert records[0].startswith("not captured: The vault is full: its quota is 1.0 MB")
        with monitor.storage.read(Scope.operator()) as work:
            assert work.hits.count_capture_due(datetime.now(UTC)) == 0
            assert work.hits.count_capture_due(datetime.now(UTC) + timedelta(hours=1, minutes=1)) == 1


def test_a_dead_object_store_delays_evidence_and_no_alert(
    monitor: Monitor, settings: Settings, tmp_path: Path
) -> None:
    hit_id = found(monitor, tmp_path)
    dead = settings.model_copy(
        update={"vault_url": DEAD_STORE, "vault_quota": "", "vault_key_id": SECRET, "vault_secret": SECRET}
    )
    with monitor_from_settings(dead) as offline:
        report = RoundReport()
        run_round(offline, report)
        assert report.outcomes[Step.CAPTURE, Verdict.NOT_CAPTURED] == 1
        assert report.outcomes[Step.DELIVERY, "delivered"] == 1
        with offline.storage.read(Scope.operator()) as work:
            (record,) = work.evidence.of_hit(hit_id)
            assert "cannot be reached" in record.reason
            assert work.hits.count_capture_due(datetime.now(UTC) + timedelta(hours=2)) == 1


def test_a_folder_goes_into_the_vault_whole_or_not_at_all(monitor: Monitor, tmp_path: Path) -> None:
    folder = tmp_path / "sealed"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"x" * 600_000)
    (folder / "b.png").write_bytes(b"y" * 600_000)
    with monitor.storage.begin(Scope.operator()) as work:
        subject = work.subjects.add("Case 1")
    with monitor.storage.read(Scope.operator()) as work, pytest.raises(DiskFullError):
        put_folder(work, subject.id, folder)
    assert monitor.storage.vault_bytes() == 0
