"""Sealed folders go into the vault and come out again as they were; stamps are added as they come. Opens no seal."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from monitor.evidence.comparison import seen_from_manifest
from monitor.evidence.seal import Stamp, Stamper, Unstamped
from monitor.evidence.sums import SUMS_NAME, files_of_folder, is_safe_name, stamp_name, tsa_from_stamp_name
from monitor.evidence.timeline import Moment
from monitor.evidence.timestamp import stated_time
from monitor.progress import Step, Watcher
from storage import Scope, Storage, UnitOfWork
from storage.errors import CorruptError, NotFoundError, StorageError
from storage.files import make_private_folder, write_new_file
from storage.repositories.evidence import EvidenceFile, EvidenceRecord
from storage.vault.custody import Action

STAMPER = "shamewatch"
_LOG = logging.getLogger(__name__)
_MEDIA_TYPES = {
    ".wacz": "application/wacz",
    ".png": "image/png",
    ".html": "text/html; charset=utf-8",
    ".mhtml": "multipart/related",
    ".pem": "application/x-pem-file",
    ".json": "application/json",
    ".p7s": "application/pkcs7-signature",
    ".tsr": "application/timestamp-reply",
}
_FIRST_RETRY = timedelta(minutes=1)
_LAST_RETRY = timedelta(hours=12)


def put_folder(work: UnitOfWork, subject_id: str, folder: Path) -> list[EvidenceFile]:
    """Put every file of a sealed folder into the subject's vault, or none where there is no room for all.

    Raises StorageError, SumsError, OSError.
    """
    files = list(files_of_folder(folder))
    work.vault.require_room(sum(path.stat().st_size for _, path in files))
    return [_put(work, subject_id, name, path.read_bytes(), _media_type(name)) for name, path in files]


def take_folder(work: UnitOfWork, record: EvidenceRecord, into: Path) -> None:
    """Write the files of an evidence item into the new folder ``into``, byte for byte as they were sealed.

    Raises StorageError where the folder cannot be written or a file of the vault is damaged.
    """
    make_private_folder(into)
    for file in record.files:
        if not is_safe_name(file.name):
            raise CorruptError(f"{record.id} names a file that cannot be written here.")
        path = into / PurePosixPath(file.name)
        make_private_folder(path.parent)
        write_new_file(path, work.vault.get(record.subject_id, file.vault_address), mode=0o600)


def stamp_kept(storage: Storage, evidence_id: str, stamper: Stamper) -> tuple[list[Stamp], list[Unstamped]]:
    """Ask for the stamps that a kept item lacks, and keep them with it; what did not come is asked for again later.

    Raises NotFoundError where the item was erased meanwhile.
    """
    with storage.read(Scope.operator()) as work:
        record = work.evidence.get(evidence_id)
        data = next(
            (work.vault.get(record.subject_id, f.vault_address) for f in record.files if f.name == SUMS_NAME),
            None,
        )
    if data is None:
        return [], []
    present = frozenset(filter(None, (tsa_from_stamp_name(file.name) for file in record.files)))
    stamps, unstamped = stamper.stamps(data, without=present)
    with storage.read(Scope.operator()) as work:
        files = [
            _put(work, record.subject_id, stamp_name(one.tsa), one.response_der, _MEDIA_TYPES[".tsr"])
            for one in stamps
        ]
    now = datetime.now(UTC)
    with storage.begin(Scope.operator()) as work:
        if files:
            work.evidence.add_files(evidence_id, files)
            work.evidence.set_stamped(evidence_id, min(one.generated_at for one in stamps))
            names = " ".join(one.tsa for one in stamps)
            work.custody.record(evidence_id, Action.STAMPED, STAMPER, names)
        if unstamped:
            work.evidence.put_off_stamp(evidence_id, next_try(record.captured_at, now))
        elif not files:
            work.evidence.set_stamped(evidence_id, record.stamped_at)
    return stamps, unstamped


def stamp_or_put_off(storage: Storage, evidence_id: str, stamper: Stamper, watcher: Watcher) -> int:
    """Like ``stamp_kept``, but whatever stands in the way of one item holds up nothing else. How many stamps came.

    An item that is damaged, or whose vault does not answer, is put off like one whose authorities are down.
    """
    try:
        stamps, unstamped = stamp_kept(storage, evidence_id, stamper)
    except NotFoundError:
        return 0  # erased meanwhile, or a file of it is missing, which scrubbing tells
    except StorageError as fault:
        _LOG.warning("%s cannot be stamped now: %s", evidence_id, fault)
        _put_off(storage, evidence_id)
        watcher.happened(Step.STAMP, outcome="not yet stamped")
        return 0
    for _ in stamps:
        watcher.happened(Step.STAMP, outcome="stamped")
    for _ in unstamped:
        watcher.happened(Step.STAMP, outcome="not yet stamped")
    return len(stamps)


def _put_off(storage: Storage, evidence_id: str) -> None:
    """Without reading the item: what is damaged may be its own row."""
    now = datetime.now(UTC)
    with contextlib.suppress(StorageError), storage.begin(Scope.operator()) as work:
        work.evidence.put_off_stamp(evidence_id, now + _LAST_RETRY)


def next_try(since: datetime, now: datetime) -> datetime:
    """When to ask again: soon after the capture, then ever more seldom, and never for the last time."""
    return now + min(max((now - since) / 2, _FIRST_RETRY), _LAST_RETRY)


def stamp_times(record: EvidenceRecord, work: UnitOfWork) -> Sequence[tuple[str, datetime]]:
    """Authority and stated time of each stamp that is kept. Raises CorruptError, StampError."""
    return [
        (tsa, stated_time(work.vault.get(record.subject_id, file.vault_address)))
        for file in record.files
        if (tsa := tsa_from_stamp_name(file.name)) is not None
    ]


def moment_from_record(record: EvidenceRecord) -> Moment:
    """A kept item as a moment of the timeline. Captures of one hit are compared, and those that looked for the same on one page."""
    seen = seen_from_manifest(record.manifest, record.captured_at, record.verdict, record.url)
    expected = "\0".join(map(str, record.manifest.get("expected") or ()))
    return Moment(
        item_id=record.id,
        kind=record.kind,
        page=record.url or record.reason,
        seen=seen,
        series=record.hit_id or f"{seen.page}\0{expected}",
    )


def _put(work: UnitOfWork, subject_id: str, name: str, data: bytes, media_type: str) -> EvidenceFile:
    return EvidenceFile(
        name=name,
        media_type=media_type,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        vault_address=work.vault.put(subject_id, data),
    )


def _media_type(name: str) -> str:
    if name == SUMS_NAME:
        return "text/plain; charset=utf-8"
    return _MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
