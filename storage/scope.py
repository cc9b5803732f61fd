"""Whose data a unit of work may see: the operator's (all) or one account's. Decides nothing about roles."""

from __future__ import annotations

import dataclasses

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from storage.errors import NotAllowedError
from storage.models import SubjectRow


@dataclasses.dataclass(frozen=True, slots=True)
class Scope:
    """Made by `operator` or `account`. Every query about subjects and what hangs on them applies it."""

    account_id: str | None

    @classmethod
    def operator(cls) -> Scope:
        """Everything: the workers and the command line of the installation."""
        return cls(None)

    @classmethod
    def account(cls, account_id: str) -> Scope:
        """The subjects of one account, and what hangs on them."""
        if not account_id:
            raise NotAllowedError("A scope needs the id of an account.")
        return cls(account_id)

    @property
    def is_operator(self) -> bool:
        return self.account_id is None

    def owns(self, subject_id: Mapped[str] | Mapped[str | None]) -> ColumnElement[bool]:
        """The condition that rows with this ``subject_id`` column belong to the scope."""
        if self.is_operator:
            return true()
        return subject_id.in_(select(SubjectRow.id).where(col(SubjectRow.account_id) == self.account_id))

    def require_operator(self, what: str) -> None:
        """Raises NotAllowedError for an account."""
        if not self.is_operator:
            raise NotAllowedError(f"Only the operator may {what}.")
