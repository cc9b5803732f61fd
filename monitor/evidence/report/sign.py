"""Signs a report as PAdES (ETSI EN 319 142): with the installation's key, and with a trusted timestamp where one comes."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from monitor.evidence.seal import Sealing, Stamper
from monitor.evidence.signing import Signer
from monitor.evidence.timestamp import StampError, check_fresh_stamp
from monitor.evidence.tsa import Tsa

FIELD = "Seal"
# What a signature with a token and its certificates may take; pyHanko reserves it in the file.
_BYTES_RESERVED = 24_000


class NoStampError(Exception):
    """No authority gave a timestamp that holds; the message says why of the last one."""


def sign_and_stamp(pdf: bytes, sealing: Sealing) -> bytes:
    """The report with one invisible signature over the whole file and a trusted timestamp (PAdES B-T).

    The first authority that answers with a stamp that holds is taken. Raises NoStampError.
    """
    why = "None is set."
    for tsa in sealing.stamper.tsas:
        try:
            return _signed(pdf, sealing.signer, _Authority(sealing.stamper, tsa))
        except TimestampRequestError as error:
            why = str(error)
    raise NoStampError(why)


def sign_report(pdf: bytes, signer: Signer) -> bytes:
    """The report with one invisible signature over the whole file and no timestamp (PAdES B-B)."""
    return _signed(pdf, signer, None)


def _signed(pdf: bytes, signer: Signer, authority: TimeStamper | None) -> bytes:
    metadata = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name="Shamewatch"
    )
    signing = PdfSigner(metadata, _pyhanko_signer(signer), timestamper=authority)
    out = signing.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), bytes_reserved=_BYTES_RESERVED)
    return bytes(out.getvalue())


def _pyhanko_signer(signer: Signer) -> SimpleSigner:
    certificate = asn1_x509.Certificate.load(signer.certificate.public_bytes(serialization.Encoding.DER))
    key = signer.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=certificate,
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs([certificate]),  # type: ignore[no-untyped-call]
    )


class _Authority(TimeStamper):
    """One of the operator's authorities, asked as for every other stamp. pyHanko checks nonce and imprint, we the rest."""

    def __init__(self, stamper: Stamper, tsa: Tsa) -> None:
        super().__init__(include_nonce=True)  # type: ignore[no-untyped-call]
        self._stamper = stamper
        self._tsa = tsa

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        try:
            answer = self._stamper.ask(self._tsa, req.dump())
            digest = req["message_imprint"]["hashed_message"].native
            check_fresh_stamp(answer, digest, self._stamper.trust, datetime.now(UTC))
            return tsp.TimeStampResp.load(answer, strict=True)
        except (StampError, ValueError) as error:
            raise TimestampRequestError(str(error)) from None
