"""What is in the clear, and what is left after an erasure, read from the raw files and the server's dump."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import Keyring, Scope, Storage
from storage.database import open_engine
from storage.errors import ErasureUnfinishedError, NotFoundError, WrongKeyError
from storage.repositories.page import PageStateRecord
from storage.repositories.source import RefusalRecord


@pytest.fixture
def raw(engine_name: str, home: Path, url: str, request: pytest.FixtureRequest) -> Callable[[], bytes]:
    """Every byte that somebody who copies the data gets: SQLite's files and the vault, or a dump."""

    def _raw() -> bytes:
        files = b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())
        if engine_name == "sqlite":
            assert b"CREATE TABLE subject" in files
            return files
        return files + request.getfixturevalue("postgres").dump(url.split("@/")[1].split("?", maxsplit=1)[0])

    return _raw


def _spellings(words: tuple[str, ...]) -> list[bytes]:
    # A dump writes bytes as hexadecimal digits.
    return [
        form
        for word in words
        for form in (word.encode(), word.encode().hex().encode(), word.encode("utf-16-le"))
    ]


def test_nothing_personal_stands_in_the_clear(storage: Storage, operator: Scope, populate, raw) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        source = unit.sources.add(
            "https://board.test/",
            platform="spirit",
            start_url="https://board.test/",
            will_read="",
            cannot_see="",
            interval_s=60,
        )
        unit.accounts.add("belinda@mail.test")
        unit.pages.save(
            source.id, [PageStateRecord(url="https://board.test/thread/belinda-quillory", kind="thread")]
        )
        refusal = RefusalRecord(
            url="https://board.test/thread/belinda-quillory", kind="forbidden", detail="Mossgarden"
        )
        unit.sources.mark_read(source.id, unit.hits.get(person.hit_id).found_at, 1, 1, refusals=[refusal])
        unit.seen.remember("https://board.test", [("Belinda Quillory", "aa" * 32)])
    stored = raw()
    assert [form for form in _spellings(person.words) if form in stored] == []
    assert person.subject_id.encode() in stored
    assert b"https://board.test/" in stored


def test_an_erased_subject_leaves_a_tombstone_and_audit_entries_only(
    storage: Storage, operator: Scope, populate
) -> None:
    with storage.begin(operator) as unit:
        person, kept = populate(unit), populate(unit, "Orson Vantreight")
    with storage.begin(operator) as unit:
        unit.subjects.erase(person.subject_id)
        unit.audit.record("subject erased", "operator", person.subject_id)
    with storage.read(operator) as unit:
        for get in (
            lambda: unit.subjects.get(person.subject_id),
            lambda: unit.terms.get(person.term_id),
            lambda: unit.hits.get(person.hit_id),
            lambda: unit.evidence.get(person.evidence_id),
            lambda: unit.channels.get(person.channel_id),
            lambda: unit.alerts.get(person.alert_id),
            lambda: unit.vault.get(person.subject_id, person.address),
        ):
            with pytest.raises(NotFoundError):
                get()
        (stone,) = unit.tombstones.list()
        assert (stone.subject_id, stone.purged_at is not None) == (person.subject_id, True)
        assert len(unit.audit.list(subject_id=person.subject_id)) == 2
        assert unit.subjects.get(kept.subject_id).label == "Orson Vantreight"
        assert unit.vault.get(kept.subject_id, kept.address)


def test_erasure_leaves_no_row_behind_in_any_table(
    storage: Storage, operator: Scope, populate, url: str
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    with storage.begin(operator) as unit:
        unit.subjects.erase(person.subject_id)
    engine = open_engine(url)
    with engine.connect() as connection:
        for table in ("subject", "subject_key", "watch_term", "consent", "hit", "hit_revision", "evidence",
                      "evidence_file", "custody_entry", "channel", "alert", "delivery"):  # fmt: skip
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table
    engine.dispose()


def test_the_wrapped_key_and_the_ciphertexts_are_gone_from_the_raw_data(
    storage: Storage, operator: Scope, populate, raw, url: str, home: Path
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    engine = open_engine(url)
    with engine.connect() as connection:
        wrapped = bytes(connection.execute(text("SELECT wrapped FROM subject_key")).scalar_one())
        label = bytes(connection.execute(text("SELECT sealed FROM subject")).scalar_one())
    engine.dispose()
    stored = raw()
    assert any(form in stored for form in (wrapped, wrapped.hex().encode()))
    with storage.begin(operator) as unit:
        unit.subjects.erase(person.subject_id)
    stored = raw()
    for secret in (wrapped, label):
        assert secret not in stored
        assert secret.hex().encode() not in stored
    assert not (home / "vault" / person.subject_id).exists()


def test_on_postgresql_the_table_of_keys_is_rewritten_on_the_servers_disk(
    storage: Storage, operator: Scope, populate, engine_name: str, url: str, request
) -> None:
    """A dump shows live rows only; dead rows are looked for in the table's own file."""
    if engine_name == "sqlite":
        assert storage.database_path is not None
        return
    assert storage.database_path is None
    server = request.getfixturevalue("postgres")
    with storage.begin(operator) as unit:
        person = populate(unit)
    engine = open_engine(url)
    with engine.connect() as connection:
        wrapped = bytes(connection.execute(text("SELECT wrapped FROM subject_key")).scalar_one())
    with storage.begin(operator) as unit:
        unit.subjects.erase(person.subject_id)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        database = connection.execute(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        ).scalar_one()
    engine.dispose()
    tables = list((server.folder / "data" / "base" / str(database)).iterdir())
    assert tables
    assert [path.name for path in tables if wrapped in path.read_bytes()] == []


def test_an_erasure_that_fails_half_way_changes_nothing(storage: Storage, operator: Scope, populate) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    with contextlib.suppress(KeyboardInterrupt), storage.begin(operator) as unit:
        unit.subjects.erase(person.subject_id)
        raise KeyboardInterrupt
    with storage.read(operator) as unit:
        assert unit.subjects.get(person.subject_id).label == "Belinda Quillory"
        assert unit.vault.get(person.subject_id, person.address)
        assert unit.tombstones.list() == []


def test_an_erasure_interrupted_before_its_last_step_is_finished_at_the_next_start(
    storage: Storage, operator: Scope, populate, home: Path, key_path: Path, reopen, monkeypatch
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    with monkeypatch.context() as patch:
        patch.setattr(Storage, "finish_erasures", lambda self: 0)  # what a kill right after the commit leaves
        with storage.begin(operator) as unit:
            unit.subjects.erase(person.subject_id)
    assert (home / "vault" / person.subject_id).exists()
    with reopen(key_path).read(operator) as unit:
        assert unit.tombstones.list(is_unfinished=True) == []
        assert len(unit.tombstones.list()) == 1
    assert not (home / "vault" / person.subject_id).exists()


def test_an_erasure_says_so_when_a_long_reader_keeps_the_log_alive(
    storage: Storage, operator: Scope, populate, engine_name: str, monkeypatch
) -> None:
    monkeypatch.setattr("storage.erasure._PATIENCE_MS", 100)
    with storage.begin(operator) as unit:
        person = populate(unit)
    with storage.read(operator) as reader:
        assert reader.subjects.list()
        if engine_name == "postgresql":
            assert reader.subjects.get(person.subject_id)
        with (
            pytest.raises(ErasureUnfinishedError, match="The erasure is done"),
            storage.begin(operator) as unit,
        ):
            unit.subjects.erase(person.subject_id)
    assert storage.finish_erasures() == 1
    with storage.read(operator) as unit:
        assert unit.tombstones.list()[0].purged_at is not None


def test_after_a_rotation_everything_opens_with_the_new_key_and_nothing_with_the_old(
    storage: Storage, operator: Scope, populate, key_path: Path, home: Path, url: str, clock, tmp_path: Path
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
        unit.seen.remember("https://board.test", [("p", "b")])
    old_code = storage.keyring.recovery_code
    storage.rotate_key()
    assert storage.keyring.recovery_code != old_code
    with storage.begin(operator) as unit:
        assert unit.subjects.get(person.subject_id).label == "Belinda Quillory"
        assert unit.seen.compare("https://board.test", [("p", "b")]) == ["known"]
        assert unit.audit.verify() == 1
        populate(unit, "Orson Vantreight")
    restored = Keyring.restore(tmp_path / "old" / "key", old_code, away_from=[home])
    with pytest.raises(WrongKeyError, match="from before a rotation"):
        Storage.open(home=home, keyring=restored, database_url=url)


def test_a_running_process_follows_a_rotation_by_another(
    storage: Storage, operator: Scope, populate, key_path: Path, reopen
) -> None:
    running = reopen(key_path)
    with storage.begin(operator) as unit:
        person = populate(unit)
    storage.rotate_key()
    with running.begin(operator) as unit:
        assert unit.subjects.get(person.subject_id).label == "Belinda Quillory"
        added = unit.subjects.add("Later")
    with storage.read(operator) as unit:
        assert unit.subjects.get(added.id).label == "Later"


def test_a_rotation_interrupted_between_file_and_database_can_be_repeated(
    storage: Storage, operator: Scope, populate, key_path: Path, reopen
) -> None:
    with storage.begin(operator) as unit:
        person = populate(unit)
    storage.keyring.begin_rotation()
    again = reopen(key_path)
    with again.read(operator) as unit:
        assert unit.subjects.get(person.subject_id)
    assert again.keyring.is_rotating
    assert not again.rotate_key().is_rotating
    with reopen(key_path).read(operator) as unit:
        assert unit.subjects.get(person.subject_id)
