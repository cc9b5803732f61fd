"""The ground all tables stand on: constraint names, aware UTC times, unguessable ids. Holds no table."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

# Every constraint has a name, because SQLite's batch migrations can only drop what is named.
_NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
metadata = MetaData(naming_convention=_NAMING)

# Without 0, 1, i, l, o and u: ids are read aloud and typed, and should not spell words.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class Row(SQLModel, registry=registry(metadata=metadata)):
    """Base of all tables. Rows never leave the repositories."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC on SQLite (which has no zones) and PostgreSQL alike.

    Binding a naive datetime raises ValueError.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored: give an aware datetime.")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id(prefix: str, length: int = 12) -> str:
    """A random id such as ``h-7k3q9x2mzt4b``: 4.9 bits a letter, 12 letters outlast 10 million rows."""
    return f"{prefix}-" + "".join(secrets.choice(_ALPHABET) for _ in range(length))
