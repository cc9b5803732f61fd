"""The instance key: where its file may lie, how it wraps data keys, how it is written down and changed.

The key file is JSON with one current key and, in the middle of a rotation, the one before it. It
never lies beside the data: whoever copies the data folder must not get the key with it.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from storage import crypto
from storage.errors import CorruptError, KeyMissingError, KeyRefusedError, WrongKeyError
from storage.files import make_private_folder, write_new_file

_FORMAT = "shamewatch-instance-key-1"
_ID_BYTES = 8
_CHECK_BYTES = 3  # 32 + 3 bytes are exactly 56 letters of Base32


@dataclasses.dataclass(frozen=True, slots=True)
class InstanceKey:
    """One key and its id, a digest of it that says nothing about it."""

    material: bytes = dataclasses.field(repr=False)

    @property
    def id(self) -> bytes:
        return crypto.digest(crypto.derive(self.material, "key id"))[:_ID_BYTES]


class Keyring:
    """The instance key in use and, while a rotation is under way, its predecessor."""

    def __init__(self, path: Path, keys: Sequence[InstanceKey], stamp: tuple[int, ...] = ()) -> None:
        self.path = path
        self._keys = tuple(keys)
        self._stamp = stamp

    def __repr__(self) -> str:
        return f"<Keyring {self.path}>"

    @classmethod
    def create(cls, path: Path, *, away_from: Sequence[Path] = ()) -> Keyring:
        """Make a new key and its file (0600). ``away_from``: folders with data, which must not hold it.

        Raises KeyRefusedError for an unsafe place or where a file exists already.
        """
        return cls._create(path, InstanceKey(crypto.new_key()), away_from)

    @classmethod
    def restore(cls, path: Path, recovery_code: str, *, away_from: Sequence[Path] = ()) -> Keyring:
        """Write the key file again from the code that was printed. Raises KeyRefusedError."""
        return cls._create(path, InstanceKey(_key_from_code(recovery_code)), away_from)

    @classmethod
    def open(cls, path: Path, *, away_from: Sequence[Path] = ()) -> Keyring:
        """Read the key file. Raises KeyMissingError, or KeyRefusedError for an unsafe place or mode."""
        _refuse_place(path, away_from)
        try:
            status = path.stat()
            text = path.read_text(encoding="ascii")
        except FileNotFoundError:
            raise KeyMissingError(
                f"There is no key file {path}. Without it the stored data cannot be read: put the file back, "
                "or write it again from the recovery code."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyRefusedError(f"The key file {path} cannot be read: {error}.") from error
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyRefusedError(
                f"Other users may read the key file {path}. Run `chmod 600 {path}`, and rotate the key if "
                "others use this machine."
            )
        return cls(path, _keys_from_text(path, text), _stamp(status))

    @classmethod
    def _create(cls, path: Path, key: InstanceKey, away_from: Sequence[Path]) -> Keyring:
        _refuse_place(path, away_from)
        keyring = cls(path, [key])
        make_private_folder(path.parent)
        try:
            write_new_file(path, keyring._text(), mode=0o600)
        except FileExistsError:
            raise KeyRefusedError(
                f"There is a key file {path} already; it is not overwritten, because data may depend on it."
            ) from None
        return keyring

    @property
    def recovery_code(self) -> str:
        """The key as 14 groups of four letters and digits, to be printed and locked away."""
        material = self._keys[0].material
        letters = base64.b32encode(material + _check_from_key(material)).decode("ascii")
        return "-".join(letters[index : index + 4] for index in range(0, len(letters), 4))

    @property
    def is_rotating(self) -> bool:
        """Whether a rotation was begun and not finished."""
        return len(self._keys) > 1

    def wrap(self, place: str, secret: bytes) -> bytes:
        """Seal a data key for one place under the current key, whose id goes in front."""
        key = self._keys[0]
        return key.id + crypto.seal(crypto.derive(key.material, "wrapping"), place, secret)

    def unwrap(self, place: str, wrapped: bytes) -> bytes:
        """The data key. Raises WrongKeyError where no key of this file wrapped it, CorruptError if damaged."""
        for key in self._keys:
            if wrapped.startswith(key.id):
                return crypto.unseal(crypto.derive(key.material, "wrapping"), place, wrapped[_ID_BYTES:])
        if not any(wrapped):
            raise CorruptError(f"{place} was erased.")
        raise WrongKeyError(
            f"The key file {self.path} does not belong to this data, or is a copy from before a rotation. "
            "Set SHAMEWATCH_KEY_FILE to the right file, or restore it from the newest recovery code."
        )

    def is_current(self, wrapped: bytes) -> bool:
        """Whether this was wrapped by the key in use."""
        return wrapped.startswith(self._keys[0].id)

    def check_away_from(self, folders: Sequence[Path]) -> None:
        """Raises KeyRefusedError where the key file lies in one of the folders with data."""
        _refuse_place(self.path, folders)

    def refreshed(self) -> Keyring:
        """This keyring, or the file's present content where another process has rotated the key.

        Where the file is gone (a credential that was shown at the start only), the key in memory stays.
        """
        try:
            stamp = _stamp(self.path.stat())
        except OSError:
            return self
        return self if stamp == self._stamp else Keyring.open(self.path)

    def begin_rotation(self) -> Keyring:
        """Put a new key in front of the current one, in the file first, so that a crash loses neither."""
        if self.is_rotating:
            return self
        return self._replaced([InstanceKey(crypto.new_key()), *self._keys])

    def finish_rotation(self) -> Keyring:
        """Forget the old key: to be called only when everything is wrapped by the new one."""
        return self._replaced(self._keys[:1])

    def _replaced(self, keys: Sequence[InstanceKey]) -> Keyring:
        keyring = Keyring(self.path, keys)
        write_new_file(self.path, keyring._text(), mode=0o600, is_replacing=True)
        return keyring

    def _text(self) -> bytes:
        keys = [base64.b64encode(key.material).decode("ascii") for key in self._keys]
        return (json.dumps({"format": _FORMAT, "keys": keys}, indent=1) + "\n").encode("ascii")


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _keys_from_text(path: Path, text: str) -> list[InstanceKey]:
    try:
        fields = json.loads(text)
        keys = [InstanceKey(base64.b64decode(item, validate=True)) for item in fields["keys"]]
        is_ours = fields["format"] == _FORMAT
    except (ValueError, TypeError, KeyError):
        is_ours, keys = False, []
    if not is_ours or not keys or any(len(key.material) != crypto.KEY_BYTES for key in keys):
        raise KeyRefusedError(f"{path} is no key file of this software, or it is damaged.")
    return keys


def _check_from_key(material: bytes) -> bytes:
    return hashlib.sha256(b"recovery code" + material).digest()[:_CHECK_BYTES]


def _key_from_code(code: str) -> bytes:
    # 0, 1 and 8 are no letters of Base32; people write them for O, I and B.
    letters = "".join(code.split()).replace("-", "").upper().translate(str.maketrans("018", "OIB"))
    try:
        payload = base64.b32decode(letters)
    except ValueError:  # also binascii.Error, and letters that are not ASCII
        payload = b""
    material = payload[: crypto.KEY_BYTES]
    if len(payload) != crypto.KEY_BYTES + _CHECK_BYTES or payload[crypto.KEY_BYTES :] != _check_from_key(
        material
    ):
        raise KeyRefusedError("This is no recovery code, or it was mistyped: it has 14 groups of four.")
    return material


def _refuse_place(path: Path, away_from: Sequence[Path]) -> None:
    place = Path(os.path.realpath(path))
    for folder in away_from:
        if place.is_relative_to(os.path.realpath(folder)):
            raise KeyRefusedError(
                f"The key file {path} lies in the data folder {folder}: whoever copies the data would have "
                "the key as well. Set SHAMEWATCH_KEY_FILE to a file in another folder."
            )
