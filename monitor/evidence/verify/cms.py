"""A detached CMS signature (RFC 5652) against one certificate that is given, by pyHanko. Asks nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

# What the libraries raise on bytes that are no signature, or one with a key or a date that none of ours has.
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    UnsupportedAlgorithm,
    SignatureValidationError,
)


class SignatureError(ValueError):
    """A signature that does not hold. The message is one sentence for people."""


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate in DER, as 64 hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def asn1_certificate(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate as pyHanko knows it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def signer_context(certificate: x509.Certificate) -> ValidationContext:
    """Trust in this one certificate. A self-signed certificate's dates prove nothing: stamps tell the time."""
    moment = certificate.not_valid_before_utc + timedelta(days=1)
    return ValidationContext(trust_roots=[asn1_certificate(certificate)], allow_fetching=False, moment=moment)


def check_detached(signature_der: bytes, data: bytes, certificate: x509.Certificate) -> None:
    """Whether exactly this certificate's key signed exactly these bytes. Raises SignatureError."""
    try:
        content = cms.ContentInfo.load(signature_der, strict=True)
        signed = content["content"] if content["content_type"].native == "signed_data" else None
        count = 0 if signed is None else len(signed["signer_infos"])
        status = asyncio.run(
            async_validate_detached_cms(data, signed, signer_validation_context=signer_context(certificate))
        )
    except UNREADABLE:
        raise SignatureError("This is no signature that can be read.") from None
    if count != 1:
        raise SignatureError("This is no signature by one signer.")
    if not status.intact:
        raise SignatureError("The signature is over something else.")
    if not status.valid:
        raise SignatureError("The signature is false.")
    if not status.trusted or status.signing_cert.dump() != asn1_certificate(certificate).dump():
        raise SignatureError("The signature is by another certificate than the one beside it.")
