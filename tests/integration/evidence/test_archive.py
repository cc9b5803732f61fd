"""The web archive of a capture: every response, in the form that third-party tools accept, resolvable by its index."""

from __future__ import annotations

import email
import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from monitor.evidence.browser import Browser
from monitor.evidence.capture import Capture, capture
from monitor.evidence.request import CaptureRequest
from tests.integration.evidence.conftest import FILLER, Site, answer, page

GBK = "<meta charset=gbk><title>论坛</title><p>王伟 欠债不还，老赖".encode("gbk")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
WORKER = 'fetch("/data.json").then(r => r.text()).then(t => postMessage(t))'
BODY = (
    f'<p>Analyn Dimasupil owes. {FILLER}</p><img src="/i.png"><iframe src="/gbk"></iframe><p id=w>…</p>'
    '<script>const w = new Worker("/w.js"); w.onmessage = e => document.getElementById("w").textContent = e.data</script>'
    '<script>fetch("/post", {method: "POST", body: "asked=1"})</script>'
    '<script>fetch("/graph", {method: "POST", body: JSON.stringify({q: ["a", true, {q: 1}]}),'
    ' headers: {"Content-Type": "application/json"}})</script>'
    '<script>new WebSocket("ws://" + location.host + "/socket")</script><iframe src="/to-file"></iframe>'
    '<iframe src="http://localhost:PORT/foreign"></iframe>'
)
FOREIGN = '<meta charset=gbk><p>外站：王伟</p><img src="/i.png"><script src="/gbk.js"></script>'
RAW = "王".encode() + b" \xe9"  # a header in UTF-8 and in Latin-1
SCRIPT = 'document.title = "欠债不还"'


@pytest.fixture(scope="module")
def made(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Capture:
    site.routes.clear()
    site.routes["/start"] = answer("", 302, Location="/page", Set_Cookie="seen=1")
    site.routes["/page"] = page(BODY.replace("PORT", str(site.port)), Set_Cookie="page=2")
    site.routes["/foreign"] = answer(FOREIGN.encode("gbk"), media_type="text/html")
    site.routes["/gbk.js"] = answer(SCRIPT.encode("gbk"), media_type="text/javascript; charset=gbk")
    site.routes["/to-file"] = answer("", 302, Location="file:///etc/passwd", Set_Cookie="to=file")
    site.routes["/graph"] = answer('{"data":1}', media_type="application/json")
    site.routes["/gbk"] = answer(GBK, media_type="text/html", X_Name=RAW.decode("latin-1"), X_Next="1")
    site.routes["/i.png"] = answer(PNG, media_type="image/png")
    site.routes["/w.js"] = answer(WORKER, media_type="text/javascript")
    site.routes["/data.json"] = answer('{"from":"worker"}', media_type="application/json")
    site.routes["/post"] = answer("ok", media_type="text/plain")
    request = CaptureRequest(url=site.url("/start"), expected=("Analyn Dimasupil", '{"from":"worker"}'))
    return capture(request, browser, tmp_path_factory.mktemp("archive") / "capture")


@pytest.fixture(scope="module")
def unpacked(made: Capture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wacz")
    with zipfile.ZipFile(made.folder / "capture.wacz") as archive:
        archive.extractall(folder)
    return folder


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(str(command[0]))
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False, timeout=60)


def test_third_party_tools_accept_it(made: Capture, unpacked: Path) -> None:
    assert made.verdict.value == "ok", made.reason
    warc = unpacked / "archive" / "data.warc.gz"
    checks = [
        ran("wacz", "validate", "-f", made.folder / "capture.wacz"),
        ran("warcio", "check", "-v", warc),
        ran("fastwarc", "check", warc),
    ]
    assert [check.returncode for check in checks] == [0, 0, 0], checks
    assert "Validation succeeded" in checks[0].stdout
    assert "digest pass" in checks[1].stdout
    assert "fail" not in checks[1].stdout


def test_a_changed_byte_is_seen_by_third_party_tools(unpacked: Path, tmp_path: Path) -> None:
    """Proves that the test above can fail."""
    changed = tmp_path / "changed.warc"

    plain = gzip.decompress((unpacked / "archive" / "data.warc.gz").read_bytes())
    changed.write_bytes(plain.replace(b'{"from":"worker"}', b'{"from":"nobody"}', 1))
    assert ran("warcio", "check", changed).returncode != 0


def records(
    unpacked: Path, host: str = "//127.0.0.1:"
) -> dict[tuple[str, str], tuple[str, dict[str, str], bytes]]:
    """(type, path) -> status line, HTTP headers in lower case, body."""
    found = {}
    with (unpacked / "archive" / "data.warc.gz").open("rb") as file:
        for record in ArchiveIterator(file):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            if url.startswith("http") and host not in url:
                continue
            path = "/" + url.split("/", 3)[3] if url.startswith("http") else url.rsplit(":http", 1)[0]
            head = record.http_headers
            headers = {name.lower(): value for name, value in head.headers} if head else {}
            line = f"{head.protocol} {head.statusline}" if head else ""
            found[record.rec_type, path] = (line, headers, record.content_stream().read())
    return found


def test_every_response_is_in_it(unpacked: Path) -> None:
    found = records(unpacked)
    line, headers, body = found["response", "/start"]
    assert (line.split()[1], headers["location"], headers["set-cookie"]) == ("302", "/page", "seen=1")
    assert body == b""
    assert found["response", "/page"][1]["set-cookie"] == "page=2"
    assert found["response", "/i.png"][2] == PNG
    assert found["response", "/gbk"][2] == GBK  # byte for byte, whatever its encoding
    assert found["response", "/w.js"][2] == WORKER.encode()
    assert found["response", "/data.json"][2] == b'{"from":"worker"}'
    assert found["request", "/post"][2] == b"asked=1"
    assert found["request", "/post"][0].startswith("POST /post")
    assert found["resource", "urn:view"][2][:4] == b"\x89PNG"
    assert b"Analyn Dimasupil owes" in found["resource", "urn:dom"][2]


def test_headers_are_kept_byte_for_byte(unpacked: Path) -> None:
    plain = gzip.decompress((unpacked / "archive" / "data.warc.gz").read_bytes())
    assert b"X-Name: " + RAW + b"\r\n" in plain
    assert b"X-Next: 1\r\n" in plain


def test_a_frame_in_another_process_is_in_it_and_readable(unpacked: Path) -> None:
    found = records(unpacked, "//localhost:")
    assert found["response", "/i.png"][2] == PNG
    for path, text in (("/foreign", FOREIGN), ("/gbk.js", SCRIPT)):
        _, headers, body = found["response", path]
        if "x-orig-content-type" in headers:  # handed over in UTF-8, and said to be in it
            assert body.decode() == text
            assert headers["content-type"].endswith("; charset=utf-8")
        else:
            assert body.decode("gbk") == text


def test_what_the_browser_refuses_to_take_is_in_it_without_a_body_of_the_browsers_own(
    made: Capture, unpacked: Path
) -> None:
    line, headers, body = records(unpacked)["response", "/to-file"]
    assert (line.split()[1], headers["location"], body) == ("302", "file:///etc/passwd", b"")
    assert headers["set-cookie"] == "to=file"
    (listed,) = [one for one in made.manifest.exchanges if one.url.endswith("/to-file")]
    assert listed.missing == "net::ERR_UNSAFE_REDIRECT"


def test_what_cannot_be_kept_is_listed_with_its_reason(made: Capture) -> None:
    (socket,) = [one for one in made.manifest.exchanges if one.kind == "WebSocket"]
    assert socket.url.endswith("/socket")
    assert socket.missing == "the messages of a socket are not kept"
    missing = {one.url.rpartition("/")[2] for one in made.manifest.exchanges if one.missing}
    assert missing == {"socket", "to-file"}
    assert made.manifest.exchanges_not_listed == 0


def test_nothing_is_told_twice(made: Capture) -> None:
    told = [one.url for one in made.manifest.exchanges if not one.url.endswith("/favicon.ico")]
    assert len(told) == len(set(told))


def test_the_index_agrees_with_that_of_another_program(unpacked: Path) -> None:
    other = ran("cdxj-indexer", "--sort", "--post-append", unpacked / "archive" / "data.warc.gz")
    assert other.returncode == 0, other.stderr

    def places(text: str) -> set[tuple[str, ...]]:
        fields = [json.loads(line.split(" ", 2)[2]) for line in text.splitlines()]
        kept = ("url", "mime", "offset", "length", "digest", "method")
        return {tuple(field.get(name, "") for name in kept) for field in fields}

    ours = (unpacked / "indexes" / "index.cdx").read_text()
    assert places(ours) == places(other.stdout)
    assert "__wb_method=POST&q=a&q.2_=true&q.3_=1 " in ours


def test_every_line_of_the_index_leads_to_its_record(unpacked: Path) -> None:
    warc = (unpacked / "archive" / "data.warc.gz").read_bytes()
    lines = (unpacked / "indexes" / "index.cdx").read_text().splitlines()
    assert len(lines) >= 9
    assert lines == sorted(lines)
    for line in lines:
        fields = json.loads(line.split(" ", 2)[2])
        begin = int(fields["offset"])
        member = io.BytesIO(warc[begin : begin + int(fields["length"])])
        (record,) = list(ArchiveIterator(member))
        assert record.rec_headers.get_header("WARC-Target-URI") == fields["url"]
        assert record.rec_headers.get_header("WARC-Date")


def test_the_page_list_names_the_page_and_its_time(made: Capture, unpacked: Path) -> None:
    head, entry = (unpacked / "pages" / "pages.jsonl").read_text().splitlines()
    assert json.loads(head)["format"] == "json-pages-1.0"
    assert json.loads(entry)["url"] == made.manifest.final_url
    assert json.loads(entry)["ts"][:19] == made.manifest.started_at.isoformat()[:19]


def test_the_archive_names_the_servers_address_and_no_proxy(unpacked: Path) -> None:
    with (unpacked / "archive" / "data.warc.gz").open("rb") as file:
        addresses = {
            record.rec_headers.get_header("WARC-IP-Address")
            for record in ArchiveIterator(file)
            if record.rec_type in ("request", "response")
        }
    assert addresses == {"127.0.0.1"}


def test_the_digests_are_sha_256_and_nothing_is_signed_inside(unpacked: Path) -> None:
    package = (unpacked / "datapackage.json").read_bytes()
    digest = json.loads((unpacked / "datapackage-digest.json").read_text())
    assert digest == {
        "path": "datapackage.json",
        "hash": f"sha256:{hashlib.sha256(package).hexdigest()}",
    }
    for resource in json.loads(package)["resources"]:
        content = (unpacked / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_the_mhtml_holds_the_page_with_its_picture(made: Capture) -> None:
    message = email.message_from_bytes((made.folder / "page.mhtml").read_bytes())
    parts = [(part.get_content_type(), part.get_payload(decode=True)) for part in message.walk()]
    assert message.get_content_type() == "multipart/related"
    assert ("image/png", PNG) in parts
    assert any(b"Analyn Dimasupil" in (part or b"") for _, part in parts)
