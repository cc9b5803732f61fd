"""Transactions, writers at once, and kill -9 in the middle of writing, on both engines."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from storage import Scope, Storage
from storage.database import open_engine
from storage.errors import ReadOnlyError
from storage.repositories.hit_records import HitPost

ROOT = Path(__file__).parents[3]
# Stands for a worker: opens the data as another process and does what the test says.
WORKER = """
import sys, pathlib
from storage import Keyring, Scope, Storage
from storage.repositories.hit_records import HitPost
home, key, url, subject_id, name = sys.argv[1:]
storage = Storage.open(home=pathlib.Path(home), keyring=Keyring.open(pathlib.Path(key)), database_url=url)
def record(number):
    post = HitPost(site="https://board.test", id=f"{name}{number}", url="u", untrusted_text="a thief " * 200)
    with storage.begin(Scope.operator()) as unit:
        address = unit.vault.put(subject_id, post.id.encode() * 5000)
        hit, outcome = unit.hits.record(subject_id, post=post, body_sha256=str(number), score=1, severity="low")
        unit.evidence.add(hit_id=hit.id, url=address, verdict="ok", reason="", captured_at=hit.found_at, manifest={})
        unit.audit.record("hit", name)
    print(hit.id, outcome, flush=True)
"""


def _worker(
    storage: Storage, url: str, home: Path, subject_id: str, name: str, body: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER + body, home, storage.keyring.path, url, subject_id, name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def subject_id(storage: Storage, operator: Scope) -> str:
    with storage.begin(operator) as unit:
        return unit.subjects.add("Ann Example").id


def test_an_exception_leaves_nothing_of_the_transaction(storage: Storage, operator: Scope) -> None:
    with contextlib.suppress(KeyboardInterrupt), storage.begin(operator) as unit:
        unit.subjects.add("Ann Example")
        unit.audit.record("subject added", "operator")
        raise KeyboardInterrupt
    with storage.read(operator) as unit:
        assert unit.subjects.list() == []
        assert unit.audit.count() == 0


def test_a_reading_transaction_cannot_write(storage: Storage, operator: Scope) -> None:
    with storage.read(operator) as unit, pytest.raises(ReadOnlyError):
        unit.subjects.add("Ann Example")
    with storage.begin(operator) as unit:
        unit.subjects.add("Bea Example")
    with storage.read(operator) as unit:
        assert [subject.label for subject in unit.subjects.list()] == ["Bea Example"]


def test_a_reader_waits_for_no_writer_and_sees_what_was_committed(storage: Storage, operator: Scope) -> None:
    with storage.begin(operator) as writer:
        writer.subjects.add("Ann Example")
        with storage.read(operator) as reader:
            assert reader.subjects.list() == []
    with storage.read(operator) as reader:
        assert len(reader.subjects.list()) == 1


def test_threads_that_find_the_same_post_record_it_once(
    storage: Storage, operator: Scope, subject_id: str
) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def find() -> None:
        start.wait()
        for number in range(10):
            post = HitPost(site="https://board.test", id=str(number), url="u", untrusted_text="a thief")
            with storage.begin(operator) as unit:
                outcomes.append(
                    unit.hits.record(subject_id, post=post, body_sha256="a", score=1, severity="low")[1]
                )

    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["known"] * 30 + ["new"] * 10


def test_two_processes_write_at_once_and_lose_nothing(
    storage: Storage, operator: Scope, subject_id: str, url: str, home: Path
) -> None:
    body = "\nfor number in range(25): record(number)"
    workers = [_worker(storage, url, home, subject_id, name, body) for name in ("a", "b", "c")]
    outputs = [worker.communicate(timeout=120)[0].splitlines() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert [len(output) for output in outputs] == [25, 25, 25]
    with storage.read(operator) as unit:
        assert len(unit.hits.list(limit=100)) == 75
        assert unit.audit.verify() == 75


@pytest.mark.slow
def test_what_a_killed_process_had_committed_is_there_whole_and_the_rest_not_at_all(
    storage: Storage, operator: Scope, subject_id: str, url: str, home: Path
) -> None:
    """Kills at six different moments of writing; every hit that was reported has its evidence and files."""
    body = "\nimport itertools\nfor number in itertools.count(): record(number)"
    reported: set[str] = set()
    for run in range(6):
        worker = _worker(storage, url, home, subject_id, f"run{run}-", body)
        assert worker.stdout is not None
        reported.add(worker.stdout.readline().split()[0])
        timer = threading.Timer(0.021 * run, worker.send_signal, [signal.SIGKILL])
        timer.start()
        reported.update(line.split()[0] for line in worker.stdout if line.endswith("new\n"))
        assert worker.wait(timeout=60) == -signal.SIGKILL
        worker.stdout.close()
        timer.join()
    with storage.read(operator) as unit:
        hits = unit.hits.list(limit=100_000)
        assert reported <= {hit.id for hit in hits}
        assert len(hits) - len(reported) <= 6
        for hit in hits:
            evidence = unit.evidence.latest(hit.id)
            assert evidence is not None
            assert unit.vault.get(subject_id, evidence.url) == hit.post.id.encode() * 5000
        assert unit.audit.verify() == len(hits)


def test_every_commit_is_synced_to_the_disk_and_deletions_overwrite(
    storage: Storage, url: str, engine_name: str
) -> None:
    """Reads the settings back from a connection as the product opens it."""
    engine = open_engine(url)
    with engine.connect() as connection:
        if engine_name == "sqlite":
            names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]
            assert found == ["wal", 2, 1, 1]
        else:
            assert connection.exec_driver_sql("SHOW timezone").scalar_one().lower() == "utc"
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    engine.dispose()
