"""What every store of sealed blobs promises: the local folder and an S3-compatible server alike, with a quota or without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import Keyring, Scope, Storage
from storage.errors import BadValueError, DiskFullError, NotFoundError, StorageError
from storage.vault.blobs import Blobs, LocalBlobs
from storage.vault.quota import LimitedBlobs, bytes_from_text, text_from_bytes
from storage.vault.s3 import S3Blobs
from storage.vault.s3_place import S3Place

ONE, TWO = "ab" * 32, "cd" * 32
ADA, EVE = "s-22222222", "s-33333333"
SOON = timedelta(seconds=5)


@pytest.fixture(params=["folder", "s3"])
def plain(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return LocalBlobs(tmp_path / "vault")
    open_s3: Callable[..., S3Blobs] = request.getfixturevalue("open_s3")
    return open_s3(request.getfixturevalue("s3_place"))


@pytest.fixture(params=["without a quota", "with a quota"])
def blobs(request: pytest.FixtureRequest, plain: Blobs) -> Blobs:
    return LimitedBlobs(plain, 10_000, lambda: 0) if request.param == "with a quota" else plain


def test_a_blob_comes_back_as_it_was_put(blobs: Blobs) -> None:
    content = bytes(range(256)) * 20
    assert blobs.put(ADA, ONE, content)
    assert blobs.get(ADA, ONE) == content
    assert blobs.has(ADA, ONE)
    assert not blobs.has(EVE, ONE)
    assert [address for address, _ in blobs.entries(ADA)] == [ONE]
    assert blobs.total_bytes() == len(content)
    assert blobs.put(ADA, TWO, b"")
    assert blobs.get(ADA, TWO) == b""


def test_what_stands_there_is_replaced_on_demand_only(blobs: Blobs) -> None:
    assert blobs.put(ADA, ONE, b"first")
    assert not blobs.put(ADA, ONE, b"second")
    assert blobs.get(ADA, ONE) == b"first"
    assert blobs.put(ADA, ONE, b"third", is_replacing=True)
    assert blobs.get(ADA, ONE) == b"third"


def test_what_is_not_there_is_told(blobs: Blobs) -> None:
    with pytest.raises(NotFoundError):
        blobs.get(ADA, ONE)
    with pytest.raises(NotFoundError):
        blobs.refresh(ADA, ONE)
    assert not blobs.remove(ADA, ONE, written_before=datetime.now(UTC) + SOON)
    blobs.remove_all(ADA)
    assert blobs.subjects() == []
    assert list(blobs.entries(ADA)) == []


@pytest.mark.parametrize("name", ["../x", "", "a/b", "S-2", "x" * 41])
def test_no_name_leads_elsewhere(plain: Blobs, name: str) -> None:
    with pytest.raises(StorageError, match="no id of a subject"):
        plain.put(name, ONE, b"x")
    with pytest.raises(StorageError, match="no id of a subject"):
        plain.remove_all(name)
    with pytest.raises(NotFoundError):
        plain.get(ADA, f"../{ONE}")


def test_one_subjects_blobs_are_removed_and_no_others(blobs: Blobs) -> None:
    for subject in (ADA, EVE):
        blobs.put(subject, ONE, b"x")
        blobs.put(subject, TWO, b"y")
    assert blobs.subjects() == [ADA, EVE]
    blobs.remove_all(ADA)
    assert blobs.subjects() == [EVE]
    assert sorted(address for address, _ in blobs.entries(EVE)) == [ONE, TWO]


def test_only_what_was_written_before_is_removed_and_a_refreshed_blob_counts_as_new(plain: Blobs) -> None:
    plain.put(ADA, ONE, b"x")
    plain.put(ADA, TWO, b"y")
    times = dict(plain.entries(ADA))
    assert abs(times[ONE] - datetime.now(UTC)) < timedelta(minutes=1)
    assert not plain.remove(ADA, ONE, written_before=times[ONE] - SOON)
    time.sleep(1.1)  # object stores count in seconds
    plain.refresh(ADA, ONE)
    after = dict(plain.entries(ADA))
    assert after[ONE] > times[ONE]
    assert after[TWO] == times[TWO]
    assert not plain.remove(ADA, ONE, written_before=times[ONE] + timedelta(milliseconds=500))
    assert plain.get(ADA, ONE) == b"x"
    assert plain.remove(ADA, ONE, written_before=after[ONE] + SOON)
    assert not plain.has(ADA, ONE)
    assert plain.has(ADA, TWO)


def test_a_check_leaves_nothing_and_says_where(blobs: Blobs) -> None:
    assert "vault" in blobs.check()
    assert blobs.total_bytes() == 0
    assert blobs.subjects() == []


def test_a_vault_is_moved_by_copying_its_files(
    tmp_path: Path, s3_place: S3Place, open_s3: Callable[..., S3Blobs]
) -> None:
    local, store = LocalBlobs(tmp_path / "vault"), open_s3(s3_place)
    local.put(ADA, ONE, b"x")
    store.check()
    for path in (tmp_path / "vault").glob("*/*/*"):
        key = f"{s3_place.prefix}/{path.relative_to(tmp_path / 'vault')}"
        store._client.put_object(Bucket="vault", Key=key, Body=path.read_bytes())
    assert store.get(ADA, ONE) == b"x"
    assert store.subjects() == [ADA]


def test_a_quota_refuses_whole_files_and_keeps_the_rest(plain: Blobs) -> None:
    named = [0]
    limited = LimitedBlobs(plain, 1000, lambda: named[0])
    limited.require_room(900)
    limited.put(ADA, ONE, b"x" * 900)
    named[0] = 900
    for attempt in (lambda: limited.put(ADA, TWO, b"y" * 101), lambda: limited.require_room(101)):
        with pytest.raises(DiskFullError, match=r"1\.0 kB.*SHAMEWATCH_VAULT_QUOTA"):
            attempt()
    assert limited.get(ADA, ONE) == b"x" * 900
    assert not limited.has(ADA, TWO)
    limited.remove_all(ADA)
    named[0] = 0
    assert limited.put(ADA, TWO, b"y" * 101)


def test_a_quota_counts_what_others_put_within_a_minute(tmp_path: Path) -> None:
    named, now_s = [0], [100.0]
    limited = LimitedBlobs(LocalBlobs(tmp_path / "vault"), 1000, lambda: named[0], clock=lambda: now_s[0])
    limited.put(ADA, ONE, b"x")
    named[0] = 990
    limited.put(ADA, TWO, b"y" * 20)
    now_s[0] += 61
    with pytest.raises(DiskFullError):
        limited.put(EVE, TWO, b"y" * 20)


@pytest.mark.parametrize(
    ("text", "size"), [("20GB", 20 * 10**9), ("500 MiB", 500 * 2**20), ("17", 17), ("1.5kb", 1500)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert bytes_from_text(text) == size


@pytest.mark.parametrize("text", ["", "many", "-1GB", "1 parsec"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(BadValueError, match="no size"):
        bytes_from_text(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(17, "17 bytes"), (20 * 10**9, "20.0 GB"), (1234567, "1.2 MB"), (10**13, "10,000.0 GB")],
)
def test_sizes_are_shown_for_people(size: int, text: str) -> None:
    assert text_from_bytes(size) == text


@pytest.fixture
def storage(plain: Blobs, tmp_path: Path) -> Iterator[Storage]:
    home = tmp_path / "home"
    keyring = Keyring.create(tmp_path / "keys" / "key", away_from=[home])
    opened = Storage.initialise(home=home, keyring=keyring, blobs=plain)
    yield opened
    opened.close()


def test_equal_files_of_two_people_share_nothing_and_erasure_reaches_the_store(
    storage: Storage, plain: Blobs
) -> None:
    with storage.begin(Scope.operator()) as unit:
        ada, eve = unit.subjects.add("Ada").id, unit.subjects.add("Eve").id
        one, two = unit.vault.put(ada, b"the same"), unit.vault.put(eve, b"the same")
        with pytest.raises(NotFoundError):
            unit.vault.get(eve, one)
    assert one != two
    assert plain.get(ada, one) != plain.get(eve, two)
    assert b"the same" not in plain.get(ada, one)
    with storage.begin(Scope.operator()) as unit:
        unit.subjects.erase(ada)
    assert plain.subjects() == [eve]
    with storage.read(Scope.operator()) as unit:
        assert unit.vault.get(eve, two) == b"the same"


def test_orphans_and_strangers_files_are_swept_when_they_are_old_and_no_others(
    storage: Storage, plain: Blobs
) -> None:
    with storage.begin(Scope.operator()) as unit:
        ada = unit.subjects.add("Ada").id
        orphan = unit.vault.put(ada, b"orphan")
    plain.put("s-99999999", ONE, b"of nobody")
    assert storage.sweep_vault() == 0, "what is young may still get its row"
    assert storage.sweep_vault(after=-SOON) == 2
    assert not plain.has(ada, orphan)
    assert plain.subjects() in ([], [ada])


def test_a_damaged_file_is_told_and_mended_by_putting_it_again(storage: Storage, plain: Blobs) -> None:
    with storage.begin(Scope.operator()) as unit:
        ada = unit.subjects.add("Ada").id
        address = unit.vault.put(ada, b"picture")
        sealed = plain.get(ada, address)
        plain.put(ada, address, sealed[:-1] + bytes([sealed[-1] ^ 1]), is_replacing=True)
        with pytest.raises(StorageError, match="backup"):
            unit.vault.get(ada, address)
        assert unit.vault.put(ada, b"picture") == address
        assert unit.vault.get(ada, address) == b"picture"
