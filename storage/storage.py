"""The door to all stored data: opens database, vault and keys together, and hands out units of work."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from storage import erasure, instance
from storage.crypto import Secret
from storage.database import open_engine, reading, sqlite_path, url_from_text
from storage.errors import (
    ErasureUnfinishedError,
    KeyMissingError,
    NotFoundError,
    NotInitialisedError,
    StorageError,
    UnreachableError,
    VaultRefusedError,
)
from storage.files import make_private_folder
from storage.keyring import Keyring
from storage.migrations import migrate, revision_of
from storage.repositories.base import Context, KeyChain
from storage.repositories.rehash import VaultHealth
from storage.scope import Scope
from storage.unit_of_work import UnitOfWork
from storage.vault.blobs import Blobs, LocalBlobs
from storage.vault.custody import Action
from storage.vault.quota import LimitedBlobs
from storage.vault.scrub import Damage, Scrub, ScrubReport, note_item
from storage.vault.vault import SWEEP_AFTER, sweep

_LOG = logging.getLogger(__name__)
_TIDY_AGAIN_AFTER_S = 6 * 3600.0


class Storage:
    """Use `initialise` once and `open` afterwards. Safe to share among threads; units of work are not."""

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs,
        keyring: Keyring,
        instance_secret: Secret,
        now: Callable[[], datetime],
        *,
        quota_bytes: int | None = None,
    ) -> None:
        self._engine = engine
        self._reading = reading(engine)
        blobs.own(instance_secret.fingerprint("owner of the vault").hex())
        self._blobs = blobs if quota_bytes is None else LimitedBlobs(blobs, quota_bytes, self._named_bytes)
        self._keyring = keyring
        self._instance = instance_secret
        self._now = now
        self._tidied_at_s: float | None = None

    @classmethod
    def create_keyring(cls, path: Path, *, home: Path, database_url: str | None = None) -> Keyring:
        """Make the instance key of a new installation; print its ``recovery_code`` once.

        Raises KeyMissingError where data exists that another key belongs to, KeyRefusedError.
        """
        if cls.has_data(home=home, database_url=database_url):
            raise KeyMissingError(
                f"There is stored data already, and a new key could not read it. Put its key file back to {path}, "
                "or write it again from the recovery code."
            )
        return Keyring.create(path, away_from=_folders(home, database_url))

    @classmethod
    def has_data(cls, *, home: Path, database_url: str | None = None) -> bool:
        """Whether the database was initialised, as far as can be told without a key."""
        url = _url(home, database_url)
        if url.startswith("sqlite") and not Path(url_from_text(url).database or "").exists():
            return False
        engine = open_engine(url)
        try:
            with reading(engine).connect() as connection:
                return revision_of(connection) is not None
        finally:
            engine.dispose()

    @classmethod
    def initialise(
        cls,
        *,
        home: Path,
        keyring: Keyring,
        database_url: str | None = None,
        now: Callable[[], datetime] | None = None,
        blobs: Blobs | None = None,
        quota_bytes: int | None = None,
    ) -> Storage:
        """Create what is missing and open it; doing it again changes nothing.

        ``database_url`` None: SQLite in ``home``; ``blobs`` None: a folder in ``home``; ``quota_bytes``: what evidence
        files may take up. Raises KeyRefusedError, WrongKeyError, SchemaTooNewError, ReadOnlyError, DiskFullError.
        """
        keyring.check_away_from(_folders(home, database_url))
        make_private_folder(home)
        return cls._opened(home, keyring, database_url, now, blobs=blobs, quota_bytes=quota_bytes)

    @classmethod
    def open(
        cls,
        *,
        home: Path,
        keyring: Keyring,
        database_url: str | None = None,
        now: Callable[[], datetime] | None = None,
        blobs: Blobs | None = None,
        quota_bytes: int | None = None,
    ) -> Storage:
        """Open what was initialised, bringing an older schema up to date. Finishes interrupted erasures.

        Raises NotInitialisedError, KeyRefusedError, WrongKeyError, SchemaTooNewError.
        """
        keyring.check_away_from(_folders(home, database_url))
        if not cls.has_data(home=home, database_url=database_url):
            raise NotInitialisedError(f"There is no monitor in {home} yet. Run `shamewatch init` first.")
        storage = cls._opened(home, keyring, database_url, now, blobs=blobs, quota_bytes=quota_bytes)
        try:
            storage.finish_erasures()
        except ErasureUnfinishedError as error:
            _LOG.warning("%s", error)
        return storage

    @classmethod
    def _opened(
        cls,
        home: Path,
        keyring: Keyring,
        database_url: str | None,
        now: Callable[[], datetime] | None,
        *,
        blobs: Blobs | None,
        quota_bytes: int | None,
    ) -> Storage:
        clock = now or (lambda: datetime.now(UTC))
        engine = open_engine(_url(home, database_url))
        try:
            migrate(engine)
            secret = instance.secret_of(engine, keyring, clock())
        except BaseException:
            engine.dispose()
            raise
        return cls(
            engine, blobs or LocalBlobs(home / "vault"), keyring, secret, clock, quota_bytes=quota_bytes
        )

    @property
    def keyring(self) -> Keyring:
        """The instance key, read again where another process changed its file."""
        self._keyring = self._keyring.refreshed()
        return self._keyring

    @property
    def database_path(self) -> Path | None:
        """The SQLite file, None on a server."""
        return sqlite_path(self._engine)

    @contextlib.contextmanager
    def begin(self, scope: Scope) -> Iterator[UnitOfWork]:
        """One writing transaction: committed at the end of the block, rolled back on any exception.

        On SQLite it holds the only write lock from its first statement on: do no slow work inside.
        """
        with Session(self._engine, expire_on_commit=False) as session:
            unit = self._unit(session, scope)
            yield unit
            session.commit()
        if unit.erased_ids:
            self.finish_erasures()

    @contextlib.contextmanager
    def read(self, scope: Scope) -> Iterator[UnitOfWork]:
        """One reading transaction, which waits for no writer. A write in it raises ReadOnlyError."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield self._unit(session, scope)

    def rotate_key(self) -> Keyring:
        """Wrap every data key with a new instance key and destroy the old one; safe to interrupt and repeat.

        The recovery code changes with it. Machines of a cluster must get the new file before they add
        subjects again.
        """
        keyring = self.keyring.begin_rotation()
        instance.rewrap(self._engine, keyring)
        self._keyring = keyring.finish_rotation()
        return self._keyring

    def finish_erasures(self) -> int:
        """Remove what erased subjects left in the vault and in spare pages. How many erasures were finished.

        Raises ErasureUnfinishedError, naming what stands in the way; the data is unreachable already.
        """
        with self.read(Scope.operator()) as unit:
            unfinished = [stone.subject_id for stone in unit.tombstones.list(is_unfinished=True)]
        if not unfinished:
            return 0
        try:
            for subject_id in unfinished:
                self._blobs.remove_all(subject_id)
        except StorageError as error:
            raise ErasureUnfinishedError(
                "The erasure is done and nothing of it can be read any more, but sealed files still lie in the vault: "
                f"{error} They are removed when the monitor starts next."
            ) from error
        erasure.clear_spare_pages(self._engine)
        with self.begin(Scope.operator()) as unit:
            for subject_id in unfinished:
                unit.tombstones.finish(subject_id)
        return len(unfinished)

    def sweep_vault(self, *, after: timedelta = SWEEP_AFTER) -> int:
        """Remove vault files that no evidence names and that are older than ``after``. How many there were."""
        return sweep(self._blobs, self._now(), self._addresses, after=after)

    def tidy_vault(self) -> None:
        """`sweep_vault`, at most every six hours in a process: in an object store it lists every file there.

        A store that does not answer keeps nobody from anything else: its leftovers wait.
        """
        now_s = time.monotonic()
        if self._tidied_at_s is not None and now_s - self._tidied_at_s < _TIDY_AGAIN_AFTER_S:
            return
        try:
            self.sweep_vault()
        except (UnreachableError, VaultRefusedError) as error:
            _LOG.warning("The vault was not swept. %s", error)
        else:
            self._tidied_at_s = now_s

    def vault_bytes(self) -> int:
        """What all files of the vault take up, sealed, with those that nothing names. Lists every one."""
        return self._blobs.total_bytes()

    def vault_health(self) -> VaultHealth:
        """What the custody logs say of the last re-hashes, without reading any file."""
        with self.read(Scope.operator()) as unit:
            return unit.rehashes.health()

    def scrub(
        self,
        limit: int,
        *,
        unchecked_for: timedelta = timedelta(0),
        on_damage: Callable[[Damage], None] = lambda _: None,
    ) -> ScrubReport:
        """Re-hash the files of up to ``limit`` items, those first that were not looked at for longest.

        Each item's custody log notes it at once, so that a run which is ended goes on where it was.
        Damage is reported, never mended: restore it from a backup.
        """
        run = Scrub()
        with self.read(Scope.operator()) as unit:
            due = unit.rehashes.due(limit, before=self._now() - unchecked_for if unchecked_for else None)
        for look in due:
            try:
                with self.read(Scope.operator()) as unit:
                    damages = run.check_item(unit, look.evidence_id)
                with self.begin(Scope.operator()) as unit:
                    note_item(unit, look.evidence_id, damages, was_damaged=look.action == Action.DAMAGED)
            except NotFoundError:
                continue  # erased meanwhile
            for damage in damages:
                on_damage(damage)
            if run.is_over:
                break
        return run.report

    def check_vault(self) -> str:
        """Write a blob and take it away again; where the vault lies. Raises DiskFullError, ReadOnlyError."""
        return self._blobs.check()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _named_bytes(self) -> int:
        with self.read(Scope.operator()) as unit:
            return unit.rehashes.total_bytes()

    def _addresses(self, subject_id: str) -> Collection[str] | None:
        with self.read(Scope.operator()) as unit:
            try:
                unit.subjects.get(subject_id)
            except NotFoundError:
                return None
            return unit.evidence.addresses(subject_id)

    def _unit(self, session: Session, scope: Scope) -> UnitOfWork:
        keys = KeyChain(session, scope, self.keyring)
        return UnitOfWork(Context(session, scope, keys, self._instance, self._now), self._blobs)


def _url(home: Path, database_url: str | None) -> str:
    return database_url or f"sqlite:///{home.absolute() / 'shamewatch.db'}"


def _folders(home: Path, database_url: str | None) -> list[Path]:
    """Where no key file may lie: the data folder, and wherever the database file is."""
    url = url_from_text(_url(home, database_url))
    return [home, Path(url.database or "").parent] if url.get_backend_name() == "sqlite" else [home]
