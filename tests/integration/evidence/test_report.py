"""The report as people get it: printed by a real Chromium, signed, stamped, and judged by pdfsig, pyhanko and pdffonts."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from monitor.evidence.browser import Browser
from monitor.evidence.report.contents import ReportContents
from monitor.evidence.report.making import make_report, render_report
from monitor.evidence.report.sign import NoStampError, sign_and_stamp
from monitor.evidence.report.wording import LANGUAGES, wording
from monitor.evidence.seal import Sealing, Stamper
from monitor.evidence.signing import SigningKeys
from monitor.evidence.timestamp import TsaTrust
from monitor.evidence.tsa import Tsa, certificates_from_file
from monitor.evidence.tsa_client import ask_tsa
from tests.integration.evidence.conftest import Site
from tests.integration.evidence.report_samples import POSTS, sample
from tests.tsa.local_tsa import LocalTsa, serving_tsa

PYHANKO = Path(sys.executable).parent / "pyhanko"


@dataclasses.dataclass(frozen=True)
class Kit:
    """A signer, an authority on loopback, and where their certificates lie."""

    sealing: Sealing
    tsa: LocalTsa
    signer_pem: Path


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    folder = tmp_path_factory.mktemp("kit")
    with serving_tsa(folder / "tsa") as tsa:
        signer = SigningKeys(folder / "keys").signer()
        trust = TsaTrust(roots=tuple(certificates_from_file(tsa.root)))
        (folder / "signer.pem").write_bytes(signer.certificate_pem)
        stamper = Stamper((Tsa("local", tsa.url),), trust, ask_tsa)
        yield Kit(Sealing(signer, stamper), tsa, folder / "signer.pem")


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> ReportContents:
    return sample(tmp_path_factory.mktemp("sample"), "hi", hits=1)


@pytest.fixture(scope="module")
def report(contents: ReportContents, browser: Browser, kit: Kit) -> bytes:
    """In Hindi, whose letters join, about a person whose posts are full of tricks."""
    return make_report(contents, browser, kit.sealing)


@pytest.fixture
def path(report: bytes, tmp_path: Path) -> Path:
    (tmp_path / "report.pdf").write_bytes(report)
    return tmp_path / "report.pdf"


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def pyhanko(path: Path, kit: Kit) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYHANKO, "sign", "validate", "--trust", kit.signer_pem, "--trust", kit.tsa.root, "--no-revocation-check", "--pretty-print", path],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    return pages


def test_pdfsig_and_pyhanko_accept_signature_and_timestamp(path: Path, kit: Kit) -> None:
    told = said("pdfsig", "-nocert", path)
    assert "Signature is Valid." in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    done = pyhanko(path, kit)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The signature is judged VALID" in done.stdout
    assert "The signer's certificate is trusted" in done.stdout
    assert "The TSA certificate is trusted" in done.stdout


def test_a_changed_byte_is_seen_by_both(path: Path, kit: Kit, report: bytes) -> None:
    for at in (2_000, len(report) // 3, len(report) // 2):
        path.write_bytes(report[:at] + bytes([report[at] ^ 4]) + report[at + 1 :])
        assert "Signature is Valid." not in said("pdfsig", "-nocert", path)
    assert pyhanko(path, kit).returncode != 0


def test_the_pdf_is_tagged_has_an_outline_and_a_discreet_title(path: Path, report: bytes) -> None:
    told = said("pdfinfo", path)
    assert re.search(r"Tagged:\s+yes", told)
    assert re.search(r"Page size:.*A4", told)
    assert re.search(r"Title:\s+रिपोर्ट, 16 मार्च 2031", told)
    assert POSTS["hi"][0] not in told
    assert b"/Lang (hi)" in report or "hi" in said("pdfinfo", "-struct", path)
    with pypdfium2.PdfDocument(report) as document:
        outline = [one.get_title() for one in document.get_toc()]
    assert wording("hi")["proves"] in outline
    assert wording("hi")["post"].format(number=3) in outline


def test_every_font_is_in_the_file_and_hindi_is_drawn_with_its_own(path: Path) -> None:
    assert_fonts(path)
    assert "Devanagari" in said("pdffonts", path)


def assert_fonts(path: Path) -> None:
    rows = said("pdffonts", path).splitlines()[2:]
    assert len(rows) > 3
    for row in rows:
        assert re.search(r"\s(yes|no)\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+$", row)[1] == "yes", row  # type: ignore[index]


def test_the_contents_name_the_right_pages(report: bytes, contents: ReportContents) -> None:
    with pypdfium2.PdfDocument(report) as document:
        in_outline = [one.get_dest().get_index() + 1 for one in document.get_toc() if one.level == 1]
    printed = [int(number) for number in re.findall(r"(\d+)\s*$", text_of(report)[1], re.MULTILINE)]
    assert len(in_outline) == 8 + len(contents.hits)
    assert printed[2 : 2 + len(in_outline)] == in_outline  # after the date and the page of all pages above
    assert in_outline[-1] > 10


def test_it_says_everything_on_paper(report: bytes, contents: ReportContents) -> None:
    text = "".join("".join(text_of(report)).split())
    for item in contents.items:
        assert item.id in text
        for file in item.files:
            assert file.sha256 in text
    for line in contents.custody:
        assert line.hash in text
    assert "<script>alert(1)</script>" in text
    assert "U+202E" in text
    assert "\u202e" not in text


@pytest.mark.slow
def test_without_an_authority_it_is_signed_and_says_that_it_is_not_stamped(
    contents: ReportContents, browser: Browser, kit: Kit, tmp_path: Path
) -> None:
    short = dataclasses.replace(contents, language="en", hits=[], timeline=contents.timeline[-1:], custody=[])
    kit.tsa.is_down = True
    try:
        with pytest.raises(NoStampError, match="503"):
            sign_and_stamp(browser.print_pdf("<title>Empty</title>"), kit.sealing)
        pdf = make_report(short, browser, kit.sealing)
    finally:
        kit.tsa.is_down = False
    (tmp_path / "report.pdf").write_bytes(pdf)
    assert "It has no trusted timestamp" in " ".join(text_of(pdf)[0].split())
    assert "Signature is Valid." in said("pdfsig", "-nocert", tmp_path / "report.pdf")
    done = pyhanko(tmp_path / "report.pdf", kit)
    assert done.returncode == 0
    assert "TSA certificate" not in done.stdout


def test_a_stamp_of_an_authority_that_is_not_trusted_is_not_taken(
    kit: Kit, browser: Browser, tmp_path: Path
) -> None:
    with serving_tsa(tmp_path / "other", name="Other") as other:
        stamper = Stamper((Tsa("other", other.url),), kit.sealing.stamper.trust, ask_tsa)
        with pytest.raises(NoStampError):
            sign_and_stamp(browser.print_pdf("<title>Empty</title>"), Sealing(kit.sealing.signer, stamper))


def test_printing_fetches_nothing_and_runs_nothing(browser: Browser, site: Site) -> None:
    site.routes.clear()
    site.asked.clear()
    address = site.url("/probe")
    page = f"""<!doctype html><html lang="en"><head><title>Probe</title><link rel="stylesheet" href="{address}">
    <link rel="preload" as="image" href="{address}">
    <style>@import url({address}); body {{ background: url({address}) }} @font-face {{ font-family: x; src: url({address}) }}</style></head>
    <body style="font-family: x">Still here<img src="{address}"><iframe src="{address}"></iframe><iframe src="file:///etc/passwd"></iframe>
    <object data="{address}"></object><video src="{address}" autoplay></video><script>document.body.textContent = "ran"</script>
    <img src="x" onerror="document.body.textContent = 'ran'"><svg><image href="{address}"/></svg></body></html>"""
    pdf = browser.print_pdf(page)
    text = "".join(text_of(pdf))
    assert "Still here" in text
    assert "ran" not in text
    assert "root:" not in text
    assert site.asked == []


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_printed_with_its_own_letters(
    language: str, browser: Browser, tmp_path: Path
) -> None:
    contents = sample(tmp_path, language, hits=1)
    pdf = render_report(contents, browser)
    (tmp_path / "report.pdf").write_bytes(pdf)
    assert_fonts(tmp_path / "report.pdf")
    text = "".join("".join(text_of(pdf)).split())
    words = wording(language)
    for key in ("summary", "timeline", "custody", "proves_7", "term_utc_is", "act_exported"):
        assert "".join(words[key].split()) in text, key
    assert text.count("".join(POSTS[language][0].split())) > 5


@pytest.mark.slow
def test_ten_posts_of_long_pages_with_photographs_stay_below_20_mb(browser: Browser, tmp_path: Path) -> None:
    contents = sample(tmp_path, "en", hits=8, height_px=9_000)
    assert len(contents.hits) == 10
    assert len(render_report(contents, browser)) < 20_000_000
