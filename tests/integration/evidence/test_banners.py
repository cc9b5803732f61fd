"""Consent banners are dismissed by one press, with both pictures kept; what only looks like one changes nothing."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from typing import Any

import pytest

from monitor.evidence.banner import search_terms
from monitor.evidence.verdict import Verdict
from tests.integration.evidence.conftest import FILLER

POST = f"<article><p>Siti Rekaan owes everybody.</p></article><p>{FILLER}</p>" + "<p>more</p>" * 40


def banner(
    *buttons: str, words: str = "We use cookies and value your privacy.", style: str = "bottom:0"
) -> str:
    """A fixed bar that a script removes when one of its buttons is pressed, and that notes which."""
    return (
        f'<div id="bar" style="position:fixed;left:0;right:0;{style};background:#222;color:#fff;padding:20px">{words} '
        + "".join(f'<button type="button" onclick="document.title = this.textContent; bar.remove()">{one}</button>' for one in buttons)
        + "</div>"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "buttons", "pressed"),
    [
        ("We use cookies and value your privacy.", ("Accept all", "Reject all", "Settings"), "Reject all"),
        ("我们使用 Cookie 并重视您的隐私。", ("同意", "拒绝"), "拒绝"),
        ("Cookie policy", ("×",), "×"),
    ],
)
def test_a_banner_is_dismissed_by_its_refusal_where_it_has_one(
    captured: Any, words: str, buttons: tuple[str, ...], pressed: str
) -> None:
    result = captured(POST + banner(*buttons, words=words), "Siti Rekaan")
    manifest = result.manifest
    assert manifest.verdict is Verdict.OK
    assert (manifest.banner.button, manifest.banner.outcome) == (pressed, "dismissed")
    assert manifest.page.title == pressed
    before, after = (result.folder / name for name in ("screenshot-before.png", "screenshot.png"))
    assert before.read_bytes() != after.read_bytes()
    assert any("consent banner was dismissed" in one for one in manifest.modifications)
    assert 'id="bar"' not in (result.folder / "dom.html").read_text()


NO_BANNERS = [
    '<div style="position:fixed;bottom:0"><button type=button>Accept</button> Join our chat</div>',
    '<div style="position:fixed;bottom:0">Cookies. <a href="/elsewhere">Accept all</a></div>',
    '<div style="position:fixed;bottom:0">Cookies. <form action="/sent"><button>Accept all</button></form></div>',
    "<div>Cookies are tasty. <button type=button>I agree</button></div>",
    '<div style="position:fixed;top:0;display:none">Cookies <button type=button>Reject</button></div>',
    '<div style="position:fixed;bottom:0">Privacy policy. <button type=button>Continue with Facebook</button></div>',
    '<div style="position:fixed;bottom:0">Log in. Privacy policy. <input type=password><button type=button>×</button></div>',
    '<div style="position:fixed;bottom:0">Cookies. <button type=button>Accept and subscribe</button></div>',
    "<div role=dialog style='position:fixed;bottom:0'>Siti Rekaan also owes me. Privacy, cookies. <button type=button>Agree</button></div>",
]


def test_what_is_no_consent_banner_is_left_alone(captured: Any, site: Any) -> None:
    apart = "".join(
        one.replace("bottom:0", f"bottom:{70 * number}px") for number, one in enumerate(NO_BANNERS)
    )
    result = captured(POST + apart, "Siti Rekaan")
    assert result.manifest.banner is None
    assert not (result.folder / "screenshot-before.png").exists()
    assert not {"/elsewhere", "/sent"} & set(site.asked)


@pytest.mark.parametrize(
    ("deed", "outcomes"),
    [
        ("location.href = '/trap'", {"led away"}),
        ("setTimeout(() => location.href = '/trap', 120); bar.remove()", {"led away", "dismissed"}),
        ("history.pushState(0, '', '/other'); bar.remove()", {"led away"}),
        ("document.querySelector('article').remove(); bar.remove()", {"lost the page"}),
        ("document.open()", {"lost the page"}),
        pytest.param(
            "bar.remove(); setTimeout(() => { while (true) {} }, 70)",
            {"lost the page"},
            marks=pytest.mark.slow,
        ),
        ("for (let i = 0; i < 9; i++) window.open('/trap'); bar.remove()", {"dismissed"}),
    ],
)
def test_whatever_a_button_does_what_was_seen_before_stays(
    captured: Any, deed: str, outcomes: set[str]
) -> None:
    trap = banner("Reject all").replace("bar.remove()", deed)
    result = captured(POST + trap, "Siti Rekaan", timeout_s=8.0)
    assert result.verdict is Verdict.OK, result.reason
    assert result.manifest.banner.outcome in outcomes
    assert result.manifest.final_url.endswith("/page")
    assert "Siti Rekaan owes" in (result.folder / "dom.html").read_text()
    assert result.screenshot is not None
    assert result.mention_picture is not None


def test_a_banner_that_fades_and_one_that_comes_late_are_dismissed(captured: Any) -> None:
    """Announced by its manager's frame, it is waited for."""
    bar = banner("Reject all").replace("bar.remove()", "setTimeout(() => bar.remove(), 900)")
    late = f"<iframe name=__tcfapiLocator hidden></iframe><script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', {json.dumps(bar)}), 900)</script>"
    result = captured(POST + late, "Siti Rekaan")
    assert result.manifest.banner.outcome == "dismissed"


WORDS = tomllib.loads(
    resources.files("monitor.evidence").joinpath("data/consent_words.toml").read_text("utf-8")
)
LANGUAGES = [language for language in WORDS if language != "never"]


def test_every_word_in_every_language_is_pressed_refusals_first(site: Any, browser: Any) -> None:
    """One page whose banner is written anew for each word, and asked each time what would be pressed."""
    site.routes["/words"] = site.page(f"<p>{FILLER}</p><div id=bar style='position:fixed;bottom:0'></div>")

    async def pressed(tab: Any, about: str, *labels: str) -> str | None:
        buttons = "".join(f"<button type=button>{label}</button>" for label in labels)
        await tab._page.evaluate("html => { bar.innerHTML = html }", f"{about}. {buttons}")
        found = await tab.ask("awaitBanner", search_terms(), 0)
        return found and found["label"]

    async def steps(tab: Any) -> list[object]:
        await tab.open(site.url("/words"), 20)
        wrong: list[object] = []
        for language in LANGUAGES:
            words = WORDS[language]
            about, accept = words["about"][0], words["accept"][0]
            asked = [(word, (about, accept, words["close"][0], word)) for word in words["refuse"]]
            asked += [(word, (about, word)) for word in words["close"] + words["accept"]]
            asked += [(accept, (word, accept)) for word in words["about"]]
            asked.append((None, ("Welcome", accept)))
            wrong += [(language, case) for wanted, case in asked if await pressed(tab, *case) != wanted]
        return wrong

    assert len(LANGUAGES) == 22
    assert browser.visit(steps) == []


def test_a_banner_that_stays_is_noted(captured: Any) -> None:
    stubborn = banner("Reject all").replace("bar.remove()", "0")
    result = captured(POST + stubborn, "Siti Rekaan")
    assert result.manifest.banner.outcome == "stayed"
    assert any("could not be dismissed" in note for note in result.manifest.notes)


def test_a_banner_of_a_known_manager_in_a_shadow_root_is_dismissed(captured: Any) -> None:
    shadow = (
        '<div id="host"></div><script>const root = host.attachShadow({mode: "open"});'
        'root.innerHTML = `<div class="cky-consent-container" style="position:fixed;bottom:0">Privacy. <button class="cky-btn-reject">No</button></div>`;'
        'root.querySelector("button").onclick = () => host.remove()</script>'
    )
    result = captured(POST + shadow, "Siti Rekaan")
    assert (result.manifest.banner.button, result.manifest.banner.outcome) == ("No", "dismissed")
