"""Evidence by nothing but the command: captured, imported, compared, packed, verified by a stranger."""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Shamewatch
from tests.tsa.local_tsa import LocalTsa, serving_tsa

WORDS = "Ordinary talk about the weather, the harvest and the price of rice. " * 6
POST = f"<h1>Notice board</h1><article>Analyn Dimasupil of the market street owes and hides! She borrowed before the harvest and calls nobody back.</article><p>{WORDS}</p>"


class Board:
    """One page whose text a test may change."""

    def __init__(self) -> None:
        board = self
        self.html = POST

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f"<!doctype html><meta charset=utf-8><title>Board</title>{board.html}".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def board() -> Iterator[Board]:
    running = Board()
    running.thread.start()
    yield running
    running.server.shutdown()
    running.thread.join()
    running.server.server_close()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTsa]:
    with serving_tsa(tmp_path_factory.mktemp("tsa")) as served:
        yield served


@pytest.fixture
def installation(shamewatch: Shamewatch, board: Board, tsa: LocalTsa) -> Shamewatch:
    return shamewatch.with_settings(
        allowed_networks=board.address, tsa_urls=tsa.url, tsa_roots=str(tsa.root), operator="Ada Rekaan"
    )


@pytest.mark.slow
def test_evidence_goes_from_a_page_to_a_pack_that_a_stranger_verifies(
    installation: Shamewatch, board: Board, tsa: LocalTsa, tmp_path: Path
) -> None:
    installation.ok("init")
    subject = installation.ok("subjects", "add", "Case 7", "--declare", "self", "--declared-by", "7", "--language", "es", "--region", "MX")  # fmt: skip
    captured = []
    url = f"http://{board.address}/t/1"
    for html in (POST, POST.replace("owes and hides", "paid in full"), f"<p>{WORDS}</p>"):
        board.html = html
        done = installation.run(
            "capture", url, "--subject", subject, "--expect", "Analyn Dimasupil", "--json"
        )
        told = json.loads(done.stdout)
        assert told["seal"]["stamps"], done.stderr
        captured.append(told["place"].split()[-1])
    first, second, third = captured
    assert installation.lines("evidence", "compare", first, second)[0]["change"] == "edited"
    assert installation.lines("evidence", "compare", first, third)[0]["change"] == "absent"
    sms = tmp_path / "sms.xml"
    sms.write_bytes(b'<?xml version="1.0"?><smses/>')
    (imported,) = installation.lines(
        "evidence", "import", sms, "--subject", subject, "--note", "From my phone"
    )
    assert imported["media_type"] == "application/xml"
    code, said = installation.refused("evidence", "import", tmp_path / "no.mp3", "--subject", subject)
    assert (code, "no file" in said) == (1, True)
    again = installation.run("evidence", "import", sms, "--subject", subject)
    assert "is kept for this person already" in again.stderr
    events = [one["event"] for one in installation.lines("evidence", "timeline", "--subject", subject)]
    assert events == ["present", "edited", "absent", "imported"]
    pack = tmp_path / "pack.zip"
    installation.ok("evidence", "pack", *captured, imported["id"], "--out", pack)
    custody = [one["action"] for one in installation.lines("evidence", "custody", first)]
    assert custody == ["captured", "exported", "accessed"]
    with zipfile.ZipFile(pack) as archive:
        manifest = next(name for name in archive.namelist() if name.endswith(f"{first}/manifest.json"))
        assert json.loads(archive.read(manifest))["operator"]["name"] == "Ada Rekaan"
    stranger = Shamewatch(tmp_path / "stranger").with_settings(tsa_roots=str(tsa.root))
    stranger.folder.mkdir()
    stranger.ok("evidence", "verify", pack)
    assert not stranger.home.exists()
    run_verify_txt(pack, tmp_path / "unpacked")


def run_verify_txt(pack: Path, into: Path) -> None:
    """Every command of VERIFY.txt, by the shell, as the text stands."""
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(into)
    (top,) = into.iterdir()
    commands = [
        line
        for line in (top / "VERIFY.txt").read_text("utf-8").splitlines()
        if line.startswith(("sha256sum ", "openssl ", "(cd ", "pdfsig "))
    ]
    assert len(commands) >= 4 + 3 * 4
    for command in commands:
        done = subprocess.run(["sh", "-c", command], cwd=top, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_a_page_is_sealed_into_a_folder_without_any_installation(
    installation: Shamewatch, board: Board, tsa: LocalTsa
) -> None:
    folder = installation.folder / "sealed"
    said = installation.ok("capture", f"http://{board.address}/", "--out", folder)
    assert "Stamped by" in said
    assert not installation.home.exists()
    installation.ok("evidence", "verify", folder)
    (folder / "dom.html").write_text("other")
    assert installation.run("evidence", "verify", folder).returncode == 10


def test_a_folder_that_is_not_yet_stamped_says_so_and_is_stamped_later(
    installation: Shamewatch, board: Board, tsa: LocalTsa
) -> None:
    folder = installation.folder / "sealed"
    offline = installation.with_settings(tsa_urls="http://127.0.0.1:9/")
    done = offline.run("capture", f"http://{board.address}/", "--out", folder)
    assert done.returncode == 0
    assert "Not yet stamped by 127.0.0.1-9" in done.stderr
    assert installation.run("evidence", "verify", folder).returncode == 11
    installation.ok("evidence", "stamp", folder)
    installation.ok("evidence", "verify", folder)


def test_bad_input_gets_one_sentence(installation: Shamewatch, tmp_path: Path) -> None:
    for words, code, what in (
        (("evidence", "verify", tmp_path / "none.zip"), 2, "does not exist"),
        (("evidence", "verify", tmp_path, "--signer", "abc"), 2, "no fingerprint"),
        (("evidence", "stamp", tmp_path), 2, "no sealed folder"),
        (("evidence", "pack", "h-222222222222", "--out", tmp_path / "p.zip"), 4, "no monitor"),
    ):
        refused = installation.refused(*words)
        assert refused[0] == code, refused
        assert what in refused[1]
