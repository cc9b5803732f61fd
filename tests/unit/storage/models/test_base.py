"""Times and ids, as all tables use them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from storage.models import SubjectRow  # noqa: F401  # registers the tables
from storage.models.base import UtcDateTime, metadata, new_id

MOMENT = datetime(2031, 3, 1, 20, 0, tzinfo=timezone(timedelta(hours=8)))


def test_sqlite_is_given_utc_without_a_zone_and_gives_back_utc_with_one() -> None:
    kind, dialect = UtcDateTime(), sqlite.dialect()
    stored = kind.process_bind_param(MOMENT, dialect)
    assert stored == datetime(2031, 3, 1, 12, 0)  # noqa: DTZ001
    assert kind.process_result_value(stored, dialect) == MOMENT
    assert kind.process_result_value(stored, dialect).tzinfo is UTC


def test_postgresql_is_given_the_moment_and_gives_back_utc() -> None:
    kind, dialect = UtcDateTime(), postgresql.dialect()
    assert kind.process_bind_param(MOMENT, dialect).tzinfo is UTC
    assert kind.process_result_value(MOMENT, dialect).tzinfo is UTC


def test_a_time_without_a_zone_is_refused_and_none_stays_none() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(MOMENT.replace(tzinfo=None), sqlite.dialect())
    assert UtcDateTime().process_bind_param(None, sqlite.dialect()) is None
    assert UtcDateTime().process_result_value(None, sqlite.dialect()) is None


def test_ids_are_typed_easily_and_do_not_repeat() -> None:
    ids = {new_id("h") for _ in range(10_000)}
    assert len(ids) == 10_000
    assert not set("".join(item.removeprefix("h-") for item in ids)) & set("01ilou")
    assert {len(item) for item in ids} == {14}


def test_every_constraint_has_a_name() -> None:
    """SQLite's batch migrations can drop named constraints only."""
    unnamed = [
        (table.name, constraint)
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if not constraint.name
    ]
    assert unnamed == []
    assert len(metadata.sorted_tables) == 23
