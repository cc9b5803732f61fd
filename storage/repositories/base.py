"""What every repository works with: one session, one scope, the keys, the clock. Holds no query about nouns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import CursorResult, Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from storage import crypto
from storage.crypto import Secret
from storage.errors import BadValueError, BusyError, NotFoundError
from storage.keyring import Keyring
from storage.models import InstanceRow, SubjectKeyRow
from storage.scope import Scope

_T = TypeVar("_T")
# Under SQLite's limit of 32,766 bound values, with room for four values a row.
CHUNK = 5_000


class KeyChain:
    """The data keys that this unit of work has needed so far. Asks the database within the scope only.

    That makes it a second fence: a query that forgot the tenant filter could not decrypt what it found.
    """

    def __init__(self, session: Session, scope: Scope, keyring: Keyring) -> None:
        self._session = session
        self._scope = scope
        self._keyring = keyring
        self._secrets: dict[str, Secret] = {}

    def of(self, subject_id: str) -> Secret:
        """The subject's secret. Raises NotFoundError for the unknown, the erased and other accounts'."""
        if subject_id not in self._secrets:
            self.load([subject_id])
        try:
            return self._secrets[subject_id]
        except KeyError:
            raise NotFoundError("subject", subject_id) from None

    def load(self, subject_ids: Iterable[str]) -> None:
        """Fetch many keys in few queries, before a loop over rows of many subjects."""
        missing = sorted(set(subject_ids) - self._secrets.keys())
        for chunk in chunks(missing, CHUNK):
            query = select(SubjectKeyRow.subject_id, SubjectKeyRow.wrapped).where(
                col(SubjectKeyRow.subject_id).in_(chunk), self._scope.owns(col(SubjectKeyRow.subject_id))
            )
            for subject_id, wrapped in self._session.exec(query):
                self._secrets[subject_id] = Secret(self._keyring.unwrap(key_place(subject_id), wrapped))

    def create(self, subject_id: str) -> Secret:
        """Make the key of a new subject; its row must have been flushed. Raises BusyError in a rotation.

        The lock on the installation's secret keeps a rotation from overlooking the new key.
        """
        instance = self._session.exec(select(InstanceRow.wrapped).with_for_update(read=True)).one()
        if not self._keyring.is_current(instance):
            raise BusyError("The instance key was changed by another process just now. Try again.")
        material = crypto.new_key()
        wrapped = self._keyring.wrap(key_place(subject_id), material)
        self._session.add(SubjectKeyRow(subject_id=subject_id, wrapped=wrapped))
        self._session.flush()
        self._secrets[subject_id] = Secret(material)
        return self._secrets[subject_id]

    def forget(self, subject_id: str) -> None:
        """After an erasure."""
        self._secrets.pop(subject_id, None)


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What one unit of work shares among its repositories. ``instance`` seals what is no subject's."""

    session: Session
    scope: Scope
    keys: KeyChain
    instance: Secret
    now: Callable[[], datetime]


class Repository:
    """Base of all repositories."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._session = context.session
        self._scope = context.scope
        self._keys = context.keys

    def _run(self, statement: Executable) -> int:
        """Execute an UPDATE, DELETE or INSERT; the number of rows it touched."""
        result = self._session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _insert(self, row: type[object]) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that can carry an ON CONFLICT clause, in the dialect of the session."""
        if self._session.get_bind().dialect.name == "postgresql":
            return postgresql.insert(row)
        return sqlite.insert(row)


def key_place(subject_id: str) -> str:
    return f"subject_key.wrapped/{subject_id}"


def place(table: str, *row_id: object) -> str:
    """Where a ciphertext belongs; bound into it as associated data."""
    return f"{table}.sealed/" + "/".join(str(part) for part in row_id)


def chunks(items: Sequence[_T], size: int) -> Iterator[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def known(noun: str, value: str, allowed: Sequence[str]) -> str:
    """The value, if it is one of the allowed words. Raises BadValueError."""
    if value not in allowed:
        raise BadValueError(f"{value!r} is no {noun}: use one of {', '.join(allowed)}.")
    return value
