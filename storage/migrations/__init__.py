"""Bringing the database to the schema of this version. The only code that changes tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from storage.errors import SchemaTooNewError

_FOLDER = Path(__file__).parent
_LOCK_NUMBER = 0x5348414D  # PostgreSQL's advisory locks are numbers; this one is ours alone


def migrate(engine: Engine) -> None:
    """Bring an empty or older database up to date, in one transaction. Needs no alembic.ini.

    Raises SchemaTooNewError before anything is changed. Two processes at once: the second waits.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        revision = revision_of(connection)
        _refuse_unknown(revision)
        if revision == head_revision():
            return
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def head_revision() -> str:
    """The schema that this version of the software writes."""
    revision = _scripts().get_current_head()
    assert revision is not None
    return revision


def revision_of(connection: Connection) -> str | None:
    """The schema that the database has; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))


def _refuse_unknown(revision: str | None) -> None:
    if revision is None:
        return
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision not in known:
        raise SchemaTooNewError(
            f"The database was written by a newer version of this software (schema {revision}). "
            "Install that version again; nothing was changed."
        )
