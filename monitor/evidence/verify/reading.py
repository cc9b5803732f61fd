"""Reads single files of a folder that a stranger handed over: ordinary files only, and no more than such a file of ours holds."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# Links, folders in place of files, names that no system takes: whoever made the folder is to blame, not this machine.
_ODD = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG, errno.EISDIR, errno.EINVAL}


class UnreadableError(ValueError):
    """A file that is missing or cannot be one of ours. The message is one sentence for people."""


class MissingError(UnreadableError):
    """There is no such file."""


def read_file(path: Path, limit_bytes: int) -> bytes:
    """The bytes of a regular file. Raises UnreadableError, and OSError where this machine cannot read it."""
    try:
        # A pipe in place of a file would wait for ever, a link would lead elsewhere.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in _ODD:
            raise
        raise MissingError(f"{path.name} is missing.") from None
    with open(descriptor, "rb") as file:  # noqa: PTH123  # the descriptor is what was checked
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableError(f"{path.name} is no ordinary file.")
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise UnreadableError(f"{path.name} is larger than any of ours.")
    return data
