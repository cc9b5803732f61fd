"""The vault's promises: sealed, write-once, addressed by a keyed digest; damage is told; orphans are swept."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.crypto import Secret
from storage.errors import CorruptError, NotFoundError
from storage.vault.blobs import LocalBlobs
from storage.vault.vault import Vault, sweep

SECRETS = {"s-22222222": Secret(b"2" * 32), "s-33333333": Secret(b"3" * 32)}
ONE, OTHER = SECRETS


def _secret_of(subject_id: str) -> Secret:
    try:
        return SECRETS[subject_id]
    except KeyError:
        raise NotFoundError("subject", subject_id) from None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path) -> Vault:
    return Vault(LocalBlobs(folder), _secret_of)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"x", os.urandom(3_000_000)])
def test_bytes_come_back_as_they_were_put(vault: Vault, data: bytes) -> None:
    assert vault.get(ONE, vault.put(ONE, data)) == data


def test_nothing_of_the_content_stands_in_the_file(vault: Vault, folder: Path) -> None:
    vault.put(ONE, b"Belinda Quillory" * 100)
    (path,) = _files(folder)
    assert b"Belinda" not in path.read_bytes()


def test_putting_the_same_again_writes_nothing_and_saves_it_from_a_sweep(vault: Vault, folder: Path) -> None:
    address = vault.put(ONE, b"x")
    (path,) = _files(folder)
    inode = path.stat().st_ino
    os.utime(path, (0, 0))
    assert vault.put(ONE, b"x") == address
    assert path.stat().st_ino == inode
    assert sweep(LocalBlobs(folder), datetime.now(UTC), lambda _: set()) == 0
    assert vault.has(ONE, address)


def test_equal_files_of_two_people_share_neither_address_nor_bytes(vault: Vault, folder: Path) -> None:
    one, other = vault.put(ONE, b"x"), vault.put(OTHER, b"x")
    assert one != other
    first, second = _files(folder)
    assert first.read_bytes() != second.read_bytes()
    with pytest.raises(NotFoundError):
        vault.get(ONE, other)


def test_the_address_is_no_plain_digest(vault: Vault) -> None:
    plain = (
        subprocess.run(["sha256sum"], input=b"x", capture_output=True, check=True).stdout.split()[0].decode()
    )
    assert vault.put(ONE, b"x") != plain


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damage_is_told_and_putting_again_repairs_it(vault: Vault, folder: Path, damage: str) -> None:
    address = vault.put(ONE, b"picture")
    (path,) = _files(folder)
    sealed = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(
        {"flip": sealed[:-1] + bytes([sealed[-1] ^ 1]), "cut": sealed[:-3], "empty": b""}[damage]
    )
    with pytest.raises(CorruptError, match="backup"):
        vault.get(ONE, address)
    assert vault.put(ONE, b"picture") == address
    assert vault.get(ONE, address) == b"picture"


def test_a_file_moved_to_another_address_does_not_open(vault: Vault, folder: Path) -> None:
    first, second = vault.put(ONE, b"first"), vault.put(ONE, b"second")
    paths = {path.name: path for path in _files(folder)}
    paths[second].replace(paths[first])
    with pytest.raises(CorruptError):
        vault.get(ONE, first)


def test_an_unknown_subject_has_no_vault(vault: Vault, folder: Path) -> None:
    for call in (lambda: vault.put("s-99999999", b"x"), lambda: vault.get("s-99999999", "ab" * 32), lambda: vault.has("s-99999999", "ab" * 32)):  # fmt: skip
        with pytest.raises(NotFoundError):
            call()
    assert not folder.exists()


def test_a_sweep_takes_old_orphans_and_the_folders_of_erased_subjects_only(
    vault: Vault, folder: Path
) -> None:
    named, orphan, gone = vault.put(ONE, b"named"), vault.put(ONE, b"orphan"), vault.put(OTHER, b"gone")
    blobs = LocalBlobs(folder)

    def named_by(subject_id: str) -> set[str] | None:
        return {named} if subject_id == ONE else None

    now = datetime.now(UTC)
    assert sweep(blobs, now, lambda _: set()) == 0, "young blobs may still get their row"
    assert sweep(blobs, now + timedelta(days=2), named_by) == 2
    assert vault.has(ONE, named)
    assert not vault.has(ONE, orphan)
    assert not vault.has(OTHER, gone)
    assert blobs.subjects() == [ONE]
