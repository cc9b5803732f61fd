"""Consent banners are dismissed by one press, with both pictures kept; what only looks like one changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

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
        ("Utilizamos cookies propias.", ("Aceptar", "Rechazar todas"), "Rechazar todas"),
        ("我们使用 Cookie 并重视您的隐私。", ("同意", "拒绝"), "拒绝"),
        ("Kami memakai kuki demi privasi Anda.", ("Terima", "Hanya yang penting"), "Hanya yang penting"),
        ("This site uses cookies.", ("Got it",), "Got it"),
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


@pytest.mark.parametrize(
    "extra",
    [
        "",
        '<div style="position:fixed;bottom:0"><button type=button>Accept</button> Join our chat</div>',
        '<div style="position:fixed;bottom:0">Cookies. <a href="/elsewhere">Accept all</a></div>',
        '<div style="position:fixed;bottom:0">Cookies. <form action="/sent"><button>Accept all</button></form></div>',
        "<div>Cookies are tasty. <button type=button>I agree</button></div>",
        '<div style="position:fixed;top:0;display:none">Cookies <button type=button>Reject</button></div>',
    ],
)
def test_what_is_no_consent_banner_is_left_alone(captured: Any, site: Any, extra: str) -> None:
    result = captured(POST + extra, "Siti Rekaan")
    assert result.verdict is Verdict.OK
    assert result.manifest.banner is None
    assert not (result.folder / "screenshot-before.png").exists()
    assert not {"/elsewhere", "/sent"} & set(site.asked)


def test_a_button_that_leads_away_changes_neither_verdict_nor_files(captured: Any) -> None:
    trap = banner("Reject all").replace("bar.remove()", "location.href = '/trap'")
    result = captured(POST + trap, "Siti Rekaan", routes={})
    assert result.verdict is Verdict.OK, result.manifest
    assert result.manifest.banner.outcome == "led away"
    assert "Siti Rekaan owes" in (result.folder / "dom.html").read_text()


def test_a_banner_that_stays_is_noted(captured: Any) -> None:
    stubborn = banner("Reject all").replace("bar.remove()", "0")
    result = captured(POST + stubborn, "Siti Rekaan")
    assert result.manifest.banner.outcome == "stayed"
    assert any("could not be dismissed" in note for note in result.manifest.notes)


def test_a_banner_of_a_known_manager_in_a_shadow_root_is_dismissed(captured: Any) -> None:
    shadow = (
        '<div id="host"></div><script>const root = host.attachShadow({mode: "open"});'
        'root.innerHTML = `<div style="position:fixed;bottom:0">Privacy. <button class="cky-btn-reject">No</button></div>`;'
        'root.querySelector("button").onclick = () => host.remove()</script>'
    )
    result = captured(POST + shadow, "Siti Rekaan")
    assert (result.manifest.banner.button, result.manifest.banner.outcome) == ("No", "dismissed")
