"""The custody log: one chain an item, never changed, provable against a root; on both engines."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import Scope, Storage
from storage.database import open_engine
from storage.errors import BadValueError, CorruptError, NotFoundError
from storage.repositories.evidence import EvidenceFile
from storage.vault.custody import Action, ChainError, check_chain, check_proof


def test_the_log_begins_with_the_evidence_and_every_act_is_linked(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    clock.forward(days=1)
    with storage.begin(operator) as unit:
        unit.custody.record(person.evidence_id, Action.COPIED, "cli:ada", "files written to a folder")
    with storage.read(operator) as unit:
        entries = unit.custody.entries(person.evidence_id)
        assert unit.custody.verify(person.evidence_id) == 2
    assert [(entry.number, entry.action, entry.actor, entry.detail) for entry in entries] == [
        (1, "captured", "shamewatch", "ok"),
        (2, "copied", "cli:ada", "files written to a folder"),
    ]
    check_chain(entries, person.evidence_id)


def test_an_entry_cannot_be_changed_or_removed_even_by_sql(
    storage: Storage, operator: Scope, populate, url: str
) -> None:
    with storage.begin(operator) as unit:
        populate(unit)
    engine = open_engine(url)
    for statement in ("UPDATE custody_entry SET actor = 'nobody'", "DELETE FROM custody_entry"):
        with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def test_two_processes_that_append_at_once_make_one_chain(
    storage: Storage, operator: Scope, populate, url: str, home: Path, key_path: Path
) -> None:
    with storage.begin(operator) as unit:
        evidence = populate(unit).evidence_id
    program = """
import sys
from pathlib import Path
from storage import Keyring, Scope, Storage
from storage.vault.custody import Action
storage = Storage.open(home=Path(sys.argv[1]), keyring=Keyring.open(Path(sys.argv[2])), database_url=sys.argv[3])
for _ in range(15):
    with storage.begin(Scope.operator()) as unit:
        unit.custody.record(sys.argv[4], Action.ACCESSED, "racer")
"""
    command = [sys.executable, "-c", program, str(home), str(key_path), url, evidence]
    racers = [subprocess.Popen(command, cwd=Path(__file__).parents[3]) for _ in range(2)]
    assert [racer.wait(timeout=60) for racer in racers] == [0, 0]
    with storage.read(operator) as unit:
        assert unit.custody.verify(evidence) == 31


def test_a_log_that_was_cut_off_in_the_database_does_not_fit_its_root(
    storage: Storage, operator: Scope, populate, clock, url: str, engine_name: str
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        unit.custody.record(person.evidence_id, Action.EXPORTED, "cli:ada")
        unit.custody.make_root(clock.now)
        assert unit.custody.verify(person.evidence_id) == 2
    engine = open_engine(url)
    with engine.begin() as connection:
        trigger = "custody_no_delete" if engine_name == "sqlite" else "custody_append_only ON custody_entry"
        connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text("DELETE FROM custody_entry WHERE number = 2"))
    engine.dispose()
    with storage.read(operator) as unit, pytest.raises(CorruptError, match="cut off"):
        unit.custody.verify(person.evidence_id)


def test_each_item_is_proved_in_the_root_and_nothing_else_is_told(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        people = [populate(unit, f"Person {number}") for number in range(5)]
        root = unit.custody.make_root(clock.now)
    assert root is not None
    with storage.read(operator) as unit:
        for person in people:
            found = unit.custody.proof(person.evidence_id)
            assert found is not None
            proof, known = found
            assert known.document == root.document
            check_proof(proof, unit.custody.entries(person.evidence_id), known.document)
            others = {one.evidence_id for one in people} - {person.evidence_id}
            assert not [other for other in others if other in str(proof)]


def test_a_proof_is_from_the_newest_root_that_is_stamped(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        first = unit.custody.make_root(clock.now)
        unit.custody.add_stamp(first.id, "tsa.example", b"token")
        second = unit.custody.make_root(clock.forward(days=1))
        assert [root.id for root in unit.custody.roots_unstamped()] == [second.id]
        _, root = unit.custody.proof(person.evidence_id)
        assert (root.id, root.stamps) == (first.id, {"tsa.example": b"token"})
        unit.custody.add_stamp(second.id, "tsa.example", b"token")
        assert unit.custody.proof(person.evidence_id)[1].id == second.id


def test_a_log_that_was_cut_off_does_not_fit_its_proof(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        unit.custody.record(person.evidence_id, Action.EXPORTED, "cli:ada")
        unit.custody.make_root(clock.now)
        proof, root = unit.custody.proof(person.evidence_id)
        entries = unit.custody.entries(person.evidence_id)
    with pytest.raises(ChainError, match="cut off"):
        check_proof(proof, entries[:1], root.document)
    with pytest.raises(ChainError, match="not in the tree"):
        check_proof(dataclasses.replace(proof, salt="00" * 16), entries, root.document)


def test_a_root_is_due_once_a_day_and_only_where_something_happened(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        assert not unit.custody.due_for_root(clock.now)
        assert unit.custody.make_root(clock.now) is None
        person = populate(unit)
        assert unit.custody.due_for_root(clock.now)
        unit.custody.make_root(clock.now)
        assert not unit.custody.due_for_root(clock.now)
        tomorrow = clock.forward(days=1)
        assert not unit.custody.due_for_root(tomorrow)
        unit.custody.record(person.evidence_id, Action.ACCESSED, "cli:ada")
        assert unit.custody.due_for_root(tomorrow)


def test_an_entry_of_the_very_moment_of_a_root_is_not_overlooked(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        moment = clock.now
        unit.custody.make_root(moment)
        unit.custody.record(person.evidence_id, Action.ACCESSED, "cli:ada")
        assert unit.custody.entries(person.evidence_id)[-1].at == moment.isoformat(timespec="milliseconds")
        assert unit.custody.due_for_root(clock.forward(days=1))


@pytest.mark.parametrize("way", ["the subject is erased", "the dismissed hit expires"])
def test_of_deleted_evidence_a_hash_stays_that_others_proofs_need_and_nothing_else(
    storage: Storage, operator: Scope, populate, clock, url: str, way: str
) -> None:
    with storage.begin(operator) as unit:
        gone, kept = populate(unit), populate(unit, "Orson Vantreight")
        root = unit.custody.make_root(clock.now)
        unit.hits.set_disposition(gone.hit_id, "dismissed", "cli:ada")
    with storage.begin(operator) as unit:
        if way == "the subject is erased":
            unit.subjects.erase(gone.subject_id)
        else:
            assert unit.hits.expire_dismissed(clock.forward(days=1)) == 1
    with storage.read(operator) as unit:
        with pytest.raises(NotFoundError):
            unit.custody.entries(gone.evidence_id)
        proof, _ = unit.custody.proof(kept.evidence_id)
        check_proof(proof, unit.custody.entries(kept.evidence_id), root.document)
    engine = open_engine(url)
    with engine.connect() as connection:
        query = "SELECT entries, head, salt FROM custody_leaf WHERE evidence_id IS NULL"
        assert [(count, head, bytes(salt)) for count, head, salt in connection.execute(text(query))] == [
            (0, "", b"")
        ]
    engine.dispose()


def stamp_file(name: str, address: str) -> EvidenceFile:
    return EvidenceFile(name=name, media_type="", size_bytes=1, sha256="ab" * 32, vault_address=address)


def test_stamps_are_added_later_and_nothing_is_replaced(
    storage: Storage, operator: Scope, populate, clock
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        unit.evidence.put_off_stamp(person.evidence_id, clock.now)
        assert [one.id for one in unit.evidence.stamp_due(clock.now, 10)] == [person.evidence_id]
        unit.evidence.add_files(person.evidence_id, [stamp_file("SHA256SUMS.a.tsr", person.address)])
        unit.evidence.set_stamped(person.evidence_id, clock.now)
        assert unit.evidence.stamp_due(clock.forward(days=1), 10) == []
        with pytest.raises(BadValueError, match="never replaced"):
            unit.evidence.add_files(person.evidence_id, [stamp_file("SHA256SUMS.a.tsr", person.address)])
        record = unit.evidence.get(person.evidence_id)
    assert [file.name for file in record.files][-1] == "SHA256SUMS.a.tsr"
    assert record.stamped_at is not None


def test_a_name_that_comes_twice_at_once_is_refused(storage: Storage, operator: Scope, populate) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        with pytest.raises(BadValueError, match="never replaced"):
            unit.evidence.add_files(person.evidence_id, [stamp_file("tls/a.pem", person.address)] * 2)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\b", "x\n", "", "a//b", "./x", "a/.", "x/"])
def test_a_name_that_leads_out_of_the_folder_is_refused(
    storage: Storage, operator: Scope, populate, name: str
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        with pytest.raises(BadValueError, match="lead out of its folder"):
            unit.evidence.add_files(person.evidence_id, [stamp_file(name, person.address)])
