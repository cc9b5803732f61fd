"""Opens what was handed over, a zip file or a folder, into a folder that the checks can read. Zip files are hostile input.

A zip file can hold what unpacking programs do not agree on: two files of one name, names that lead
out, links, bytes before, between or after its members. None of that is in a pack of ours.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.errors import BadInputError
from monitor.evidence.sums import SUMS_NAME, is_safe_name

_MAX_FILES = 20_000
_MAX_BYTES = 8_000_000_000
_CHUNK_BYTES = 1 << 20
_END = b"PK\x05\x06"
_END_BYTES = 22


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
        oddities = _unpack(path, folder)
        yield _sealed_folder(folder, path), oddities


def _sealed_folder(folder: Path, named: Path) -> Path:
    """The folder itself, or the only one in it."""
    if (folder / SUMS_NAME).is_file():
        return folder
    inside = [one for one in folder.iterdir() if one.is_dir() and (one / SUMS_NAME).is_file()]
    if len(inside) == 1:
        return inside[0]
    raise BadInputError(why=f"{named} is no sealed evidence: there is no {SUMS_NAME} in it.")


def _unpack(path: Path, into: Path) -> list[str]:
    oddities = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MAX_FILES or sum(one.file_size for one in members) > _MAX_BYTES:
                raise BadInputError(why=f"{path} would unpack to more than any pack holds.")
            oddities += _odd_frame(path, archive)
            names: set[str] = set()
            for member in members:
                oddity = _odd_member(member, names)
                names.add(member.filename.casefold())
                if oddity:
                    oddities.append(oddity)
                else:
                    _write(archive, member, into)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        oddities.append(f"It cannot be unpacked whole ({error}).")
    tops = {one.name for one in into.iterdir()}
    if len(tops) > 1 and not (into / SUMS_NAME).is_file():
        oddities.append(f"It holds more than one folder: {', '.join(sorted(tops)[:5])}.")
    return oddities


def _odd_frame(path: Path, archive: zipfile.ZipFile) -> list[str]:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(-_END_BYTES, 2)
        tail = file.read(4)
    odd = []
    if head != b"PK\x03\x04" or min((one.header_offset for one in archive.infolist()), default=0):
        odd.append("There are bytes before its first file.")
    if tail != _END or archive.comment:
        odd.append("There are bytes after its last file.")
    return odd


def _odd_member(member: zipfile.ZipInfo, names: set[str]) -> str:
    name = member.filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.orig_filename != name or not is_safe_name(name.rstrip("/")):
        return f"It holds a file with an unsafe name: {ascii(name)[:100]}."
    if name.casefold() in names:
        return f"It holds {name} twice."
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"{name} is a link or a device."
    return f"{name} is encrypted." if member.flag_bits & 1 else ""


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
