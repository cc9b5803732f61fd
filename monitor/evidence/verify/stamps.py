"""What one trusted timestamp (RFC 3161) is worth to the reader, who trusts other roots than a pack may name."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

from cryptography import x509

from monitor.evidence.timestamp import StampError, TsaTrust, check_stamp, covers
from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified
from monitor.evidence.verify.reading import UnreadableError, read_file

MAX_STAMP_BYTES = 200_000
_ROOTS = "certs/tsa-root.pem"
_CHAIN = "certs/tsa-chain.pem"
_MAX_CERTIFICATES_BYTES = 2_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class Authorities:
    """Those that the reader trusts, and those that the pack itself names, from which nothing follows."""

    trusted: TsaTrust
    named: TsaTrust

    def check(self, part: str, response_der: bytes, data: bytes) -> tuple[Finding, datetime | None]:
        """The finding on a timestamp over ``data``, and the time that it proves to the reader."""
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


def authorities_of_folder(folder: Path, trusted: TsaTrust) -> Authorities:
    """The reader's, and those of whose roots and intermediates a folder brings the certificates."""
    return Authorities(
        trusted, TsaTrust(roots=_certificates(folder / _ROOTS), chain=_certificates(folder / _CHAIN))
    )


def _certificates(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(read_file(path, _MAX_CERTIFICATES_BYTES)))
    except (ValueError, UnreadableError):
        return ()  # whether the files are those that were sealed is another check's affair
