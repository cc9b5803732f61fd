"""The report's HTML: strangers' text stays text, marks stand where they belong, what is not told in English stays out."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from lxml import html

from monitor.evidence.report.contents import ReportContents, Sign, Span, TimelineEntry
from monitor.evidence.report.figures import Figures
from monitor.evidence.report.marking import marked
from monitor.evidence.report.page import report_page
from monitor.evidence.report.signs import lines
from monitor.evidence.report.tongue import tongue_of
from monitor.evidence.report.wording import LANGUAGES, wording
from tests.integration.evidence.report_samples import BEGAN_AT, sample

HOSTILE = (
    "</title></style><script>alert(1)</script>{{ 7*7 }}\"'><img src=http://evil.example/x onerror=alert(1)>"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


def blank(contents: ReportContents) -> Figures:
    """Without reading a picture."""
    return Figures({}, frozenset(), frozenset())


def text_of(page: str) -> str:
    return " ".join(html.document_fromstring(page).text_content().split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_tells_everything(folder: Path, language: str) -> None:
    contents = sample(folder, language, hits=1)
    page = report_page(contents, blank(contents), pages=(2, 3, 9, 15, 21, 22, 22, 25, 32, 32, 33))
    text = text_of(page)
    assert f'<html lang="{language}">' in page
    for item in contents.items:
        for file in item.files:
            assert file.sha256 in text
    for line in contents.custody:
        assert line.hash in text
    if language != "en":
        english = wording("en")
        for key in ("summary", "why", "verdict_gone", "act_exported", "origin_derived", "family_accusation"):
            assert english[key] not in text


def test_strangers_write_no_markup(folder: Path) -> None:
    contents = sample(folder, "en", hits=0)
    item = dataclasses.replace(
        contents.loose_items[0], untrusted_note=HOSTILE, untrusted_facts=[(HOSTILE, HOSTILE)], limits=[HOSTILE], reason=HOSTILE, tls=HOSTILE,
        untrusted_title=HOSTILE, untrusted_url=HOSTILE, untrusted_final_url=HOSTILE + "2", case_reference=HOSTILE, kind="capture",
        verdict=HOSTILE, files=[dataclasses.replace(contents.loose_items[0].files[0], name=HOSTILE, media_type=HOSTILE)],
    )  # fmt: skip
    hit = dataclasses.replace(
        contents.hits[0], untrusted_text=HOSTILE, untrusted_title=HOSTILE, untrusted_author=HOSTILE, untrusted_url=f"https://{HOSTILE}",
        untrusted_quoted=HOSTILE, source=HOSTILE, spans=[], items=[item], signs=[Sign(what=HOSTILE, untrusted_text=HOSTILE, is_person=True, reads_as="x" + HOSTILE)],
    )  # fmt: skip
    contents = dataclasses.replace(contents, label=HOSTILE, operator=HOSTILE, operator_role=HOSTILE, hits=[hit], loose_items=[],
                                   custody=[dataclasses.replace(contents.custody[0], actor=HOSTILE, detail=HOSTILE, action=HOSTILE)],
                                   timeline=[TimelineEntry(at=BEGAN_AT, item_id=HOSTILE, key="present", untrusted_page=HOSTILE)])  # fmt: skip
    page = report_page(contents, blank(contents))
    document = html.document_fromstring(page)
    assert not document.xpath("//script | //img | //iframe | //link | //@onerror")
    assert document.xpath("string(//title)") == "Report, 16 March 2031"
    assert "{{ 7*7 }}" in text_of(page)


def test_a_mention_goes_before_a_cue_that_it_overlaps_and_benign_words_are_not_marked() -> None:
    spans = [Span(start=0, end=8, is_mention=False), Span(start=2, end=4, is_mention=True)]
    assert (
        marked("ab&dfghij", spans, "text")
        == '<mark class="cue">ab</mark><mark class="mention">&amp;d</mark><mark class="cue">fghi</mark>j'
    )
    assert marked("abc", spans, "title") == "abc"


def test_marks_outside_the_text_do_no_harm() -> None:
    assert (
        marked("abc", [Span(start=-4, end=99, is_mention=True)], "text") == '<mark class="mention">abc</mark>'
    )
    assert marked("", [Span(start=0, end=1, is_mention=True)], "text") == ""


def test_signs_are_told_in_the_third_person_family_by_family() -> None:
    signs = [
        Sign(what="threat", untrusted_text="we come to  your\nhouse", is_person=False),
        Sign(what="joke", untrusted_text="haha", is_person=False, is_against=True),
        Sign(what="phone", untrusted_text="+254 7oo 123", is_person=True, reads_as="+254700123"),
        Sign(what="threat", untrusted_text="we come to your house", is_person=False),
    ]
    found = [(line.what, str(line.quotes)) for line in lines(signs, wording("en"))]
    assert found == [
        ("Phone number", "“+254 7oo 123”, to be read as “+254700123”"),
        ("Threat", "“we come to your house”"),
        ("Speaks against it", "“haha”"),
    ]


@pytest.mark.parametrize(
    ("text", "language", "tongue"),
    [("欠钱不还", "en", "zh-Hans"), ("欠錢不還", "en", "zh-Hant"), ("人口大小", "zh-Hant", "zh-Hant"), ("人口大小", "en", "zh-Hans"),
     ("お金を返せ", "zh-Hans", "ja"), ("돈을 갚아라", "en", "ko"), ("pay!", "zh-Hans", ""), ("", "en", "")],
)  # fmt: skip
def test_letters_are_drawn_as_their_readers_write_them(text: str, language: str, tongue: str) -> None:
    assert tongue_of(text, language) == tongue


def test_absent_is_said_of_two_times(folder: Path) -> None:
    contents = sample(folder, "en", hits=1)
    text = text_of(report_page(contents, blank(contents)))
    assert re.search(
        r"Present at 4 March 2031, [\d:]+ \(UTC\+3\), absent at 9 March 2031, [\d:]+ \(UTC\+3\)\.", text
    )
    assert "deleted" not in text


def test_an_unstamped_report_says_so(folder: Path) -> None:
    contents = sample(folder, "en", hits=1)
    assert "has stamped the signature" in text_of(report_page(contents, blank(contents)))
    unstamped = dataclasses.replace(contents, is_stamped=False)
    assert "It has no trusted timestamp" in text_of(report_page(unstamped, blank(contents)))


def test_a_very_long_post_is_cut_and_says_so(folder: Path) -> None:
    contents = sample(folder, "en", hits=1)
    long = dataclasses.replace(
        contents, hits=[dataclasses.replace(contents.hits[0], untrusted_text="x " * 50_000, spans=[])]
    )
    text = text_of(report_page(long, blank(contents)))
    assert "The text goes on." in text
    assert len(text) < 60_000
