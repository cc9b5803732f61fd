"""How databases are opened and how their failures are told; full disks and foreign users are real ones."""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import open_engine, reading, url_from_text
from storage.errors import (
    BadValueError,
    BusyError,
    CorruptError,
    DiskFullError,
    ReadOnlyError,
    StorageError,
    UnreachableError,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'x.db'}"


@pytest.fixture
def engine(url: str):
    opened = open_engine(url)
    with opened.begin() as connection:
        connection.execute(text("CREATE TABLE t (v TEXT)"))
        connection.execute(text("INSERT INTO t VALUES ('kept')"))
    yield opened
    opened.dispose()


def test_the_file_and_its_log_are_closed_to_other_users(engine, tmp_path: Path) -> None:
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert files == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}


@pytest.mark.parametrize(
    ("given", "driver"),
    [("postgresql://u@h/n", "postgresql+psycopg"), ("postgresql+psycopg://h/n", "postgresql+psycopg"), ("sqlite:////a/b", "sqlite")],
)  # fmt: skip
def test_known_databases_are_recognised(given: str, driver: str) -> None:
    assert url_from_text(given).drivername == driver


@pytest.mark.parametrize(
    "given", ["", "nonsense", "mysql://h/n", "postgresql+asyncpg://h/n", "sqlite://", "sqlite:///:memory:"]
)
def test_other_databases_are_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(BadValueError, match=r"\.$"):
        url_from_text(given)


def test_a_password_in_the_url_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(BadValueError) as caught:
        url_from_text("mysql://user:hunter2@host/name")
    assert "hunter2" not in str(caught.value)


def test_a_full_database_is_told_and_keeps_what_it_has(engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=5")
        with pytest.raises(DiskFullError, match="nothing that was stored before is lost"):
            connection.execute(text("INSERT INTO t VALUES (:v)"), {"v": "x" * 100_000})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT v FROM t")).scalars().all() == ["kept"]
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_a_full_disk_under_the_database_is_told_and_nothing_is_lost(engine, url: str) -> None:
    program = f"""
import resource
from sqlalchemy import text
from storage.database import open_engine
engine = open_engine({url!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
for number in range(100):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (:v)"), {{"v": str(number) * 3000}})
    print(number, flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "DiskFullError" in done.stderr
    committed = len(done.stdout.split())
    assert 0 < committed < 100
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == committed + 1
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_a_folder_that_may_not_be_written_is_told() -> None:
    program = """
import os, sys
from storage.database import open_engine
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
open_engine(sys.argv[1]).connect()
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", program, f"sqlite:///{folder}/x.db"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert "ReadOnlyError" in done.stderr


def test_a_writer_that_waits_too_long_is_told(url: str, engine) -> None:
    impatient = open_engine(url, busy_timeout_s=0.05)
    with engine.begin(), pytest.raises(BusyError, match="try again"), impatient.begin():
        pass
    impatient.dispose()


def test_writers_take_turns_instead_of_failing_half_way(url: str, engine) -> None:
    """BEGIN IMMEDIATE: the second writer waits at its beginning, before it has read anything."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        other = open_engine(url, busy_timeout_s=0.05)
        with pytest.raises(BusyError):
            other.connect().execute(text("SELECT 1"))
        other.dispose()


def test_readers_do_not_hold_up_writers_and_cannot_write(engine) -> None:
    with reading(engine).connect() as reader:
        assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 1
        with engine.begin() as writer:
            writer.execute(text("INSERT INTO t VALUES ('more')"))
        assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 1
    with reading(engine).connect() as reader, pytest.raises(ReadOnlyError):
        reader.execute(text("INSERT INTO t VALUES ('x')"))
    with engine.begin() as writer:
        writer.execute(text("INSERT INTO t VALUES ('the pooled connection writes again')"))


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"this is no database, it is a letter " * 100)
    engine = open_engine(f"sqlite:///{path}")
    with pytest.raises(CorruptError, match="backup"):
        engine.connect()
    engine.dispose()


def test_a_server_that_does_not_answer_is_told() -> None:
    engine = open_engine("postgresql+psycopg://user:hunter2@127.0.0.1:1/name")
    with pytest.raises(UnreachableError, match="SHAMEWATCH_DATABASE_URL") as caught:
        engine.connect()
    assert "hunter2" not in str(caught.value)
    engine.dispose()


def test_faults_of_ours_are_not_dressed_up_as_the_operators(engine) -> None:
    with engine.connect() as connection, pytest.raises(Exception, match="no such table") as caught:
        connection.execute(text("SELECT * FROM nowhere WHERE v = :v"), {"v": "+9995550142"})
    assert not isinstance(caught.value, StorageError)
    assert "5550142" not in str(caught.value)
