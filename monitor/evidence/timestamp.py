"""Trusted timestamps by RFC 3161: what is asked for, and whether an answer is worth anything. Sends nothing.

A stamp is accepted only where its imprint is of our data, its nonce is ours, its signer has the critical
extended key usage timeStamping (RFC 3161 §2.3) and chains to a trusted root **at the time it states**:
an authority's certificate may expire later without harm.
"""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

# A stamp that names a time far from ours is a fault of one of the two clocks; either is worth a refusal.
_CLOCK_TOLERANCE = timedelta(minutes=10)


class StampError(ValueError):
    """A timestamp that proves nothing. The message is one sentence for people."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TsaTrust:
    """Certificates that stamps may chain to. ``chain``: intermediates that tokens may leave out."""

    roots: tuple[x509.Certificate, ...] = ()
    chain: tuple[x509.Certificate, ...] = ()


def stamp_request(data: bytes) -> TimeStampRequest:
    """A request over SHA-256 of ``data``, with a random nonce, asking for the signer's certificate."""
    builder = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=True).nonce(nonce=True).build()


def accept_stamp(
    request: TimeStampRequest, response_der: bytes, data: bytes, trust: TsaTrust, now: datetime
) -> datetime:
    """The time (UTC) of a fresh answer to our request. Raises StampError where it is not to be accepted."""
    response = _decoded(response_der)
    if request.nonce is None or response.tst_info.nonce != request.nonce:
        raise StampError("The answer is not to our request: its nonce is another.")
    return _near(_checked(response, data, trust), now)


def check_stamp(response_der: bytes, data: bytes, trust: TsaTrust) -> datetime:
    """The time (UTC) that a kept stamp proves for ``data``. Raises StampError."""
    return _checked(_decoded(response_der), data, trust)


def check_fresh_stamp(response_der: bytes, digest: bytes, trust: TsaTrust, now: datetime) -> datetime:
    """The time (UTC) of an answer that was just given for data with this digest. Raises StampError.

    The nonce is for whoever asked to compare.
    """
    response = _decoded(response_der)
    return _near(_checked(response, digest, trust, is_digest=True), now)


def stated_time(response_der: bytes) -> datetime:
    """The time that a stamp states, whether or not it may be believed. Raises StampError."""
    return _decoded(response_der).tst_info.gen_time.astimezone(UTC)


def covers(response_der: bytes, data: bytes) -> bool:
    """Whether the stamp's imprint is of ``data``, whoever signed it. Raises StampError."""
    imprint = _decoded(response_der).tst_info.message_imprint
    digests = (hashlib.new(name, data).digest() for name in ("sha256", "sha384", "sha512"))
    return imprint.message in digests


def _near(generated_at: datetime, now: datetime) -> datetime:
    if abs(generated_at - now) > _CLOCK_TOLERANCE:
        raise StampError(
            f"The authority says {generated_at:%Y-%m-%d %H:%M:%S} UTC and this machine {now:%Y-%m-%d %H:%M:%S}: "
            "set the clock."
        )
    return generated_at


def _decoded(response_der: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(response_der)
        status, reasons = PKIStatus(response.status), response.status_string
        if status is PKIStatus.GRANTED:
            _ = response.tst_info.gen_time  # parsed only when it is read
    except ValueError:
        raise StampError("This is no answer of a timestamping authority (RFC 3161 TimeStampResp).") from None
    if status is not PKIStatus.GRANTED:
        why = "; ".join(reasons or []) or status.name.lower().replace("_", " ")
        raise StampError(f"The authority did not grant the stamp: {why[:200]}.")
    return response


def _checked(
    response: TimeStampResponse, data: bytes, trust: TsaTrust, *, is_digest: bool = False
) -> datetime:
    if not trust.roots:
        raise StampError("No root of a timestamping authority is trusted here: set SHAMEWATCH_TSA_ROOTS.")
    # Made anew for every check: the builder hands its lists on to its copies.
    verifier = VerifierBuilder(roots=list(trust.roots), intermediates=list(trust.chain)).build()
    try:
        verify = verifier.verify if is_digest else verifier.verify_message
        verify(response, data)
    except VerificationError as error:
        raise StampError(f"The timestamp does not hold: {error}.") from None
    return response.tst_info.gen_time.astimezone(UTC)
