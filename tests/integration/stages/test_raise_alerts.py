"""Evidence → alert: what is owed goes out once per channel; every attempt is recorded."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import text

from monitor.alerts.channels import ChannelSettings, channel_from_text, channel_to_json
from monitor.alerts.message import DeliveryOutcome, DeliveryStatus, OutgoingMessage
from monitor.progress import Step
from monitor.stages.raise_alerts import deliver_alerts, enqueue_alerts
from storage import Scope
from storage.database import open_engine
from storage.repositories.evidence import EvidenceFile
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
    """Takes messages and answers as it is told, after ``before`` was called."""

    def __init__(self, outcome: DeliveryOutcome, before: Callable[[], object] = lambda: None) -> None:
        self.outcome = outcome
        self.before = before
        self.taken: list[tuple[str, OutgoingMessage]] = []

    def __call__(self, message: OutgoingMessage, channel: ChannelSettings) -> DeliveryOutcome:
        self.taken.append((channel.kind.value, message))
        self.before()
        return self.outcome


def another_hit(watch: Watch, post_id: str) -> str:
    """A hit of a second person with one channel, its evidence settled."""
    with watch.storage.begin(Scope.operator()) as work:
        subject = work.subjects.add("Case 2", "en", "UTC", "PH")
        post = HitPost(
            site="https://forum.example", id=post_id, url="https://forum.example/8", untrusted_text="x"
        )
        hit, _ = work.hits.record(subject.id, post=post, body_sha256="1" * 64, score=0.9, severity="high")
        folder = channel_from_text("folder", {"path": "/srv/alerts"}, is_operator=True)
        work.channels.add(subject.id, "folder", {"channel": channel_to_json(folder)})
    settle(watch, hit.id)
    return hit.id


def spoil(watch: Watch, statement: str, **values: object) -> None:
    """Damage the database as a failing disk would."""
    engine = open_engine(f"sqlite:///{watch.storage.database_path}")
    with engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount == 1
    engine.dispose()


def alerts_of(watch: Watch, hit_id: str) -> list[tuple[str, list[str]]]:
    """State and the reasons of all attempts of each alert of a hit."""
    with watch.storage.read(Scope.operator()) as work:
        return [
            (alert.state, [attempt.reason for attempt in work.alerts.attempts(alert.id)])
            for alert in work.alerts.list(hit_id=hit_id)
        ]


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
    assert (
        alerts_of(watch, hit_id) == [("cancelled", ["The hit was dismissed before the alert was sent."])] * 2
    )
    assert watch.report.outcomes == {(Step.DELIVERY, "cancelled"): 2}


def test_a_hit_that_counts_again_is_sent_after_all(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    post = Post(DELIVERED)
    for disposition, sent in (("dismissed", 0), ("confirmed", 2)):
        with watch.storage.begin(Scope.operator()) as work:
            work.hits.set_disposition(hit_id, disposition, "test")
        enqueue_alerts(watch.storage)
        deliver_alerts(watch.storage, post, watch.report)
        assert len(post.taken) == sent


def test_a_channel_that_is_added_later_hears_of_what_was_found_lately(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    post = Post(DELIVERED)
    enqueue_alerts(watch.storage)
    deliver_alerts(watch.storage, post, watch.report)
    with watch.storage.begin(Scope.operator()) as work:
        late = channel_from_text("email", {"to": "late@mail.example"})
        work.channels.add(watch.subject_id, "email", {"channel": channel_to_json(late)})
    assert enqueue_alerts(watch.storage) == 1


def test_what_was_given_up_is_sent_with_its_picture_after_it_was_put_back(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    refusal = DeliveryOutcome(status=DeliveryStatus.FAILED, reason="No such address.")
    deliver_alerts(watch.storage, Post(refusal), watch.report)
    with watch.storage.begin(Scope.operator()) as work:
        (failed, _) = work.alerts.list(state="failed")
        assert work.alerts.requeue(failed.channel_id) == 1
    post = Post(LATER)
    assert deliver_alerts(watch.storage, post, watch.report) == 1
    assert [message.alert_id for _, message in post.taken] == [failed.id]
    with watch.storage.read(Scope.operator()) as work:
        assert work.alerts.get(failed.id).state == "due", "one more failure does not end its patience"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE hit_revision SET sealed = x'00' WHERE hit_id = :hit",
        "UPDATE subject_key SET wrapped = x'00' WHERE subject_id = :subject",
        "DELETE FROM subject_key WHERE subject_id = :subject",
    ],
    ids=["its wording", "the subject's key", "no key"],
)
def test_a_hit_that_cannot_be_read_holds_up_nobody_elses_alert(
    watch: Watch, hit_id: str, damage: str
) -> None:
    settle(watch, hit_id)
    other_hit_id = another_hit(watch, "8")
    values = {"hit": hit_id, "subject": watch.subject_id}
    spoil(watch, damage, **{name: value for name, value in values.items() if f":{name}" in damage})
    post = Post(DELIVERED)
    assert enqueue_alerts(watch.storage) == 3
    assert deliver_alerts(watch.storage, post, watch.report) == 3
    assert [kind for kind, _ in post.taken] == ["folder"]
    assert alerts_of(watch, other_hit_id) == [("delivered", ["Delivered."])]
    assert deliver_alerts(watch.storage, post, watch.report) == 0
    with watch.storage.read(Scope.operator()) as work:
        assert [alert.hit_id for alert in work.alerts.list(state="failed")] == [hit_id, hit_id]


def test_the_fault_is_recorded_on_the_alert_and_logged_without_personal_data(
    watch: Watch, hit_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    spoil(watch, "UPDATE hit_revision SET sealed = x'00' WHERE hit_id = :hit", hit=hit_id)
    deliver_alerts(watch.storage, Post(DELIVERED), watch.report)
    for state, (reason,) in alerts_of(watch, hit_id):
        assert state == "failed"
        assert reason.startswith("The alert could not be put together. hit_revision.sealed/")
    assert "cannot be sent" in caplog.text
    for personal in ("thief", "a@mail.example", "Analyn", "Case 1"):
        assert personal not in caplog.text


def test_a_channel_whose_settings_this_version_cannot_use_holds_up_no_other(
    watch: Watch, hit_id: str
) -> None:
    settle(watch, hit_id)
    with watch.storage.begin(Scope.operator()) as work:
        for settings in ({"channel": '{"kind": "pager", "number": "0917 000 4417"}'}, {}):
            work.channels.add(watch.subject_id, "pager", settings)
    post = Post(DELIVERED)
    assert enqueue_alerts(watch.storage) == 4
    assert deliver_alerts(watch.storage, post, watch.report) == 4
    assert sorted(kind for kind, _ in post.taken) == ["email", "ntfy"]
    reasons = [reason for state, (reason,) in alerts_of(watch, hit_id) if state == "failed"]
    assert len(reasons) == 2
    for reason in reasons:
        assert "cannot be used by this version. Remove the channel and add it again." in reason
        assert "0917" not in reason


def test_a_subject_who_is_erased_while_their_alert_is_sent_stops_nothing(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)

    def erase() -> None:
        with watch.storage.begin(Scope.operator()) as work:
            if work.subjects.list():
                work.subjects.erase(watch.subject_id)

    assert deliver_alerts(watch.storage, Post(DELIVERED, erase), watch.report) in (1, 2)
    with watch.storage.read(Scope.operator()) as work:
        assert work.alerts.list() == []


def test_a_picture_that_cannot_be_read_does_not_hold_up_its_alert(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    spoil(watch, "UPDATE evidence SET sealed = x'00' WHERE hit_id = :hit", hit=hit_id)
    post = Post(DELIVERED)
    deliver_alerts(watch.storage, post, watch.report)
    assert len(post.taken) == 2


def test_two_messages_travel_at_once_and_the_watcher_is_told_from_one_thread(
    watch: Watch, hit_id: str
) -> None:
    settle(watch, hit_id)
    another_hit(watch, "8")
    enqueue_alerts(watch.storage)
    meeting = threading.Barrier(2, timeout=10)
    senders: list[int] = []

    def meet() -> None:
        senders.append(threading.get_ident())
        if len(senders) <= 2:
            meeting.wait()  # breaks where the second is not sent while the first is

    told: list[int] = []

    class Listener:
        def happened(self, step: Step, *, outcome: str = "", where: str = "") -> None:
            told.append(threading.get_ident())

    assert deliver_alerts(watch.storage, Post(DELIVERED, meet), Listener()) == 3
    assert told == [threading.get_ident()] * 3
    assert threading.get_ident() not in senders


def test_no_more_alerts_are_claimed_than_are_sent(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    another_hit(watch, "8")
    enqueue_alerts(watch.storage)
    post = Post(DELIVERED)
    assert deliver_alerts(watch.storage, post, watch.report, limit=1) == 1
    with watch.storage.read(Scope.operator()) as work:
        waiting = work.alerts.list(state="due")
    assert [(alert.attempts, alert.claimed_until) for alert in waiting] == [(0, None)] * 2


def test_while_a_message_travels_its_attempt_is_in_the_history(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    enqueue_alerts(watch.storage)
    seen: list[tuple[str, list[str]]] = []
    deliver_alerts(
        watch.storage, Post(DELIVERED, lambda: seen.extend(alerts_of(watch, hit_id))), watch.report
    )
    assert ("due", ["Sending began; whether it arrived is not known."]) in seen
    assert alerts_of(watch, hit_id) == [("delivered", ["Delivered."])] * 2


def test_a_fault_that_nobody_foresaw_is_raised_when_the_others_are_through(watch: Watch, hit_id: str) -> None:
    settle(watch, hit_id)
    another_hit(watch, "8")
    enqueue_alerts(watch.storage)
    taken: list[str] = []

    def send(message: OutgoingMessage, channel: ChannelSettings) -> DeliveryOutcome:
        if channel.kind == "email":
            raise ZeroDivisionError
        taken.append(channel.kind.value)
        return DELIVERED

    with pytest.raises(ZeroDivisionError):
        deliver_alerts(watch.storage, send, watch.report)
    assert sorted(taken) == ["folder", "ntfy"]
    states = sorted(alerts_of(watch, hit_id))
    assert states == [
        ("delivered", ["Delivered."]),
        ("due", ["Sending began; whether it arrived is not known."]),
    ]


@pytest.mark.parametrize(("crashes", "pictures"), [(0, 1), (2, 1), (3, 0)])
def test_a_message_that_ended_its_sender_three_times_goes_without_its_picture(
    watch: Watch, hit_id: str, crashes: int, pictures: int
) -> None:
    """The picture may be what did it, and the alert matters more."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "PNG")
    with watch.storage.begin(Scope.operator()) as work:
        file = EvidenceFile(
            name="mention.png", media_type="image/png", size_bytes=picture.tell(), sha256="",
            vault_address=work.vault.put(watch.subject_id, picture.getvalue()),
        )  # fmt: skip
        work.evidence.add(hit_id=hit_id, url="", verdict="ok", reason="", captured_at=datetime.now(UTC),
                          manifest={}, files=[file])  # fmt: skip
    enqueue_alerts(watch.storage)
    for _ in range(crashes):
        with watch.storage.begin(Scope.operator()) as work:
            assert len(work.alerts.claim(datetime.now(UTC))) == 2
            work.alerts.release_claims()
    post = Post(DELIVERED)
    deliver_alerts(watch.storage, post, watch.report)
    (mail,) = (message for kind, message in post.taken if kind == "email")
    assert len(mail.attachments) == pictures


def test_a_picture_that_goes_along_is_noted_in_its_custody_log(watch: Watch, hit_id: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(buffer, "PNG")
    with watch.storage.begin(Scope.operator()) as work:
        address = work.vault.put(watch.subject_id, buffer.getvalue())
        picture = EvidenceFile(
            name="mention.png",
            media_type="image/png",
            size_bytes=buffer.tell(),
            sha256="ab" * 32,
            vault_address=address,
        )
        evidence = work.evidence.add(
            hit_id=hit_id, url="https://forum.example/t/1", verdict="ok", reason="", manifest={},
            captured_at=datetime.now(UTC), files=[picture],
        )  # fmt: skip
    enqueue_alerts(watch.storage)
    post = Post(DELIVERED)
    deliver_alerts(watch.storage, post, watch.report)
    sent = [message for _, message in post.taken if message.attachments]
    with watch.storage.read(Scope.operator()) as work:
        acts = [(entry.action, entry.detail) for entry in work.custody.entries(evidence.id)][1:]
    assert sent
    assert acts == [("copied", f"its picture goes along with {message.alert_id}") for message in sent]
