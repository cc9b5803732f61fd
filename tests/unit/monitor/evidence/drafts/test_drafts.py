"""Drafts hold what the program recorded and nothing else: every digest, no invented word in a blank, no signature."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.chromium import require_chromium
from monitor.evidence.drafts import (
    Draft,
    DraftFacts,
    DraftFile,
    DraftItem,
    drafts,
    explanation,
    item_from_manifest,
)
from monitor.evidence.drafts.form import FORMS, form, words
from monitor.evidence.report.wording import LANGUAGES
from monitor.evidence.verdict import Verdict
from spiders.gate import Gate

AT = dt.datetime(2031, 3, 4, 18, 22, 5, tzinfo=dt.UTC)
SIGNER = "0f" * 32
OPERATOR = {"name": "Clinic <i>North</i>", "role": "legal-aid clinic", "device": "Mini PC, serial X1"}
MACHINE = {
    "operating_system": "Linux-6.1-x86_64",
    "resolvers": ["192.0.2.53"],
    "hosts_file_sha256": "ab" * 32,
    "packages_sha256": "cd" * 32,
    "clock": {"is_synchronised": True, "maximum_error_ms": 12},
}
CAPTURED: dict[str, Any] = {
    "requested_url": "https://board.example/t/1?a=<script>alert(1)</script>",
    "server_address": "198.51.100.7:443",
    "started_at": "2031-03-04T18:22:05Z",
    "ended_at": "2031-03-04T18:22:09Z",
    "verdict": "partial",
    "reason": "Two pictures are missing.",
    "access": "anonymous: no account",
    "tool": "shamewatch",
    "tool_version": "0.9.1",
    "tool_commit": "f00d",
    "operator": OPERATOR,
    "browser": {"name": "Chromium", "version": "155.0.1", "proxy": "our own", "is_fresh_profile": True},
    "machine": MACHINE,
    "page": {"title": "</td><img src=x onerror=y>\u202egpj\nSigned: Somebody {tool} {n}"},
}
IMPORTED: dict[str, Any] = {
    "imported_at": "2031-03-05T01:00:00Z",
    "name": "call\n3 May.m4a",
    "note": "My phone <b>",
    "tool": "shamewatch",
    "tool_version": "0.9.2",
    "operator": OPERATOR,
    "machine": MACHINE,
}


def files(item: str, count: int = 12) -> list[DraftFile]:
    names = [f"{item}/file-{number}.bin" for number in range(count)]
    return [
        DraftFile(name=name, sha256=hashlib.sha256(name.encode()).hexdigest(), size_bytes=at)
        for at, name in enumerate(names)
    ]


def capture(item_id: str = "e-one", **changes: object) -> DraftItem:
    return item_from_manifest(
        item_id,
        {**CAPTURED, **changes},
        is_import=False,
        made_at=AT,
        signer=SIGNER,
        stamps=[("digicert", AT)],
        files=files(item_id),
    )


def handed_in(item_id: str = "e-two") -> DraftItem:
    return item_from_manifest(
        item_id, IMPORTED, is_import=True, made_at=AT, signer=SIGNER, stamps=[], files=files(item_id, 2)
    )


FACTS = DraftFacts(items=[capture(), handed_in(), *(capture(f"e-{n}") for n in range(5))])


def draft(name: str, facts: DraftFacts = FACTS) -> Draft:
    return next(one for one in drafts(facts) if one.name == name)


def text_of(html: str) -> str:
    tree = LexborHTMLParser(html)
    assert tree.body is not None
    return tree.body.text()


def body_of(one: Draft) -> str:
    """The paper itself, as text: without what stands above it and without the schedule."""
    paper = form(one.name)
    text = one.text.replace("\r\n", "\n")
    return text.split(f"\n{paper.law}\n")[1].split(f"\n{paper.schedule}\n")[0]


def expected_lines(name: str) -> list[str]:
    """Every line of the form as patterns, with a place for each fact that may be filled in."""
    lines = []
    for part in form(name).parts:
        lines.append(re.escape(part.heading))
        for line in part.lines:
            if line.text:
                text = re.escape(line.text).replace(r"\{n\}", r"\d+")
                lines.append(re.sub(r"\\\{(?:tool|browser|system|device)\\\}", "(.+?)", text))
            lines += [re.escape(f"{field}: {'_' * 24}") for field in line.fields]
    return lines


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(require_chromium(Settings()), Gate([])) as warm:
        yield warm


@pytest.mark.parametrize("name", FORMS)
def test_a_draft_holds_every_digest_as_page_and_as_text(name: str) -> None:
    one = draft(name)
    for said in (text_of(one.html), one.text):
        for item in FACTS.items:
            assert item.id in said
            for file in item.files:
                assert file.sha256 in said
                assert file.name in said
        assert SIGNER in said


@pytest.mark.parametrize("name", FORMS)
def test_nothing_but_recorded_facts_is_added_to_a_form(name: str) -> None:
    """Take away the form's own words with its blanks, and what is left is what the manifests say."""
    known = {"Shamewatch 0.9.1 (commit f00d)", "Chromium 155.0.1", "Linux-6.1-x86_64", "Mini PC, serial X1"}
    squeezed = [line for line in body_of(draft(name)).split("\n") if line]
    expected = expected_lines(name)
    assert len(squeezed) == len(expected)
    for line, pattern in zip(squeezed, expected, strict=True):
        found = re.fullmatch(pattern, line)
        assert found, line
        assert set(found.groups()) <= known


@pytest.mark.parametrize("name", FORMS)
def test_nobody_named_in_the_settings_or_by_a_page_becomes_the_signer(name: str) -> None:
    body = body_of(draft(name))
    assert "Clinic" not in body
    assert "Somebody" not in body
    tree = LexborHTMLParser(draft(name).html)
    blanks = tree.css("dl.fields dd")
    assert blanks
    assert all(not blank.text().strip() for blank in blanks)


def test_only_the_algorithm_is_ticked_and_not_for_the_expert() -> None:
    for one in drafts(FACTS):
        ticks = body_of(one).count("☒")
        assert ticks == (1 if one.name == "india-bsa-63" else 0)
    party, expert = body_of(draft("india-bsa-63")).split("PART B (To be filled by the Expert)")
    assert "☒ SHA256" in party
    assert "☐ SHA256" in expert
    assert "Shamewatch" not in expert


@pytest.mark.parametrize("name", FORMS)
def test_a_hostile_title_is_escaped_and_cannot_pass_for_a_line_of_the_paper(name: str) -> None:
    one = draft(name)
    tree = LexborHTMLParser(one.html)
    assert tree.css_first("img") is None
    assert tree.css_first("script") is None
    assert tree.css_first("i") is None
    assert "\u202e" not in one.html
    assert "\u202e" not in one.text
    assert "[U+202E]gpj Signed: Somebody {tool} {n}" in text_of(one.html)
    assert not re.search(r"^Signed: Somebody", one.text, re.MULTILINE)


def test_what_made_an_item_comes_from_its_own_manifest_and_differs_between_items() -> None:
    older = capture("e-old", tool_version="0.1.0", browser={"name": "Chromium", "version": "140.0"})
    said = draft("us-fre-902", DraftFacts(items=[older, capture("e-new")])).text
    assert "Shamewatch 0.1.0 (commit f00d) / Shamewatch 0.9.1 (commit f00d)" in said
    assert "driving Chromium 140.0 / Chromium 155.0.1 on" in said
    assert "Program: everything as for item" not in said
    same = draft("us-fre-902", DraftFacts(items=[capture("e-a"), capture("e-b")])).text
    assert "Program: everything as for item e-a" in same


def test_a_draft_does_not_say_that_the_program_captured_what_a_person_handed_in() -> None:
    for one in drafts(DraftFacts(items=[handed_in()])):
        assert "browser" not in body_of(one).replace("browser not recorded", "").replace("browser: ", "")
        assert "empty profile" not in one.text
        assert "滚动" not in one.text
        assert "call 3 May.m4a" in one.text
    numbers = re.findall(
        r"^(\d+)\. ", draft("us-fre-902", DraftFacts(items=[handed_in()])).text, re.MULTILINE
    )
    assert [int(number) for number in numbers] == list(range(1, len(numbers) + 1))


def test_what_was_not_recorded_is_said_to_be_so() -> None:
    bare = item_from_manifest(
        "e-bare", {}, is_import=False, made_at=AT, signer=SIGNER, stamps=[], files=files("e-bare", 1)
    )
    one = draft("kenya-106b", DraftFacts(items=[bare]))
    assert "not recorded opened the public pages" in one.text
    assert "Timestamps (RFC 3161): not yet stamped" in one.text
    assert "Operating system: not recorded" in one.text
    assert "Clock synchronised, as the system says: not recorded" in one.text


def test_the_outcome_of_a_failed_capture_stands_in_the_schedule_in_the_courts_language() -> None:
    failed = DraftFacts(items=[capture(verdict="login wall", reason="A form asks who.")])
    assert "What the capture shows: login wall. A form asks who." in draft("us-fre-902", failed).text
    assert "要求登录. A form asks who." in draft("china-quzheng", failed).text
    assert {verdict.value for verdict in Verdict} <= words("zh-Hans").verdicts.keys()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("us-fre-902", "2031-03-04 18:22:05 UTC"),
        ("india-bsa-63", "2031-03-04 18:22:05 UTC (2031-03-04 23:52:05 IST)"),
        ("kenya-106b", "2031-03-04 18:22:05 UTC (2031-03-04 21:22:05 EAT)"),
        ("philippines-affidavit", "2031-03-04 18:22:05 UTC (2031-03-05 02:22:05 PHT)"),
        ("china-quzheng", "2031-03-04 18:22:05 UTC (2031-03-05 02:22:05 北京时间)"),
    ],
)
def test_times_are_in_utc_and_in_the_time_of_the_court(name: str, shown: str) -> None:
    assert f"{shown}\r\n" in draft(name).text


def test_a_very_long_title_is_cut_and_a_lone_surrogate_can_be_written() -> None:
    hostile = dataclasses.replace(capture(), untrusted_title="\ud800" + "x" * 5_000)
    one = draft("us-fre-902", DraftFacts(items=[hostile]))
    assert "[U+D800]x" in one.text
    assert "x" * 300 not in one.text
    one.text.encode()
    one.html.encode()


@pytest.mark.parametrize("name", FORMS)
def test_a_draft_says_so_on_every_printed_page(browser: Browser, name: str) -> None:
    one = draft(name)
    mark = words(form(name).language).draft[:6]
    document = pypdfium2.PdfDocument(io.BytesIO(browser.print_pdf(one.html)))
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    assert len(pages) >= 4
    assert all(mark in page for page in pages)
    printed = re.sub(r"\s", "", "".join(pages))
    assert all(file.sha256 in printed for item in FACTS.items for file in item.files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_explanation_is_in_the_persons_language_and_names_every_paper(language: str) -> None:
    text = explanation(language)
    first = text.split("\n\n")[0]
    assert language == "en" or first != explanation("en").split("\n\n")[0]
    assert ".txt" in first
    assert all(f"{name}.pdf, {name}.txt: " in text for name in FORMS)


def test_a_language_that_is_not_there_gets_english() -> None:
    assert explanation("sw") == explanation("en")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_tells_to_check_the_current_official_text_and_leaves_a_place_to_sign(name: str) -> None:
    paper = form(name)
    check = "现行官方文本" if paper.language == "zh-Hans" else "current official text"
    assert check in paper.check
    assert check in draft(name).text.split("\r\n")[0]
    assert any(line.fields for part in paper.parts for line in part.lines)
