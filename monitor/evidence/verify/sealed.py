"""One sealed folder: are its files those that were listed, is the list signed, and since when has it existed?"""

from __future__ import annotations

import dataclasses
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
from monitor.evidence.timestamp import StampError, TsaTrust, check_stamp, covers
from monitor.evidence.verify.cms import SignatureError, check_detached, fingerprint_of
from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified

_SIGNER = "certs/signer.pem"
_ROOTS = "certs/tsa-root.pem"
_CHAIN = "certs/tsa-chain.pem"
_MAX_NAMED = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Trusted:
    """What the reader trusts: roots of timestamping authorities, and, where given, fingerprints of signers."""

    tsa: TsaTrust
    signers: frozenset[str] = frozenset()


@dataclasses.dataclass(slots=True)
class SealedFolder:
    """What the checks of one folder found. ``stamped_at``: the earliest time that a trusted stamp proves."""

    folder: Path
    name: str
    findings: list[Finding] = dataclasses.field(default_factory=list)
    sums_sha256: str = ""
    signer: x509.Certificate | None = None
    stamped_at: datetime | None = None

    def part(self, name: str) -> str:
        return f"{self.name}/{name}" if self.name else name


def check_sealed(folder: Path, name: str, trusted: Trusted) -> SealedFolder:
    """Check files, signature and stamps of one folder. ``name``: its path in the pack, empty for the top."""
    sealed = SealedFolder(folder, name)
    try:
        data = (folder / SUMS_NAME).read_bytes()
        sums = sums_from_text(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        sealed.findings.append(altered(sealed.part(SUMS_NAME), "The list of files is missing or unreadable."))
        return sealed
    except SumsError as error:
        sealed.findings.append(altered(sealed.part(SUMS_NAME), str(error)))
        return sealed
    sealed.sums_sha256 = digest_of_file(folder / SUMS_NAME)
    sealed.findings += _files(sealed, sums)
    sealed.findings.append(_signature(sealed, data, trusted))
    sealed.findings += _stamps(sealed, data, trusted)
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
        (sealed.signer,) = x509.load_pem_x509_certificates((sealed.folder / _SIGNER).read_bytes())
        check_detached((sealed.folder / SIGNATURE_NAME).read_bytes(), data, sealed.signer)
    except OSError:
        return altered(part, "The signature or its certificate is missing.")
    except (ValueError, SignatureError) as error:
        why = error if isinstance(error, SignatureError) else "certs/signer.pem is not one certificate."
        return altered(part, f"{why}")
    fingerprint = fingerprint_of(sealed.signer)
    if trusted.signers and fingerprint not in trusted.signers:
        return altered(part, f"Signed by a key that you did not name: {fingerprint}.")
    return verified(part, f"Signed by the installation with the fingerprint {fingerprint}.")


def _stamps(sealed: SealedFolder, data: bytes, trusted: Trusted) -> Iterator[Finding]:
    authorities = Authorities(trusted.tsa, trust_of_folder(sealed.folder))
    names = sorted(path.name for path in sealed.folder.iterdir() if tsa_from_stamp_name(path.name))
    for name in names:
        finding, moment = authorities.check(sealed.part(name), (sealed.folder / name).read_bytes(), data)
        if moment is not None:
            sealed.stamped_at = min(filter(None, (sealed.stamped_at, moment)))
        yield finding
    if not names:
        yield not_checkable(
            sealed.part("timestamp"), "Not stamped: no authority says since when this has existed."
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Authorities:
    """Those that the reader trusts, and those that the pack itself names, from which nothing follows."""

    trusted: TsaTrust
    named: TsaTrust

    def check(self, part: str, response_der: bytes, data: bytes) -> tuple[Finding, datetime | None]:
        """What one timestamp over ``data`` is worth, and the time that it proves to the reader."""
        # The pack's intermediates may help to reach the reader's roots.
        reachable = TsaTrust(roots=self.trusted.roots, chain=(*self.trusted.chain, *self.named.chain))
        try:
            if not covers(response_der, data):
                return altered(part, "The timestamp is over something else."), None
            moment = check_stamp(response_der, data, reachable)
        except StampError as error:
            return self._untrusted(part, response_der, data, error), None
        return verified(part, f"Existed at {moment:%Y-%m-%d %H:%M:%S} UTC, as the authority states."), moment

    def _untrusted(self, part: str, response_der: bytes, data: bytes, error: StampError) -> Finding:
        try:
            moment = check_stamp(response_der, data, self.named)
        except StampError:
            return altered(part, str(error))
        return not_checkable(
            part,
            f"Stamped at {moment:%Y-%m-%d %H:%M:%S} UTC by an authority whose root only the pack itself names. "
            "Get the root from the authority and give it with --tsa-root.",
        )


def trust_of_folder(folder: Path) -> TsaTrust:
    """The roots and intermediates that a folder brings with it."""
    found = []
    for name in (_ROOTS, _CHAIN):
        try:
            found.append(tuple(x509.load_pem_x509_certificates((folder / name).read_bytes())))
        except (OSError, ValueError):
            found.append(())
    return TsaTrust(roots=found[0], chain=found[1])
