"""The list of a sealed folder's files with their digests, as ``sha256sum`` writes and checks it. Signs nothing.

``SHA256SUMS`` is the root of trust: signature and timestamps are made over it, and nothing may lie in the
folder that it does not list, but itself, its signature and its stamps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

SUMS_NAME = "SHA256SUMS"
SIGNATURE_NAME = f"{SUMS_NAME}.p7s"
_STAMP = re.compile(rf"{SUMS_NAME}\.([a-z0-9][a-z0-9.-]{{0,80}})\.tsr")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_CHUNK_BYTES = 1 << 20


class SumsError(ValueError):
    """A folder or a list that cannot be what was sealed. The message is one sentence for people."""


def stamp_name(tsa_name: str) -> str:
    """The file name of a stamp by that authority. Raises SumsError for a name that is none."""
    name = f"{SUMS_NAME}.{tsa_name}.tsr"
    if not _STAMP.fullmatch(name):
        raise SumsError(f"{tsa_name!r} cannot be part of a file name.")
    return name


def tsa_from_stamp_name(name: str) -> str | None:
    """The authority that a stamp's file name tells of; None for other files."""
    match = _STAMP.fullmatch(name)
    return match[1] if match else None


def is_listed(name: str) -> bool:
    """Whether a file of that name belongs into the list."""
    return name not in (SUMS_NAME, SIGNATURE_NAME) and tsa_from_stamp_name(name) is None


def is_safe_name(name: str) -> bool:
    """A relative path that means the same on every system and in every line-based tool."""
    parts = PurePosixPath(name).parts
    return (
        0 < len(name) <= 300
        and name == "/".join(parts)
        and not name.startswith("/")
        and ".." not in parts
        and not any(char == "\\" or ord(char) < 0x20 or ord(char) == 0x7F for char in name)
    )


def files_of_folder(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file with its name in the list, sorted. Raises SumsError for links, devices and unsafe names."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in paths):
        if path.is_symlink() or not path.is_file():
            raise SumsError(f"{name} is a link or a device, not a file.")
        if not is_safe_name(name):
            raise SumsError(f"{name!r} is no name that every system reads alike.")
        yield name, path


def sums_of_folder(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 (FIPS 180-4) in hex of every file that belongs into the list. Raises SumsError, OSError."""
    return {name: digest_of_file(path) for name, path in files_of_folder(folder) if is_listed(name)}


def digest_of_file(path: Path) -> str:
    """SHA-256 in hex, read in pieces. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def text_from_sums(sums: Mapping[str, str]) -> str:
    """The list as ``sha256sum`` writes it: two blanks, one line a file, sorted by name."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))


def sums_from_text(text: str) -> dict[str, str]:
    """Name -> digest, strictly: what ``text_from_sums`` never writes is refused. Raises SumsError."""
    sums: dict[str, str] = {}
    if not text.endswith("\n"):
        raise SumsError(f"{SUMS_NAME} is cut off in its last line.")
    for number, line in enumerate(text[:-1].split("\n"), 1):
        match = _LINE.fullmatch(line)
        if match is None or not is_safe_name(match[2]) or not is_listed(match[2]):
            raise SumsError(f"Line {number} of {SUMS_NAME} is no line of such a list.")
        if match[2] in sums:
            raise SumsError(f"Line {number} of {SUMS_NAME} lists {match[2]} a second time.")
        sums[match[2]] = match[1]
    return sums
