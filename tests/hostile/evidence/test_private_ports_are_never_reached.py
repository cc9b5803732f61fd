"""Every way in which a page can make a browser open a connection, aimed at a trap on loopback: nothing arrives."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Settings
from monitor.evidence import launch
from monitor.evidence.browser import Browser
from monitor.evidence.capture import capture
from monitor.evidence.chromium import require_chromium
from monitor.evidence.request import CaptureRequest
from monitor.evidence.verdict import Verdict
from spiders.gate import Gate, allowed_network_from_text

FILLER = "<p>" + "Ordinary talk about the weather, the harvest and the price of rice. " * 6 + "</p>"
NAME = "Amina Mfano"
POST = f"{FILLER}<p>{NAME} owes</p>"

SUBREQUESTS = {
    "picture": "<img src=http://{trap}/>",
    "picture set": "<img srcset='http://{trap}/a 1x'>",
    "style sheet": "<link rel=stylesheet href=http://{trap}/>",
    "script": "<script src=http://{trap}/></script>",
    "module": "<script type=module>import('http://{trap}/x.js')</script>",
    "frame": "<iframe src=http://{trap}/></iframe>",
    "object": "<object data=http://{trap}/></object><embed src=http://{trap}/>",
    "video": "<video autoplay src=http://{trap}/></video><audio autoplay src=http://{trap}/></audio>",
    "font": "<style>@font-face{{font-family:x;src:url(http://{trap}/)}}p{{font-family:x}}</style>",
    "prefetch": "<link rel=prefetch href=http://{trap}/><link rel=preload as=fetch href=http://{trap}/>",
    "preconnect": "<link rel=preconnect href=http://{trap}/><link rel=dns-prefetch href=//{trap}/>",
    "prerender": "<script type=speculationrules>{{\"prerender\":[{{\"source\":\"list\",\"urls\":[\"http://{trap}/\"],\"eagerness\":\"immediate\"}}]}}</script>",
    "favicon": "<link rel=icon href=http://{trap}/>",
    "manifest": "<link rel=manifest href=http://{trap}/>",
    "fetch": "<script>fetch('http://{trap}/', {{mode:'no-cors'}})</script>",
    "fetch that lives on": "<script>fetch('http://{trap}/', {{mode:'no-cors', keepalive:true, method:'POST', body:'x'}})</script>",
    "request object": "<script>let x = new XMLHttpRequest(); x.open('GET', 'http://{trap}/'); x.send()</script>",
    "beacon": "<script>navigator.sendBeacon('http://{trap}/', 'x')</script>",
    "ping": "<a id=a href='#' ping=http://{trap}/>x</a><script>a.click()</script>",
    "web socket": "<script>new WebSocket('ws://{trap}/')</script>",
    "secure web socket": "<script>new WebSocket('wss://{trap}/')</script>",
    "event source": "<script>new EventSource('http://{trap}/')</script>",
    "web transport": "<script>try {{ new WebTransport('https://{trap}/') }} catch (e) {{}}</script>",
    "stun": "<script>let p = new RTCPeerConnection({{iceServers:[{{urls:'stun:{trap}'}}]}});"
    "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>",
    "turn over udp and tcp": "<script>let p = new RTCPeerConnection({{iceServers:[{{urls:['turn:{trap}?transport=udp','turn:{trap}?transport=tcp'],"
    "username:'a',credential:'b'}}]}}); p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>",
    "ice candidate": "<script>(async () => {{ let p = new RTCPeerConnection(), q = new RTCPeerConnection(); p.createDataChannel('x');"
    "await p.setLocalDescription(await p.createOffer()); await q.setRemoteDescription(p.localDescription);"
    "await q.setLocalDescription(await q.createAnswer()); await p.setRemoteDescription(q.localDescription);"
    "await p.addIceCandidate({{candidate:'candidate:1 1 udp 2113937151 127.0.0.1 {port} typ host', sdpMid:'0'}}) }})()</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('http://{trap}/', {{mode:'no-cors'}})\"])))</script>",
    "shared worker": "<script>new SharedWorker(URL.createObjectURL(new Blob([\"fetch('http://{trap}/', {{mode:'no-cors'}})\"])))</script>",
    "service worker": "<script>navigator.serviceWorker?.register('/worker.js').catch(() => 0)</script>",
    "popup": "<script>open('http://{trap}/'); open('http://{trap}/', 'x', 'width=200')</script>",
    "form": "<iframe name=f></iframe><form id=g method=post target=f action=http://{trap}/></form><script>g.submit()</script>",
    "frame by script": "<iframe srcdoc=\"<script>location='http://{trap}/'</script>\"></iframe>",
    "style import": "<style>@import url(http://{trap}/); p {{ background: url(http://{trap}/) }}</style>",
    "report": "<script>new Image().src = 'http://0x7f000001:{port}/'; new Image().src = 'http://[::ffff:127.0.0.1]:{port}/';"
    "new Image().src = 'http://localhost:{port}/'; new Image().src = 'http://0:{port}/'</script>",
}  # fmt: skip


@pytest.mark.parametrize("way", SUBREQUESTS)
def test_no_part_of_a_page_reaches_a_private_port(captured: Any, site: Any, trap: Any, way: str) -> None:
    body = POST + SUBREQUESTS[way].format(trap=trap.origin, port=trap.port)
    worker = site.answer(f"fetch('http://{trap.origin}/', {{mode:'no-cors'}})", media_type="text/javascript")
    result = captured(body, NAME, routes={"/worker.js": worker}, timeout_s=15)
    time.sleep(0.15)
    assert trap.touched == []
    assert result.verdict is Verdict.OK, result.reason


def _capture_with(ports: list[int], site: Any, body: str, folder: Path) -> Any:
    site.routes["/control"] = site.page(POST + body)
    gate = Gate([allowed_network_from_text(f"127.0.0.1:{port}") for port in ports])
    with Browser(require_chromium(Settings()), gate) as own:
        return capture(CaptureRequest(url=site.url("/control"), expected=(NAME,), timeout_s=20), own, folder)


@pytest.mark.parametrize("way", ["picture", "web socket", "worker"])
def test_the_probes_would_reach_an_allowed_port(site: Any, trap: Any, tmp_path: Path, way: str) -> None:
    """Control: the same pages do reach the trap once its port is allowed, so the silence above means something."""
    body = SUBREQUESTS[way].format(trap=trap.origin, port=trap.port)
    _capture_with([site.port, trap.port], site, body, tmp_path / "c")
    assert "tcp" in trap.touched


def test_webrtc_would_reach_a_private_port_without_our_flags(
    site: Any, trap: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: Chromium sends STUN past the proxy by default; the flags are what holds it."""
    flags = [flag for flag in launch.flags() if "webrtc" not in flag]
    monkeypatch.setattr(launch, "flags", lambda: flags)
    body = SUBREQUESTS["stun"].format(trap=trap.origin, port=trap.port)
    _capture_with([site.port], site, body, tmp_path / "c")
    time.sleep(0.15)
    assert "udp" in trap.touched


@pytest.mark.parametrize(
    "route",
    [
        "<meta http-equiv=refresh content='0;url=http://{trap}/'>",
        "<script>location = 'http://{trap}/'</script>",
        "<script>location.replace('http://{trap}/')</script>",
        "<form id=g method=post action=http://{trap}/></form><script>g.submit()</script>",
        "<script>navigation.navigate('http://{trap}/')</script>",
        "<a id=a download=x href=http://{trap}/>x</a><script>a.click()</script>",
    ],
)
def test_a_page_that_goes_to_a_private_port_is_refused(captured: Any, trap: Any, route: str) -> None:
    result = captured(route.format(trap=trap.origin), NAME)
    assert trap.touched == []
    assert result.verdict is Verdict.ADDRESS_REFUSED, result.reason
    assert [(item.host, item.port, item.kind) for item in result.manifest.refused_connections] == [
        ("127.0.0.1", trap.port, "address refused")
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_port_is_refused(captured: Any, site: Any, trap: Any, status: int) -> None:
    result = captured(site.redirect(f"http://{trap.origin}/", status), NAME)
    assert trap.touched == []
    assert result.verdict is Verdict.ADDRESS_REFUSED
    assert result.manifest.redirects[-1].cause == "http redirect"


METADATA = (
    "http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://[fd00:ec2::254]/latest/meta-data/",
    "http://169.254.170.2/v2/credentials", "http://[::ffff:a9fe:a9fe]/", "http://0xa9fea9fe/", "http://100.100.100.200/latest/",
    "http://metadata.google.internal/computeMetadata/v1/",
)  # fmt: skip


@pytest.mark.parametrize("target", METADATA)
def test_a_redirect_to_a_metadata_address_is_refused(captured: Any, site: Any, target: str) -> None:
    result = captured(site.redirect(target), NAME)
    # A name that only the cloud's own resolver knows is unknown here, and private there.
    allowed = (
        (Verdict.ADDRESS_REFUSED, Verdict.UNREACHABLE) if "google" in target else (Verdict.ADDRESS_REFUSED,)
    )
    assert result.verdict in allowed, result.reason


def test_parts_of_a_page_at_metadata_addresses_are_refused(captured: Any) -> None:
    body = POST + "".join(f"<img src='{target}'><iframe src='{target}'></iframe>" for target in METADATA)
    result = captured(body, NAME)
    assert result.verdict is Verdict.OK, result.reason
    hosts = {item.host for item in result.manifest.refused_connections}
    assert {"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "100.100.100.200"} <= hosts
    elsewhere = [one for one in result.manifest.exchanges if "127.0.0.1" not in one.url]
    assert elsewhere
    assert not any(one.status for one in elsewhere)  # what our own proxy said is no answer of theirs


def test_names_that_lead_to_private_addresses_are_refused(
    captured: Any, site: Any, trap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hostile name server: its names point inside, and each look-up would carry out a secret. The browser makes none."""
    answers = {
        "inside.example": "127.0.0.1",
        "meta.example": "169.254.169.254",
        "six.example": "fd00:ec2::254",
    }
    asked: list[str] = []
    real_resolver = socket.getaddrinfo

    def resolver(host: str, *more: Any, **options: Any) -> Any:
        asked.append(host)
        return real_resolver(answers.get(host, host), *more, **options)

    monkeypatch.setattr("spiders.gate.socket.getaddrinfo", resolver)
    port = trap.port
    probes = (
        f"<img src=http://inside.example:{port}/><link rel=dns-prefetch href=//secret.prefetch.example>"
        f"<script>fetch('http://inside.example:{port}/', {{mode:'no-cors'}}); new WebSocket('ws://inside.example:{port}/');"
        f"new Image().src = 'http://meta.example/'; new Image().src = 'http://six.example/';"
        f"let p = new RTCPeerConnection({{iceServers:[{{urls:'stun:secret.stun.example:{port}'}}]}});"
        "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o))</script>"
    )
    result = captured(POST + probes, NAME)
    time.sleep(0.15)
    assert trap.touched == []
    assert result.verdict is Verdict.OK, result.reason
    refused = {item.host: item.kind for item in result.manifest.refused_connections}
    assert refused == dict.fromkeys(answers, "address refused")
    assert {name for name in asked if name.endswith(".example")} == set(answers)


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "chrome://version", "view-source:http://example.com", "ftp://127.0.0.1/"]
)
def test_a_redirect_to_another_scheme_shows_nothing_of_it(captured: Any, site: Any, target: str) -> None:
    result = captured(site.redirect(target), NAME)
    assert not result.verdict.shows_mention
    assert "root:" not in (result.dom.read_text() if result.dom else "")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "file:///etc/hostname", "chrome://version"])
def test_links_to_local_files_lead_nowhere(captured: Any, target: str) -> None:
    body = f"{POST}<iframe src='{target}'></iframe><a id=a href='{target}'>x</a><script>a.click(); open('{target}')</script>"
    result = captured(body, NAME)
    assert result.verdict is Verdict.OK, result.reason
    assert result.manifest.final_url.startswith("http://127.0.0.1:")
    assert "root:" not in result.dom.read_text()


def test_another_local_program_cannot_use_the_proxy(browser: Any, trap: Any) -> None:
    """The proxy's port can be found by scanning; without the credential it gives nothing."""
    browser.start()
    port = browser.proxy_port
    for target in (f"http://{trap.origin}/", "http://127.0.0.1:22/"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 407 ")
    assert trap.touched == []


def test_a_page_cannot_use_the_proxy(captured: Any, browser: Any, trap: Any) -> None:
    browser.start()
    script = f"<script>fetch('http://127.0.0.1:{browser.proxy_port}/', {{mode:'no-cors'}}); new WebSocket('ws://127.0.0.1:{browser.proxy_port}/')</script>"
    result = captured(POST + script, NAME)
    assert result.verdict is Verdict.OK
    assert {item.port for item in result.manifest.refused_connections} == {browser.proxy_port}
