"""What every store of sealed blobs promises: the local folder and an S3-compatible server alike."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from storage import Keyring, Scope, Storage
from storage.errors import BadValueError, DiskFullError, NotFoundError, StorageError
from storage.repositories.evidence import EvidenceFile
from storage.vault.blobs import Blobs, LocalBlobs
from storage.vault.quota import LimitedBlobs, bytes_from_text
from storage.vault.s3 import S3Blobs, S3Place, s3_place_from_url

ONE, TWO = "ab" * 32, "cd" * 32
ADA, EVE = "s-22222222", "s-33333333"
SOON = timedelta(seconds=5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="vault")
    yield url
    server.stop()


@pytest.fixture(params=["folder", "s3", "s3 with a quota"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return LocalBlobs(tmp_path / "vault")
    place = S3Place(bucket="vault", prefix=tmp_path.name, endpoint=request.getfixturevalue("endpoint"))
    s3 = S3Blobs(place, "a", "b")
    return LimitedBlobs(s3, 10_000) if "quota" in request.param else s3


def test_a_blob_comes_back_as_it_was_put(blobs: Blobs) -> None:
    content = bytes(range(256)) * 20
    blobs.put(ADA, ONE, content)
    assert blobs.get(ADA, ONE) == content
    assert blobs.has(ADA, ONE)
    assert not blobs.has(EVE, ONE)
    assert [address for address, _ in blobs.entries(ADA)] == [ONE]
    assert blobs.total_bytes() == len(content)


def test_what_stood_there_is_replaced_whole(blobs: Blobs) -> None:
    blobs.put(ADA, ONE, b"damaged")
    blobs.put(ADA, ONE, b"whole")
    assert blobs.get(ADA, ONE) == b"whole"


def test_what_is_not_there_is_told(blobs: Blobs) -> None:
    with pytest.raises(NotFoundError):
        blobs.get(ADA, ONE)
    with pytest.raises(NotFoundError):
        blobs.refresh(ADA, ONE)
    assert not blobs.remove(ADA, ONE, written_before=datetime.now(UTC) + SOON)
    blobs.remove_all(ADA)
    assert blobs.subjects() == []


@pytest.mark.parametrize("name", ["../x", "", "a/b", "S-2", "x" * 41])
def test_no_name_leads_elsewhere(blobs: Blobs, name: str) -> None:
    with pytest.raises(StorageError, match="no id of a subject"):
        blobs.put(name, ONE, b"x")
    with pytest.raises(NotFoundError):
        blobs.get(ADA, f"../{ONE}")


def test_one_subjects_blobs_are_removed_and_no_others(blobs: Blobs) -> None:
    for subject in (ADA, EVE):
        blobs.put(subject, ONE, b"x")
        blobs.put(subject, TWO, b"y")
    assert blobs.subjects() == [ADA, EVE]
    blobs.remove_all(ADA)
    assert blobs.subjects() == [EVE]
    assert sorted(address for address, _ in blobs.entries(EVE)) == [ONE, TWO]


def test_only_what_was_written_before_is_swept(blobs: Blobs) -> None:
    blobs.put(ADA, ONE, b"x")
    (_, written_at), = blobs.entries(ADA)  # fmt: skip
    assert not blobs.remove(ADA, ONE, written_before=written_at - SOON)
    time.sleep(1.1)  # stores count in seconds
    blobs.refresh(ADA, ONE)
    (_, refreshed_at), = blobs.entries(ADA)  # fmt: skip
    assert refreshed_at > written_at
    assert not blobs.remove(ADA, ONE, written_before=written_at + timedelta(milliseconds=500))
    assert blobs.get(ADA, ONE) == b"x"
    assert blobs.remove(ADA, ONE, written_before=refreshed_at + SOON)
    assert not blobs.has(ADA, ONE)


def test_a_check_leaves_nothing(blobs: Blobs) -> None:
    assert blobs.check()
    assert blobs.total_bytes() == 0


def test_a_quota_refuses_whole_files_and_keeps_the_rest(endpoint: str, tmp_path: Path) -> None:
    for inner in (
        LocalBlobs(tmp_path / "vault"),
        S3Blobs(S3Place(bucket="vault", prefix="quota", endpoint=endpoint), "a", "b"),
    ):
        limited = LimitedBlobs(inner, 1000)
        limited.put(ADA, ONE, b"x" * 900)
        with pytest.raises(DiskFullError, match="SHAMEWATCH_VAULT_QUOTA"):
            limited.put(ADA, TWO, b"y" * 101)
        assert limited.get(ADA, ONE) == b"x" * 900
        assert not limited.has(ADA, TWO)
        limited.remove_all(ADA)
        limited.put(ADA, TWO, b"y" * 101)


@pytest.mark.parametrize(
    ("text", "size"), [("20GB", 20 * 10**9), ("500 MiB", 500 * 2**20), ("17", 17), ("1.5kb", 1500)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert bytes_from_text(text) == size


@pytest.mark.parametrize("text", ["", "many", "-1GB", "1 parsec"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(BadValueError, match="no size"):
        bytes_from_text(text)


def test_addresses_of_vaults_are_read() -> None:
    place = s3_place_from_url("s3://evidence/clinic/one?endpoint=https://s3.example:9000&region=eu-1")
    assert place == S3Place(
        bucket="evidence", prefix="clinic/one", endpoint="https://s3.example:9000", region="eu-1"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket/x",
        "s3://",
        "s3://b?endpoint=http://far.example",
        "s3://b?colour=red",
        "s3://me:pw@b/x",
        "s3://b?endpoint",
    ],
)
def test_what_is_no_address_of_a_vault_is_told(url: str) -> None:
    with pytest.raises(BadValueError, match="s3://bucket"):
        s3_place_from_url(url)


def test_a_wrong_bucket_and_a_dead_server_are_told_in_sentences(endpoint: str) -> None:
    with pytest.raises(StorageError, match="has no bucket nowhere"):
        S3Blobs(S3Place(bucket="nowhere", endpoint=endpoint), "a", "b").put(ADA, ONE, b"x")
    dead = S3Blobs(S3Place(bucket="vault", endpoint=f"http://127.0.0.1:{free_port()}"), "a", "b")
    with pytest.raises(StorageError, match="cannot be reached"):
        dead.get(ADA, ONE)


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Storage, Blobs]]:
    home = tmp_path / "home"
    blobs: Blobs = LocalBlobs(home / "vault")
    if request.param == "s3":
        place = S3Place(bucket="vault", prefix=tmp_path.name, endpoint=request.getfixturevalue("endpoint"))
        blobs = S3Blobs(place, "a", "b")
    keyring = Keyring.create(tmp_path / "keys" / "key", away_from=[home])
    opened = Storage.initialise(home=home, keyring=keyring, blobs=blobs)
    yield opened, blobs
    opened.close()


def keep(storage: Storage, label: str, content: bytes) -> tuple[str, str, str]:
    """A subject with one item of one file; ids of subject and item, and the address."""
    with storage.begin(Scope.operator()) as unit:
        subject = unit.subjects.add(label)
        address = unit.vault.put(subject.id, content)
        file = EvidenceFile(
            name="dom.html", media_type="text/html", size_bytes=len(content), vault_address=address,
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        record = unit.evidence.add(url="https://board.test", verdict="ok", reason="", captured_at=datetime.now(UTC),
                                   manifest={}, files=[file], subject_id=subject.id)  # fmt: skip
    return subject.id, record.id, address


def test_equal_files_of_two_people_share_nothing_and_erasure_reaches_the_store(
    storage: tuple[Storage, Blobs],
) -> None:
    opened, blobs = storage
    (ada, _, one), (eve, _, two) = keep(opened, "Ada", b"the same"), keep(opened, "Eve", b"the same")
    assert one != two
    assert blobs.get(ada, one) != blobs.get(eve, two)
    assert b"the same" not in blobs.get(ada, one)
    with opened.begin(Scope.operator()) as unit:
        unit.subjects.erase(ada)
    assert blobs.subjects() == [eve]


def test_scrubbing_finds_rot_and_notes_it_in_the_custody_log(storage: tuple[Storage, Blobs]) -> None:
    opened, blobs = storage
    kept = [keep(opened, label, label.encode()) for label in ("whole", "rotten", "gone")]
    (_, whole, _), (rotten_subject, rotten, rotten_at), (gone_subject, gone, gone_at) = kept
    sealed = blobs.get(rotten_subject, rotten_at)
    blobs.put(rotten_subject, rotten_at, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    blobs.remove(gone_subject, gone_at, written_before=datetime.now(UTC) + SOON)
    report = opened.scrub(100)
    assert (report.items, report.files) == (3, 3)
    assert {(damage.evidence_id, damage.state) for damage in report.damages} == {
        (rotten, "damaged"),
        (gone, "missing"),
    }
    with opened.read(Scope.operator()) as unit:
        actions = {one: unit.custody.entries(one)[-1].action for one in (whole, rotten, gone)}
    assert actions == {whole: "rehashed", rotten: "damaged", gone: "damaged"}


def test_a_slice_takes_those_that_were_not_checked_for_longest(storage: tuple[Storage, Blobs]) -> None:
    opened, _ = storage
    items = [keep(opened, str(number), b"x")[1] for number in range(3)]
    for _ in range(3):
        assert opened.scrub(1).items == 1
    with opened.read(Scope.operator()) as unit:
        assert [len(unit.custody.entries(item)) for item in items] == [2, 2, 2]
