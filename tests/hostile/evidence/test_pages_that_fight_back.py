"""Pages that hang, flood, lie or never end: the capture ends in time, with an honest verdict, and the browser lives on."""

from __future__ import annotations

import gzip
import io
import time
from typing import Any

import pytest
from PIL import Image

from monitor.evidence.capture import capture
from monitor.evidence.request import CaptureRequest
from monitor.evidence.verdict import Verdict
from monitor.evidence.visit import MAX_PICTURE_HEIGHT

pytestmark = pytest.mark.slow

FILLER = "<p>" + "Ordinary talk about the weather, the harvest and the price of rice. " * 6 + "</p>"
NAME = "Amina Mfano"
POST = f"{FILLER}<p>{NAME} owes</p>"
LIMIT_S = 9.0


@pytest.fixture
def timed(captured: Any) -> Any:
    """Capture within the limit; afterwards the same browser must capture an innocent page."""

    def run(route: Any, *expected: str, **more: Any) -> Any:
        began_at = time.monotonic()
        result = captured(route, *expected, timeout_s=LIMIT_S, **more)
        assert time.monotonic() - began_at < LIMIT_S + 7
        return result

    return run


@pytest.fixture(autouse=True)
def the_browser_lives_on(site: Any, browser: Any, tmp_path: Any) -> Any:
    yield
    site.routes["/innocent"] = site.page(POST)
    request = CaptureRequest(url=site.url("/innocent"), expected=(NAME,))
    assert capture(request, browser, tmp_path / "innocent").verdict is Verdict.OK


@pytest.mark.parametrize("loop", ["while (true) {}", "while (true) alert(1)"])
def test_a_script_without_end_is_broken_and_the_page_saved(timed: Any, loop: str) -> None:
    result = timed(f"{POST}<script>setTimeout(() => {{ {loop} }}, 0)</script>", NAME)
    assert result.verdict in (Verdict.TIMED_OUT, Verdict.OK), result.reason
    assert NAME in result.dom.read_text()


def test_a_script_that_writes_without_end_times_out(timed: Any) -> None:
    result = timed(
        f"{POST}<script>setTimeout(() => {{ while (true) document.body.append('x') }}, 0)</script>", NAME
    )
    assert not result.verdict.shows_mention
    assert result.manifest_path.exists()


def test_a_script_that_blocks_before_the_text_is_parsed_times_out(timed: Any) -> None:
    result = timed(f"<script>while (true) {{}}</script>{POST}", NAME)
    assert result.verdict is Verdict.TIMED_OUT


@pytest.mark.parametrize(
    "flood",
    [
        "for (let i = 0; i < 30; i++) alert(i)",
        "for (let i = 0; i < 30; i++) { confirm(i); prompt(i) }",
        "onbeforeunload = () => 'stay'; print()",
        "for (let i = 0; i < 200; i++) open('/page')",
        "setInterval(() => open('about:blank'), 5)",
        "for (let i = 0; i < 5000; i++) console.error('x'.repeat(5000))",
        "for (let i = 0; i < 2000; i++) fetch('/nothing' + i)",
        "for (let i = 0; i < 9; i++) (async () => { for (;;) await fetch('/nothing' + Math.random()) })()",
        "setInterval(() => history.pushState(0, '', '/' + Math.random()), 5)",
        "setInterval(() => document.body.append(document.createElement('iframe')), 10)",
        "setInterval(() => { document.title = Math.random(); scrollTo(0, Math.random() * 999) }, 5)",
        "for (let i = 0; i < 300; i++) { let a = document.createElement('a'); a.download = a.href = '/x' + i; a.click() }",
    ],
)
def test_a_flood_does_not_keep_the_mention_from_being_captured(timed: Any, flood: str) -> None:
    result = timed(f"{POST}<script>addEventListener('load', () => {{ {flood} }})</script>", NAME)
    assert result.verdict in (Verdict.OK, Verdict.PARTIAL, Verdict.TIMED_OUT), result.reason
    assert NAME in result.dom.read_text()
    assert result.manifest_path.stat().st_size < 1_000_000


def test_a_page_that_reloads_itself_forever_ends(timed: Any) -> None:
    result = timed(
        f"{POST}<script>addEventListener('load', () => setTimeout(() => location.reload(), 1))</script>", NAME
    )
    assert len(result.manifest.redirects) <= 60
    assert result.manifest_path.stat().st_size < 1_000_000


@pytest.mark.parametrize("height", [50_000, 2_000_000])
def test_a_very_long_page_is_cut_and_says_so(timed: Any, height: int) -> None:
    result = timed(f"<div style='height:{height}px'>{FILLER}</div><p>{NAME} owes</p>", NAME)
    assert result.verdict is Verdict.OK, result.reason
    with Image.open(io.BytesIO(result.screenshot.read_bytes())) as image:
        assert image.height == result.manifest.page.pictured_height_px == MAX_PICTURE_HEIGHT
    assert result.manifest.page.height_px > height
    assert any("the picture shows its first" in note for note in result.manifest.notes)
    assert result.mention_picture is not None


def test_a_very_wide_page_is_cut(timed: Any) -> None:
    result = timed(f"<div style='width:500000px;height:20px'></div>{POST}", NAME)
    with Image.open(io.BytesIO(result.screenshot.read_bytes())) as image:
        assert image.width <= 2_560


def test_endless_scrolling_ends(timed: Any) -> None:
    script = "<script>setInterval(() => { if (scrollY + innerHeight > document.body.scrollHeight - 2000) for (let i = 0; i < 20; i++) document.body.append(document.createElement('p').appendChild(document.createTextNode('more and more ')).parentNode) }, 5)</script>"
    assert timed(POST + script, NAME).verdict is Verdict.OK


def test_a_huge_document_is_read(timed: Any, site: Any) -> None:
    body = f"<p>{NAME} owes</p>" + "<div><span>word</span> <b>word</b></div>" * 40_000
    result = timed(site.page(body), NAME)
    assert result.verdict in (Verdict.OK, Verdict.TIMED_OUT)
    assert NAME in result.dom.read_text()


def test_a_deeply_nested_document_is_read(timed: Any, site: Any) -> None:
    result = timed(site.page("<div>" * 20_000 + f"{NAME} owes"), NAME)
    assert result.verdict in (Verdict.OK, Verdict.MENTION_NOT_FOUND, Verdict.TIMED_OUT, Verdict.PAGE_CRASHED)
    assert result.manifest_path.exists()


def test_a_page_cannot_lie_by_replacing_what_a_reader_would_use(timed: Any) -> None:
    """The search runs in an isolated world: the page's own built-ins are not asked."""
    lies = f"""<script>
      String.prototype.indexOf = () => 0; String.prototype.normalize = () => '{NAME}';
      Element.prototype.checkVisibility = () => true; Array.prototype.push = () => 0;
      Range.prototype.getClientRects = () => [{{x: 1, y: 1, width: 100, height: 20}}];
      Document.prototype.createRange = () => {{ throw 1 }};
      Object.defineProperty(Node.prototype, 'textContent', {{get: () => '{NAME}'}});
      window.shamewatch = {{search: () => ({{matches: [1]}})}}; globalThis.Promise = null;
    </script>"""
    assert timed(FILLER + lies, NAME).verdict is Verdict.MENTION_NOT_FOUND


def test_a_page_that_renames_its_elements_to_clobber_the_document_is_read(timed: Any) -> None:
    clobber = "<form name=body></form><img name=images><img name=documentElement><form id=f><input name=parentElement><input name=children></form>"
    assert timed(clobber + POST, NAME).verdict is Verdict.OK


def test_a_form_whose_fields_are_named_like_properties_hides_nothing(timed: Any) -> None:
    names = "nodeType nodeName lastChild previousSibling parentElement children localName className shadowRoot innerText closest contains getRootNode checkVisibility getAttribute hasAttribute scrollIntoView getBoundingClientRect"
    fields = "".join(f"<input type=hidden name={name}>" for name in names.split())
    bar = "<div style='position:fixed;bottom:0'>Cookies. <button type=button onclick='this.parentNode.remove()'>Reject</button></div>"
    result = timed(f"<form>{fields}<p id=m>{NAME} owes</p>{bar}{fields}</form>{FILLER}", NAME)
    assert result.verdict is Verdict.OK, result.reason
    assert f"{NAME} owes" in result.manifest.post.text
    assert result.manifest.banner.outcome == "dismissed"


def test_a_page_that_hides_the_mention_when_scrolled_is_not_a_full_success(timed: Any) -> None:
    script = "<script>addEventListener('scroll', () => document.getElementById('m').remove())</script>"
    result = timed(f"{FILLER * 40}<p id=m>{NAME} owes</p>{FILLER}{script}", NAME)
    assert result.verdict in (Verdict.MENTION_NOT_FOUND, Verdict.PARTIAL), result.reason


def test_a_page_that_crashes_its_renderer_is_recorded(timed: Any) -> None:
    """Memory without end: Chromium ends the renderer, and the capture says so or times out."""
    result = timed(
        f"{POST}<script>let a = []; setInterval(() => {{ for (;;) a.push(new Array(1e7).fill(1.5)) }}, 300)</script>",
        NAME,
    )
    assert result.verdict in (Verdict.PAGE_CRASHED, Verdict.TIMED_OUT, Verdict.OK)


def test_ten_thousand_requests_are_counted_and_the_archive_is_bounded(captured: Any, site: Any) -> None:
    """Every one of them is told of several times over, which takes its time."""
    script = "<script>addEventListener('load', () => { for (let i = 0; i < 10000; i++) fetch('/tiny?' + i) })</script>"
    began_at = time.monotonic()
    result = captured(POST + script, NAME, routes={"/tiny": site.answer("x")}, timeout_s=45.0)
    assert time.monotonic() - began_at < 45 + 7
    manifest = result.manifest
    assert result.verdict in (Verdict.OK, Verdict.TIMED_OUT), result.reason
    assert NAME in result.dom.read_text()
    assert manifest.request_count > 2_000
    assert len(manifest.exchanges) <= 2_300
    assert len(manifest.exchanges) + manifest.exchanges_not_listed >= 2_000
    assert result.manifest_path.stat().st_size < 2_000_000


@pytest.mark.parametrize("size", ["width=100 height=100", ""])
def test_a_picture_of_four_hundred_million_pixels_does_not_end_the_visit(
    timed: Any, site: Any, size: str
) -> None:
    """Fifty kilobytes on the wire; unpacked in full it would take 1.6 GB."""
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    picture = site.answer(bomb.getvalue(), media_type="image/png")
    result = timed(f"{POST}<img src=/bomb.png {size}>", NAME, routes={"/bomb.png": picture})
    assert result.verdict in (Verdict.OK, Verdict.TIMED_OUT, Verdict.PAGE_CRASHED), result.reason
    if result.screenshot:
        with Image.open(io.BytesIO(result.screenshot.read_bytes())) as image:
            assert image.width <= 2_560


def test_bait_for_automation_is_answered_truthfully(timed: Any, browser: Any) -> None:
    """We are a robot with a name: what a page hides from robots is not found, and nothing pretends otherwise."""
    tell = "document.body.append(JSON.stringify([navigator.userAgent, navigator.webdriver, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]))"
    hide = f"if (!navigator.webdriver) document.body.append('{NAME} owes')"
    result = timed(f"{FILLER}<script>{tell}; {hide}</script>", NAME)
    assert result.verdict is Verdict.MENTION_NOT_FOUND
    told = result.manifest.browser
    assert f'["{told.user_agent}",true,"{told.locale}","{told.timezone}"]' in result.dom.read_text()


def test_a_service_worker_is_not_let_in(timed: Any, site: Any) -> None:
    """It could answer the next visit in the site's place."""
    worker = site.answer(
        "onfetch = event => event.respondWith(new Response('forged'))", media_type="text/javascript"
    )
    script = "<script>navigator.serviceWorker.register('/worker.js').then(() => fetch('/data')).then(a => a.text()).then(t => document.body.append(t))</script>"
    result = timed(POST + script, NAME, routes={"/worker.js": worker, "/data": site.answer("genuine")})
    assert result.verdict is Verdict.OK, result.reason
    assert "forged" not in result.dom.read_text().replace("'forged'", "")


def test_a_bomb_in_a_compressed_answer_is_cut(timed: Any) -> None:
    bomb = gzip.compress(b"<p>" + b"0" * 100_000_000, 6)

    def route(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    assert timed(route, NAME).verdict in (Verdict.TIMED_OUT, Verdict.PAGE_CRASHED, Verdict.MENTION_NOT_FOUND)


def test_an_answer_without_end_is_cut(timed: Any) -> None:
    def route(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        until = time.monotonic() + 25
        while time.monotonic() < until:
            handler.wfile.write(FILLER.encode() * 10)
            time.sleep(0.02)

    result = timed(route, NAME)
    assert not result.verdict.shows_mention
