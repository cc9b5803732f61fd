"""Evidence, channels, alerts and the audit log, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from storage import Scope, Storage
from storage.database import open_engine
from storage.errors import BadValueError, CorruptError, DuplicateError, NotFoundError


@pytest.fixture
def person(storage: Storage, operator: Scope, populate):
    with storage.begin(operator) as unit:
        return populate(unit)


def test_evidence_comes_back_with_files_in_order(storage: Storage, operator: Scope, person) -> None:
    with storage.read(operator) as unit:
        (evidence,) = unit.evidence.of_hit(person.hit_id)
        assert unit.evidence.latest(person.hit_id) == evidence == unit.evidence.get(person.evidence_id)
        assert evidence.manifest == {"title": "T Belinda Quillory"}
        (file,) = evidence.files
        assert (file.name, file.sha256, file.vault_address) == (
            "Belinda Quillory.png",
            "cd" * 32,
            person.address,
        )
        assert unit.vault.get(person.subject_id, file.vault_address).startswith(b"Beware of Belinda")


def test_the_latest_evidence_is_the_last_captured_whatever_its_verdict(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        later = unit.evidence.add(
            hit_id=person.hit_id,
            url="u",
            verdict="gone",
            reason="404",
            captured_at=clock.forward(hours=1),
            manifest={},
        )
        unit.evidence.add(
            subject_id=person.subject_id, url="v", verdict="ok", reason="", captured_at=clock.now, manifest={}
        )
    with storage.read(operator) as unit:
        assert unit.evidence.latest(person.hit_id) == later
        assert len(unit.evidence.of_hit(person.hit_id)) == 2
        assert len(unit.evidence.list(subject_id=person.subject_id)) == 3


def test_evidence_needs_an_owner(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit, pytest.raises(BadValueError, match="to a hit or to a subject"):
        unit.evidence.add(url="u", verdict="ok", reason="", captured_at=clock.now, manifest={})


def test_a_channel_comes_back_with_its_settings(storage: Storage, operator: Scope, person) -> None:
    with storage.begin(operator) as unit:
        (channel,) = unit.channels.list(person.subject_id)
        assert (channel.kind, channel.settings, channel.is_discreet, channel.shows_picture) == (
            "email",
            {"to": "belinda@mail.test"},
            True,
            False,
        )
        unit.channels.remove(channel.id)
        with pytest.raises(NotFoundError):
            unit.channels.get(channel.id)
        with pytest.raises(NotFoundError):
            unit.alerts.get(person.alert_id)


def test_a_hit_is_put_in_the_outbox_once_per_channel_and_kind(
    storage: Storage, operator: Scope, person
) -> None:
    with storage.begin(operator) as unit:
        second = unit.channels.add(person.subject_id, "ntfy", {})
        assert unit.alerts.enqueue(person.hit_id, person.channel_id) is None
        assert unit.alerts.enqueue(person.hit_id, person.channel_id, "edited") is not None
        assert unit.alerts.enqueue(person.hit_id, second.id) is not None
        assert unit.alerts.enqueue(person.hit_id, second.id) is None
        assert len(unit.alerts.list(hit_id=person.hit_id)) == 3


def test_an_alert_never_goes_to_another_subjects_channel(storage: Storage, operator: Scope, person) -> None:
    with storage.begin(operator) as unit:
        stranger = unit.subjects.add("Stranger")
        channel = unit.channels.add(stranger.id, "email", {})
        with pytest.raises(NotFoundError, match="no channel"):
            unit.alerts.enqueue(person.hit_id, channel.id)


def test_a_claimed_alert_is_nobody_elses_until_its_lease_ends(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        (claimed,) = unit.alerts.claim(clock.now, lease_s=60)
        assert claimed.id == person.alert_id
    with storage.begin(operator) as unit:
        assert unit.alerts.claim(clock.now) == []
        assert unit.alerts.due(clock.now + timedelta(seconds=59)) == []
        assert [alert.id for alert in unit.alerts.claim(clock.forward(seconds=60))] == [claimed.id]


def test_a_worker_that_is_alone_takes_over_what_a_dead_one_had_claimed(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        (claimed,) = unit.alerts.claim(clock.now)
    with storage.begin(operator) as unit:
        assert unit.alerts.release_claims() == 1
        assert [alert.id for alert in unit.alerts.claim(clock.now)] == [claimed.id]


def test_two_workers_that_claim_at_once_share_no_alert(
    storage: Storage, operator: Scope, person, clock, engine_name: str
) -> None:
    """On PostgreSQL the second passes over what the first holds; on SQLite it would wait for the lock."""
    if engine_name == "sqlite":
        with storage.begin(operator) as first:
            assert len(first.alerts.claim(clock.now)) == 1
        with storage.begin(operator) as second:
            assert second.alerts.claim(clock.now) == []
        return
    with storage.begin(operator) as first, storage.begin(operator) as second:
        assert len(first.alerts.claim(clock.now)) == 1
        assert second.alerts.claim(clock.now) == []


def test_attempts_are_kept_and_decide_when_the_alert_is_due_again(
    storage: Storage, operator: Scope, person, clock
) -> None:
    later = clock.now + timedelta(minutes=5)
    with storage.begin(operator) as unit:
        unit.alerts.claim(clock.now)
        alert = unit.alerts.record_attempt(person.alert_id, clock.now, "retry", "451", next_attempt_at=later)
        assert (alert.state, alert.next_attempt_at, alert.claimed_until) == ("due", later, None)
        assert unit.alerts.due(clock.now) == []
        done = unit.alerts.record_attempt(person.alert_id, later, "delivered", "250 accepted")
        assert (done.state, done.attempts, done.next_attempt_at) == ("delivered", 3, None)
        assert unit.alerts.due(later + timedelta(days=9)) == []
        late = unit.alerts.record_attempt(person.alert_id, later, "failed", "timed out")
        assert late.state == "delivered"
        outcomes = [(attempt.number, attempt.outcome) for attempt in unit.alerts.attempts(person.alert_id)]
    assert outcomes == [(1, "retry"), (2, "retry"), (3, "delivered"), (4, "failed")]


def test_an_alert_that_failed_for_good_is_not_due(storage: Storage, operator: Scope, person, clock) -> None:
    with storage.begin(operator) as unit:
        unit.alerts.record_attempt(person.alert_id, clock.now, "failed", "550 no such user")
        assert unit.alerts.due(clock.now + timedelta(days=99)) == []
        assert [alert.id for alert in unit.alerts.list(state="failed")] == [person.alert_id]
        with pytest.raises(BadValueError, match="delivered, failed, retry"):
            unit.alerts.record_attempt(person.alert_id, clock.now, "perhaps")


def test_the_audit_log_is_linked_and_alteration_is_seen(storage: Storage, operator: Scope, url: str) -> None:
    with storage.begin(operator) as unit:
        for number in range(3):
            unit.audit.record("key rotated", "operator", detail=f"step {number}")
        assert unit.audit.verify() == 3
        assert [entry.detail for entry in unit.audit.list(limit=2)] == ["step 2", "step 1"]
    engine = open_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))
        else:
            connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("UPDATE audit SET detail = 'step 9' WHERE number = 2"))
    engine.dispose()
    with storage.read(operator) as unit, pytest.raises(CorruptError, match="altered at entry 2"):
        unit.audit.verify()


def test_accounts_are_found_by_their_login_in_any_case(storage: Storage, operator: Scope) -> None:
    with storage.begin(operator) as unit:
        account = unit.accounts.add("Desk@Clinic.test", "advocate")
        assert unit.accounts.find(" desk@clinic.TEST") == account
        assert unit.accounts.find("other@clinic.test") is None
        with pytest.raises(DuplicateError):
            unit.accounts.add("desk@clinic.test")
        assert unit.accounts.list() == [account]


def test_hits_with_settled_evidence_are_owed_to_every_channel_until_they_are_in_the_outbox(
    storage: Storage, operator: Scope, person, clock
) -> None:
    look_back = timedelta(hours=2)
    with storage.begin(operator) as unit:
        assert unit.alerts.owed(look_back) == []
        soon = unit.channels.add(person.subject_id, "ntfy", {})
        clock.forward(hours=3)
        late = unit.channels.add(person.subject_id, "ntfy", {})
        assert unit.alerts.owed(look_back) == [(person.hit_id, soon.id)]
        assert {channel for _, channel in unit.alerts.owed(timedelta(hours=4))} == {soon.id, late.id}
        assert len(unit.alerts.owed(timedelta(hours=4), limit=1)) == 1
        unit.alerts.enqueue(person.hit_id, soon.id)
        assert unit.alerts.owed(look_back) == []
        unit.hits.set_disposition(person.hit_id, "dismissed", "operator")
        assert unit.alerts.owed(timedelta(hours=4)) == []
