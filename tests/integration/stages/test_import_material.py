"""A person's own material is sealed, kept once, and comes out byte for byte; other people's is not confirmed by it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.bootstrap import Monitor, monitor_from_settings
from monitor.config import Settings
from monitor.evidence.imported import ImportRefusedError
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.safekeeping import moment_from_record, take_folder
from monitor.stages.import_material import Imported, ImportMeans, import_material
from storage import Scope
from storage.errors import NotFoundError, StorageError

MATERIAL = Path(__file__).parents[1] / "evidence" / "material"
THREAT = "Pay today, Analyn Dimasupil, or everybody hears of it"


@pytest.fixture
def monitor(settings: Settings) -> Iterator[Monitor]:
    with monitor_from_settings(settings) as opened:
        yield opened


def subject(monitor: Monitor, label: str = "Case 1") -> str:
    with monitor.storage.begin(Scope.operator()) as work:
        return work.subjects.add(label).id


def brought(monitor: Monitor, path: Path, subject_id: str, **more: object) -> Imported:
    operator = OperatorEntry(name="Ada Rekaan", role="paralegal", device="desk 2")
    means = ImportMeans(monitor.open_sealing(), monitor.scratch, operator, "cli:ada")
    return import_material(monitor.storage, path, means, subject_id=subject_id, **more)  # type: ignore[arg-type]


@pytest.fixture
def sms(tmp_path: Path) -> Path:
    path = tmp_path / "पैसे दो 短信.txt"
    path.write_text(THREAT)
    return path


def test_what_was_handed_in_comes_out_as_it_was_and_strangers_can_check_it(
    monitor: Monitor, tmp_path: Path
) -> None:
    path = tmp_path / "通话 录音.amr"
    path.write_bytes((MATERIAL / "call.amr").read_bytes())
    made = brought(monitor, path, subject(monitor), note="The call of Monday")
    out = tmp_path / "out"
    with monitor.storage.read(Scope.operator()) as work:
        record = work.evidence.get(made.evidence_id)
        take_folder(work, record, out)
        entries = [(entry.action, entry.actor) for entry in work.custody.entries(record.id)]
    assert (record.kind, record.verdict, record.note, record.reason) == ("import", "imported", "The call of Monday", path.name)  # fmt: skip
    assert record.manifest["operator"] == {"name": "Ada Rekaan", "role": "paralegal", "device": "desk 2"}
    assert record.manifest["media_type"] == made.media_type == "audio/AMR"
    assert (out / "original" / path.name).read_bytes() == path.read_bytes()
    assert entries[0] == ("imported", "cli:ada")
    assert made.seal is not None
    (stamp,) = made.seal.stamps
    assert record.stamped_at == stamp.generated_at
    at = str(int(stamp.generated_at.timestamp()))
    for command in (
        "sha256sum --strict -c SHA256SUMS",
        "openssl cms -verify -binary -content SHA256SUMS -in SHA256SUMS.p7s -inform DER -CAfile certs/signer.pem -purpose any -out /dev/null",
        f"openssl ts -verify -data SHA256SUMS -in SHA256SUMS.{stamp.tsa}.tsr -CAfile certs/tsa-root.pem -attime {at}",
    ):
        subprocess.run(command.split(), cwd=out, capture_output=True, check=True)


def test_the_same_file_is_kept_once_unless_it_is_asked_for(monitor: Monitor, sms: Path) -> None:
    person = subject(monitor)
    first = brought(monitor, sms, person)
    again = brought(monitor, sms.rename(sms.with_name("renamed.txt")), person)
    assert (again.evidence_id, again.is_new) == (first.evidence_id, False)
    twice = brought(monitor, sms.with_name("renamed.txt"), person, is_again=True)
    assert twice.is_new
    assert twice.evidence_id != first.evidence_id
    with monitor.storage.read(Scope.operator()) as work:
        assert len(work.evidence.list(subject_id=person)) == 2


def test_what_one_person_has_says_nothing_of_another(monitor: Monitor, sms: Path) -> None:
    one, other = subject(monitor), subject(monitor, "Case 2")
    assert brought(monitor, sms, one).is_new
    assert brought(monitor, sms, other).is_new
    with monitor.storage.read(Scope.operator()) as work:
        addresses = [work.evidence.addresses(person) for person in (one, other)]
    assert not addresses[0] & addresses[1]


def test_nothing_of_it_lies_about_in_the_clear(monitor: Monitor, settings: Settings, sms: Path) -> None:
    brought(monitor, sms, subject(monitor), note="Analyn says so")
    for path in settings.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(word in content for word in (b"Analyn", b"Dimasupil", "短信".encode())), path


def test_a_hit_of_somebody_else_gets_nothing(monitor: Monitor, sms: Path) -> None:
    with pytest.raises(NotFoundError):
        brought(monitor, sms, subject(monitor), hit_id="h-222222222222")
    with pytest.raises(NotFoundError):
        brought(monitor, sms, "s-222222222222")


def test_where_the_vault_is_full_nothing_is_half_kept(settings: Settings, sms: Path) -> None:
    with monitor_from_settings(settings.model_copy(update={"vault_quota": "400"})) as full:
        person = subject(full)
        with pytest.raises(StorageError):
            brought(full, sms, person)
        with full.storage.read(Scope.operator()) as work:
            assert not work.evidence.list(subject_id=person)
    with monitor_from_settings(settings) as roomy:
        assert brought(roomy, sms, person).is_new


def test_what_is_no_file_is_refused_before_anything_is_opened(monitor: Monitor, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError):
        brought(monitor, tmp_path / "gone.mp3", subject(monitor))


def test_an_import_stands_in_the_timeline_by_its_name(monitor: Monitor, sms: Path) -> None:
    made = brought(monitor, sms, subject(monitor))
    with monitor.storage.read(Scope.operator()) as work:
        moment = moment_from_record(work.evidence.get(made.evidence_id))
    assert (moment.kind, moment.page) == ("import", sms.name)
