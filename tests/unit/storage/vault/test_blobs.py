"""Where blobs lie: names that cannot leave the folder, whole files, and what interrupted writes leave."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.errors import NotFoundError, StorageError
from storage.vault.blobs import LocalBlobs

ADDRESS = "ab" * 32


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "vault")


def test_a_blob_comes_back_and_cannot_be_written_to(blobs: LocalBlobs, tmp_path: Path) -> None:
    blobs.put("s-22222222", ADDRESS, b"sealed")
    path = tmp_path / "vault" / "s-22222222" / "ab" / ADDRESS
    assert blobs.get("s-22222222", ADDRESS) == path.read_bytes() == b"sealed"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE((tmp_path / "vault" / "s-22222222").stat().st_mode) == 0o700
    assert blobs.has("s-22222222", ADDRESS)
    assert [address for address, _ in blobs.entries("s-22222222")] == [ADDRESS]


@pytest.mark.parametrize("subject_id", ["../x", "", "a/b", "s-2\n", "S-2", "x" * 41, ".", ".."])
def test_a_subject_id_cannot_name_another_folder(blobs: LocalBlobs, subject_id: str) -> None:
    with pytest.raises(StorageError, match="no id of a subject"):
        blobs.put(subject_id, ADDRESS, b"x")
    with pytest.raises(StorageError):
        blobs.remove_all(subject_id)


@pytest.mark.parametrize("address", ["../../../../etc/passwd", "", "ab" * 31, "AB" * 32, "ab" * 32 + "\n"])
def test_an_address_cannot_name_another_file(blobs: LocalBlobs, address: str) -> None:
    with pytest.raises(NotFoundError):
        blobs.get("s-22222222", address)


def test_what_is_not_there_is_told_and_removing_it_is_no_error(blobs: LocalBlobs) -> None:
    with pytest.raises(NotFoundError):
        blobs.get("s-22222222", ADDRESS)
    with pytest.raises(NotFoundError):
        blobs.refresh("s-22222222", ADDRESS)
    assert not blobs.remove("s-22222222", ADDRESS, written_before=datetime.now(UTC))
    blobs.remove_all("s-22222222")
    assert blobs.subjects() == []
    assert not blobs.has("s-22222222", ADDRESS)


def test_a_subjects_blobs_are_removed_without_touching_others(blobs: LocalBlobs) -> None:
    for subject_id in ("s-22222222", "s-33333333"):
        blobs.put(subject_id, ADDRESS, b"x")
    blobs.remove_all("s-22222222")
    assert blobs.subjects() == ["s-33333333"]
    assert blobs.get("s-33333333", ADDRESS) == b"x"


def test_old_leftovers_of_interrupted_writes_are_swept_and_young_ones_kept(
    blobs: LocalBlobs, tmp_path: Path
) -> None:
    blobs.put("s-22222222", ADDRESS, b"x")
    folder = tmp_path / "vault" / "s-22222222" / "ab"
    old, young = folder / ".partial-old", folder / ".partial-young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert blobs.sweep_partial(datetime.now(UTC) - timedelta(hours=1)) == 1
    assert not old.exists()
    assert young.exists()
    assert [address for address, _ in blobs.entries("s-22222222")] == [ADDRESS]


def test_a_check_writes_leaves_nothing_and_says_where(blobs: LocalBlobs, tmp_path: Path) -> None:
    assert blobs.check() == blobs.check() == str(tmp_path / "vault")
    assert list((tmp_path / "vault").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o700


def test_a_check_tells_that_the_vault_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("a file in its place")
    with pytest.raises(StorageError, match="in place of the folder"):
        LocalBlobs(tmp_path / "vault").check()
