"""Files that are there whole or not at all, after any crash; failures as sentences. Knows no encryption."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from storage.errors import DiskFullError, ReadOnlyError, StorageError

TEMPORARY_PREFIX = ".partial-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextlib.contextmanager
def told_as_storage_errors(path: Path) -> Iterator[None]:
    """Turn an OSError into a StorageError that names the place. FileExists and FileNotFound pass."""
    try:
        yield
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError as error:
        raise storage_error_from_os(error, path) from error


def storage_error_from_os(error: OSError, path: Path) -> StorageError:
    """The error that a person can act on."""
    if error.errno in _FULL:
        return DiskFullError(
            f"There is no room left to write {path}. Free some space and try again; nothing that was stored "
            "before is lost."
        )
    if error.errno in _READ_ONLY:
        return ReadOnlyError(
            f"{path} cannot be written: {error.strerror}. Check who owns the folder and whether it is mounted "
            "read-only."
        )
    return StorageError(f"{path} cannot be read or written: {error.strerror or error}.")


def make_private_folder(path: Path) -> None:
    """Make the folder and its missing parents for the owner only. Raises StorageError."""
    with told_as_storage_errors(path):
        try:
            path.mkdir(mode=0o700)
        except FileNotFoundError:
            make_private_folder(path.parent)
            path.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            if not path.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, "there is a file in place of the folder") from None


def write_new_file(path: Path, data: bytes, *, mode: int, is_replacing: bool = False) -> None:
    """Write, fsync, and put in place in one step; the folder is synced too.

    Raises FileExistsError where a file stands there already (unless ``is_replacing``), DiskFullError,
    ReadOnlyError.
    """
    partial = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    with told_as_storage_errors(path):
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with open(descriptor, "wb") as file:  # noqa: PTH123  # the descriptor carries the mode from its birth
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if is_replacing:
                partial.replace(path)
            else:
                path.hardlink_to(partial)  # unlike rename, link refuses to overwrite
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable: a renamed file can vanish after a power cut otherwise."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
