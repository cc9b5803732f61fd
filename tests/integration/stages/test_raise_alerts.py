"""Evidence → alert: what is owed goes out once per channel; every attempt is recorded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.alerts.channels import ChannelSettings, channel_from_text, channel_to_json
from monitor.alerts.message import DeliveryOutcome, DeliveryStatus, OutgoingMessage
from monitor.progress import Step
from monitor.stages.raise_alerts import deliver_alerts, enqueue_alerts
from storage import Scope
from storage.repositories.hit_records import HitPost
from tests.integration.stages.conftest import Watch

DELIVERED = DeliveryOutcome(status=DeliveryStatus.DELIVERED, reason="Delivered.")
LATER = DeliveryOutcome(status=DeliveryStatus.RETRY, reason="The mail server is busy.")


@pytest.fixture
def hit_id(watch: Watch) -> str:
    """A hit whose capture failed, and two channels of its subject."""
    with watch.storage.begin(Scope.operator()) as work:
        post = HitPost(
            site="https://forum.example", id="7", url="https://forum.example/7", untrusted_text="thief"
        )
        hit, _ = work.hits.record(
            watch.subject_id,
            post=post,
            body_sha256="0" * 64,
            score=0.9,
            severity="high",
            source_id=watch.source_id,
        )
        for kind, settings in (
            ("email", {"to": "a@mail.example"}),
            ("ntfy", {"server": "https://push.example", "topic": "x1"}),
        ):
            channel = channel_from_text(kind, settings)
            work.channels.add(watch.subject_id, kind, {"channel": channel_to_json(channel)})
    return hit.id


def settle(watch: Watch, hit_id: str) -> None:
    with watch.storage.begin(Scope.operator()) as work:
        work.evidence.add(
            hit_id=hit_id, url="", verdict="gone", reason="", captured_at=datetime.now(UTC), manifest={}
        )


class Post:
    """Takes messages and answers as it is told."""

    def __init__(self, outcome: DeliveryOutcome) -> None:
        self.outcome = outcome
        self.taken: list[tuple[str, OutgoingMessage]] = []

    def __call__(self, message: OutgoingMessage, channel: ChannelSettings) -> DeliveryOutcome:
        self.taken.append((channel.kind.value, message))
        return self.outcome


def test_nothing_is_owed_before_the_evidence_is_settled(watch: Watch, hit_id: str) -> None:
    assert enqueue_alerts(watch.storage) == 0


def test_a_failed_capture_does_not_hold_up_the_alert(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    post = Post(DELIVERED)
    assert enqueue_alerts(watch.storage) == 2
    assert deliver_alerts(watch.storage, post, watch.report) == 2
    assert sorted(kind for kind, _ in post.taken) == ["email", "ntfy"]
    assert all(message.attachments == () for _, message in post.taken)
    assert watch.report.outcomes[Step.DELIVERY, "delivered"] == 2


def test_each_channel_hears_of_a_hit_once(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    post = Post(DELIVERED)
    for _ in range(3):
        enqueue_alerts(watch.storage)
        deliver_alerts(watch.storage, post, watch.report)
    assert len(post.taken) == 2


def test_a_failure_is_recorded_with_its_reason_and_tried_again_later_with_the_same_id(
    watch: Watch, hit_id: str
) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    post = Post(LATER)
    assert deliver_alerts(watch.storage, post, watch.report) == 2
    assert deliver_alerts(watch.storage, post, watch.report) == 0, "not before its time"
    with watch.storage.read(Scope.operator()) as work:
        alerts = work.alerts.list(hit_id=hit_id)
        for alert in alerts:
            assert alert.state == "due"
            assert alert.next_attempt_at > datetime.now(UTC)
            assert [attempt.reason for attempt in work.alerts.attempts(alert.id)] == [
                "The mail server is busy."
            ]
    assert {alert.id for alert in alerts} == {message.alert_id for _, message in post.taken}


def test_a_hit_that_was_dismissed_meanwhile_is_not_sent(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    with watch.storage.begin(Scope.operator()) as work:
        work.hits.set_disposition(hit_id, "dismissed", "test")
    post = Post(DELIVERED)
    deliver_alerts(watch.storage, post, watch.report)
    assert post.taken == []


def test_a_channel_that_is_added_later_hears_of_what_was_found_lately(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    post = Post(DELIVERED)
    enqueue_alerts(watch.storage)
    deliver_alerts(watch.storage, post, watch.report)
    with watch.storage.begin(Scope.operator()) as work:
        late = channel_from_text("email", {"to": "late@mail.example"})
        work.channels.add(watch.subject_id, "email", {"channel": channel_to_json(late)})
    assert enqueue_alerts(watch.storage) == 1
