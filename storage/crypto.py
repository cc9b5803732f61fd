"""Sealing, keyed digests and derived keys: pure functions over bytes. Never touches a file or the database.

Fields are sealed with AES-256-GCM (NIST SP 800-38D) under 96-bit random nonces. The place where a
ciphertext belongs (table, column, row) is bound as associated data, so that it opens nowhere else.
Keys for different uses are derived with HKDF-Expand (RFC 5869) from one random 256-bit secret;
equality is looked up by HMAC-SHA-256 (RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage.errors import CorruptError

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


def new_key() -> bytes:
    """A random 256-bit key."""
    return secrets.token_bytes(KEY_BYTES)


def derive(secret: bytes, purpose: str) -> bytes:
    """The 256-bit key for one purpose. ``secret`` must be uniformly random (RFC 5869 §3.3)."""
    return HKDFExpand(algorithm=SHA256(), length=KEY_BYTES, info=purpose.encode()).derive(secret)


def seal(key: bytes, place: str, plain: bytes) -> bytes:
    """Encrypt for one place: version byte, nonce, ciphertext with tag (29 bytes longer than ``plain``)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, place: str, sealed: bytes) -> bytes:
    """The plain bytes. Raises CorruptError where key, place or ciphertext do not belong together."""
    if not sealed.startswith(_VERSION):
        raise CorruptError(f"{place} is damaged or was written by a newer version: restore it from a backup.")
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, place.encode())
    except (InvalidTag, ValueError):  # ValueError: cut shorter than a nonce
        raise CorruptError(
            f"{place} cannot be decrypted: it was damaged, altered, or moved from another place. "
            "Restore it from a backup."
        ) from None


def digest(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256 over the parts, each preceded by its length, so that no two lists collide."""
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        mac.update(len(part).to_bytes(8, "big"))
        mac.update(part)
    return mac.digest()


class Secret:
    """A 256-bit secret with one derived key a purpose. Its ``repr`` shows nothing."""

    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            raise CorruptError("A stored key has the wrong length: restore the database from a backup.")
        self._material = material

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @cached_property
    def _fields(self) -> bytes:
        return derive(self._material, "fields")

    @cached_property
    def _lookups(self) -> bytes:
        return derive(self._material, "lookups")

    @cached_property
    def blobs(self) -> bytes:
        """The key that vault files are sealed with."""
        return derive(self._material, "blobs")

    @cached_property
    def addresses(self) -> bytes:
        """The key of the digests that vault files are addressed by."""
        return derive(self._material, "addresses")

    def subkey(self, purpose: str) -> bytes:
        """A further derived key, for one purpose named by the caller."""
        return derive(self._material, f"sub {purpose}")

    def child(self, name: str) -> Secret:
        """A secret of its own for one part, so that no key ever seals more than 2**32 values."""
        return Secret(derive(self._material, f"child {name}"))

    def seal(self, place: str, fields: Any) -> bytes:
        """Seal JSON values for one place."""
        return seal(
            self._fields, place, json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")
        )

    def unseal(self, place: str, sealed: bytes) -> Any:
        """The JSON values that were sealed for this place. Raises CorruptError."""
        return json.loads(unseal(self._fields, place, sealed).decode("utf-8", "surrogatepass"))

    def fingerprint(self, purpose: str, *parts: str) -> bytes:
        """32 bytes that are equal for equal parts, under this secret and purpose only."""
        return digest(
            self._lookups, purpose.encode(), *(part.encode("utf-8", "surrogatepass") for part in parts)
        )
