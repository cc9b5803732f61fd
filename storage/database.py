"""How the database is opened: SQLite made durable and forgetful, PostgreSQL in UTC, failures as sentences.

Decides nothing about tables. Every connection of the product goes through `open_engine`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import (
    BadValueError,
    BusyError,
    CorruptError,
    DiskFullError,
    GoneError,
    ReadOnlyError,
    StorageError,
    UnreachableError,
)
from storage.files import make_private_folder, told_as_storage_errors

BUSY_TIMEOUT_S = 30.0
_READING = "is_reading"

# https://www.sqlite.org/rescode.html: primary codes are the low byte of the extended ones.
_SQLITE_ERRORS: dict[int, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_FULL: (
        DiskFullError,
        "There is no room left for the database. Free some space and try again; nothing that was stored before is lost.",
    ),
    sqlite3.SQLITE_IOERR: (
        DiskFullError,
        "The database file cannot be written: the disk is full, over its quota, or failing. Nothing that was stored before is lost.",
    ),
    sqlite3.SQLITE_READONLY: (
        ReadOnlyError,
        "The database file cannot be written. Check who owns the data folder and whether it is mounted read-only.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        ReadOnlyError,
        "The database file cannot be opened. Check that the data folder exists, can be written to, and who owns it.",
    ),
    sqlite3.SQLITE_BUSY: (
        BusyError,
        "Another process held the database for too long. Nothing was changed; try again.",
    ),
    sqlite3.SQLITE_LOCKED: (
        BusyError,
        "The database is locked. Nothing was changed; try again.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        CorruptError,
        "The database file is damaged. Restore it from a backup.",
    ),
    sqlite3.SQLITE_NOTADB: (
        CorruptError,
        "The database file is no SQLite database, or it is damaged. Restore it from a backup.",
    ),
}
_GONE = (
    GoneError,
    "What this belongs to does not exist, or was removed in the meantime. Nothing was changed.",
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html: classes and single codes.
_POSTGRESQL_ERRORS: dict[str, tuple[type[StorageError], str]] = {
    "23503": _GONE,
    "53100": (
        DiskFullError,
        "The database server has no room left. Nothing that was stored before is lost.",
    ),
    "25006": (ReadOnlyError, "The database server is read-only at present (a standby, or in recovery)."),
    "40": (BusyError, "Two units of work got into each other's way. Nothing was changed; try again."),
    "55P03": (BusyError, "Another process held the database for too long. Nothing was changed; try again."),
    "08": (UnreachableError, "The database server does not answer. Check SHAMEWATCH_DATABASE_URL."),
    "28": (
        UnreachableError,
        "The database server refuses the user name or password in SHAMEWATCH_DATABASE_URL.",
    ),
    "3D": (
        UnreachableError,
        "The database named in SHAMEWATCH_DATABASE_URL does not exist. Create it first.",
    ),
    "53": (UnreachableError, "The database server is out of connections or memory. Try again later."),
    "57": (UnreachableError, "The database server is shutting down or starting. Try again."),
    "XX": (CorruptError, "The database server reports damaged data. Restore it from a backup."),
}


def url_from_text(text: str) -> URL:
    """Parse ``sqlite:///…`` or ``postgresql+psycopg://…``. Raises BadValueError; never repeats a password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise BadValueError(
            "The database URL cannot be read: write postgresql+psycopg://user:password@host/name."
        ) from None
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise BadValueError(
            f"Databases of the kind {url.drivername!r} are not supported: use SQLite or PostgreSQL."
        )
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise BadValueError("SQLite needs a file: sqlite:////folder/shamewatch.db.")
    return url


def sqlite_path(engine: Engine) -> Path | None:
    """The database file, or None on a server."""
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def open_engine(url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Engine:
    """An engine whose transactions are durable when they return and whose failures are StorageErrors.

    SQLite: WAL, synchronous=FULL, foreign keys, secure_delete (deleted content is overwritten), writing
    transactions begin with BEGIN IMMEDIATE, so that two writers wait instead of failing half-way.
    """
    parsed = url_from_text(url)
    if parsed.get_backend_name() == "sqlite":
        engine = _open_sqlite(parsed, busy_timeout_s)
    else:
        engine = create_engine(
            parsed,
            hide_parameters=True,  # a fault's message may end in a log, bound values must not
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 10,
                "options": f"-c timezone=utc -c lock_timeout={int(busy_timeout_s * 1000)}",
            },
        )
    event.listen(engine, "handle_error", _tell_error)
    return engine


def reading(engine: Engine) -> Engine:
    """The same pool for transactions that only read; a write in one of them fails."""
    return engine.execution_options(
        **{_READING: True}, postgresql_readonly=engine.dialect.name == "postgresql"
    )


def _open_sqlite(url: URL, busy_timeout_s: float) -> Engine:
    path = Path(url.database or "")
    make_private_folder(path.parent)
    if not path.exists():
        with told_as_storage_errors(path):
            path.touch(mode=0o600)  # -wal and -shm take their mode from it
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": busy_timeout_s})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred; ours follows below
        try:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "secure_delete=ON",
                "temp_store=MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise _storage_error(error) or error from error

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        is_reading = bool(connection.get_execution_options().get(_READING))
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if is_reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")

    return engine


def _tell_error(context: ExceptionContext) -> BaseException | None:
    return _storage_error(context.original_exception)


def _storage_error(error: BaseException) -> StorageError | None:
    """The sentence for a driver's error, None where it is a fault of ours and should be seen as such."""
    told: tuple[type[StorageError], str] | None = None
    if isinstance(error, sqlite3.Error) and (code := getattr(error, "sqlite_errorcode", None)) is not None:
        is_gone = code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
        told = _GONE if is_gone else _SQLITE_ERRORS.get(code & 0xFF)
    elif isinstance(error, psycopg.Error):
        state = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError) else "")
        told = _POSTGRESQL_ERRORS.get(state) or _POSTGRESQL_ERRORS.get(state[:2])
    if told is None:
        return None
    kind, sentence = told
    return kind(sentence)
