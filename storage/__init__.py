"""Stored data: database, vault and keys. Knows nothing of the web, of detection or of screens.

The names below are brought in when first asked for: whoever checks a pack reads `storage.vault.custody`
and needs no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.keyring import Keyring
    from storage.scope import Scope
    from storage.storage import Storage
    from storage.unit_of_work import UnitOfWork
else:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


__all__ = ["Keyring", "Scope", "Storage", "UnitOfWork"]

_HOMES = {
    "Keyring": "storage.keyring",
    "Scope": "storage.scope",
    "Storage": "storage.storage",
    "UnitOfWork": "storage.unit_of_work",
}
