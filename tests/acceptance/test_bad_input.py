"""Bad input gets one clear sentence, an exit code or a recorded refusal, no traceback, and nothing stored is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.acceptance.conftest import Shamewatch

needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a file system")


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A real HTTP server on loopback; its network for SHAMEWATCH_ALLOWED_NETWORKS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An installation with one subject, made once; the subject's id."""
    made = Shamewatch(tmp_path_factory.mktemp("template"))
    made.ok("init")
    subject = made.ok(
        "subjects", "add", "Case 1", "--declare", "self", "--declared-by", "me", "--region", "PH"
    )
    return made.folder, subject


@pytest.fixture
def installed(template: tuple[Path, str], tmp_path: Path) -> tuple[Shamewatch, str]:
    """A copy of it that the test may spoil."""
    folder, subject = template
    shutil.copytree(folder, tmp_path / "copy")
    return Shamewatch(tmp_path / "copy"), subject


@pytest.mark.parametrize(
    "words",
    [
        ("subjects", "list"),
        ("terms", "list"),
        ("sources", "add", "https://forum.example/"),
        ("hits", "list"),
        ("channels", "list"),
        ("round",),
        ("run",),
    ],
)
def test_before_init_every_command_says_to_run_it(shamewatch: Shamewatch, words: tuple[str, ...]) -> None:
    _, said = shamewatch.refused(*words)
    assert "shamewatch init" in said


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("ftp://forum.example/", "http and https"),
        ("file:///etc/passwd", "http and https"),
        ("forum.example", "http and https"),
        ("http://127.0.0.1:9/", "127.0.0.1"),
        ("http://127.0.0.1/", "private, loopback or link-local"),
        ("http://[::1]/", "private, loopback or link-local"),
        ("http://169.254.169.254/latest/meta-data/", "private, loopback or link-local"),
        ("http://0x7f.1/", "private, loopback or link-local"),
        ("http://localhost/", "private, loopback or link-local"),
        ("http://nowhere.invalid/", "unreachable"),
    ],
)
def test_addresses_that_cannot_be_read_are_refused_with_the_reason(
    installed: tuple[Shamewatch, str], url: str, part: str
) -> None:
    code, said = installed[0].refused("sources", "add", url)
    assert code == 8
    assert part in said
    assert installed[0].lines("sources", "list") == []


@pytest.mark.parametrize(
    ("kind", "value", "part"),
    [
        ("phone", "12", "digits"),
        ("phone", "not a number", "cannot be watched"),
        ("name", "王", "cannot be watched"),
        ("name", "", "cannot be watched"),
        ("email", "nobody", "e-mail"),
        ("nickname", "Bong", "no kind of term"),
    ],
)
def test_terms_that_are_none_are_refused(
    installed: tuple[Shamewatch, str], kind: str, value: str, part: str
) -> None:
    shamewatch, subject = installed
    code, said = shamewatch.refused("terms", "add", subject, kind, value)
    assert code == 2
    assert part in said
    assert shamewatch.lines("terms", "list") == []


def test_the_same_term_twice_is_said_and_kept_once(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, subject = installed
    shamewatch.ok("terms", "add", subject, "name", "Analyn Dimasupil")
    _, said = shamewatch.refused("terms", "add", subject, "name", "Analyn  Dimasupil")
    assert "already" in said
    assert len(shamewatch.lines("terms", "list")) == 1


def test_a_number_is_not_watched_until_it_is_proved_to_be_theirs(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, subject = installed
    done = shamewatch.run("terms", "add", subject, "phone", "0917 000 4417")
    assert done.returncode == 0
    assert "not watched yet" in done.stderr
    (term,) = shamewatch.lines("terms", "list")
    assert (term["state"], term["watched"]) == ("declared", False)
    shamewatch.ok("terms", "verify", term["id"], "--proof", "called back")
    (term,) = shamewatch.lines("terms", "list")
    assert (term["state"], term["watched"], term["value"]) == ("verified", True, term["value"])


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("pager", "--to", "x"), "no channel kind"),
        (("email", "--to", "nobody"), "e-mail address"),
        (("email",), "'to'"),
        (("ntfy", "--server", "http://push.example", "--topic", "x"), "https"),
        (("apprise", "--url", "syslog://"), "not allowed"),
        (("apprise", "--url", "json://127.0.0.1/"), "not allowed"),
    ],
)
def test_channels_that_cannot_be_are_refused(
    installed: tuple[Shamewatch, str], words: tuple[str, ...], part: str
) -> None:
    shamewatch, subject = installed
    code, said = shamewatch.refused("channels", "add", subject, *words)
    assert code == 2
    assert part in said


@pytest.mark.parametrize(
    "words",
    [
        ("subjects", "show", "s-nobody"),
        ("terms", "remove", "t-nothing"),
        ("sources", "remove", "src-nothing"),
        ("hits", "show", "h-nothing"),
        ("channels", "test", "c-nothing"),
    ],
)
def test_ids_that_do_not_exist_are_said(installed: tuple[Shamewatch, str], words: tuple[str, ...]) -> None:
    code, said = installed[0].refused(*words)
    assert code == 3
    assert words[-1] in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowed_networks", "my-network"),
        ("interval_s", "soon"),
        ("interval_s", "1"),
        ("max_pages_per_source", "-1"),
    ],
)
def test_a_wrong_setting_is_named(shamewatch: Shamewatch, name: str, value: str) -> None:
    code, said = shamewatch.with_settings(**{name: value}).refused("init")
    assert code == 2
    assert f"SHAMEWATCH_{name.upper()}" in said


def test_an_endless_redirect_is_a_recorded_refusal(installed: tuple[Shamewatch, str]) -> None:
    class Loop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self.send_error(404)
                return
            self.send_response(302)
            self.send_header("Location", f"/{self.path.count('x') * 'x'}x")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with served(Loop) as network:
        code, said = (
            installed[0].with_settings(allowed_networks=network).refused("crawl", f"http://{network}/")
        )
    assert code == 8
    assert "redirect loop" in said


def test_a_second_monitor_on_the_same_folder_is_refused_with_the_first_ones_process(
    installed: tuple[Shamewatch, str],
) -> None:
    shamewatch, _ = installed
    first = shamewatch.start("run")
    try:
        assert first.stdout is not None
        assert "Watching" in first.stdout.readline()
        code, said = shamewatch.refused("run")
        assert code == 5
        assert str(first.pid) in said
        assert shamewatch.refused("round")[0] == 5
        assert shamewatch.lines("subjects", "list"), "reading goes on beside it"
    finally:
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=30)
    assert first.returncode == 0, err
    assert "Nothing that was stored is lost" in out


def test_a_killed_monitor_leaves_no_lock_behind(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, _ = installed
    first = shamewatch.start("run")
    assert first.stdout is not None
    first.stdout.readline()
    first.kill()
    first.communicate(timeout=30)
    shamewatch.ok("round")


def test_a_key_beside_the_data_is_refused(shamewatch: Shamewatch) -> None:
    _, said = shamewatch.with_settings(key_file=str(shamewatch.home / "instance.key")).refused("init")
    assert "key" in said


def test_without_its_key_the_data_is_not_touched(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, _ = installed
    key = shamewatch.folder / "key" / "instance.key"
    kept = key.read_bytes()
    key.unlink()
    assert shamewatch.refused("subjects", "list")[0] == 6
    assert shamewatch.refused("init")[0] == 6
    key.write_bytes(kept)
    key.chmod(0o600)
    assert len(shamewatch.lines("subjects", "list")) == 1


@needs_mount
def test_a_read_only_data_folder_is_said_and_nothing_is_lost(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, _ = installed
    home = shamewatch.home
    subprocess.run(["mount", "--bind", home, home], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True)
        code, said = shamewatch.refused("subjects", "add", "x", "--declare", "self", "--declared-by", "me")
    finally:
        subprocess.run(["umount", "--lazy", home], check=True)
    assert code == 6
    assert "can be written to" in said
    assert len(shamewatch.lines("subjects", "list")) == 1


@needs_mount
def test_a_full_disk_is_said_and_nothing_is_lost(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, subject = installed
    with full_disk(shamewatch.home) as filler:
        code, said = shamewatch.refused("terms", "add", subject, "place", "Lipa")
        assert code == 6
        assert "disk is full" in said
        filler.unlink()
        assert len(shamewatch.lines("subjects", "list")) == 1
        assert shamewatch.lines("terms", "list") == []
        shamewatch.ok("terms", "add", subject, "place", "Lipa")


@contextmanager
def full_disk(folder: Path) -> Iterator[Path]:
    """Lay the folder on a file system of its own, filled to its last byte; the file that fills it."""
    content = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    subprocess.run(mount, capture_output=True, check=True)
    try:
        for path, data in content.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        with (folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))
        yield folder / "filler"
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_damaged_database_is_said(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, _ = installed
    database = shamewatch.home / "shamewatch.db"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    database.write_bytes(b"\0" * 4096 + database.read_bytes()[4096:])
    code, _ = shamewatch.refused("subjects", "list")
    assert code in (4, 6)


def test_a_mail_server_that_is_not_there_costs_no_alert(installed: tuple[Shamewatch, str]) -> None:
    shamewatch, subject = installed
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    broken = shamewatch.with_settings(smtp_url=f"smtp://127.0.0.1:{port}?mode=insecure")
    channel = broken.ok("channels", "add", subject, "email", "--to", "case1@mail.example")
    code, said = broken.refused("channels", "test", channel)
    assert code == 1
    assert "refused" in said.lower()


def test_ctrl_c_ends_a_round_with_a_sentence(installed: tuple[Shamewatch, str]) -> None:
    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(20)

        def log_message(self, *args: object) -> None:
            pass

    with served(Slow) as network:
        running = installed[0].with_settings(allowed_networks=network).start("crawl", f"http://{network}/")
        time.sleep(3)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=15)
    assert running.returncode == 130
    assert "Traceback" not in err
