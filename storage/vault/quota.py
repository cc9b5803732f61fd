"""A limit on what the vault may take up: a file that would exceed it is refused whole. Stores nothing itself."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from storage.errors import BadValueError, DiskFullError
from storage.vault.blobs import Blobs

_COUNT_AGAIN_AFTER_S = 60.0
_UNITS = {
    "": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}


def bytes_from_text(text: str) -> int:
    """``20GB``, ``500 MiB`` or a plain number of bytes. Raises BadValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in _UNITS:
        raise BadValueError(f"{text!r} is no size: write it as 20GB or 500MiB.")
    return int(float(match[1]) * _UNITS[match[2]])


def text_from_bytes(size_bytes: int) -> str:
    """For people, in the units that disks are sold in: 3.2 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size_bytes < 1000 or unit == "GB":
            break
        size_bytes /= 1000  # type: ignore[assignment]
    return f"{size_bytes:,} {unit}" if isinstance(size_bytes, int) else f"{size_bytes:,.1f} {unit}"


class LimitedBlobs:
    """Another store with a limit. ``count``: what evidence names, asked of the database; a listing would take
    minutes in an object store.

    Counted anew every minute, and by what is put meanwhile. Several processes may together exceed the limit
    by what they put between two countings, and files that got no row count until then only: a sweep takes them.
    """

    def __init__(
        self,
        blobs: Blobs,
        limit_bytes: int,
        count: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._blobs = blobs
        self._limit_bytes = limit_bytes
        self._count = count
        self._clock = clock
        self._lock = threading.Lock()
        self._bytes = 0
        self._counted_at_s: float | None = None

    def own(self, owner: str) -> None:
        self._blobs.own(owner)

    def put(self, subject_id: str, address: str, sealed: bytes, *, is_replacing: bool = False) -> bool:
        self._require_quota(len(sealed))
        is_written = self._blobs.put(subject_id, address, sealed, is_replacing=is_replacing)
        if is_written:
            with self._lock:
                self._bytes += len(sealed)
        return is_written

    def get(self, subject_id: str, address: str) -> bytes:
        return self._blobs.get(subject_id, address)

    def has(self, subject_id: str, address: str) -> bool:
        return self._blobs.has(subject_id, address)

    def refresh(self, subject_id: str, address: str) -> None:
        self._blobs.refresh(subject_id, address)

    def remove(self, subject_id: str, address: str, *, written_before: datetime) -> bool:
        is_removed = self._blobs.remove(subject_id, address, written_before=written_before)
        if is_removed:
            self._count_again()
        return is_removed

    def remove_all(self, subject_id: str) -> None:
        self._blobs.remove_all(subject_id)
        self._count_again()

    def subjects(self) -> list[str]:
        return self._blobs.subjects()

    def entries(self, subject_id: str) -> Iterator[tuple[str, datetime]]:
        return self._blobs.entries(subject_id)

    def sweep_partial(self, before: datetime) -> int:
        return self._blobs.sweep_partial(before)

    def total_bytes(self) -> int:
        return self._blobs.total_bytes()

    def require_room(self, size_bytes: int) -> None:
        self._require_quota(size_bytes)
        self._blobs.require_room(size_bytes)

    def check(self) -> str:
        return self._blobs.check()

    def _require_quota(self, size_bytes: int) -> None:
        with self._lock:
            now_s = self._clock()
            if self._counted_at_s is None or now_s - self._counted_at_s > _COUNT_AGAIN_AFTER_S:
                self._bytes, self._counted_at_s = self._count(), now_s
            if self._bytes + size_bytes > self._limit_bytes:
                raise DiskFullError(
                    f"The vault is full: its quota is {text_from_bytes(self._limit_bytes)} (SHAMEWATCH_VAULT_QUOTA). "
                    "Raise it, or export and erase what is no longer needed. Nothing that was stored before is lost."
                )

    def _count_again(self) -> None:
        with self._lock:
            self._counted_at_s = None
