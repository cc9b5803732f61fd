"""Subjects, their terms and declarations of consent, on both engines."""

from __future__ import annotations

import pytest

from storage import Scope, Storage
from storage.errors import BadValueError, DuplicateError, NotFoundError


def test_a_subject_comes_back_as_it_was_stored(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit:
        added = unit.subjects.add("阿默 Éowyn", "zh-Hans", "Asia/Shanghai", "CN")
    with storage.read(operator) as unit:
        found = unit.subjects.get(added.id)
    assert found == added
    assert (found.label, found.language, found.timezone, found.region) == (
        "阿默 Éowyn",
        "zh-Hans",
        "Asia/Shanghai",
        "CN",
    )
    assert found.created_at == clock.now
    assert found.created_at.utcoffset().total_seconds() == 0


def test_ids_of_subjects_cannot_be_guessed_from_each_other(storage: Storage, operator: Scope) -> None:
    with storage.begin(operator) as unit:
        ids = [unit.subjects.add(f"Person {number}").id for number in range(20)]
    assert len(set(ids)) == 20
    assert all(len(item) == 10 and item.startswith("s-") for item in ids)


def test_records_do_not_show_personal_data_when_they_are_printed(
    storage: Storage, operator: Scope, populate
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    with storage.read(operator) as unit:
        shown = repr(
            (
                unit.subjects.list(),
                unit.terms.list(),
                unit.hits.list(),
                unit.evidence.list(),
                unit.channels.list(),
                unit.consents.list(person.subject_id),
            )
        )
    assert person.subject_id in shown
    assert [word for word in person.words if word in shown] == ["Asia/Manila"]


def test_subjects_are_listed_by_state(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit:
        first = unit.subjects.add("First")
        clock.forward(seconds=1)
        second = unit.subjects.add("Second")
        unit.subjects.set_state(first.id, "paused")
    with storage.read(operator) as unit:
        assert [subject.id for subject in unit.subjects.list()] == [first.id, second.id]
        assert [subject.id for subject in unit.subjects.list(state="paused")] == [first.id]
        with pytest.raises(BadValueError, match="active, paused"):
            unit.subjects.list(state="sleeping")


@pytest.mark.parametrize("subject_id", ["s-22222222", "", "' OR 1=1 --"])
def test_an_unknown_subject_is_not_found(storage: Storage, operator: Scope, subject_id: str) -> None:
    with storage.read(operator) as unit, pytest.raises(NotFoundError, match="no subject"):
        unit.subjects.get(subject_id)


def test_a_term_is_stored_once_per_subject_and_normal_form(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit:
        subject, other = unit.subjects.add("One"), unit.subjects.add("Two")
        term = unit.terms.add(subject.id, "phone", "0999 555 0142", "+9995550142")
        with pytest.raises(DuplicateError) as caught:
            unit.terms.add(subject.id, "phone", "+999-555-0142", "+9995550142")
        assert caught.value.key == term.id
        clock.forward(seconds=1)
        unit.terms.add(subject.id, "handle", "+9995550142", "+9995550142")
        unit.terms.add(other.id, "phone", "0999 555 0142", "+9995550142")
    with storage.read(operator) as unit:
        assert [item.value for item in unit.terms.list(subject.id)] == ["0999 555 0142", "+9995550142"]
        assert len(unit.terms.list()) == 3


def test_terms_carry_a_state_and_are_listed_by_it(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit:
        subject = unit.subjects.add("One")
        name = unit.terms.add(subject.id, "name", "Ann Example", "ann example")
        clock.forward(seconds=1)
        phone = unit.terms.add(subject.id, "phone", "+9995550142", "+9995550142", associate_of="sister")
        clock.forward(minutes=1)
        changed = unit.terms.set_state(phone.id, "verified")
        assert changed.changed_at == clock.now > phone.changed_at
    with storage.read(operator) as unit:
        assert [term.id for term in unit.terms.list(states=["verified"])] == [phone.id]
        assert [term.id for term in unit.terms.list(states=["declared", "verified"])] == [name.id, phone.id]
        assert unit.terms.get(phone.id).associate_of == "sister"
        with pytest.raises(BadValueError, match="declared, verified, paused, refused"):
            unit.terms.list(states=["good"])


def test_the_time_of_the_newest_change_moves_with_every_new_or_changed_term(
    storage: Storage, operator: Scope, clock
) -> None:
    with storage.begin(operator) as unit:
        assert unit.terms.changed_at() is None
        subject = unit.subjects.add("One")
        term = unit.terms.add(subject.id, "name", "Ann Example", "ann example")
        assert unit.terms.changed_at() == clock.now
    changed_at = clock.forward(seconds=60)
    with storage.begin(operator) as unit:
        unit.terms.set_state(term.id, "paused")
        assert unit.terms.changed_at() == changed_at


def test_a_removed_term_is_gone(storage: Storage, operator: Scope) -> None:
    with storage.begin(operator) as unit:
        subject = unit.subjects.add("One")
        term = unit.terms.add(subject.id, "name", "Ann Example", "ann example")
        unit.terms.remove(term.id)
        with pytest.raises(NotFoundError):
            unit.terms.get(term.id)
        unit.terms.add(subject.id, "name", "Ann Example", "ann example")


def test_a_declaration_of_consent_is_kept_as_given(storage: Storage, operator: Scope, clock) -> None:
    with storage.begin(operator) as unit:
        subject = unit.subjects.add("One")
        unit.consents.add(subject.id, "authorised", "She signed the form.", "Clinic desk 3", at=clock.now)
        with pytest.raises(BadValueError, match="self, authorised"):
            unit.consents.add(subject.id, "curiosity", "", "")
    with storage.read(operator) as unit:
        (consent,) = unit.consents.list(subject.id)
    assert (consent.basis, consent.statement, consent.declared_by, consent.declared_at) == (
        "authorised",
        "She signed the form.",
        "Clinic desk 3",
        clock.now,
    )
