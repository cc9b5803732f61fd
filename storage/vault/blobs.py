"""Where sealed blobs lie: a folder for each subject. Knows names and bytes, never what is in them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from storage.errors import DiskFullError, NotFoundError, StorageError
from storage.files import TEMPORARY_PREFIX, make_private_folder, told_as_storage_errors, write_new_file

SUBJECT = re.compile(r"[a-z0-9-]{1,40}")
ADDRESS = re.compile(r"[0-9a-f]{64}")
RESERVE_BYTES = 50_000_000


class Blobs(Protocol):
    """A store of sealed blobs. Names are checked; contents are opaque."""

    def own(self, owner: str) -> None:
        """Whose files these are, as one word. A place that others reach refuses a second owner at its first change."""
        ...

    def put(self, subject_id: str, address: str, sealed: bytes, *, is_replacing: bool = False) -> bool:
        """Durable when it returns; whole or not at all. Whether it was written.

        What stands at the address already stays as it is, unless ``is_replacing``. Raises DiskFullError.
        """
        ...

    def get(self, subject_id: str, address: str) -> bytes:
        """Raises NotFoundError."""
        ...

    def has(self, subject_id: str, address: str) -> bool: ...

    def refresh(self, subject_id: str, address: str) -> None:
        """Count the blob as written now, so that no sweep takes it. Raises NotFoundError."""
        ...

    def remove(self, subject_id: str, address: str, *, written_before: datetime) -> bool:
        """Remove the blob if it was written before that moment. Whether it was."""
        ...

    def remove_all(self, subject_id: str) -> None:
        """Remove every blob of one subject."""
        ...

    def subjects(self) -> list[str]:
        """The ids that have blobs here."""
        ...

    def entries(self, subject_id: str) -> Iterator[tuple[str, datetime]]:
        """Address and time of writing of each blob of a subject."""
        ...

    def sweep_partial(self, before: datetime) -> int:
        """Remove what interrupted writes left behind before that moment. How many there were."""
        ...

    def total_bytes(self) -> int:
        """What all blobs take up. Lists every one."""
        ...

    def require_room(self, size_bytes: int) -> None:
        """Raises DiskFullError or UnreachableError where so much could not be written now, as far as can be told."""
        ...

    def check(self) -> str:
        """Write something and take it away again; where the blobs lie. Raises DiskFullError, ReadOnlyError."""
        ...


class LocalBlobs:
    """Blobs in a local folder: ``<subject>/<first two digits>/<address>``, mode 0400.

    ``reserve_bytes`` of the disk are never used, so that a full vault leaves the database beside it room to
    say so.
    """

    def __init__(self, folder: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes

    def own(self, owner: str) -> None:
        """A folder inside the data folder is nobody else's."""

    def put(self, subject_id: str, address: str, sealed: bytes, *, is_replacing: bool = False) -> bool:
        path = self._path(subject_id, address)
        if not is_replacing and path.exists():
            return False
        self.require_room(len(sealed))
        make_private_folder(path.parent)
        # Replaces also what another process wrote in this moment: it is of the same content.
        write_new_file(path, sealed, mode=0o400, is_replacing=True)
        return True

    def get(self, subject_id: str, address: str) -> bytes:
        path = self._path(subject_id, address)
        try:
            with told_as_storage_errors(path):
                return path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError("file in the vault", address) from None

    def has(self, subject_id: str, address: str) -> bool:
        return self._path(subject_id, address).is_file()

    def refresh(self, subject_id: str, address: str) -> None:
        path = self._path(subject_id, address)
        try:
            with told_as_storage_errors(path):
                os.utime(path)
        except FileNotFoundError:
            raise NotFoundError("file in the vault", address) from None

    def remove(self, subject_id: str, address: str, *, written_before: datetime) -> bool:
        path = self._path(subject_id, address)
        try:
            with told_as_storage_errors(path):
                if path.stat().st_mtime >= written_before.timestamp():
                    return False
                path.unlink()
        except FileNotFoundError:
            return False
        return True

    def remove_all(self, subject_id: str) -> None:
        folder = self._subject_folder(subject_id)
        try:
            with told_as_storage_errors(folder):
                shutil.rmtree(folder)
        except FileNotFoundError:
            return

    def subjects(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(entry.name for entry in self._folder.iterdir() if SUBJECT.fullmatch(entry.name))

    def entries(self, subject_id: str) -> Iterator[tuple[str, datetime]]:
        for path in self._subject_folder(subject_id).glob("*/*"):
            if ADDRESS.fullmatch(path.name):
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def sweep_partial(self, before: datetime) -> int:
        count = 0
        for path in self._folder.glob(f"*/*/{TEMPORARY_PREFIX}*"):
            if path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                count += 1
        return count

    def total_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._folder.glob("*/*/*"))

    def require_room(self, size_bytes: int) -> None:
        folder = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        with told_as_storage_errors(folder):
            free_bytes = shutil.disk_usage(folder).free
        if free_bytes < size_bytes + self._reserve_bytes:
            raise DiskFullError(
                f"The disk of the vault {self._folder} is full: its last {self._reserve_bytes // 1_000_000} MB are kept "
                "for the database. Free some space; nothing that was stored before is lost."
            )

    def check(self) -> str:
        path = self._folder / f"{TEMPORARY_PREFIX}check"
        make_private_folder(self._folder)
        write_new_file(path, b"check", mode=0o400, is_replacing=True)
        with told_as_storage_errors(path):
            path.unlink(missing_ok=True)  # another check may have taken it away
        return str(self._folder)

    def _subject_folder(self, subject_id: str) -> Path:
        if not SUBJECT.fullmatch(subject_id):
            raise StorageError("This is no id of a subject; no file of the vault has such a name.")
        return self._folder / subject_id

    def _path(self, subject_id: str, address: str) -> Path:
        if not ADDRESS.fullmatch(address):
            raise NotFoundError("file in the vault", address)
        return self._subject_folder(subject_id) / address[:2] / address
