"""Seals a folder: digests of every file, our signature over them, trusted timestamps over them. Changes no file.

A folder is sealed once. Stamps may come later (``stamp_folder``): until then there is no stamp in it, and
nothing says that there is.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from monitor.evidence.signing import Signer
from monitor.evidence.sums import (
    SIGNATURE_NAME,
    SUMS_NAME,
    SumsError,
    stamp_name,
    sums_of_folder,
    text_from_sums,
)
from monitor.evidence.timestamp import StampError, TsaTrust, accept_stamp, stamp_request
from monitor.evidence.tsa import Tsa, pem_from_certificates
from storage.files import sync_folder, write_new_file

CERTS = "certs"
SIGNER_CERT = f"{CERTS}/signer.pem"
ROOT_CERTS = f"{CERTS}/tsa-root.pem"
CHAIN_CERTS = f"{CERTS}/tsa-chain.pem"


@dataclasses.dataclass(frozen=True, slots=True)
class Stamp:
    """One trusted timestamp: the response as the authority sent it, and the time (UTC) that it states."""

    tsa: str
    generated_at: datetime
    response_der: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Unstamped:
    """An authority that gave no stamp, and why, in a sentence."""

    tsa: str
    why: str


class Stamper:
    """Asks every authority, all at once. ``ask`` sends a request and hands back the answer, or raises StampError."""

    def __init__(self, tsas: Sequence[Tsa], trust: TsaTrust, ask: Callable[[Tsa, bytes], bytes]) -> None:
        self.tsas = tuple(tsas)
        self.trust = trust
        self.ask = ask

    def stamps(
        self, data: bytes, without: frozenset[str] = frozenset()
    ) -> tuple[list[Stamp], list[Unstamped]]:
        """Stamps over ``data`` by every authority but those named in ``without``, and who gave none."""
        wanted = [tsa for tsa in self.tsas if tsa.name not in without]
        if not wanted:
            return [], []
        with ThreadPoolExecutor(len(wanted)) as pool:
            answers = list(pool.map(lambda tsa: self._stamp_or_why(data, tsa), wanted))
        stamps = [answer for answer in answers if isinstance(answer, Stamp)]
        return stamps, [answer for answer in answers if isinstance(answer, Unstamped)]

    def stamp(self, data: bytes, tsa: Tsa) -> Stamp:
        """One stamp, checked. Raises StampError."""
        request = stamp_request(data)
        response = self.ask(tsa, request.as_bytes())
        return Stamp(tsa.name, accept_stamp(request, response, data, self.trust, datetime.now(UTC)), response)

    def _stamp_or_why(self, data: bytes, tsa: Tsa) -> Stamp | Unstamped:
        try:
            return self.stamp(data, tsa)
        except StampError as error:
            return Unstamped(tsa.name, str(error))


@dataclasses.dataclass(frozen=True, slots=True)
class Sealing:
    """What seals are made with."""

    signer: Signer
    stamper: Stamper


@dataclasses.dataclass(frozen=True, slots=True)
class Seal:
    """What a folder was sealed with. ``sums_sha256`` is the digest of SHA256SUMS."""

    sums_sha256: str
    signer_fingerprint: str
    stamps: tuple[Stamp, ...]
    unstamped: tuple[Unstamped, ...]

    @property
    def stamped_at(self) -> datetime | None:
        """The earliest time that an authority vouches for; None while not yet stamped."""
        return min((stamp.generated_at for stamp in self.stamps), default=None)


def seal_folder(folder: Path, sealing: Sealing, *, is_stamped_now: bool = True) -> Seal:
    """Add certificates, SHA256SUMS, its signature and what stamps can be had now, all forced to disk.

    ``is_stamped_now`` False: nobody is asked yet; whoever keeps the folder asks at once, beside other work.

    Raises SumsError where the folder is sealed already or holds what cannot be listed; StorageError
    where it cannot be written. A stamp that does not come is no error: ``Seal.unstamped`` says why.
    """
    if (folder / SUMS_NAME).exists():
        raise SumsError(f"{folder} is sealed already.")
    _write_certificates(folder, sealing)
    data = text_from_sums(sums_of_folder(folder)).encode()
    write_new_file(folder / SUMS_NAME, data, mode=0o600)
    write_new_file(folder / SIGNATURE_NAME, sealing.signer.sign(data), mode=0o600)
    stamps, unstamped = stamp_folder(folder, sealing.stamper) if is_stamped_now else ([], [])
    sync_folder(folder)
    fingerprint = sealing.signer.fingerprint
    return Seal(hashlib.sha256(data).hexdigest(), fingerprint, tuple(stamps), tuple(unstamped))


def stamp_folder(folder: Path, stamper: Stamper) -> tuple[list[Stamp], list[Unstamped]]:
    """Add the stamps that a sealed folder does not have yet. Raises OSError where it is not sealed."""
    data = (folder / SUMS_NAME).read_bytes()
    present = frozenset(tsa.name for tsa in stamper.tsas if (folder / stamp_name(tsa.name)).exists())
    stamps, unstamped = stamper.stamps(data, without=present)
    for stamp in stamps:
        write_new_file(folder / stamp_name(stamp.tsa), stamp.response_der, mode=0o600)
    return stamps, unstamped


def _write_certificates(folder: Path, sealing: Sealing) -> None:
    """Before the digests are taken: whoever checks needs them, so they are sealed with the rest."""
    (folder / CERTS).mkdir(mode=0o700, exist_ok=True)
    trust, has_tsas = sealing.stamper.trust, bool(sealing.stamper.tsas)
    write_new_file(folder / SIGNER_CERT, sealing.signer.certificate_pem, mode=0o600)
    if has_tsas:
        write_new_file(folder / ROOT_CERTS, pem_from_certificates(trust.roots), mode=0o600)
    if has_tsas and trust.chain:
        write_new_file(folder / CHAIN_CERTS, pem_from_certificates(trust.chain), mode=0o600)
    sync_folder(folder / CERTS)
