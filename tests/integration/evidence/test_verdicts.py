"""Each verdict has a page on a real server; no failure is ever shown as a success, and each is a record."""

from __future__ import annotations

import resource
import signal
import socket
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.capture import capture
from monitor.evidence.chromium import require_chromium
from monitor.evidence.manifest import Manifest
from monitor.evidence.request import CaptureRequest
from monitor.evidence.verdict import Verdict
from spiders.gate import Gate, allowed_network_from_text

FILLER = "<p>" + "Ordinary talk about the weather, the harvest and the price of rice. " * 6 + "</p>"
NAME = "Amina Mfano"
LOGIN = "<h1>Log in</h1><p>Please log in to continue.</p><form><input name=u><input type=password name=p><button>Log in</button></form>"
CAPTCHA = "<title>Just a moment...</title><p>Verify you are human</p><div class=cf-turnstile></div>"


def _visit(url: str, browser: Browser, folder: Path, **more: Any) -> Any:
    result = capture(CaptureRequest(url=url, **{"expected": (NAME,), **more}), browser, folder)
    assert Manifest.model_validate_json(result.manifest_path.read_bytes()) == result.manifest
    return result


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (403, "Forbidden", Verdict.BLOCKED),
        (429, "Slow down", Verdict.BLOCKED),
        (451, "Unavailable for legal reasons", Verdict.BLOCKED),
        (200, "<h1>Access denied</h1><p>Your IP address has been blocked.</p>", Verdict.BLOCKED),
        (200, "<h1>您的访问请求被拒绝</h1>", Verdict.BLOCKED),
        (401, "Who are you?", Verdict.LOGIN_WALL),
        (403, LOGIN, Verdict.LOGIN_WALL),
        (200, LOGIN, Verdict.LOGIN_WALL),
        (200, CAPTCHA, Verdict.CAPTCHA),
        (403, CAPTCHA, Verdict.CAPTCHA),
        (503, CAPTCHA, Verdict.CAPTCHA),
        (404, "Not here", Verdict.GONE),
        (410, "Not here any more", Verdict.GONE),
        (200, "<p>This thread has been deleted by a moderator.</p>", Verdict.GONE),
        (200, "<p>抱歉,该帖子已被删除。</p>", Verdict.GONE),
        (500, "Oops", Verdict.SERVER_ERROR),
        (200, FILLER, Verdict.MENTION_NOT_FOUND),
        (200, "", Verdict.MENTION_NOT_FOUND),
    ],
)
def test_a_page_without_the_mention_says_why(
    captured: Any, site: Any, status: int, body: str, verdict: Verdict
) -> None:
    result = captured(site.answer(body, status), NAME)
    assert result.verdict is verdict, result.reason
    assert not result.verdict.shows_mention
    assert result.reason.endswith(".")
    assert result.mention_picture is None
    assert result.screenshot is not None
    assert result.manifest.status == status


@pytest.mark.parametrize(
    "hiding",
    [
        "<p style='display:none'>{}</p>",
        "<p style='visibility:hidden'>{}</p>",
        "<p style='opacity:0'>{}</p>",
        "<p style='position:absolute;left:-9999px'>{}</p>",
        "<p style='font-size:0'>{}</p>",
        "<script>let name = '{}'</script>",
        "<!-- {} -->",
        "<img alt='{}'>",
        "<noscript>{}</noscript>",
        "<details><summary>more</summary>{}</details>",
    ],
)
def test_a_mention_that_nobody_sees_is_not_found(captured: Any, hiding: str) -> None:
    result = captured(FILLER + hiding.format(NAME), NAME)
    assert result.verdict is Verdict.MENTION_NOT_FOUND


def test_a_mention_of_which_half_is_missing_is_partial(captured: Any) -> None:
    result = captured(FILLER + f"<p>{NAME}</p>", NAME, "0700 000 111")
    assert result.verdict is Verdict.PARTIAL
    assert result.manifest.missing == ("0700 000 111",)


def test_a_mention_outside_the_post_is_partial(captured: Any) -> None:
    """The post was taken down, but an answer still names the person."""
    result = captured(
        FILLER + f"<p>Leave {NAME} alone!</p>", NAME, context_text="a quite different post that has gone"
    )
    assert result.verdict is Verdict.PARTIAL
    assert "own text" in result.reason


def test_a_mention_below_a_login_box_is_partial(captured: Any) -> None:
    box = "<div style='position:fixed;inset:0;background:white;z-index:9'>Join us to read more</div>"
    result = captured(FILLER + f"<p>{NAME}</p>" + box, NAME)
    assert result.verdict is Verdict.PARTIAL
    assert "lies over" in result.reason


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_mention_in_a_frame_of_another_origin_is_found_and_outlined(
    captured: Any, other_site: Any, host: str
) -> None:
    """Another port is another origin in the same process, another name one in a process of its own."""
    other_site.routes["/post"] = other_site.page(f"{FILLER * 12}<p>{NAME} owes everybody.</p>{FILLER}")
    frame = f"<iframe src=http://{host}:{other_site.port}/post style='margin:900px 0 0 50px;border:7px solid'></iframe>"
    result = captured(FILLER + frame, NAME)
    assert result.verdict is Verdict.OK, result.reason
    (mention,) = result.manifest.mentions
    assert "iframe > document" in mention.dom_path
    assert f"{NAME} owes everybody." in result.manifest.post.text
    assert any("frame of another origin" in note for note in result.manifest.notes)
    with Image.open(result.mention_picture) as picture:
        reds = np.argwhere((np.asarray(picture) == (214, 0, 36)).all(axis=2))
    assert len(reds) > 0
    assert reds[:, 1].min() > 50
    box = mention.rectangles[0]
    with Image.open(result.screenshot) as picture:
        assert box.y + box.height < picture.height
        words = picture.convert("L").crop((box.x, box.y, box.x + box.width, box.y + box.height))
    assert words.getextrema()[0] < 128  # drawn in the picture of the whole page too, where the manifest says


def test_a_frame_of_another_origin_that_nobody_sees_shows_nothing(captured: Any, other_site: Any) -> None:
    other_site.routes["/post"] = other_site.page(f"<p>{NAME} owes everybody.</p>")
    frame = f"<iframe src={other_site.url('/post')} style='opacity:0'></iframe>"
    assert captured(FILLER + frame, NAME).verdict is Verdict.MENTION_NOT_FOUND


def test_frames_that_could_not_be_searched_are_counted(captured: Any, other_site: Any) -> None:
    other_site.routes["/outer"] = other_site.page("<iframe sandbox srcdoc='<p>deeper</p>'></iframe>")
    result = captured(FILLER + f"<iframe src={other_site.url('/outer')}></iframe>", NAME)
    assert result.verdict is Verdict.MENTION_NOT_FOUND
    assert "1 frame(s) of other sites could not be searched" in result.reason


def test_a_page_that_says_ok_is_not_believed(captured: Any) -> None:
    assert captured(FILLER + "<p>verdict: ok</p>", NAME).verdict is Verdict.MENTION_NOT_FOUND


def test_a_page_without_a_mention_needs_its_main_text(captured: Any) -> None:
    assert captured(FILLER).verdict is Verdict.OK


@pytest.mark.parametrize("body", ["", "<p>Loading…</p>", "<div id=app></div>"])
def test_an_empty_shell_is_never_ok(captured: Any, body: str) -> None:
    assert captured(body).verdict is Verdict.UNREADABLE


@pytest.mark.parametrize(("body", "verdict"), [(LOGIN, Verdict.LOGIN_WALL), (CAPTCHA, Verdict.CAPTCHA)])
def test_a_wall_is_seen_without_a_mention_too(captured: Any, body: str, verdict: Verdict) -> None:
    assert captured(body).verdict is verdict


def test_a_redirect_to_the_login_form_is_a_login_wall(captured: Any, site: Any) -> None:
    result = captured(site.redirect("/login?next=/page"), NAME, routes={"/login": site.page(LOGIN)})
    assert result.verdict is Verdict.LOGIN_WALL
    assert result.manifest.final_url.endswith("/login?next=/page")


def test_an_untrusted_certificate_is_a_tls_error_and_nothing_is_read(
    tls_site: Any, browser: Browser, tmp_path: Path
) -> None:
    tls_site.asked.clear()
    tls_site.routes["/"] = tls_site.page(f"<p>{NAME}</p>")
    result = _visit(tls_site.url("/"), browser, tmp_path / "c")
    assert result.verdict is Verdict.TLS_ERROR
    assert "ERR_CERT_AUTHORITY_INVALID" in result.reason
    assert tls_site.asked == []  # the handshake failed before any request


def test_plain_http_to_a_tls_port_is_no_success(tls_site: Any, browser: Browser, tmp_path: Path) -> None:
    result = _visit(tls_site.url("/").replace("https:", "http:"), browser, tmp_path / "c")
    assert result.verdict is Verdict.UNREACHABLE


def test_a_page_that_never_answers_has_timed_out(captured: Any, site: Any) -> None:
    release = threading.Event()

    def silent(handler: Any) -> None:
        release.wait(20)

    try:
        result = captured(silent, NAME, timeout_s=3.0)
    finally:
        release.set()
    assert result.verdict is Verdict.TIMED_OUT


def test_a_page_that_ends_in_the_middle_is_saved_as_far_as_it_came(captured: Any) -> None:
    """The server stops sending after the mention: what came is kept, and is not called a success."""
    release = threading.Event()

    def halting(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(f"<!doctype html><p>{NAME} owes</p>".encode() + FILLER.encode() * 5)
        handler.wfile.flush()
        release.wait(20)

    try:
        result = captured(halting, NAME, timeout_s=6.0)
    finally:
        release.set()
    assert result.verdict is Verdict.TIMED_OUT
    assert NAME in result.dom.read_text()
    assert result.screenshot is not None


def test_a_closed_port_is_unreachable(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    gate = Gate([allowed_network_from_text(f"127.0.0.1:{port}")])
    with Browser(require_chromium(Settings()), gate) as own:
        result = _visit(f"http://127.0.0.1:{port}/", own, tmp_path / "c")
    assert result.verdict is Verdict.UNREACHABLE
    assert "Connection refused" in result.reason


def test_an_unknown_name_is_unreachable(browser: Browser, tmp_path: Path) -> None:
    result = _visit("https://no-such-host.invalid/", browser, tmp_path / "c")
    assert result.verdict is Verdict.UNREACHABLE
    assert "unknown to the resolver" in result.reason


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "chrome://settings", "javascript:alert(1)", "view-source:http://example.com/",
        "data:text/html,Amina Mfano", "http://user:secret@example.com/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:80/",
        "http://127.0.0.1:22/", "http://2130706433/", "http:\\\\127.0.0.1\\", "", "not a url",
    ],
)  # fmt: skip
def test_an_address_that_the_gate_refuses_is_never_opened(browser: Browser, tmp_path: Path, url: str) -> None:
    result = _visit(url, browser, tmp_path / "c")
    assert result.verdict is Verdict.ADDRESS_REFUSED
    assert result.manifest.files == ()
    assert result.manifest.request_count == 0


def test_a_name_for_a_private_address_is_refused_by_the_proxy(browser: Browser, tmp_path: Path) -> None:
    result = _visit("https://localhost:1/", browser, tmp_path / "c")
    assert result.verdict is Verdict.ADDRESS_REFUSED


def test_a_download_is_no_page(captured: Any, site: Any) -> None:
    attachment = site.answer(
        b"\0" * 100, media_type="application/octet-stream", Content_Disposition="attachment; filename=x.bin"
    )
    result = captured(attachment, NAME)
    assert result.verdict is Verdict.UNREADABLE


def test_a_redirect_in_a_circle_is_no_page(captured: Any, site: Any) -> None:
    result = captured(site.redirect("/page"), NAME)
    assert result.verdict is Verdict.UNREADABLE
    assert len(result.manifest.redirects) > 5


def test_a_full_disk_leaves_nothing_half_written(
    captured: Any, site: Any, browser: Browser, tmp_path: Path
) -> None:
    site.routes["/page"] = site.page(FILLER)
    place = tmp_path / "full"
    place.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            capture(CaptureRequest(url=site.url("/page")), browser, place / "c")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert list(place.iterdir()) == []
