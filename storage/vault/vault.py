"""Files of a subject, sealed and addressed under their key: equal files of two people share nothing.

Blobs are written before the row that names them; `sweep` removes those that never got a row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from storage import crypto
from storage.crypto import Secret
from storage.errors import CorruptError, NotFoundError
from storage.vault.blobs import Blobs

SWEEP_AFTER = timedelta(hours=24)


class Vault:
    """``secret_of`` gives a subject's secret within the scope, or raises NotFoundError."""

    def __init__(self, blobs: Blobs, secret_of: Callable[[str], Secret]) -> None:
        self._blobs = blobs
        self._secret_of = secret_of

    def put(self, subject_id: str, data: bytes) -> str:
        """Store the bytes durably; returns their address, which is the same for the same bytes.

        A damaged copy at the address is replaced. Raises NotFoundError, DiskFullError, ReadOnlyError.
        """
        secret = self._secret_of(subject_id)
        address = crypto.digest(secret.addresses, data).hex()
        is_damaged = False
        try:
            self._check(secret, subject_id, address)
            self._blobs.refresh(subject_id, address)  # it may be an orphan that is about to get its row
        except (NotFoundError, CorruptError) as error:
            is_damaged = isinstance(error, CorruptError)
        else:
            return address
        sealed = crypto.seal(secret.blobs, _place(subject_id, address), data)
        if not self._blobs.put(subject_id, address, sealed, is_replacing=is_damaged):
            # Somebody else wrote it in this moment, or what was torn off before had arrived.
            try:
                self._check(secret, subject_id, address)
            except (NotFoundError, CorruptError):
                self._blobs.put(subject_id, address, sealed, is_replacing=True)
        return address

    def require_room(self, size_bytes: int) -> None:
        """Raises DiskFullError or UnreachableError where so much could not be put now, as far as can be told.

        What cannot be kept whole should not be begun: files that were put before the one that fails stay
        until a sweep.
        """
        self._blobs.require_room(size_bytes)

    def get(self, subject_id: str, address: str) -> bytes:
        """The bytes as they were put. Raises NotFoundError; CorruptError where they were damaged or altered."""
        secret = self._secret_of(subject_id)
        data = crypto.unseal(secret.blobs, _place(subject_id, address), self._blobs.get(subject_id, address))
        if crypto.digest(secret.addresses, data).hex() != address:
            raise CorruptError(f"{_place(subject_id, address)} is another file than its address says.")
        return data

    def has(self, subject_id: str, address: str) -> bool:
        """Whether a file stands at the address, damaged or not. Raises NotFoundError for the subject."""
        self._secret_of(subject_id)
        return self._blobs.has(subject_id, address)

    def _check(self, secret: Secret, subject_id: str, address: str) -> None:
        """Raises NotFoundError, CorruptError."""
        crypto.unseal(secret.blobs, _place(subject_id, address), self._blobs.get(subject_id, address))


def sweep(
    blobs: Blobs,
    now: datetime,
    named_by: Callable[[str], Collection[str] | None],
    *,
    after: timedelta = SWEEP_AFTER,
) -> int:
    """Remove blobs that no row names and that are older than ``after``. Returns how many.

    ``named_by`` gives the addresses that a subject's rows name, None for a subject that is gone: its
    folder goes whole.
    """
    before = now - after
    removed = blobs.sweep_partial(before)
    for subject_id in blobs.subjects():
        # Addresses are listed before the rows are asked for: a row can only be younger than its blob.
        entries = list(blobs.entries(subject_id))
        old = [address for address, written_at in entries if written_at < before]
        named = named_by(subject_id)
        if named is None and len(old) == len(entries):
            removed += len(old)
            blobs.remove_all(subject_id)
            continue
        # What is young may belong to a subject whose transaction is not committed yet.
        removed += sum(
            blobs.remove(subject_id, address, written_before=before)
            for address in old
            if address not in (named or ())
        )
    return removed


def _place(subject_id: str, address: str) -> str:
    return f"vault/{subject_id}/{address}"
