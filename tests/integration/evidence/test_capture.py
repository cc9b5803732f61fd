"""A page as it is preserved: pictures, DOM, addresses, times, and where the mention stands."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import stat
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from PIL import Image

from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.browser_errors import TabLostError
from monitor.evidence.capture import capture
from monitor.evidence.chromium import require_chromium
from monitor.evidence.manifest import Manifest
from monitor.evidence.request import CaptureRequest, PostFacts
from monitor.evidence.tab import Tab
from monitor.evidence.verdict import Verdict
from spiders.settings import USER_AGENT

FILLER = "<p>" + "Ordinary talk about the weather, the harvest and the price of rice. " * 6 + "</p>"
RED = (214, 0, 36)
SCHEMA = Path(__file__).parents[3] / "docs" / "evidence-manifest.schema.json"


def _picture(path: Path | None) -> Image.Image:
    assert path is not None
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return image.convert("RGB")


def _red_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The bounding box of everything drawn in the colour of the outline."""
    is_red = (np.asarray(image) == RED).all(axis=2)
    return Image.fromarray(is_red).getbbox()


def test_a_mention_across_elements_is_found_pictured_and_outlined(captured: Any) -> None:
    post = "<article id=p7>欠债不还的 <b>周</b><i>小\n 虚</i>,电话 199-0000-<span>4321</span></article>"
    result = captured(FILLER * 20 + post + FILLER, "周小虚", "199-0000-4321")
    assert result.verdict is Verdict.OK
    first = result.manifest.mentions[0]
    assert first.expected == "周小虚"
    assert first.dom_path == "html > body > article > b"
    box = first.rectangles[0]
    whole = _picture(result.screenshot)
    assert whole.size == (result.manifest.page.width_px, result.manifest.page.height_px)
    assert 0 < box.x < whole.width
    assert 1000 < box.y < whole.height
    assert _red_box(whole) is None
    outline = _red_box(_picture(result.mention_picture))
    assert outline is not None
    assert abs(outline[0] - (box.x - 4)) <= 2


def test_the_outline_leaves_the_document_alone(captured: Any) -> None:
    watch = (
        "<script>new MutationObserver(() => document.title = 'changed')"
        ".observe(document, {subtree: true, childList: true, attributes: true});"
        "document.addEventListener('selectionchange', () => document.title = 'selected');</script>"
    )
    result = captured(FILLER + "<p>Juan Dela Halimbawa is a thief</p>" + watch, "Juan Dela Halimbawa")
    assert result.verdict is Verdict.OK
    assert result.manifest.page.title == "A forum"
    assert "Juan Dela Halimbawa is a thief" in result.dom.read_text()


def test_the_manifest_lists_every_file_with_its_digest(captured: Any) -> None:
    before = datetime.now(UTC)
    result = captured(
        FILLER + "<article><p>Siti Rekaan</p><p>owes everybody.</p></article>" + FILLER,
        "Siti Rekaan",
        post=PostFacts(id="7", untrusted_author="tukang_gosip", chars=25),
    )
    manifest = Manifest.model_validate_json(result.manifest_path.read_bytes())
    assert manifest == result.manifest
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(result.manifest_path.read_bytes()))
    assert {entry.name for entry in manifest.files} | {"manifest.json"} == {
        path.name for path in result.folder.iterdir()
    }
    for entry in manifest.files:
        content = (result.folder / entry.name).read_bytes()
        assert (entry.sha256, entry.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert before <= manifest.started_at <= manifest.ended_at <= datetime.now(UTC)
    assert (manifest.post.id, manifest.post.author) == ("7", "tukang_gosip")
    assert manifest.post.text.split() == ["Siti", "Rekaan", "owes", "everybody."]
    assert next(exchange.status for exchange in manifest.exchanges) == 200
    assert {server.address for server in manifest.servers} == {"127.0.0.1"}
    assert manifest.machine.clock.is_synchronised is not None
    assert manifest.modifications
    assert manifest.status == 200
    assert manifest.server_address.startswith("127.0.0.1:")
    assert ["content-type", "text/html; charset=utf-8"] in [
        [name.lower(), value] for name, value in manifest.headers
    ]
    assert json.loads(result.manifest_path.read_text())["schema_version"] == "shamewatch-capture/2"


def test_the_way_to_the_page_is_recorded(captured: Any, site: Any) -> None:
    meta = site.answer("<meta http-equiv=refresh content='0;url=/third'>")
    third = site.page(FILLER + "<p>Kwame Mfano owes</p>")
    routes = {"/second": meta, "/third": third}
    result = captured(site.redirect("/second"), "Kwame Mfano", routes=routes)
    assert result.verdict is Verdict.OK
    assert [(hop.url, hop.status, hop.cause) for hop in result.manifest.redirects] == [
        (site.url("/page"), 302, "requested"),
        (site.url("/second"), 200, "http redirect"),
        (site.url("/third"), 200, "page"),
    ]
    assert result.manifest.final_url == site.url("/third")


def test_text_that_a_script_writes_later_is_awaited(captured: Any) -> None:
    script = "<div id=x></div><script>setTimeout(() => x.textContent = 'Rosa Ejemplo es una estafadora', 900)</script>"
    assert captured(FILLER + script, "Rosa Ejemplo").verdict is Verdict.OK


def test_the_right_post_is_pictured_among_several_with_the_name(captured: Any) -> None:
    quiet = "<article id=a>Rosa Ejemplo won a prize for her bread, says the town hall.</article>"
    shaming = "<article id=b>Rosa Ejemplo is a swindler and will be visited at home.</article>"
    result = captured(
        quiet + FILLER * 30 + shaming + FILLER, "Rosa Ejemplo", context_text="Rosa Ejemplo is a swindler and will be visited"
    )  # fmt: skip
    assert result.verdict is Verdict.OK
    assert [match.is_in_post for match in result.manifest.mentions] == [True, False]
    assert result.manifest.mentions[0].rectangles[0].y > result.manifest.mentions[1].rectangles[0].y


def test_an_anchor_finds_the_post_where_its_text_does_not(captured: Any) -> None:
    posts = "".join(
        f"<article data-pk={number}>Rosa Ejemplo, post {number}.</article>{FILLER}" for number in range(5)
    )
    result = captured(posts, "Rosa Ejemplo", anchors=("3",))
    first = result.manifest.mentions[0]
    assert first.is_in_post
    assert first.dom_path.endswith("article:nth-of-type(4)")


def test_a_mention_in_a_quote_is_ok_where_the_request_says_so(captured: Any) -> None:
    """And that quote is pictured, not the post that it was taken from."""
    first = "<article id=p6>He is found! Thanks to Rosa Ejemplo.</article>"
    post = (
        "<article id=p7><blockquote>He is found! Thanks to Rosa Ejemplo.</blockquote>"
        "<p>What a relief. He is not lost, he is on holiday.</p></article>"
    )
    more = {"context_text": "What a relief. He is not lost, he is on holiday.", "anchors": ("p7",)}
    result = captured(first + FILLER * 3 + post, "Rosa Ejemplo", is_in_post=False, **more)
    assert (result.verdict, result.reason) == (Verdict.OK, "The mention is in the visible text of the page.")
    assert "blockquote" in result.manifest.mentions[0].dom_path


def test_a_post_that_is_quoted_above_itself_is_found_at_its_anchor(captured: Any) -> None:
    """A board that shows the newest first shows the quote before the post."""
    words = "Rosa Ejemplo is a swindler and will be visited at home."
    answer = f"<article id=p8><blockquote>{words}</blockquote><p>Leave her alone.</p></article>"
    post = f"<article><a name=p7></a><p>{words}</p></article>"
    result = captured(answer + FILLER * 9 + post, "Rosa Ejemplo", context_text=words, anchors=("p7",))
    assert result.verdict is Verdict.OK
    first = result.manifest.mentions[0]
    assert first.is_in_post
    assert first.dom_path.endswith("article:nth-of-type(2) > p")


def test_a_mention_in_a_frame_is_found(captured: Any) -> None:
    frame = "<iframe srcdoc='<p>Amina Mfano in a frame</p>' style='width:400px'></iframe>"
    assert captured(FILLER + frame, "Amina Mfano in a frame").verdict is Verdict.OK


def test_a_mention_in_a_shadow_root_is_found_and_serialised(captured: Any) -> None:
    shadow = "<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<p>Amina Mfano inside</p>'</script>"
    result = captured(FILLER + shadow, "Amina Mfano")
    assert result.verdict is Verdict.OK
    assert "<p>Amina Mfano inside</p></template>" in result.dom.read_text()


def test_lazy_pictures_are_loaded_before_the_picture_is_taken(captured: Any, site: Any) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (50, 50), (0, 128, 0)).save(buffer, "PNG")

    green = site.answer(buffer.getvalue(), media_type="image/png")
    body = (
        "<p>Amina Mfano</p>"
        + FILLER * 100
        + "<img loading=lazy src=/green.png width=50 height=50><img src=/gone.png>"
    )
    result = captured(body, "Amina Mfano", routes={"/green.png": green})
    assert "/green.png" in site.asked
    lowest = np.asarray(_picture(result.screenshot))[-400:]
    assert (lowest == (0, 128, 0)).all(axis=2).any()
    assert result.manifest.missing_pictures == (site.url("/gone.png"),)
    assert [(part.url, part.status) for part in result.manifest.failed_requests if "gone" in part.url] == [
        (site.url("/gone.png"), 404)
    ]


def test_errors_on_the_console_are_recorded(captured: Any) -> None:
    result = captured(FILLER + "<script>console.error('broken part'); undefinedFunction()</script>")
    assert any("broken part" in line for line in result.manifest.console_errors)
    assert any("undefinedFunction" in line for line in result.manifest.console_errors)


def test_two_captures_share_nothing(captured: Any, site: Any, browser: Browser, tmp_path: Path) -> None:
    seen: list[str] = []

    def cookie(handler: Any) -> None:
        seen.append(handler.headers.get("Cookie", ""))
        body = FILLER.encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Set-Cookie", "visitor=1; Max-Age=9999")
        handler.send_header("Cache-Control", "max-age=9999")
        handler.end_headers()
        handler.wfile.write(body)

    captured(cookie)
    capture(CaptureRequest(url=site.url("/page")), browser, tmp_path / "second")
    assert seen == ["", ""]


def test_the_user_agent_is_the_crawlers_own(captured: Any, browser: Browser) -> None:
    seen: list[str] = []

    def remember(handler: Any) -> None:
        seen.append(handler.headers["User-Agent"])
        handler.send_response(200)
        handler.end_headers()

    result = captured(remember)
    assert seen == [USER_AGENT]
    assert result.manifest.browser.user_agent == USER_AGENT


def test_an_existing_capture_is_never_overwritten(
    captured: Any, site: Any, browser: Browser, tmp_path: Path
) -> None:
    result = captured(FILLER)
    before = result.manifest_path.read_bytes()
    with pytest.raises(OSError, match="not empty"):
        capture(CaptureRequest(url=site.url("/page")), browser, tmp_path / "capture")
    assert result.manifest_path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["capture"]


def test_only_the_owner_can_read_a_capture(captured: Any) -> None:
    result = captured(FILLER)
    assert stat.S_IMODE(result.folder.stat().st_mode) == 0o700


def test_everything_temporary_lies_in_the_folder_given_and_goes_with_the_browser(
    gate: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else may read there, and Chromium works there under its own id."""
    site.routes["/page"] = site.page(FILLER + "<p>Amina Mfano</p>")
    with tempfile.TemporaryDirectory(prefix="sw-") as name:
        place, folder, system = Path(name), Path(name) / "browser", Path(name) / "tmp"
        place.chmod(0o711)
        system.mkdir(mode=0o777)
        system.chmod(0o777)
        monkeypatch.setenv("TMPDIR", str(system))
        monkeypatch.setattr(tempfile, "tempdir", str(system))
        with Browser(require_chromium(Settings()), gate, folder=folder) as own:
            own.start()
            (run,) = folder.iterdir()
            inside = {path.name.rpartition("-")[0] for path in run.iterdir()}
            assert {"playwright_chromiumdev_profile", "playwright-artifacts"} <= inside
            for path in (folder, run, *run.iterdir()):
                assert stat.S_IMODE(path.stat().st_mode) & 0o066 == 0, path
            request = CaptureRequest(url=site.url("/page"), expected=("Amina Mfano",))
            assert capture(request, own, place / "c").verdict is Verdict.OK
            assert list(system.iterdir()) == []
        assert list(folder.iterdir()) == []


def test_a_warm_capture_of_a_plain_thread_takes_seconds(
    captured: Any, tmp_path: Path, site: Any, browser: Browser
) -> None:
    """Generous on purpose: it catches a lost time-out, not a slow machine."""
    captured(FILLER * 80 + "<p>Amina Mfano</p>", "Amina Mfano")
    began_at = time.monotonic()
    capture(CaptureRequest(url=site.url("/page"), expected=("Amina Mfano",)), browser, tmp_path / "again")
    assert time.monotonic() - began_at < 10


def _renderers() -> list[tuple[Path, str, dict[str, str]]]:
    """Folder in /proc, command line and status of every renderer under an id of the dynamic range."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue  # ended meanwhile
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if "--type=renderer" in command and int(status["Uid"].split()[0]) >= 61184:
            found.append((folder, command, status))
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user id for the sandbox")
def test_as_root_chromium_runs_sandboxed_under_an_unprivileged_user(browser: Browser) -> None:
    """Read from the kernel while a tab is open: user id, seccomp filter, user and network namespaces."""
    ours = {name: Path(f"/proc/self/ns/{name}").readlink() for name in ("user", "net")}

    async def look(tab: Tab) -> int:
        await tab.open("data:text/html,hello", 10)
        renderers = _renderers()
        for folder, command, status in renderers:
            assert "--no-sandbox" not in command
            assert status["Seccomp"].strip() == "2"
            for name, namespace in ours.items():
                assert (folder / "ns" / name).readlink() != namespace
        return len(renderers)

    assert browser.visit(look) > 0


def test_tls_and_the_certificate_chain_are_recorded(tls_site: Any, gate: Any, tmp_path: Path) -> None:
    """No certificate here is trusted by Chromium, so this one browser, and only it, is told to go on."""

    class Trusting(Browser):
        async def _fresh_context(self, browser: Any, ledger: Any) -> Any:
            proxy = {"server": self._proxy.server, "username": ledger.username, "password": ledger.password}
            return await browser.new_context(proxy=proxy, ignore_https_errors=True)

    tls_site.routes["/"] = tls_site.page(FILLER)
    with Trusting(require_chromium(Settings()), gate) as own:
        result = capture(CaptureRequest(url=tls_site.url("/")), own, tmp_path / "c")
    tls = result.manifest.tls
    assert tls is not None
    assert tls.protocol == "TLS 1.3"
    assert tls.subject == tls.issuer == "untrusted.example"
    assert tls.valid_from_at is not None
    assert tls.valid_to_at is not None
    assert tls.valid_from_at < datetime.now(UTC) < tls.valid_to_at
    (certificate,) = x509.load_pem_x509_certificates(
        (result.folder / "tls" / f"127.0.0.1_{tls_site.port}.pem").read_bytes()
    )
    assert tls.chain_sha256 == (certificate.fingerprint(hashes.SHA256()).hex(),)
    assert result.manifest.server_address == f"127.0.0.1:{tls_site.port}"


def test_two_threads_share_one_browser_and_keep_their_records_apart(
    site: Any, browser: Browser, tmp_path: Path
) -> None:
    site.routes["/one"] = site.page(FILLER + "<p>Amina Mfano</p><img src=http://127.0.0.1:65001/one.png>")
    site.routes["/two"] = site.page(FILLER + "<p>Rosa Ejemplo</p>")

    def run(path: str, name: str) -> Any:
        return capture(CaptureRequest(url=site.url(path), expected=(name,)), browser, tmp_path / path[1:])

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(run, ("/one", "/two"), ("Amina Mfano", "Rosa Ejemplo"))
    assert (one.verdict, two.verdict) == (Verdict.OK, Verdict.OK)
    assert [item.port for item in one.manifest.refused_connections] == [65001]
    assert two.manifest.refused_connections == ()


def test_a_browser_that_does_not_answer_is_ended_and_started_again(
    site: Any, gate: Any, tmp_path: Path
) -> None:
    site.routes["/page"] = site.page(FILLER + "<p>Amina Mfano</p>")

    async def never(tab: Tab) -> None:
        await asyncio.sleep(60)

    with Browser(require_chromium(Settings()), gate) as own:
        with pytest.raises(TabLostError, match="did not answer"):
            own.visit(never, limit_s=2.0)
        result = capture(
            CaptureRequest(url=site.url("/page"), expected=("Amina Mfano",)), own, tmp_path / "c"
        )
    assert result.verdict is Verdict.OK
