"""The installation's own secret and the wrapping of all data keys. Decides nothing about who may use them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from storage import crypto
from storage.crypto import Secret
from storage.keyring import Keyring
from storage.models import InstanceRow, SubjectKeyRow
from storage.repositories.base import key_place

_PLACE = "instance.wrapped/1"


def secret_of(engine: Engine, keyring: Keyring, now: datetime) -> Secret:
    """The secret of the database, made at the first call. Raises WrongKeyError for a stranger's key."""
    with Session(engine) as session:
        row = session.exec(select(InstanceRow).with_for_update()).first()
        if row is None:
            row = InstanceRow(number=1, created_at=now, wrapped=keyring.wrap(_PLACE, crypto.new_key()))
            session.add(row)
            session.commit()
        return Secret(keyring.unwrap(_PLACE, row.wrapped))


def rewrap(engine: Engine, keyring: Keyring) -> None:
    """Wrap the secret and every subject's key by the keyring's current key, in one transaction.

    The secret's row is locked first: whoever adds a subject meanwhile waits for it, and then sees that
    the key has changed.
    """
    with Session(engine) as session:
        row = session.exec(select(InstanceRow).with_for_update()).one()
        row.wrapped = keyring.wrap(_PLACE, keyring.unwrap(_PLACE, row.wrapped))
        for key in session.exec(
            select(SubjectKeyRow).order_by(col(SubjectKeyRow.subject_id)).with_for_update()
        ):
            where = key_place(key.subject_id)
            key.wrapped = keyring.wrap(where, keyring.unwrap(where, key.wrapped))
        session.commit()
