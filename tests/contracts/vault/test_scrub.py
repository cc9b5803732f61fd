"""Scrubbing: every file is read, opened and compared with its record, on any store and any database; rot is told and noted."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import Keyring, Scope, Storage
from storage.repositories.evidence import EvidenceFile
from storage.vault.blobs import Blobs, LocalBlobs
from storage.vault.s3 import S3Blobs
from storage.vault.s3_place import S3Place
from storage.vault.scrub import Damage, State
from tests.contracts.vault.front import Front, s3_error

SOON = timedelta(seconds=5)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2031, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclasses.dataclass(frozen=True)
class Item:
    subject_id: str
    id: str
    addresses: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Setting:
    """A storage over a store, and means to harm what lies there."""

    storage: Storage
    blobs: Blobs
    clock: Clock

    def keep(self, *contents: bytes, recorded: bytes | None = None) -> Item:
        """A subject with one item of these files. ``recorded``: what the record has the digest of, where it differs."""
        with self.storage.begin(Scope.operator()) as unit:
            subject = unit.subjects.add("Ada")
            files = [
                EvidenceFile(
                    name=f"{number}.html",
                    media_type="text/html",
                    size_bytes=len(content),
                    vault_address=unit.vault.put(subject.id, content),
                    sha256=hashlib.sha256(content if recorded is None else recorded).hexdigest(),
                )
                for number, content in enumerate(contents)
            ]
            record = unit.evidence.add(
                url="https://board.test",
                verdict="ok",
                reason="",
                captured_at=self.clock(),
                manifest={},
                files=files,
                subject_id=subject.id,
            )
        self.clock.now += timedelta(minutes=1)
        return Item(subject.id, record.id, tuple(file.vault_address for file in files))

    def flip(self, item: Item, at: int) -> bytes:
        """Change one bit of a sealed file; what it was before."""
        sealed = self.blobs.get(item.subject_id, item.addresses[at])
        self.blobs.put(
            item.subject_id, item.addresses[at], sealed[:-1] + bytes([sealed[-1] ^ 1]), is_replacing=True
        )
        return sealed

    def lose(self, item: Item, at: int) -> None:
        assert self.blobs.remove(item.subject_id, item.addresses[at], written_before=datetime.now(UTC) + SOON)

    def log(self, item: Item) -> list[tuple[str, str]]:
        with self.storage.read(Scope.operator()) as unit:
            assert unit.custody.verify(item.id)
            return [(entry.action, entry.detail) for entry in unit.custody.entries(item.id)][1:]


@pytest.fixture(params=["folder", "s3"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    home, clock = tmp_path / "home", Clock()
    blobs: Blobs = LocalBlobs(home / "vault")
    if request.param == "s3":
        open_s3: Callable[..., S3Blobs] = request.getfixturevalue("open_s3")
        blobs = open_s3(request.getfixturevalue("s3_place"))
    keyring = Keyring.create(tmp_path / "keys" / "key", away_from=[home])
    opened = Storage.initialise(home=home, keyring=keyring, blobs=blobs, now=clock)
    yield Setting(opened, blobs, clock)
    opened.close()


def test_rot_is_found_told_by_item_and_file_and_noted_in_the_custody_log(setting: Setting) -> None:
    whole, rotten = setting.keep(b"whole", b"too"), setting.keep(b"one", b"two", b"three")
    setting.flip(rotten, 0)
    setting.lose(rotten, 2)
    told: list[Damage] = []
    report = setting.storage.scrub(100, on_damage=told.append)
    assert told == [
        Damage(rotten.id, 1, rotten.subject_id, rotten.addresses[0], State.DAMAGED),
        Damage(rotten.id, 3, rotten.subject_id, rotten.addresses[2], State.MISSING),
    ]
    assert (report.items, report.files, report.size_bytes) == (2, 5, len(b"wholetootwo"))
    assert report.damages == told
    assert setting.log(whole) == [("rehashed", "every file is as it was kept")]
    assert setting.log(rotten) == [("damaged", "file 1 damaged, file 3 missing")]
    health = setting.storage.vault_health()
    assert (health.items, health.never_checked, health.damaged_ids) == (2, 0, (rotten.id,))


def test_what_was_restored_from_a_backup_is_noted_as_such(setting: Setting) -> None:
    item = setting.keep(b"one")
    sealed = setting.flip(item, 0)
    setting.storage.scrub(10)
    setting.blobs.put(item.subject_id, item.addresses[0], sealed, is_replacing=True)
    for _ in range(2):
        assert setting.storage.scrub(10).damages == []
    assert [action for action, _ in setting.log(item)] == ["damaged", "restored", "rehashed"]
    assert setting.storage.vault_health().damaged_ids == ()


def test_a_file_that_opens_but_is_not_the_one_in_the_record_is_damage(setting: Setting) -> None:
    item = setting.keep(b"sealed under its own address", recorded=b"another")
    assert [damage.state for damage in setting.storage.scrub(10).damages] == [State.DAMAGED]
    assert setting.log(item) == [("damaged", "file 1 damaged")]


def test_a_record_that_does_not_open_stops_nobody_elses_check(setting: Setting) -> None:
    broken, whole = setting.keep(b"one"), setting.keep(b"two")
    with setting.storage._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE evidence SET sealed = x'01ff' WHERE id = ?", (broken.id,))
    report = setting.storage.scrub(10)
    assert report.damages == [Damage(broken.id, 0, "", "", State.RECORD)]
    assert setting.log(broken) == [("damaged", "its record is damaged")]
    assert setting.log(whole) == [("rehashed", "every file is as it was kept")]


def test_a_slice_takes_those_that_were_not_checked_for_longest(setting: Setting) -> None:
    first, second, third = (setting.keep(bytes([number])) for number in range(3))
    assert setting.storage.vault_health().never_checked == 3
    checked = []
    for _ in range(4):
        setting.clock.now += timedelta(hours=1)
        assert setting.storage.scrub(1).items == 1
        checked.append(tuple(len(setting.log(item)) for item in (first, second, third)))
    assert checked == [(1, 0, 0), (1, 1, 0), (1, 1, 1), (2, 1, 1)]
    assert setting.storage.vault_health().oldest_check_at == setting.clock.now - timedelta(hours=2)


def test_a_regular_check_leaves_alone_what_was_checked_lately(setting: Setting) -> None:
    old = setting.keep(b"old")
    setting.storage.scrub(10)
    setting.clock.now += timedelta(days=20)
    young = setting.keep(b"young")
    assert setting.storage.scrub(10, unchecked_for=timedelta(days=30)).items == 1
    assert (len(setting.log(old)), len(setting.log(young))) == (1, 1)
    setting.clock.now += timedelta(days=11)
    assert setting.storage.scrub(10, unchecked_for=timedelta(days=30)).items == 1
    assert (len(setting.log(old)), len(setting.log(young))) == (2, 1)


def test_an_item_without_files_is_no_business_of_the_scrub(setting: Setting) -> None:
    setting.keep()
    assert setting.storage.scrub(10).items == 0
    assert setting.storage.vault_health().items == 0


def test_what_evidence_takes_up_counts_a_shared_file_once(setting: Setting) -> None:
    with setting.storage.begin(Scope.operator()) as unit:
        subject = unit.subjects.add("Ada")
        address = unit.vault.put(subject.id, b"x" * 1000)
        file = EvidenceFile(name="a", media_type="", size_bytes=1000, sha256="", vault_address=address)
        for _ in range(2):
            unit.evidence.add(url="", verdict="ok", reason="", captured_at=setting.clock(), manifest={}, files=[file],
                              subject_id=subject.id)  # fmt: skip
    setting.keep(b"y" * 10)
    with setting.storage.read(Scope.operator()) as unit:
        assert unit.rehashes.total_bytes() == 1010
    assert setting.storage.vault_bytes() == 1010 + 2 * 29


def test_a_store_that_does_not_answer_says_nothing_about_its_files_and_ends_the_run(
    front: Front, front_place: S3Place, open_s3: Callable[..., S3Blobs], tmp_path: Path
) -> None:
    home, clock = tmp_path / "home", Clock()
    keyring = Keyring.create(tmp_path / "keys" / "key", away_from=[home])
    blobs = open_s3(front_place, attempts=1)
    opened = Storage.initialise(home=home, keyring=keyring, blobs=blobs, now=clock)
    setting = Setting(opened, blobs, clock)
    items = [setting.keep(b"one", b"two") for _ in range(4)]
    front.always = s3_error(503, "SlowDown")
    report = opened.scrub(10)
    assert {damage.state for damage in report.damages} == {State.UNREADABLE}
    assert report.files == 5
    assert "does not answer as it should" in report.stopped_because
    assert [setting.log(item) for item in items] == [[], [], [], []]
    front.always = None
    assert opened.scrub(10).damages == []
    assert [len(setting.log(item)) for item in items] == [1, 1, 1, 1]
    opened.close()
