"""One suite, two engines: a SQLite file, and a PostgreSQL server that is started here and stopped at the end."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from storage import Keyring, Scope, Storage, UnitOfWork
from storage.database import open_engine
from storage.migrations import migrate
from storage.repositories.evidence import EvidenceFile
from storage.repositories.hit_records import HitCue, HitMention, HitPost

_NUMBERS = itertools.count(1)


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2031, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


class PostgresServer:
    """A throw-away cluster on a Unix socket of its own, run by an unprivileged user where we are root."""

    def __init__(self, folder: Path, binaries: Path, identity: dict[str, object]) -> None:
        self.folder = folder
        self.binaries = binaries
        self.identity = identity
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self.folder / "data"
        command = [
            self.binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(command, check=True, capture_output=True, env={"LC_ALL": "C.UTF-8"}, **self.identity)
        options = {"listen_addresses": "", "unix_socket_directories": self.folder, "fsync": "off"}
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    self.binaries / "postgres",
                    "-D",
                    data,
                    *(f"--{key}={value}" for key, value in options.items()),
                ],
                stdout=log,
                stderr=log,
                env={"LC_ALL": "C.UTF-8"},
                **self.identity,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres").close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def dump(self, name: str) -> bytes:
        command = [self.binaries / "pg_dump", "-h", self.folder, "-U", "postgres", name]
        return subprocess.run(command, check=True, capture_output=True).stdout


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        found.insert(0, Path(os.path.realpath(on_path)))
    return next((path.parent for path in found if (path.parent / "postgres").exists()), None)


def _identity(folder: Path) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise AssertionError("PostgreSQL does not run as root, and there is no user postgres or nobody")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    binaries = _binaries()
    if binaries is None:
        pytest.fail("PostgreSQL is not installed: run `shamewatch setup --for-tests`")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = PostgresServer(folder, binaries, _identity(folder))
    try:
        server.start()
        server.execute("CREATE DATABASE migrated")
        engine = open_engine(server.url("migrated"))
        migrate(engine)
        engine.dispose()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    yield from _database(engine_name, request, tmp_path, "template1")


@pytest.fixture
def url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own."""
    yield from _database(engine_name, request, tmp_path, "migrated")


def _database(
    engine_name: str, request: pytest.FixtureRequest, tmp_path: Path, template: str
) -> Iterator[str]:
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'home' / 'shamewatch.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "instance.key"


@pytest.fixture
def storage(url: str, home: Path, key_path: Path, clock: Clock) -> Iterator[Storage]:
    """A fresh installation."""
    keyring = Keyring.create(key_path, away_from=[home])
    opened = Storage.initialise(home=home, keyring=keyring, database_url=url, now=clock)
    yield opened
    opened.close()


@pytest.fixture
def operator() -> Scope:
    return Scope.operator()


@pytest.fixture
def reopen(url: str, home: Path, clock: Clock) -> Iterator[Callable[..., Storage]]:
    """Open the same data once more, as another process would."""
    opened: list[Storage] = []

    def _reopen(key_path: Path) -> Storage:
        opened.append(Storage.open(home=home, keyring=Keyring.open(key_path), database_url=url, now=clock))
        return opened[-1]

    yield _reopen
    for item in opened:
        item.close()


@dataclasses.dataclass(frozen=True)
class Person:
    """An invented borrower with one of everything, and the plain words that were stored about them."""

    subject_id: str
    term_id: str
    hit_id: str
    evidence_id: str
    channel_id: str
    alert_id: str
    address: str
    words: tuple[str, ...]


@pytest.fixture
def populate() -> Callable[..., Person]:
    """Store one of everything about a new subject, through the public interface."""

    def _populate(
        unit: UnitOfWork,
        name: str = "Belinda Quillory",
        *,
        account_id: str | None = None,
        source_id: str | None = None,
    ) -> Person:
        text = f"Beware of {name}, number +999 5550 0142, she is a swindler from Mossgarden"
        page = f"https://board.test/thread/{name.lower().replace(' ', '-')}"
        post = HitPost(
            site="https://board.test", id=name, url=page, untrusted_text=text, untrusted_title=f"T {name}"
        )
        subject = unit.subjects.add(name, "en", "Asia/Manila", "PH", account_id=account_id)
        term = unit.terms.add(
            subject.id, "phone", "+999 5550 0142", "+99955500142", associate_of=f"aunt of {name}"
        )
        unit.consents.add(subject.id, "self", f"I, {name}, ask for this", declared_by=name)
        unit.audit.record("subject added", "operator", subject.id)
        mention = HitMention(kind="name", term=name, field="text", start=10, end=10 + len(name), text=name)
        cue = HitCue(family="insult", field="text", start=60, end=68, text="swindler")
        hit, _ = unit.hits.record(
            subject.id,
            post=post,
            body_sha256="aa" * 32,
            score=0.93,
            severity="high",
            mentions=[mention],
            cues=[cue],
            reasons=[f"{name} is called a swindler."],
            source_id=source_id,
        )
        address = unit.vault.put(subject.id, text.encode() * 50)
        evidence = unit.evidence.add(
            hit_id=hit.id,
            url=page,
            verdict="ok",
            reason=f"{name} is on the page",
            captured_at=hit.found_at,
            manifest={"title": f"T {name}"},
            files=[EvidenceFile(name=f"{name}.png", media_type="image/png", size_bytes=9, sha256="cd" * 32,
                                vault_address=address)],
        )  # fmt: skip
        channel = unit.channels.add(subject.id, "email", {"to": "belinda@mail.test"}, label=f"Mail of {name}")
        alert = unit.alerts.enqueue(hit.id, channel.id)
        assert alert is not None
        unit.alerts.record_attempt(
            alert.id, hit.found_at, "retry", reason="451 belinda@mail.test is greylisted"
        )
        words = (name, name.lower().replace(" ", "-"), "5550 0142", "99955500142", "swindler", "Mossgarden",
                 "belinda@mail.test", "cd" * 32, "aa" * 32, "Asia/Manila")  # fmt: skip
        return Person(subject.id, term.id, hit.id, evidence.id, channel.id, alert.id, address, words)

    return _populate
