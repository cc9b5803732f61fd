"""Opens what was handed over, a zip file or a folder, into a folder that the checks can read. Zip files are hostile input.

A zip file can hold what unpacking programs do not agree on: two files of one name, names that lead
out, links, bytes before, between or after its members. None of that is in a pack of ours.
"""

from __future__ import annotations

import errno
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.errors import BadInputError
from monitor.evidence.sums import SUMS_NAME
from monitor.evidence.verify.zipframe import folded, odd_frame, odd_member

_MAX_FILES = 20_000
_MAX_BYTES = 8_000_000_000
# What is large in a pack is packed already: far more than this is not one.
_MAX_RATIO, _FREE_BYTES = 100, 100_000_000
_CHUNK_BYTES = 1 << 20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
# What the library raises on bytes that are no zip file after all.
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OverflowError)  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[tuple[Path, list[str]]]:
    """The folder with SHA256SUMS in it, and what is odd about the zip file, in sentences.

    Raises BadInputError where the path is neither a zip file nor a folder of sealed evidence.
    """
    if path.is_dir():
        yield _sealed_folder(path, path), []
        return
    if not path.is_file():
        raise BadInputError(why=f"{path} does not exist. Name a pack (.zip) or a sealed folder.")
    if not zipfile.is_zipfile(path):
        raise BadInputError(why=f"{path} is no zip file. Name a pack (.zip) or a sealed folder.")
    with TemporaryDirectory(prefix="shamewatch-verify-") as name:
        folder = Path(name)
        oddities, claims_seal = _unpack(path, folder)
        # Of a zip file that names a list and gives none, the reader is to hear that it was altered.
        yield (
            folder if oddities and claims_seal and not _has_seal(folder) else _sealed_folder(folder, path),
            oddities,
        )


def _has_seal(folder: Path) -> bool:
    return any((one / SUMS_NAME).is_file() for one in (folder, *folder.iterdir()))


def _sealed_folder(folder: Path, named: Path) -> Path:
    """The folder itself, or the only one in it."""
    if (folder / SUMS_NAME).is_file():
        return folder
    inside = [one for one in folder.iterdir() if one.is_dir() and (one / SUMS_NAME).is_file()]
    if len(inside) == 1:
        return inside[0]
    why = "more than one folder has one" if inside else "there is none in it"
    raise BadInputError(why=f"{named} is no sealed evidence: it needs one {SUMS_NAME}, and {why}.")


def _unpack(path: Path, into: Path) -> tuple[list[str], bool]:
    """What is odd, and whether a member is called as the list of a sealed folder is."""
    oddities: list[str] = []
    claims_seal = False
    try:
        with path.open("rb") as file, zipfile.ZipFile(path) as archive:
            _require_room(path, archive, into)
            oddities += odd_frame(file, archive)
            names: set[str] = set()
            claims_seal = any(name.rpartition("/")[2] == SUMS_NAME for name in archive.namelist())
            for member in archive.infolist():
                oddity = odd_member(file, member, names)
                names.add(folded(member.filename))
                if oddity:
                    oddities.append(oddity)
                else:
                    _write(archive, member, into)
    except _BROKEN as error:
        oddities.append(f"It cannot be unpacked whole ({error}).")
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise BadInputError(
                why=f"{path} cannot be unpacked in {into.parent} ({error.strerror}). Set TMPDIR to another folder."
            ) from None
        oddities.append(f"It cannot be unpacked whole ({error.strerror or 'its lists are damaged'}).")
    tops = {one.name for one in into.iterdir()}
    if len(tops) > 1 and not (into / SUMS_NAME).is_file():
        oddities.append(f"It holds more than one folder: {', '.join(sorted(tops)[:5])}.")
    return oddities, claims_seal


def _require_room(path: Path, archive: zipfile.ZipFile, into: Path) -> None:
    """Before anything is written: a small file can claim, and hold, far more than a disk."""
    members = archive.infolist()
    size = sum(one.file_size for one in members)
    most = min(_MAX_BYTES, _FREE_BYTES + _MAX_RATIO * path.stat().st_size)
    if len(members) > _MAX_FILES or size > most:
        raise BadInputError(why=f"{path} would unpack to more than any pack holds.")
    if size > shutil.disk_usage(into).free:
        raise BadInputError(
            why=f"{path} needs {size // 1_000_000 + 1} MB to be unpacked, and {into.parent} has less. "
            "Free some space, or set TMPDIR to another folder."
        )


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path) -> None:
    target = into / member.filename
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.file_size
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile(f"{member.filename} is longer than it says")
            file.write(chunk)
