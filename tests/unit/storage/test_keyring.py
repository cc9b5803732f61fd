"""The key file: where it may lie, who may read it, how it is written down, wrapped with and changed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from storage import Keyring
from storage.errors import CorruptError, KeyMissingError, KeyRefusedError, StorageError, WrongKeyError

SECRET = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "instance.key"


def test_a_new_key_file_is_readable_by_its_owner_only(path: Path) -> None:
    Keyring.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [item.name for item in path.parent.iterdir()] == ["instance.key"]


def test_what_one_key_wrapped_the_reopened_file_unwraps_at_the_same_place_only(path: Path) -> None:
    wrapped = Keyring.create(path).wrap("subject_key.wrapped/s-1", SECRET)
    reopened = Keyring.open(path)
    assert reopened.unwrap("subject_key.wrapped/s-1", wrapped) == SECRET
    assert SECRET not in wrapped
    with pytest.raises(CorruptError):
        reopened.unwrap("subject_key.wrapped/s-2", wrapped)


def test_an_existing_key_file_is_never_overwritten(path: Path) -> None:
    before = Keyring.create(path).recovery_code
    with pytest.raises(KeyRefusedError, match="already"):
        Keyring.create(path)
    with pytest.raises(KeyRefusedError, match="already"):
        Keyring.restore(path, before)
    assert Keyring.open(path).recovery_code == before


def test_a_key_file_among_the_data_is_refused_also_through_a_link(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(KeyRefusedError, match="lies in the data folder"):
        Keyring.create(home / "sub" / "key", away_from=[home])
    (tmp_path / "alias").symlink_to(home)
    with pytest.raises(KeyRefusedError, match="SHAMEWATCH_KEY_FILE"):
        Keyring.create(tmp_path / "alias" / "key", away_from=[home])
    Keyring.create(tmp_path / "homestead" / "key", away_from=[home])
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(path: Path, mode: int) -> None:
    Keyring.create(path)
    path.chmod(mode)
    with pytest.raises(KeyRefusedError, match="chmod 600"):
        Keyring.open(path)


def test_a_credential_that_is_read_only_is_accepted(path: Path) -> None:
    code = Keyring.create(path).recovery_code
    path.chmod(0o400)
    assert Keyring.open(path).recovery_code == code


def test_a_missing_key_file_is_told_with_the_way_out(path: Path) -> None:
    with pytest.raises(KeyMissingError, match="recovery code"):
        Keyring.open(path)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": "shamewatch-instance-key-1", "keys": []}', "ключ", '{"format": "shamewatch-instance-key-1", "keys": ["AAAA"]}']
)  # fmt: skip
def test_a_file_that_is_no_key_file_is_refused(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(KeyRefusedError):
        Keyring.open(path)


def test_the_printed_code_restores_the_key(path: Path, tmp_path: Path) -> None:
    keyring = Keyring.create(path)
    code = keyring.recovery_code
    assert [len(group) for group in code.split("-")] == [4] * 14
    typed = code.lower().replace("o", "0").replace("-", " ", 5)
    restored = Keyring.restore(tmp_path / "again" / "key", typed)
    assert restored.unwrap("p", keyring.wrap("p", SECRET)) == SECRET
    assert restored.recovery_code == code


def test_a_mistyped_code_is_noticed(path: Path, tmp_path: Path) -> None:
    code = Keyring.create(path).recovery_code
    wrong = ("B" if code[0] == "A" else "A") + code[1:]
    for typed in (wrong, code[:-1], code[5:], "", "ä" * 56, code + "-AAAA"):
        with pytest.raises(KeyRefusedError, match="mistyped"):
            Keyring.restore(tmp_path / "again" / "key", typed)
    assert not (tmp_path / "again").exists()


def test_a_strangers_key_is_told_from_damage(path: Path, tmp_path: Path) -> None:
    wrapped = Keyring.create(path).wrap("p", SECRET)
    with pytest.raises(WrongKeyError, match="does not belong"):
        Keyring.create(tmp_path / "other").unwrap("p", wrapped)
    with pytest.raises(CorruptError, match="was erased"):
        Keyring.open(path).unwrap("p", bytes(len(wrapped)))


def test_during_a_rotation_both_keys_open_and_the_new_one_wraps(path: Path) -> None:
    keyring = Keyring.create(path)
    old = keyring.wrap("p", SECRET)
    rotating = keyring.begin_rotation()
    assert rotating.is_rotating
    assert Keyring.open(path).unwrap("p", old) == SECRET
    new = rotating.wrap("p", SECRET)
    assert not rotating.is_current(old)
    assert rotating.is_current(new)
    assert rotating.begin_rotation() is rotating
    finished = rotating.finish_rotation()
    assert Keyring.open(path).unwrap("p", new) == SECRET
    with pytest.raises(WrongKeyError):
        finished.unwrap("p", old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_running_keyring_notices_that_its_file_changed_and_survives_its_removal(path: Path) -> None:
    Keyring.create(path)
    running = Keyring.open(path)
    assert running.refreshed() is running
    changed = Keyring.open(path).begin_rotation()
    assert running.refreshed().recovery_code == changed.recovery_code
    path.unlink()
    assert running.refreshed() is running


def test_a_keyring_shows_nothing_of_its_keys(path: Path) -> None:
    keyring = Keyring.create(path)
    assert repr(keyring) == f"<Keyring {path}>"
    assert repr(keyring._keys[0]) == "InstanceKey()"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageError, match="a file in place of the folder"):
        Keyring.create(blocked / "key")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
