"""What can go wrong with stored data, as sentences that say what to do next. No message holds personal data."""

from __future__ import annotations


class StorageError(Exception):
    """Stored data could not be read or written. The message is one or more whole sentences for people.

    ``exit_code`` is the command's where the error reaches its end.
    """

    exit_code = 6


class NotFoundError(StorageError):
    """There is no such thing, or it belongs to another account: the two are not told apart."""

    exit_code = 3

    def __init__(self, noun: str, key: str) -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"There is no {noun} {key!r}.")


class DuplicateError(StorageError):
    """The same thing is stored already."""

    exit_code = 2

    def __init__(self, noun: str, key: str = "") -> None:
        self.noun = noun
        self.key = key
        super().__init__(f"This {noun} is stored already{f' as {key}' if key else ''}.")


class GoneError(StorageError):
    """What a new row belongs to does not exist, or was removed in the meantime."""


class BadValueError(StorageError):
    """A value is none of those that the database knows."""

    exit_code = 2


class NotAllowedError(StorageError):
    """An account asked for something that is the operator's."""


class NotInitialisedError(StorageError):
    """The database holds no monitor yet."""

    exit_code = 4


class SchemaTooNewError(StorageError):
    """The database was written by a newer version of this software."""


class KeyMissingError(StorageError):
    """There is no key file, and without it nothing that is stored can be read."""


class KeyRefusedError(StorageError):
    """The key file is in an unsafe place, is open to other users, or is no key file."""


class WrongKeyError(StorageError):
    """The key file belongs to another installation, or is an old copy from before a rotation."""


class CorruptError(StorageError):
    """Stored data was damaged or tampered with."""


class DiskFullError(StorageError):
    """There is no room left. Nothing that was stored before is lost."""


class ReadOnlyError(StorageError):
    """The place of the data cannot be written to."""


class BusyError(StorageError):
    """Others held the database for too long. The work can be tried again."""


class UnreachableError(StorageError):
    """The server of the database or of the vault does not answer."""


class VaultRefusedError(StorageError):
    """The server of the vault answers, and will not do what is asked of it until somebody changes a setting."""


class ErasureUnfinishedError(StorageError):
    """A subject was erased, but traces remain on the disk until the erasure can be finished."""
