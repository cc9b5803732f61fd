"""The report's own signature inside the PDF (PAdES): intact, over the whole file, by the pack's signer. Offline."""

from __future__ import annotations

import asyncio
import io
import logging

from asn1crypto import cms, tsp
from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

from monitor.evidence.verify.cms import UNREADABLE, asn1_certificate, signer_context
from monitor.evidence.verify.findings import Finding, Status, altered, not_checkable, verified
from monitor.evidence.verify.reading import UnreadableError, read_file
from monitor.evidence.verify.sealed import SealedFolder
from monitor.evidence.verify.times import CLOCK_TOLERANCE

REPORT = "report.pdf"
_MAX_BYTES = 500_000_000

# pyHanko logs each root that it does not know with a traceback; the finding says it in a sentence.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def check_report(top: SealedFolder, signer: x509.Certificate) -> Finding:
    """One signature by the pack's signer that covers every byte; its timestamp judged as every other."""
    try:
        pdf = read_file(top.folder / REPORT, _MAX_BYTES)
    except UnreadableError as error:
        return altered(REPORT, str(error))
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        signatures = reader.embedded_signatures
        if len(signatures) != 1:
            return altered(REPORT, "The report does not carry exactly one signature.")
        status = asyncio.run(
            async_validate_pdf_signature(signatures[0], signer_validation_context=signer_context(signer))
        )
        return _finding(status, signer) or _stamp_finding(top, signatures[0])
    except (PdfError, OSError, AssertionError, *UNREADABLE):
        return altered(REPORT, "The report's signature cannot be read.")


def _finding(status: PdfSignatureStatus, signer: x509.Certificate) -> Finding | None:
    if not (status.intact and status.valid):
        return altered(REPORT, "The report was changed after it was signed.")
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        return altered(REPORT, "Something was added to the report after it was signed.")
    if not status.trusted or status.signing_cert.dump() != asn1_certificate(signer).dump():
        return altered(REPORT, "The report is signed by another certificate than the pack.")
    return None


def _stamp_finding(top: SealedFolder, signature: EmbeddedPdfSignature) -> Finding:
    """The token over the signature's own value (RFC 3161, appendix A), as an answer of its authority."""
    token = _token(signature.signer_info)
    if token is None:
        return not_checkable(REPORT, "The report is signed and unchanged; it carries no timestamp.")
    answer = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})
    finding, moment = top.authorities.check(REPORT, answer.dump(), signature.signer_info["signature"].native)
    if moment and top.stamped_at and moment > top.stamped_at + CLOCK_TOLERANCE:
        return altered(REPORT, "The report was stamped after the pack that it lies in.")
    if finding.status is Status.ALTERED:
        return altered(REPORT, f"The timestamp in the report: {finding.sentence}")
    if moment is None:
        return not_checkable(REPORT, f"The report is signed and unchanged. {finding.sentence}")
    return verified(
        REPORT, f"The report is signed, unchanged, and was stamped at {moment:%Y-%m-%d %H:%M:%S} UTC."
    )


def _token(signer_info: cms.SignerInfo) -> cms.ContentInfo | None:
    for attribute in signer_info["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    return None
