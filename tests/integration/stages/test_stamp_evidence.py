"""Stamps that did not come are asked for again, and the custody logs' root is stamped once a day; nothing pretends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.bootstrap import Monitor, monitor_from_settings
from monitor.config import Settings
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.safekeeping import next_try, take_folder
from monitor.evidence.timestamp import check_stamp
from monitor.practice.timestamps import PracticeTsa
from monitor.progress import RoundReport, Step
from monitor.stages.import_material import ImportMeans, import_material
from monitor.stages.stamp_evidence import stamp_custody, stamp_evidence
from storage import Scope
from storage.vault.custody import check_proof

DEAD = "http://127.0.0.1:9/"


def kept(monitor: Monitor, tmp_path: Path) -> str:
    """A sealed item of a new subject; its id."""
    with monitor.storage.begin(Scope.operator()) as work:
        subject = work.subjects.add("Case 1")
    path = tmp_path / "sms.txt"
    path.write_text("pay or everybody hears of it")
    operator = OperatorEntry(name="", role="", device="")
    means = ImportMeans(monitor.open_sealing(), monitor.scratch, operator, "cli:ada")
    return import_material(monitor.storage, path, means, subject_id=subject.id).evidence_id


def test_what_no_authority_stamped_is_stamped_when_one_answers(settings: Settings, tmp_path: Path) -> None:
    with monitor_from_settings(settings.model_copy(update={"tsa_urls": (DEAD,)})) as offline:
        item = kept(offline, tmp_path)
        report = RoundReport()
        assert stamp_evidence(offline.storage, offline.stamper(), report) == 0
        assert report.outcomes[Step.STAMP, "not yet stamped"] == 1
        with offline.storage.read(Scope.operator()) as work:
            record = work.evidence.get(item)
            assert record.stamped_at is None
            assert record.stamp_due_at is not None
            assert record.stamp_due_at > datetime.now(UTC)
    with monitor_from_settings(settings) as online:
        with online.storage.begin(Scope.operator()) as work:
            work.evidence.put_off_stamp(item, datetime.now(UTC))
        assert stamp_evidence(online.storage, online.stamper(), RoundReport()) == 1
        assert stamp_evidence(online.storage, online.stamper(), RoundReport()) == 0
        with online.storage.read(Scope.operator()) as work:
            record = work.evidence.get(item)
            take_folder(work, record, tmp_path / "out")
            actions = [entry.action for entry in work.custody.entries(item)]
        assert record.stamp_due_at is None
        assert actions == ["imported", "stamped"]
        (token,) = (tmp_path / "out").glob("SHA256SUMS.*.tsr")
        sums = (tmp_path / "out" / "SHA256SUMS").read_bytes()
        assert check_stamp(token.read_bytes(), sums, online.stamper().trust) == record.stamped_at


def test_one_authority_of_two_is_enough_and_the_other_is_asked_again(
    settings: Settings, tsa: PracticeTsa, tmp_path: Path
) -> None:
    with monitor_from_settings(settings.model_copy(update={"tsa_urls": (tsa.url, DEAD)})) as monitor:
        item = kept(monitor, tmp_path)
        with monitor.storage.read(Scope.operator()) as work:
            record = work.evidence.get(item)
        assert record.stamped_at is not None
        assert record.stamp_due_at is not None
        stamp_evidence(monitor.storage, monitor.stamper(), RoundReport())
        with monitor.storage.read(Scope.operator()) as work:
            again = work.evidence.get(item)
        assert again.stamped_at == record.stamped_at
        assert again.stamp_due_at > record.stamp_due_at


def test_the_root_of_all_custody_logs_is_made_and_stamped_once_a_day(
    settings: Settings, tmp_path: Path
) -> None:
    with monitor_from_settings(settings) as monitor:
        item = kept(monitor, tmp_path)
        assert stamp_custody(monitor.storage, monitor.stamper(), RoundReport()) == 1
        assert stamp_custody(monitor.storage, monitor.stamper(), RoundReport()) == 0
        with monitor.storage.read(Scope.operator()) as work:
            proof, root = work.custody.proof(item)
            check_proof(proof, work.custody.entries(item), root.document)
        ((_, token),) = root.stamps.items()
        assert check_stamp(token, root.document, monitor.stamper().trust)


def test_the_time_between_tries_grows_and_ends_never() -> None:
    begin = datetime(2031, 3, 1, tzinfo=UTC)
    now, waits = begin, []
    for _ in range(40):
        later = next_try(begin, now)
        waits.append(later - now)
        now = later
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=12)


def test_an_item_that_cannot_be_read_is_put_off_and_holds_up_no_other(
    settings: Settings, tmp_path: Path
) -> None:
    with monitor_from_settings(settings.model_copy(update={"tsa_urls": (DEAD,)})) as offline:
        rotten, whole = kept(offline, tmp_path), kept(offline, tmp_path)
        with offline.storage.begin(Scope.operator()) as work:
            subject = work.evidence.get(rotten).subject_id
            for item in (rotten, whole):
                work.evidence.put_off_stamp(item, datetime.now(UTC))
    for path in (settings.home / "vault" / subject).rglob("*/*"):
        path.chmod(0o600)
        path.write_bytes(b"rotten")
    with monitor_from_settings(settings) as monitor:
        report = RoundReport()
        assert stamp_evidence(monitor.storage, monitor.stamper(), report) == 1
        assert report.outcomes[Step.STAMP, "not yet stamped"] == 1
        with monitor.storage.read(Scope.operator()) as work:
            assert work.evidence.get(whole).stamped_at is not None
            put_off = work.evidence.get(rotten)
    assert put_off.stamped_at is None
    assert put_off.stamp_due_at > datetime.now(UTC)
