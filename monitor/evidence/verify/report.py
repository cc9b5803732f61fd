"""The report's own signature inside the PDF (PAdES): intact, over the whole file, by the pack's signer. Offline."""

from __future__ import annotations

import asyncio
import io
import logging

from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from monitor.evidence.timestamp import TsaTrust
from monitor.evidence.verify.cms import asn1_certificate, signer_context
from monitor.evidence.verify.findings import Finding, altered, not_checkable, verified

REPORT = "report.pdf"


# pyHanko logs each root that it does not know with a traceback; the finding says it in a sentence.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def check_report(pdf: bytes, signer: x509.Certificate, trust: TsaTrust) -> Finding:
    """One signature by the pack's signer that covers every byte; its timestamp, where there is one, by a trusted root."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        signatures = reader.embedded_signatures
        if len(signatures) != 1:
            return altered(REPORT, "The report does not carry exactly one signature.")
        status = asyncio.run(
            async_validate_pdf_signature(
                signatures[0],
                signer_validation_context=signer_context(signer),
                ts_validation_context=_stamp_context(trust),
            )
        )
    except (PdfError, SignatureValidationError, ValueError, KeyError, TypeError, OSError):
        return altered(REPORT, "The report's signature cannot be read.")
    return _finding(status, signer)


def _finding(status: PdfSignatureStatus, signer: x509.Certificate) -> Finding:
    if not (status.intact and status.valid):
        return altered(REPORT, "The report was changed after it was signed.")
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        return altered(REPORT, "Something was added to the report after it was signed.")
    if not status.trusted or status.signing_cert.dump() != asn1_certificate(signer).dump():
        return altered(REPORT, "The report is signed by another certificate than the pack.")
    return _stamp_finding(status)


def _stamp_finding(status: PdfSignatureStatus) -> Finding:
    stamp = status.timestamp_validity
    if stamp is None:
        return not_checkable(REPORT, "The report is signed and unchanged; it carries no timestamp.")
    if not (stamp.intact and stamp.valid):
        return altered(REPORT, "The timestamp in the report does not hold.")
    when = f"{stamp.timestamp:%Y-%m-%d %H:%M:%S}"
    if not stamp.trusted:
        return not_checkable(
            REPORT, f"The report is signed and unchanged; who stamped it ({when} UTC) is not known here."
        )
    return verified(REPORT, f"The report is signed, unchanged, and was stamped at {when} UTC.")


def _stamp_context(trust: TsaTrust) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_certificate(one) for one in trust.roots],
        other_certs=[asn1_certificate(one) for one in trust.chain],
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
