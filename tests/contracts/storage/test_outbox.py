"""Evidence, channels, alerts and the audit log, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from storage import Scope, Storage, UnitOfWork
from storage.database import open_engine
from storage.errors import BadValueError, CorruptError, DuplicateError, NotFoundError, WrongKeyError


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


def outcomes(unit: UnitOfWork, alert_id: str) -> list[tuple[int, str]]:
    return [(attempt.number, attempt.outcome) for attempt in unit.alerts.attempts(alert_id)]


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
        assert outcomes(unit, person.alert_id) == [
            (1, "retry"),
            (2, "retry"),
            (3, "delivered"),
            (4, "failed"),
        ]


def test_an_attempt_stands_in_the_history_from_the_moment_it_is_claimed(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        (claimed,) = unit.alerts.claim(clock.now)
        assert claimed.attempts == 2
    with storage.begin(operator) as unit:
        begun = unit.alerts.attempts(person.alert_id)[-1]
        assert (begun.number, begun.outcome) == (2, "unknown")
        assert begun.reason == "Sending began; whether it arrived is not known."
        unit.alerts.record_attempt(person.alert_id, clock.forward(seconds=1), "delivered", "Delivered.")
    with storage.read(operator) as unit:
        ended = unit.alerts.attempts(person.alert_id)[-1]
        assert (ended.number, ended.outcome, ended.reason) == (2, "delivered", "Delivered.")
        assert ended.at == clock.now


def test_the_attempt_of_a_worker_that_died_stays_unknown(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        unit.alerts.claim(clock.now)
    with storage.begin(operator) as unit:
        unit.alerts.release_claims()
        (again,) = unit.alerts.claim(clock.now)
        unit.alerts.record_attempt(again.id, clock.now, "delivered", "Delivered.", number=again.attempts)
        assert outcomes(unit, again.id) == [(1, "retry"), (2, "unknown"), (3, "delivered")]


@pytest.mark.parametrize(
    ("slow_outcome", "state", "is_claimed"), [("delivered", "delivered", True), ("failed", "due", True)]
)
def test_a_worker_that_outstayed_its_lease_settles_nothing_but_a_delivery(
    storage: Storage, operator: Scope, person, clock, slow_outcome: str, state: str, is_claimed: bool
) -> None:
    with storage.begin(operator) as unit:
        (slow,) = unit.alerts.claim(clock.now, lease_s=60)
    with storage.begin(operator) as unit:
        (quick,) = unit.alerts.claim(clock.forward(seconds=61))
    with storage.begin(operator) as unit:
        after = unit.alerts.record_attempt(slow.id, clock.now, slow_outcome, "x", number=slow.attempts)
        assert (after.state, after.claimed_until is not None) == (state, is_claimed)
        ended = unit.alerts.record_attempt(quick.id, clock.now, "retry", "y", number=quick.attempts)
        assert (ended.state, ended.claimed_until) == (state, None)
        assert outcomes(unit, slow.id) == [(1, "retry"), (2, slow_outcome), (3, "retry")]


def test_an_alert_whose_sending_ended_the_worker_goes_behind_the_others(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        second = unit.channels.add(person.subject_id, "ntfy", {})
        other = unit.alerts.enqueue(person.hit_id, second.id, due_at=clock.now + timedelta(seconds=1))
    with storage.begin(operator) as unit:
        clock.forward(seconds=2)
        assert [alert.id for alert in unit.alerts.claim(clock.now, limit=1)] == [person.alert_id]
    with storage.begin(operator) as unit:
        unit.alerts.release_claims()
        assert [alert.id for alert in unit.alerts.due(clock.now)] == [other.id, person.alert_id]


def test_a_claim_needs_no_key_so_that_a_damaged_one_stops_nobody_else(
    storage: Storage, operator: Scope, person, clock, url: str
) -> None:
    _damage_key(url, person.subject_id)
    with storage.begin(operator) as unit:
        (claimed,) = unit.alerts.claim(clock.now)
        with pytest.raises((CorruptError, WrongKeyError)):
            unit.alerts.record_attempt(claimed.id, clock.now, "failed", "with a reason")
    with storage.begin(operator) as unit:
        assert unit.alerts.record_attempt(claimed.id, clock.now, "failed").state == "failed"


def test_an_alert_that_failed_for_good_is_not_due(storage: Storage, operator: Scope, person, clock) -> None:
    with storage.begin(operator) as unit:
        unit.alerts.record_attempt(person.alert_id, clock.now, "failed", "550 no such user")
        assert unit.alerts.due(clock.now + timedelta(days=99)) == []
        assert [alert.id for alert in unit.alerts.list(state="failed")] == [person.alert_id]
        with pytest.raises(BadValueError, match="delivered, failed, retry"):
            unit.alerts.record_attempt(person.alert_id, clock.now, "perhaps")


def test_what_was_given_up_can_be_put_back_with_all_its_patience(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        other = unit.channels.add(person.subject_id, "ntfy", {})
        elsewhere = unit.alerts.enqueue(person.hit_id, other.id)
        for alert_id in (person.alert_id, elsewhere.id):
            unit.alerts.record_attempt(alert_id, clock.now, "failed", "550 no such user")
        assert unit.alerts.count_failed(person.channel_id) == 1
        assert unit.alerts.requeue(person.channel_id) == 1
        assert unit.alerts.count_failed(person.channel_id) == 0
        assert unit.alerts.requeue(person.channel_id) == 0
    with storage.begin(operator) as unit:
        assert unit.alerts.get(elsewhere.id).state == "failed"
        (again,) = unit.alerts.claim(clock.now)
        assert (again.id, again.attempts, again.counted_attempts) == (person.alert_id, 3, 1)
        with pytest.raises(NotFoundError, match="no channel"):
            unit.alerts.requeue("c-22222222")


def test_a_cancelled_alert_is_neither_due_nor_failed_until_its_hit_counts_again(
    storage: Storage, operator: Scope, person, clock
) -> None:
    with storage.begin(operator) as unit:
        unit.alerts.claim(clock.now)
        unit.alerts.record_attempt(person.alert_id, clock.now, "cancelled", "The hit was dismissed.")
        unit.hits.set_disposition(person.hit_id, "dismissed", "operator")
        assert unit.alerts.due(clock.now + timedelta(days=99)) == []
        assert unit.alerts.list(state="failed") == []
        assert unit.alerts.owed(timedelta(hours=1)) == []
        unit.hits.set_disposition(person.hit_id, "confirmed", "operator")
        assert unit.alerts.owed(timedelta(hours=1)) == [(person.hit_id, person.channel_id)]
    with storage.begin(operator) as unit:
        again = unit.alerts.enqueue(person.hit_id, person.channel_id)
        assert (again.id, again.state) == (person.alert_id, "due")
        assert unit.alerts.owed(timedelta(hours=1)) == []
        assert [alert.id for alert in unit.alerts.due(clock.now)] == [person.alert_id]


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


@pytest.mark.parametrize(
    ("age", "is_owed"), [(timedelta(hours=2), True), (timedelta(hours=2, seconds=1), False)]
)
def test_a_later_channel_hears_of_what_was_found_within_the_look_back_to_the_second(
    storage: Storage, operator: Scope, person, clock, age: timedelta, is_owed: bool
) -> None:
    with storage.begin(operator) as unit:
        unit.channels.remove(person.channel_id)
        clock.now += age
        unit.channels.add(person.subject_id, "ntfy", {})
        assert bool(unit.alerts.owed(timedelta(hours=2))) is is_owed


def test_what_is_owed_is_looked_up_in_the_index_of_the_outbox(
    storage: Storage, url: str, operator: Scope
) -> None:
    """Otherwise each hit would be compared with each alert, every round."""
    calls: list[tuple[str, object]] = []
    event.listen(
        storage._engine, "before_cursor_execute", lambda *call: calls.append((str(call[2]), call[3]))
    )
    with storage.read(operator) as unit:
        unit.alerts.owed(timedelta(days=7))
    statement, values = next(call for call in calls if "EXISTS" in call[0])
    engine = open_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # with empty tables it would read them whole
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        plan = [str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", values)]
    engine.dispose()
    assert any("ix_alert_hit_id_channel_id_kind_state" in step for step in plan), plan


def _damage_key(url: str, subject_id: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE subject_key SET wrapped = :junk WHERE subject_id = :id"),
            {"junk": b"x" * 60, "id": subject_id},
        )
    engine.dispose()
