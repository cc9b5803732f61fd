"""Sealed blobs in an S3-compatible store: one object each, below a prefix; the store sees ciphertext, ids and sizes.

Exactly the configured endpoint is talked to, with exactly the configured credentials: no proxy, profile or
metadata service of the surroundings is asked. Uploads carry their SHA-256, which the store checks.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from storage.errors import BadValueError, DiskFullError, NotFoundError, StorageError
from storage.vault.blobs import ADDRESS, SUBJECT

_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S, _ATTEMPTS = 5, 60, 4
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_REFUSED = frozenset({"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"})
_FULL = frozenset(
    {"507", "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "ServiceQuotaExceededException"}
)
_FORM = "write it as s3://bucket/prefix?endpoint=https://host:port&region=name"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """Where the objects lie. ``endpoint`` empty: Amazon's own for the region."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"


def s3_place_from_url(url: str) -> S3Place:
    """Parse ``s3://bucket/prefix?endpoint=…&region=…``. Raises BadValueError with a sentence."""
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        bucket = parts.hostname or ""
    except ValueError:
        raise BadValueError(f"The vault's address cannot be read: {_FORM}.") from None
    endpoint = options.pop("endpoint", "")
    place = S3Place(
        bucket=bucket,
        prefix=parts.path.strip("/"),
        endpoint=endpoint,
        region=options.pop("region", "us-east-1"),
    )
    is_endpoint = not endpoint or endpoint.startswith(
        ("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")
    )
    if parts.scheme != "s3" or not bucket or options or parts.username or not is_endpoint:
        raise BadValueError(f"The vault's address cannot be used: {_FORM}; http only on this machine.")
    return place


class S3Blobs:
    """Objects named ``<prefix>/<subject>/<address>``."""

    def __init__(self, place: S3Place, key_id: str, secret: str) -> None:
        self._place = place
        self._base = f"{place.prefix}/" if place.prefix else ""
        session = boto3.session.Session(
            aws_access_key_id=key_id, aws_secret_access_key=secret, region_name=place.region
        )
        self._client: Any = session.client(
            "s3",
            endpoint_url=place.endpoint or None,
            config=Config(
                connect_timeout=_CONNECT_TIMEOUT_S,
                read_timeout=_READ_TIMEOUT_S,
                retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                proxies={},
                s3={"addressing_style": "path" if place.endpoint else "auto"},
            ),
        )

    def put(self, subject_id: str, address: str, sealed: bytes) -> None:
        checksum = base64.b64encode(hashlib.sha256(sealed).digest()).decode()
        with self._told(address):
            self._client.put_object(
                Bucket=self._place.bucket,
                Key=self._key(subject_id, address),
                Body=sealed,
                ChecksumSHA256=checksum,
            )

    def get(self, subject_id: str, address: str) -> bytes:
        with self._told(address):
            answer = self._client.get_object(
                Bucket=self._place.bucket, Key=self._key(subject_id, address), ChecksumMode="ENABLED"
            )
            return bytes(answer["Body"].read())

    def has(self, subject_id: str, address: str) -> bool:
        try:
            self._head(subject_id, address)
        except NotFoundError:
            return False
        return True

    def refresh(self, subject_id: str, address: str) -> None:
        """An object's time can only be renewed by copying it onto itself, which the store does by itself."""
        key = self._key(subject_id, address)
        with self._told(address):
            self._client.copy_object(
                Bucket=self._place.bucket,
                Key=key,
                CopySource={"Bucket": self._place.bucket, "Key": key},
                MetadataDirective="REPLACE",
                Metadata={"refreshed": datetime.now(UTC).isoformat(timespec="seconds")},
            )

    def remove(self, subject_id: str, address: str, *, written_before: datetime) -> bool:
        try:
            if self._head(subject_id, address)["LastModified"] >= written_before:
                return False
        except NotFoundError:
            return False
        with self._told(address):
            self._client.delete_object(Bucket=self._place.bucket, Key=self._key(subject_id, address))
        return True

    def remove_all(self, subject_id: str) -> None:
        keys = [item["Key"] for item in self._objects(self._folder(subject_id))]
        with self._told(subject_id):
            for begin in range(0, len(keys), 1000):
                batch = [{"Key": key} for key in keys[begin : begin + 1000]]
                answer = self._client.delete_objects(
                    Bucket=self._place.bucket, Delete={"Objects": batch, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise StorageError(
                        f"Not every file of {subject_id} could be removed from the object store. Try again."
                    )

    def subjects(self) -> list[str]:
        found = set()
        with self._told("the vault"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._place.bucket, Prefix=self._base, Delimiter="/"
            )
            for page in pages:
                found |= {
                    one["Prefix"].rstrip("/").rpartition("/")[2] for one in page.get("CommonPrefixes", ())
                }
        return sorted(name for name in found if SUBJECT.fullmatch(name))

    def entries(self, subject_id: str) -> Iterator[tuple[str, datetime]]:
        for item in self._objects(self._folder(subject_id)):
            address = item["Key"].rpartition("/")[2]
            if ADDRESS.fullmatch(address):
                yield address, item["LastModified"].astimezone(UTC)

    def sweep_partial(self, before: datetime) -> int:  # noqa: ARG002 - an object is there whole or not at all
        return 0

    def total_bytes(self) -> int:
        return sum(int(item["Size"]) for item in self._objects(self._base))

    def check(self) -> str:
        key = f"{self._base}check-{secrets.token_hex(8)}"
        with self._told("the vault"):
            self._client.put_object(Bucket=self._place.bucket, Key=key, Body=b"check")
            self._client.delete_object(Bucket=self._place.bucket, Key=key)
        return f"s3://{self._place.bucket}/{self._place.prefix}"

    def _head(self, subject_id: str, address: str) -> Any:
        with self._told(address):
            return self._client.head_object(Bucket=self._place.bucket, Key=self._key(subject_id, address))

    def _objects(self, prefix: str) -> Iterator[Any]:
        with self._told("the vault"):
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._place.bucket, Prefix=prefix
            ):
                yield from page.get("Contents", ())

    def _folder(self, subject_id: str) -> str:
        if not SUBJECT.fullmatch(subject_id):
            raise StorageError("This is no id of a subject; no file of the vault has such a name.")
        return f"{self._base}{subject_id}/"

    def _key(self, subject_id: str, address: str) -> str:
        if not ADDRESS.fullmatch(address):
            raise NotFoundError("file in the vault", address)
        return f"{self._folder(subject_id)}{address}"

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn the client's errors into sentences."""
        where = self._place.endpoint or "Amazon S3"
        try:
            yield
        except ClientError as error:
            raise self._error(str(error.response.get("Error", {}).get("Code", "")), what, where) from None
        except (BotoCoreError, HTTPClientError) as error:
            raise StorageError(
                f"The object store {where} cannot be reached ({type(error).__name__}). Nothing that was stored is lost; "
                "try again."
            ) from None

    def _error(self, code: str, what: str, where: str) -> StorageError:
        if code in _MISSING:
            return NotFoundError("file in the vault", what)
        if code == "NoSuchBucket":
            return StorageError(
                f"The object store {where} has no bucket {self._place.bucket}. Make it first."
            )
        if code in _REFUSED:
            return StorageError(
                f"The object store {where} does not accept the credentials: check SHAMEWATCH_VAULT_KEY_ID and SHAMEWATCH_VAULT_SECRET."
            )
        if code == "RequestTimeTooSkewed":
            return StorageError("This machine's clock differs from the object store's: set it.")
        if code in _FULL:
            return DiskFullError(
                f"The object store {where} has no room left. Nothing that was stored is lost."
            )
        return StorageError(f"The object store {where} refused ({code}).")
