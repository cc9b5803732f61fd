"""The schema: what the migrations make is what the models say, on both engines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from storage import Scope, Storage
from storage.database import open_engine
from storage.errors import SchemaTooNewError, StorageError
from storage.migrations import head_revision, migrate, revision_of
from storage.models import metadata
from storage.repositories.base import place
from storage.vault.custody import Action


def test_the_migrated_schema_is_exactly_the_models_schema(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert revision_of(connection) == head_revision()
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_the_comparison_sees_a_column_that_the_models_do_not_have(empty_url: str) -> None:
    """Proves that the test above can fail."""
    engine = open_engine(empty_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE subject ADD COLUMN stray INTEGER"))
    with engine.connect() as connection:
        assert len(compare_metadata(MigrationContext.configure(connection), metadata)) == 1
    engine.dispose()


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    engine.dispose()


def test_two_processes_that_migrate_at_once_both_succeed(empty_url: str) -> None:
    program = (
        "import sys; from storage.database import open_engine; from storage.migrations import migrate; "
        "migrate(open_engine(sys.argv[1]))"
    )
    root = Path(__file__).parents[3]
    racers = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=root, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    outcomes = [(racer.communicate(timeout=60)[1].decode(), racer.returncode) for racer in racers]
    assert [code for _, code in outcomes] == [0, 0, 0], outcomes


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNewError, match=r"newer version.*9999"):
        migrate(engine)
    with engine.connect() as connection:
        assert revision_of(connection) == "9999"
    engine.dispose()


def test_a_migration_can_be_undone_to_an_empty_database(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "storage:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    engine.dispose()


def test_audit_entries_cannot_be_changed_or_removed_even_by_sql(storage: Storage, url: str) -> None:
    with storage.begin(Scope.operator()) as unit:
        unit.audit.record("subject added", "operator")
    engine = open_engine(url)
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="append-only") as caught, engine.begin() as connection:
            connection.execute(text(statement))
        assert not isinstance(caught.value, StorageError)
    engine.dispose()


def test_evidence_that_was_sealed_before_there_were_custody_logs_is_read_and_begins_one(
    storage: Storage, operator: Scope, populate, reopen, url: str, key_path: Path
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        secret = unit.evidence._keys.of(person.subject_id)
        old = {"url": "https://board.test/1", "reason": "", "manifest": {"title": "T"}}
        values = {"sealed": secret.seal(place("evidence", person.evidence_id), old)}
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE evidence SET sealed = :sealed"), values)
        config = Config()
        config.set_main_option("script_location", "storage:migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    engine.dispose()
    with reopen(key_path).begin(operator) as unit:
        record = unit.evidence.get(person.evidence_id)
        assert (record.url, record.kind, record.note, record.sums_sha256) == (
            "https://board.test/1",
            "capture",
            "",
            "",
        )
        assert [file.name for file in record.files] == ["Belinda Quillory.png"]
        unit.custody.record(person.evidence_id, Action.ACCESSED, "cli:ada")
        assert unit.custody.verify(person.evidence_id) == 1


def test_evidence_of_the_first_schema_keeps_its_rows_and_files(
    empty_url: str, tmp_path: Path, key_path: Path, home: Path, clock
) -> None:
    """Rebuilding a table on SQLite would delete the rows that refer to it."""
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "storage:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        moment = clock.now.replace(tzinfo=None) if engine.dialect.name == "sqlite" else clock.now
        values = {"at": moment, "bytes": b"x"}
        for statement in (
            "INSERT INTO subject (id, state, created_at, sealed) VALUES ('s-1', 'active', :at, :bytes)",
            "INSERT INTO evidence (id, subject_id, verdict, captured_at, sealed) VALUES ('e-1', 's-1', 'ok', :at, :bytes)",
            (
                "INSERT INTO evidence_file (evidence_id, number, media_type, size_bytes, vault_address, sealed) "
                "VALUES ('e-1', 1, 'image/png', 1, 'aa', :bytes)"
            ),
        ):
            connection.execute(text(statement), values)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT kind, stamped_at FROM evidence")).all() == [("capture", None)]
        assert connection.execute(text("SELECT count(*) FROM evidence_file")).scalar_one() == 1
    engine.dispose()
