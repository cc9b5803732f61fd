"""Stored data: database, vault and keys. Knows nothing of the web, of detection or of screens."""

from storage.keyring import Keyring
from storage.scope import Scope
from storage.storage import Storage
from storage.unit_of_work import UnitOfWork

__all__ = ["Keyring", "Scope", "Storage", "UnitOfWork"]
