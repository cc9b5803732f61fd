"""Writes the index of a watch list to a file that only its key opens, and reads it; knows nothing of searching.

The file: a header in the clear (magic, version, salt), then chunks of AES-256-GCM (NIST SP 800-38D), each with
its tag. The key of a file is derived from the caller's key and the salt (HKDF-SHA256, RFC 5869); the nonce of
a chunk is its number and whether it is the last, so that chunks cannot be left out, moved or cut off (the
STREAM construction, Hoang et al. 2015); the header is authenticated with every chunk. Inside stand a table of
contents in JSON, and the arrays one after the other.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from monitor.detection.catalogue import Catalogue
from monitor.detection.flattening import Array, arrays_of, plain_data_of, put_together
from monitor.detection.segment import Segment
from monitor.errors import BadInputError

KEY_BYTES = 32
_MAGIC, _VERSION = b"SHWINDEX", 2
_HEADER = struct.Struct(">8sH32s")
_CHUNK, _TAG = 1 << 22, 16
_LENGTH = struct.Struct(">Q")
_ALIGNMENT = 64


class SavedIndexError(BadInputError):
    """The saved watch list {path} was not read: {why}"""


def write_index(path: Path, key: bytes, catalogue: Catalogue, segment: Segment) -> None:
    """Write both so that the file is whole or not there at all, readable by nobody else (mode 0600).

    Raises ValueError for a key that is not of 32 bytes, and OSError.
    """
    arrays = arrays_of(catalogue, segment)
    contents = json.dumps({**plain_data_of(catalogue), "arrays": _places_of(arrays)}).encode()
    salt = secrets.token_bytes(32)
    header = _HEADER.pack(_MAGIC, _VERSION, salt)
    cipher = _cipher(key, salt)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header)
            for number, (is_last, chunk) in enumerate(_chunked(_pieces(contents, arrays))):
                file.write(cipher.encrypt(_nonce(number, is_last=is_last), chunk, header))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read_index(path: Path, key: bytes) -> tuple[Catalogue, Segment]:
    """Read what `write_index` wrote.

    Raises SavedIndexError where the file is another, damaged, cut off or closed to this key, and OSError.
    """
    with path.open("rb") as file:
        plain = _decrypted(file, path, key, path.stat().st_size)
    (length,) = _LENGTH.unpack(plain[: _LENGTH.size].tobytes())
    contents = json.loads(plain[_LENGTH.size : _LENGTH.size + length].tobytes())
    base = _round_up(_LENGTH.size + length)
    arrays = {
        name: plain[base + begin : base + end].view(kind) for name, kind, begin, end in contents["arrays"]
    }
    return put_together(arrays, contents)


def _decrypted(file: BinaryIO, path: Path, key: bytes, size: int) -> Array:
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        raise SavedIndexError(path=path, why="it is no saved watch list. Save it again.")
    _, version, salt = _HEADER.unpack(header)
    if version != _VERSION:
        raise SavedIndexError(
            path=path, why=f"it is of version {version}, not {_VERSION}. Save it again with this program."
        )
    cipher = _cipher(key, salt)
    plain = np.empty(max(0, size - _HEADER.size), dtype=np.uint8)
    done, number, is_last = 0, 0, False
    while not is_last:
        sealed = file.read(_CHUNK + _TAG)
        is_last = file.tell() >= size
        try:
            chunk = cipher.decrypt(_nonce(number, is_last=is_last), sealed, header)
        except InvalidTag as error:
            raise SavedIndexError(
                path=path,
                why="the key is not the one that it was saved with, or the file was changed. Save it again.",
            ) from error
        plain[done : done + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
        done, number = done + len(chunk), number + 1
    return plain[:done]


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError(f"The key of a saved watch list has {KEY_BYTES} bytes, not {len(key)}.")
    derived = HKDF(SHA256(), KEY_BYTES, salt, b"shamewatch saved watch list").derive(key)
    return AESGCM(derived)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return struct.pack(">IQ", is_last, number)


def _pieces(contents: bytes, arrays: dict[str, Array]) -> Iterator[bytes | memoryview]:
    """The table of contents and the arrays, each beginning at a multiple of 64 bytes."""
    begin = _LENGTH.pack(len(contents)) + contents
    yield begin + bytes(_round_up(len(begin)) - len(begin))
    for array in arrays.values():
        if array.nbytes:
            yield array.data.cast("B")
            yield bytes(_round_up(array.nbytes) - array.nbytes)


def _chunked(pieces: Iterator[bytes | memoryview]) -> Iterator[tuple[bool, bytes]]:
    """(is the last, chunk) of all pieces joined, in chunks of one size."""
    held = bytearray()
    for piece in pieces:
        view = memoryview(piece)
        for begin in range(0, len(view), _CHUNK):
            held += view[begin : begin + _CHUNK]
            while len(held) > _CHUNK:
                yield False, bytes(held[:_CHUNK])
                del held[:_CHUNK]
    yield True, bytes(held)


def _round_up(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _places_of(arrays: dict[str, Array]) -> list[tuple[str, str, int, int]]:
    places, done = [], 0
    for name, array in arrays.items():
        places.append((name, array.dtype.str, done, done + array.nbytes))
        done = _round_up(done + array.nbytes)
    return places


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
