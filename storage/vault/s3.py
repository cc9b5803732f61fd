"""Sealed blobs in an S3-compatible store: one object each, below a prefix; the store sees ciphertext, ids and sizes.

Objects are written once: what stands at an address is replaced on demand only. Uploads carry their SHA-256,
which the store checks, and downloads are checked against it. Objects are named as the local folder names its
files, so that a vault can be moved by copying it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import logging
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, FlexibleChecksumError, HTTPClientError, IncompleteReadError

from storage.errors import NotFoundError, StorageError, VaultRefusedError
from storage.vault.blobs import ADDRESS, SUBJECT
from storage.vault.s3_client import code_of, open_client, told_as_storage_errors
from storage.vault.s3_place import S3Place

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 4
_FIRST_PAUSE_S = 0.2
# What breaks while an answer's body is read: the client tries none of it again.
_TORN = (HTTPClientError, IncompleteReadError, FlexibleChecksumError)
_THERE_ALREADY = frozenset({"412", "PreconditionFailed"})
_WRITTEN_BY_OTHERS = frozenset({"409", "ConditionalRequestConflict", "OperationAborted"})
_REMOVALS_AT_ONCE = 8
_OWNER_NAME = "INSTALLATION"


class S3Blobs:
    """Objects named ``<prefix>/<subject>/<first two digits>/<address>``. Safe to share among threads.

    One installation owns a place: an object INSTALLATION says which. Without it a second installation
    would take the first one's files for orphans and sweep them away.
    """

    def __init__(self, place: S3Place, key_id: str, secret: str, *, attempts: int = _ATTEMPTS) -> None:
        self._place = place
        self._attempts = attempts
        self._client = open_client(place, key_id, secret, attempts=attempts)
        self._owner = ""
        self._is_claimed = False
        self._has_conditions = (
            False  # until the store has shown that it minds them: some do not, and say nothing
        )

    def own(self, owner: str) -> None:
        """Whose files these are: one word. The store is asked at the first change."""
        self._owner, self._is_claimed = owner, False

    def put(self, subject_id: str, address: str, sealed: bytes, *, is_replacing: bool = False) -> bool:
        key = self._key(subject_id, address)
        self._claim()
        return self._write(key, sealed, is_replacing=is_replacing)

    def get(self, subject_id: str, address: str) -> bytes:
        key = self._key(subject_id, address)
        with told_as_storage_errors(self._place, address):
            return self._read(key)

    def has(self, subject_id: str, address: str) -> bool:
        return self._written_at(self._key(subject_id, address), address) is not None

    def refresh(self, subject_id: str, address: str) -> None:
        """An object's time is renewed by copying it onto itself, which happens in the store: no byte is sent."""
        key = self._key(subject_id, address)
        self._claim()
        with told_as_storage_errors(self._place, address):
            self._client.copy_object(
                Bucket=self._place.bucket,
                Key=key,
                CopySource={"Bucket": self._place.bucket, "Key": key},
                # A copy onto itself is refused where nothing changes.
                MetadataDirective="REPLACE",
                Metadata={"refreshed-at": datetime.now(UTC).isoformat()},
            )

    def remove(self, subject_id: str, address: str, *, written_before: datetime) -> bool:
        key = self._key(subject_id, address)
        self._claim()
        written_at = self._written_at(key, address)
        if written_at is None or written_at >= written_before:
            return False
        self._delete(key)
        return True

    def remove_all(self, subject_id: str) -> None:
        folder = self._folder(subject_id)
        self._claim()
        # One by one: to delete many at once asks for a header that stores do not agree on.
        with ThreadPoolExecutor(_REMOVALS_AT_ONCE, thread_name_prefix="removal") as pool:
            for _ in pool.map(self._delete, [item["Key"] for item in self._objects(folder)]):
                pass

    def subjects(self) -> list[str]:
        with told_as_storage_errors(self._place):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._place.bucket, Prefix=self._place.base, Delimiter="/"
            )
            folders = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ())]
        names = {folder.rstrip("/").rpartition("/")[2] for folder in folders}
        return sorted(name for name in names if SUBJECT.fullmatch(name))

    def entries(self, subject_id: str) -> Iterator[tuple[str, datetime]]:
        for item in self._objects(self._folder(subject_id)):
            address = item["Key"].rpartition("/")[2]
            if ADDRESS.fullmatch(address):
                yield address, item["LastModified"].astimezone(UTC)

    def sweep_partial(self, before: datetime) -> int:  # noqa: ARG002 - an object is there whole or not at all
        return 0

    def total_bytes(self) -> int:
        return sum(
            int(item["Size"])
            for item in self._objects(self._place.base)
            if ADDRESS.fullmatch(item["Key"].rpartition("/")[2])
        )

    def require_room(self, size_bytes: int) -> None:  # noqa: ARG002 - a store tells when it is full, not before
        """Asks only whether the store answers: what is to be written would be made for nothing otherwise."""
        with told_as_storage_errors(self._place):
            self._client.list_objects_v2(Bucket=self._place.bucket, Prefix=self._place.base, MaxKeys=1)

    def check(self) -> str:
        self._claim()
        key, content = f"{self._place.base}.check-{secrets.token_hex(8)}", secrets.token_bytes(64)
        self._write(key, content, is_replacing=True)
        try:
            with told_as_storage_errors(self._place, "check"):
                is_same = self._read(key) == content
            self.subjects()
        finally:
            self._delete(key)
        if not is_same:
            raise VaultRefusedError(f"{self._place} gives back other bytes than were put there.")
        return str(self._place)

    def _write(self, key: str, content: bytes, *, is_replacing: bool) -> bool:
        """Whether it was written: an object that stands there already stays, unless ``is_replacing``."""
        is_conditional = self._has_conditions and not is_replacing
        if not (is_replacing or is_conditional) and self._written_at(key, key) is not None:
            return False
        with told_as_storage_errors(self._place, key):
            return self._put_object(key, content, is_conditional=is_conditional)

    def _put_object(self, key: str, content: bytes, *, is_conditional: bool) -> bool:
        """Whether it was written. ``is_conditional``: only where there is no such object yet (RFC 9110 §13.1.2)."""
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        condition = {"IfNoneMatch": "*"} if is_conditional else {}
        for attempt in range(self._attempts):
            try:
                self._client.put_object(
                    Bucket=self._place.bucket,
                    Key=key,
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=checksum,
                    **condition,
                )
            except ClientError as error:
                code = code_of(error)
                if is_conditional and code in _THERE_ALREADY:
                    return False
                if code not in _WRITTEN_BY_OTHERS or attempt == self._attempts - 1:
                    raise
                _pause(attempt)
            else:
                return True
        raise AssertionError("the last attempt returns or raises")

    def _read(self, key: str) -> bytes:
        """The whole object, checked against its checksum; an answer that breaks off is asked for again."""
        for attempt in range(self._attempts):
            try:
                answer = self._client.get_object(Bucket=self._place.bucket, Key=key, ChecksumMode="ENABLED")
                with contextlib.closing(answer["Body"]) as body:
                    return bytes(body.read())
            except _TORN:
                if attempt == self._attempts - 1:
                    raise
                _pause(attempt)
        raise AssertionError("the last attempt returns or raises")

    def _written_at(self, key: str, what: str) -> datetime | None:
        """None where there is no such object."""
        try:
            with told_as_storage_errors(self._place, what):
                answer = self._client.head_object(Bucket=self._place.bucket, Key=key)
        except NotFoundError:
            return None
        written_at: datetime = answer["LastModified"]
        return written_at.astimezone(UTC)

    def _delete(self, key: str) -> None:
        with told_as_storage_errors(self._place, key), contextlib.suppress(self._client.exceptions.NoSuchKey):
            self._client.delete_object(Bucket=self._place.bucket, Key=key)

    def _objects(self, prefix: str) -> Iterator[Any]:
        with told_as_storage_errors(self._place):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._place.bucket, Prefix=prefix
            )
            for page in pages:
                yield from page.get("Contents", ())

    def _claim(self) -> None:
        """Write whose place this is, or find it written. Raises VaultRefusedError where it is another's.

        Written once more on condition, it shows whether the store minds conditions.
        """
        if self._is_claimed or not self._owner:
            return
        key = f"{self._place.base}{_OWNER_NAME}"
        said = (
            f"{self._owner}\nThe files beside this one belong to one installation. Do not remove this one.\n"
        )
        try:
            # Read rather than asked for by HEAD, whose answer could not say why it is refused.
            owner = self._read_owner(key)
        except NotFoundError:
            with told_as_storage_errors(self._place, _OWNER_NAME):
                self._put_object(key, said.encode(), is_conditional=False)
            owner = self._read_owner(key)
        if owner != self._owner:
            raise VaultRefusedError(
                f"{self._place} belongs to another installation, whose files this one would take for its own "
                "leftovers. Give each a bucket or prefix of its own in SHAMEWATCH_VAULT_URL."
            )
        try:
            with told_as_storage_errors(self._place, _OWNER_NAME):
                self._has_conditions = not self._put_object(key, said.encode(), is_conditional=True)
        except VaultRefusedError as error:  # such as 501 Not Implemented
            _LOG.debug("The vault's server takes no conditions: %s", error)
        self._is_claimed = True

    def _read_owner(self, key: str) -> str:
        with told_as_storage_errors(self._place, _OWNER_NAME):
            return self._read(key).partition(b"\n")[0].decode("ascii", "replace")

    def _folder(self, subject_id: str) -> str:
        if not SUBJECT.fullmatch(subject_id):
            raise StorageError("This is no id of a subject; no file of the vault has such a name.")
        return f"{self._place.base}{subject_id}/"

    def _key(self, subject_id: str, address: str) -> str:
        if not ADDRESS.fullmatch(address):
            raise NotFoundError("file in the vault", address)
        return f"{self._folder(subject_id)}{address[:2]}/{address}"


def _pause(attempt: int) -> None:
    time.sleep(_FIRST_PAUSE_S * 2**attempt)
