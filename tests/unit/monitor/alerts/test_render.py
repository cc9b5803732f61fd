"""What an alert says where a stranger may look over the shoulder, and what it says inside."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime

import pytest

from monitor.alerts.message import ChannelKind, Discretion, PictureUse
from monitor.alerts.phrases import LANGUAGES, wording_for
from monitor.alerts.render import FOLD_CHARS, AlertFacts, render_alert, render_trial
from monitor.detection.model import Severity

FACTS = AlertFacts(
    alert_id="a-77",
    severity=Severity.HIGH,
    found_at=datetime(2026, 3, 1, 12, 5, tzinfo=UTC),
    untrusted_url="https://forum.example/t/laolai-zhou-lanfang-13800001234",
    untrusted_title="老赖周兰芳欠钱不还",
    untrusted_excerpt="Zhou Lanfang is a thief, call +86 138 0000 1234",
    has_picture=True,
    link="https://portal.example/n/77",
    time_zone="Asia/Shanghai",
)
# What would tell a bystander: debt and insult words of each language, the name, the number, the site, us.
TELLING = re.compile(
    r"debt|owe|loan|shame|lender|collect|scam|thief|欠|债|債|贷|貸|老赖|老賴|催收|utang|hutang|pinjam|tagih|"
    r"deuda|debe|moros|prést|cobra|Zhou|Lanfang|周|兰芳|138|forum|shamewatch|apprise|evidence|\bhit\b",
    re.IGNORECASE,
)
KINDS = list(ChannelKind)
PUSH = [ChannelKind.NTFY, ChannelKind.TELEGRAM, ChannelKind.GOTIFY, ChannelKind.APPRISE, ChannelKind.WEBHOOK]


def preview(title: str, body: str) -> str:
    """What a lock screen or a list of mails shows: the title and the beginning, white space folded."""
    return title + "\n" + " ".join(body.split())[:FOLD_CHARS]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("discretion", [Discretion.BARE, Discretion.DISCREET])
def test_a_lock_screen_shows_nothing_telling(
    language: str, kind: ChannelKind, discretion: Discretion
) -> None:
    content = render_alert(FACTS, wording_for(language), kind=kind, discretion=discretion)
    assert not TELLING.search(preview(content.title, content.body))


def test_the_list_of_telling_words_would_notice_plain_wording() -> None:
    """Guards the test above: the same look-out finds what a plain alert shows."""
    content = render_alert(FACTS, wording_for("en"), kind=ChannelKind.NTFY, discretion=Discretion.PLAIN)
    assert TELLING.search(preview(content.title, content.body))


@pytest.mark.parametrize("kind", PUSH)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_discreet_push_message_is_neutral_to_its_end(language: str, kind: ChannelKind) -> None:
    content = render_alert(FACTS, wording_for(language), kind=kind)
    assert not TELLING.search(content.title + content.body)
    assert FACTS.link in content.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_discreet_mail_tells_the_address_below_the_fold(language: str) -> None:
    content = render_alert(FACTS, wording_for(language), kind=ChannelKind.EMAIL)
    position = " ".join(content.body.split()).index("hxxps[:]//forum[.]example")
    assert position >= FOLD_CHARS


@pytest.mark.parametrize("kind", KINDS)
def test_a_discreet_alert_never_repeats_what_the_page_says(kind: ChannelKind) -> None:
    content = render_alert(FACTS, wording_for("en"), kind=kind)
    assert "thief" not in content.body
    assert "老赖" not in content.body


def test_a_bare_mail_has_neutral_lines_only_and_no_picture() -> None:
    content = render_alert(FACTS, wording_for("en"), kind=ChannelKind.EMAIL, discretion=Discretion.BARE)
    assert not TELLING.search(content.title + content.body)
    assert (content.picture, content.attachment_names) == (PictureUse.NONE, ())


@pytest.mark.parametrize("kind", [ChannelKind.EMAIL, ChannelKind.NTFY])
def test_plain_wording_quotes_the_page_made_harmless(kind: ChannelKind) -> None:
    facts = dataclasses.replace(FACTS, untrusted_excerpt="<b>@all</b> see https://evil.example\nReference: x")
    content = render_alert(facts, wording_for("en"), kind=kind, discretion=Discretion.PLAIN)
    assert "It says: “＜b＞＠all＜/b＞ see hxxps[:]//evil[.]example Reference: x”" in content.body
    assert "https://evil" not in content.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_even_plain_wording_speaks_of_a_possibility(language: str) -> None:
    word = {
        "en": "may",
        "zh-Hans": "可能",
        "zh-Hant": "可能",
        "id": "mungkin",
        "tl": "maaaring",
        "es": "podría",
    }
    content = render_alert(FACTS, wording_for(language), kind=ChannelKind.EMAIL, discretion=Discretion.PLAIN)
    assert word[language] in content.title
    assert word[language] in content.body


def test_the_name_of_the_attachment_says_nothing() -> None:
    for discretion in (Discretion.DISCREET, Discretion.PLAIN):
        content = render_alert(FACTS, wording_for("es"), kind=ChannelKind.EMAIL, discretion=discretion)
        assert content.attachment_names == ("notice-1.png",)


def test_without_a_capture_the_alert_goes_out_and_says_so() -> None:
    facts = dataclasses.replace(FACTS, has_picture=False)
    content = render_alert(facts, wording_for("en"), kind=ChannelKind.EMAIL)
    assert content.picture is PictureUse.NONE
    assert "There is no picture with this notice." in content.body


def test_the_time_is_the_subjects_own() -> None:
    content = render_alert(FACTS, wording_for("en"), kind=ChannelKind.EMAIL)
    assert "Seen: 2026-03-01 20:05 (Asia/Shanghai)" in content.body


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", ""])
def test_an_unknown_time_zone_falls_back_to_utc(zone: str) -> None:
    facts = dataclasses.replace(FACTS, time_zone=zone)
    content = render_alert(facts, wording_for("en"), kind=ChannelKind.EMAIL)
    assert "Seen: 2026-03-01 12:05 (UTC)" in content.body


def test_copies_are_counted_only_where_there_are_some() -> None:
    one = render_alert(FACTS, wording_for("en"), kind=ChannelKind.EMAIL)
    many = render_alert(dataclasses.replace(FACTS, copies=500), wording_for("en"), kind=ChannelKind.EMAIL)
    assert "Copies" not in one.body
    assert "Copies found so far: 500" in many.body


def test_placeholders_in_a_pages_text_stay_text() -> None:
    facts = dataclasses.replace(
        FACTS, untrusted_title="{reference.__class__} {0}", untrusted_excerpt="{title}"
    )
    content = render_alert(facts, wording_for("en"), kind=ChannelKind.EMAIL, discretion=Discretion.PLAIN)
    assert "Title of the page: {reference.＿＿class＿＿} {0}" in content.body.replace("[.]", ".")
    assert "It says: “{title}”" in content.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_trial_message_is_as_discreet_as_a_real_one(language: str) -> None:
    trial = render_trial(wording_for(language))
    real = render_alert(FACTS, wording_for(language), kind=ChannelKind.EMAIL)
    assert trial.title == real.title
    assert not TELLING.search(trial.title + trial.body)
