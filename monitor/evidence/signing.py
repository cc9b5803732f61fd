"""The installation's own signature under its evidence: CMS by an ECDSA P-256 key that is made once and can be changed.

The certificate is self-signed: it says which installation signed, and the fingerprint can be compared by
telephone. That nothing was changed since a time is what trusted timestamps show, not this.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from monitor.errors import MonitorError
from storage.files import make_private_folder, write_new_file

CURRENT_NAME = "current.pem"
_VALID_FOR = timedelta(days=3653)


class SigningKeyError(MonitorError):
    """The key that evidence is signed with cannot be used ({path}): {why}. Put the file back from a backup, or run `shamewatch evidence signer --rotate` to sign with a new one."""

    exit_code = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Signer:
    """A key with its certificate. Its ``repr`` shows no key."""

    certificate: x509.Certificate
    private_key: ec.EllipticCurvePrivateKey = dataclasses.field(repr=False)

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in DER, as 64 hexadecimal digits."""
        return fingerprint_of(self.certificate)

    def sign(self, data: bytes) -> bytes:
        """A detached CMS signature (RFC 5652) over the bytes as they are, in DER."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
        builder = builder.add_signer(self.certificate, self.private_key, hashes.SHA256())
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
        return builder.sign(serialization.Encoding.DER, options)


class SigningKeys:
    """The folder with the key in use and the certificates of those before it. Never beside the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def _current(self) -> Path:
        return self.folder / CURRENT_NAME

    def signer(self) -> Signer:
        """The key in use, made at the first call. Raises SigningKeyError, StorageError."""
        if not self._current.exists():
            make_private_folder(self.folder)
            with contextlib.suppress(FileExistsError):  # another process was quicker; its key is as good
                write_new_file(self._current, _pem(_new_signer()), mode=0o600)
        return self._read()

    def rotate(self) -> Signer:
        """Sign with a new key from now on. The certificate before stays here, its private key is destroyed."""
        make_private_folder(self.folder)
        if self._current.exists():
            try:
                before = self._read()
            except SigningKeyError:
                # What cannot be read signs nothing; it is kept under another name, in case it can be mended.
                self._current.rename(self.folder / f"unreadable-{secrets.token_hex(4)}.pem")
            else:
                retired = self.folder / f"retired-{before.fingerprint[:16]}.pem"
                write_new_file(retired, before.certificate_pem, mode=0o600, is_replacing=True)
        write_new_file(self._current, _pem(_new_signer()), mode=0o600, is_replacing=True)
        return self._read()

    def retired(self) -> list[x509.Certificate]:
        """The certificates of earlier keys, oldest first."""
        found = [
            certificate
            for path in sorted(self.folder.glob("retired-*.pem"))
            for certificate in x509.load_pem_x509_certificates(path.read_bytes())
        ]
        return sorted(found, key=lambda one: one.not_valid_before_utc)

    def _read(self) -> Signer:
        try:
            pem = self._current.read_bytes()
            key = serialization.load_pem_private_key(pem, password=None)
            certificate = x509.load_pem_x509_certificate(pem)
        except OSError as error:
            raise SigningKeyError(path=self._current, why=error.strerror) from None
        except ValueError:
            raise SigningKeyError(path=self._current, why="it is damaged") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            raise SigningKeyError(path=self._current, why="key and certificate do not belong together")
        return Signer(certificate, key)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate in DER, as 64 hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _new_signer() -> Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    # Random, so that nothing of machine or operator stands in every pack.
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Shamewatch"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Evidence signer {secrets.token_hex(4)}"),
        ]
    )
    now = datetime.now(UTC).replace(microsecond=0)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    public = key.public_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Signer(certificate, key)


def _pem(signer: Signer) -> bytes:
    private = signer.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + signer.certificate_pem
