"""Setting up and opening: what is refused, what is made, what a second call changes."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import Keyring, Scope, Storage
from storage.errors import CorruptError, KeyMissingError, KeyRefusedError, NotInitialisedError, WrongKeyError
from storage.repositories.evidence import EvidenceFile


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "key"


def _initialise(home: Path, key_path: Path) -> None:
    Storage.initialise(home=home, keyring=Storage.create_keyring(key_path, home=home)).close()


def test_a_new_home_is_private_and_holds_no_key(home: Path, key_path: Path) -> None:
    keyring = Storage.create_keyring(key_path, home=home)
    assert not Storage.has_data(home=home)
    with Storage.initialise(home=home, keyring=keyring).begin(Scope.operator()) as unit:
        unit.subjects.add("Ann Example")
    assert Storage.has_data(home=home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    material = keyring._keys[0].material
    assert not any(material in path.read_bytes() for path in home.iterdir())


def test_initialising_again_keeps_what_is_there(home: Path, key_path: Path) -> None:
    _initialise(home, key_path)
    storage = Storage.open(home=home, keyring=Keyring.open(key_path))
    with storage.begin(Scope.operator()) as unit:
        unit.subjects.add("Ann Example")
    storage.close()
    again = Storage.initialise(home=home, keyring=Keyring.open(key_path))
    with again.read(Scope.operator()) as unit:
        assert [subject.label for subject in unit.subjects.list()] == ["Ann Example"]
    again.close()


def test_opening_what_was_never_initialised_makes_nothing(home: Path, key_path: Path) -> None:
    keyring = Keyring.create(key_path)
    with pytest.raises(NotInitialisedError, match="shamewatch init"):
        Storage.open(home=home, keyring=keyring)
    assert not home.exists()


def test_a_key_beside_the_data_is_refused_by_every_door(home: Path) -> None:
    with pytest.raises(KeyRefusedError, match="data folder"):
        Storage.create_keyring(home / "key", home=home)
    keyring = Keyring.create(home / "key")
    with pytest.raises(KeyRefusedError, match="data folder"):
        Storage.initialise(home=home, keyring=keyring)
    with pytest.raises(KeyRefusedError, match="data folder"):
        Storage.open(home=home, keyring=keyring)
    with pytest.raises(KeyRefusedError, match="data folder"):
        Storage.initialise(home=home / "elsewhere", keyring=keyring, database_url=f"sqlite:///{home}/x.db")


def test_no_new_key_is_made_for_data_whose_key_is_missing(home: Path, key_path: Path) -> None:
    _initialise(home, key_path)
    key_path.unlink()
    with pytest.raises(KeyMissingError, match="recovery code"):
        Keyring.open(key_path, away_from=[home])
    with pytest.raises(KeyMissingError, match="a new key could not read it"):
        Storage.create_keyring(key_path, home=home)
    assert not key_path.exists()


def test_a_strangers_key_opens_nothing(home: Path, key_path: Path, tmp_path: Path) -> None:
    _initialise(home, key_path)
    with pytest.raises(WrongKeyError, match="does not belong"):
        Storage.open(home=home, keyring=Keyring.create(tmp_path / "other" / "key"))


def test_the_recovery_code_opens_the_data_after_the_key_file_was_lost(home: Path, key_path: Path) -> None:
    keyring = Storage.create_keyring(key_path, home=home)
    storage = Storage.initialise(home=home, keyring=keyring)
    with storage.begin(Scope.operator()) as unit:
        subject = unit.subjects.add("Ann Example")
    storage.close()
    key_path.unlink()
    storage = Storage.open(
        home=home, keyring=Keyring.restore(key_path, keyring.recovery_code, away_from=[home])
    )
    with storage.read(Scope.operator()) as unit:
        assert unit.subjects.get(subject.id).label == "Ann Example"
    storage.close()


def test_a_row_moved_to_another_subject_does_not_open(home: Path, key_path: Path) -> None:
    """Whoever can write to the database cannot show one person another's data."""
    storage = Storage.initialise(home=home, keyring=Storage.create_keyring(key_path, home=home))
    with storage.begin(Scope.operator()) as unit:
        ann, bea = unit.subjects.add("Ann Example"), unit.subjects.add("Bea Example")
    engine = storage._engine
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE subject SET sealed = (SELECT sealed FROM subject WHERE id = ?) WHERE id = ?",
            (ann.id, bea.id),
        )
    with storage.read(Scope.operator()) as unit, pytest.raises(CorruptError, match=bea.id):
        unit.subjects.get(bea.id)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key WHERE subject_id = ?) WHERE subject_id = ?",
            (ann.id, bea.id),
        )
    with storage.read(Scope.operator()) as unit, pytest.raises(CorruptError, match="subject_key"):
        unit.subjects.get(bea.id)
    storage.close()


def test_orphans_in_the_vault_are_swept_and_named_files_stay(home: Path, key_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    storage = Storage.initialise(
        home=home, keyring=Storage.create_keyring(key_path, home=home), now=lambda: later
    )
    with storage.begin(Scope.operator()) as unit:
        subject = unit.subjects.add("Ann Example")
    with storage.begin(Scope.operator()) as unit:
        orphan, kept = unit.vault.put(subject.id, b"orphan"), unit.vault.put(subject.id, b"kept")
        file = EvidenceFile(name="a", media_type="text/plain", size_bytes=4, sha256="", vault_address=kept)
        unit.evidence.add(
            subject_id=subject.id,
            url="u",
            verdict="ok",
            reason="",
            captured_at=later,
            manifest={},
            files=[file],
        )
    assert storage.sweep_vault(after=timedelta(days=4)) == 0
    assert storage.sweep_vault() == 1
    with storage.read(Scope.operator()) as unit:
        assert unit.vault.get(subject.id, kept) == b"kept"
        assert not unit.vault.has(subject.id, orphan)
    storage.close()
