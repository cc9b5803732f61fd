"""From contents to a signed PDF: looked at once for its page numbers, printed, signed, and stamped where an authority answers."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence

import pypdfium2

from monitor.evidence.browser import Browser
from monitor.evidence.report.contents import ReportContents
from monitor.evidence.report.figures import Figures
from monitor.evidence.report.page import report_page
from monitor.evidence.report.sign import NoStampError, sign_and_stamp, sign_report
from monitor.evidence.seal import Sealing

_SECTION_LEVEL = 1  # below the title of the report


def make_report(contents: ReportContents, browser: Browser, sealing: Sealing) -> bytes:
    """The report as it goes into a pack. It says of itself whether it is stamped.

    Raises BrowserStartError, BrowserLostError.
    """
    if sealing.stamper.tsas:
        stamped = render_report(dataclasses.replace(contents, is_stamped=True), browser)
        with contextlib.suppress(NoStampError):
            return sign_and_stamp(stamped, sealing)
    unstamped = render_report(dataclasses.replace(contents, is_stamped=False), browser)
    return sign_report(unstamped, sealing.signer)


def render_report(contents: ReportContents, browser: Browser) -> bytes:
    """The report as an unsigned PDF. Raises BrowserStartError, BrowserLostError."""
    figures = Figures.read(contents)
    rough = browser.print_pdf(report_page(contents, figures.blank()))
    return browser.print_pdf(report_page(contents, figures, pages_of_sections(rough)))


def pages_of_sections(pdf: bytes) -> Sequence[int]:
    """The page on which each section begins, from the PDF's own outline."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        pages = []
        for bookmark in document.get_toc():
            target = bookmark.get_dest()
            if bookmark.level == _SECTION_LEVEL and target is not None:
                pages.append(target.get_index() + 1)
        return pages
