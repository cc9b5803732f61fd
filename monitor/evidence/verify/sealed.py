"""One sealed folder: are its files those that were listed, is the list signed, and since when has it existed?"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509

from monitor.evidence.sums import (
    SIGNATURE_NAME,
    SUMS_NAME,
    SumsError,
    digest_of_file,
    files_of_folder,
    is_listed,
    sums_from_text,
    tsa_from_stamp_name,
)
from monitor.evidence.timestamp import TsaTrust
from monitor.evidence.verify.cms import UNREADABLE, SignatureError, check_detached, fingerprint_of
from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified
from monitor.evidence.verify.reading import UnreadableError, read_file
from monitor.evidence.verify.stamps import MAX_STAMP_BYTES, Authorities, authorities_of_folder

SIGNER = "certs/signer.pem"
_MAX_SUMS_BYTES = 20_000_000
_MAX_SIGNATURE_BYTES = 200_000
_MAX_NAMED = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Trusted:
    """What the reader trusts: roots of timestamping authorities, and, where given, fingerprints of signers."""

    tsa: TsaTrust
    signers: frozenset[str] = frozenset()


@dataclasses.dataclass(slots=True)
class SealedFolder:
    """What the checks of one folder found. ``stamped_at``: the earliest time that a trusted stamp proves.

    ``signer``: its certificate, where its signature holds.
    """

    folder: Path
    name: str
    authorities: Authorities
    findings: list[Finding] = dataclasses.field(default_factory=list)
    sums_sha256: str = ""
    signer: x509.Certificate | None = None
    stamped_at: datetime | None = None

    def part(self, name: str) -> str:
        return f"{self.name}/{name}" if self.name else name


def check_sealed(folder: Path, name: str, trusted: Trusted) -> SealedFolder:
    """Check files, signature and stamps of one folder. ``name``: its path in the pack, empty for the top."""
    sealed = SealedFolder(folder, name, authorities_of_folder(folder, trusted.tsa))
    try:
        data = read_file(folder / SUMS_NAME, _MAX_SUMS_BYTES)
        sums = sums_from_text(data.decode("utf-8"))
    except UnicodeDecodeError:
        sealed.findings.append(altered(sealed.part(SUMS_NAME), "The list of files is unreadable."))
        return sealed
    except (SumsError, UnreadableError) as error:
        sealed.findings.append(altered(sealed.part(SUMS_NAME), str(error)))
        return sealed
    sealed.sums_sha256 = hashlib.sha256(data).hexdigest()
    sealed.findings += _files(sealed, sums)
    sealed.findings.append(_signature(sealed, data, trusted))
    sealed.findings += _stamps(sealed, data)
    return sealed


def _files(sealed: SealedFolder, sums: dict[str, str]) -> Iterator[Finding]:
    part = sealed.part("files")
    try:
        present = {name: path for name, path in files_of_folder(sealed.folder) if is_listed(name)}
    except SumsError as error:
        yield altered(part, str(error))
        return
    missing, unlisted = sorted(sums.keys() - present.keys()), sorted(present.keys() - sums.keys())
    changed = sorted(name for name in sums.keys() & present if digest_of_file(present[name]) != sums[name])
    for what, names in (
        ("Changed since it was sealed", changed),
        ("Missing", missing),
        ("Added after sealing", unlisted),
    ):
        if names:
            more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
            yield altered(part, f"{what}: {', '.join(names[:_MAX_NAMED])}{more}.")
    if not (missing or unlisted or changed):
        yield verified(part, f"All {len(sums)} files are there and as they were listed, and no other.")


def _signature(sealed: SealedFolder, data: bytes, trusted: Trusted) -> Finding:
    part = sealed.part(SIGNATURE_NAME)
    try:
        (signer,) = x509.load_pem_x509_certificates(read_file(sealed.folder / SIGNER, _MAX_SIGNATURE_BYTES))
        check_detached(read_file(sealed.folder / SIGNATURE_NAME, _MAX_SIGNATURE_BYTES), data, signer)
    except (SignatureError, UnreadableError) as error:
        return altered(part, str(error))
    except UNREADABLE:
        return altered(part, "certs/signer.pem is not one certificate.")
    sealed.signer = signer
    fingerprint = fingerprint_of(signer)
    if trusted.signers and fingerprint not in trusted.signers:
        return altered(part, f"Signed by a key that you did not name: {fingerprint}.")
    return verified(part, f"Signed by the key with the fingerprint {fingerprint}.")


def _stamps(sealed: SealedFolder, data: bytes) -> Iterator[Finding]:
    names = sorted(path.name for path in sealed.folder.iterdir() if tsa_from_stamp_name(path.name))
    for name in names:
        try:
            response_der = read_file(sealed.folder / name, MAX_STAMP_BYTES)
        except UnreadableError as error:
            yield altered(sealed.part(name), str(error))
            continue
        finding, moment = sealed.authorities.check(sealed.part(name), response_der, data)
        if moment is not None:
            sealed.stamped_at = min(filter(None, (sealed.stamped_at, moment)))
        yield finding
    if not names:
        yield not_checkable(
            sealed.part("timestamp"), "Not stamped: no authority says since when this has existed."
        )
