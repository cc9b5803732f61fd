"""What must happen on the disk after a subject's rows are gone, so that the old pages are gone as well."""

from __future__ import annotations

import contextlib

from sqlalchemy import Engine, text

from storage.errors import BusyError, ErasureUnfinishedError

_PATIENCE_MS = 5_000


def clear_spare_pages(engine: Engine) -> None:
    """Overwrite what deleted keys left in the log or in dead rows. Raises ErasureUnfinishedError.

    SQLite overwrites deleted content in the file (secure_delete); the write-ahead log is emptied here.
    PostgreSQL keeps dead rows until a table is rewritten, so the small table of keys is.
    """
    try:
        if engine.dialect.name == "sqlite":
            is_clear = _empty_sqlite_log(engine)
        else:
            is_clear = _rewrite_key_table(engine)
    except BusyError:
        is_clear = False
    if not is_clear:
        raise ErasureUnfinishedError(
            "The erasure is done, but traces stay in the database's log while another process reads it. They are "
            "removed when the monitor starts next; stop other processes if that must be now."
        )


def _empty_sqlite_log(engine: Engine) -> bool:
    # Outside of any transaction, which `open_engine` would begin for an ordinary connection.
    with contextlib.closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        (patience_ms,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        try:
            is_busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
    return not is_busy


def _rewrite_key_table(engine: Engine) -> bool:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = {_PATIENCE_MS}"))
        try:
            connection.execute(text("VACUUM (FULL) subject_key"))
        finally:
            connection.execute(text("RESET lock_timeout"))
    return True
