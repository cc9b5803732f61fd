"""Accounts: who may sign in. Found by a keyed digest of the login, which itself is sealed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from storage.errors import DuplicateError, NotFoundError
from storage.models import AccountRow
from storage.models.base import new_id
from storage.repositories.base import Repository, known, place

ROLES = ("operator", "advocate", "borrower")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """``login`` is compared without regard to case. ``role``: what else it may do is not decided here."""

    id: str
    login: str = dataclasses.field(repr=False)
    role: str
    created_at: datetime


class AccountRepository(Repository):
    def add(self, login: str, role: str = "borrower") -> AccountRecord:
        """Raises DuplicateError, BadValueError."""
        self._scope.require_operator("add an account")
        row_id = new_id("acc", 8)
        row = AccountRow(
            id=row_id,
            login_key=self._login_key(login),
            role=known("role", role, ROLES),
            created_at=self._context.now(),
            sealed=self._context.instance.seal(place("account", row_id), {"login": login}),
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError as error:
            raise DuplicateError("account") from error
        return self._record(row)

    def get(self, account_id: str) -> AccountRecord:
        """An account sees itself only. Raises NotFoundError."""
        row = self._session.exec(select(AccountRow).where(col(AccountRow.id) == account_id)).first()
        if row is None or self._scope.account_id not in (None, account_id):
            raise NotFoundError("account", account_id)
        return self._record(row)

    def find(self, login: str) -> AccountRecord | None:
        """The account with this login."""
        self._scope.require_operator("look accounts up")
        query = select(AccountRow).where(col(AccountRow.login_key) == self._login_key(login))
        row = self._session.exec(query).first()
        return self._record(row) if row else None

    def list(self) -> Sequence[AccountRecord]:
        """All accounts, oldest first."""
        self._scope.require_operator("list accounts")
        query = select(AccountRow).order_by(col(AccountRow.created_at), col(AccountRow.id))
        return [self._record(row) for row in self._session.exec(query).all()]

    def _login_key(self, login: str) -> bytes:
        return self._context.instance.fingerprint("login", login.strip().casefold())

    def _record(self, row: AccountRow) -> AccountRecord:
        fields = self._context.instance.unseal(place("account", row.id), row.sealed)
        return AccountRecord(id=row.id, role=row.role, created_at=row.created_at, **fields)
