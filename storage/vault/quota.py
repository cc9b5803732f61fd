"""A limit on what the vault may take up: a file that would exceed it is refused whole. Stores nothing itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from storage.errors import BadValueError, DiskFullError
from storage.vault.blobs import Blobs

_COUNT_AGAIN_AFTER_S = 600.0
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


class LimitedBlobs:
    """Another store with a limit. Counted by a listing every ten minutes, and by what is put meanwhile.

    Several processes may together exceed it by what they put between two countings.
    """

    def __init__(self, blobs: Blobs, limit_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._blobs = blobs
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._bytes = 0
        self._counted_at_s: float | None = None

    def put(self, subject_id: str, address: str, sealed: bytes) -> None:
        now_s = self._clock()
        if self._counted_at_s is None or now_s - self._counted_at_s > _COUNT_AGAIN_AFTER_S:
            self._bytes, self._counted_at_s = self._blobs.total_bytes(), now_s
        if self._bytes + len(sealed) > self._limit_bytes:
            self._counted_at_s = None  # counted anew at the next try: something may have been removed
            raise DiskFullError(
                f"The vault is full: its quota is {self._limit_bytes:,} bytes (SHAMEWATCH_VAULT_QUOTA). Raise it, or "
                "export and erase what is no longer needed. Nothing that was stored before is lost."
            )
        self._blobs.put(subject_id, address, sealed)
        self._bytes += len(sealed)

    def get(self, subject_id: str, address: str) -> bytes:
        return self._blobs.get(subject_id, address)

    def has(self, subject_id: str, address: str) -> bool:
        return self._blobs.has(subject_id, address)

    def refresh(self, subject_id: str, address: str) -> None:
        self._blobs.refresh(subject_id, address)

    def remove(self, subject_id: str, address: str, *, written_before: datetime) -> bool:
        return self._blobs.remove(subject_id, address, written_before=written_before)

    def remove_all(self, subject_id: str) -> None:
        self._blobs.remove_all(subject_id)
        self._counted_at_s = None

    def subjects(self) -> list[str]:
        return self._blobs.subjects()

    def entries(self, subject_id: str) -> Iterator[tuple[str, datetime]]:
        return self._blobs.entries(subject_id)

    def sweep_partial(self, before: datetime) -> int:
        return self._blobs.sweep_partial(before)

    def total_bytes(self) -> int:
        return self._blobs.total_bytes()

    def check(self) -> str:
        return self._blobs.check()
