"""A browser that is taken from us: by the terminal's signals, by a kill, by its driver's end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.browser_errors import BrowserLostError, BrowserStartError
from monitor.evidence.capture import Capture, capture
from monitor.evidence.chromium import require_chromium
from monitor.evidence.request import CaptureRequest
from monitor.evidence.run_folder import sweep_leftovers
from monitor.evidence.verdict import Verdict

NAME = "Amina Mfano"
ROOT = Path(__file__).parents[3]

CHILD = """
import json, signal, sys
from pathlib import Path
from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.capture import capture
from monitor.evidence.request import CaptureRequest
from monitor.evidence.chromium import require_chromium
from spiders.gate import Gate, allowed_network_from_text

url, allowed, folder, is_deaf = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4] == "deaf"
if is_deaf:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
gate = Gate([allowed_network_from_text(allowed)])
try:
    with Browser(require_chromium(Settings()), gate, folder=folder / "browser") as browser:
        request = CaptureRequest(url=url, expected=("Amina Mfano",), timeout_s=40)
        result = capture(request, browser, folder / "page")
        print(json.dumps([result.verdict, result.reason]), flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def alive_with(mark: str) -> dict[int, str]:
    """Processes, other than this one, that name ``mark`` in their arguments or environment, with their arguments."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            arguments = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
            if mark.encode() in arguments + environment:
                found[int(folder.name)] = arguments.replace(b"\0", b" ").decode(errors="replace")
    return found


def chromium_of(browser: Browser) -> int:
    """The process id of the browser's main process."""
    assert browser._folder is not None
    mark = f"--user-data-dir={browser._folder.path}"
    found = [
        number
        for number, line in alive_with(mark).items()
        if "--type=" not in line and mark in line and "chromium" in line
    ]
    (main,) = found
    return main


def wait_until(is_so: Callable[[], Any], limit_s: float = 20.0) -> None:
    until = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


class SlowPage:
    """A page whose second half comes only when the test allows it."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.allowed = threading.Event()
        self.visits = 0

    def __call__(self, handler: Any) -> None:
        self.visits += 1
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.end_headers()
        handler.wfile.write(b"<!doctype html><title>A forum</title>" + b"<p>Ordinary talk of rice.</p>" * 20)
        handler.wfile.flush()
        self.asked.release()
        self.allowed.wait(30)
        handler.wfile.write(f"<p>{NAME} owes nobody.</p>".encode())


@pytest.fixture
def place() -> Iterator[Path]:
    """Not pytest's own folder, which is closed to the unprivileged id that Chromium gets from root."""
    path = Path(tempfile.mkdtemp(prefix="shamewatch-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def slow(site: Any) -> Iterator[SlowPage]:
    page = SlowPage()
    site.routes["/slow"] = page
    yield page
    page.allowed.set()


@pytest.fixture
def child(site: Any, place: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a capture of /slow in a process group of its own."""
    started: list[subprocess.Popen[str]] = []

    def start(how: str) -> subprocess.Popen[str]:
        arguments = [site.url("/slow"), f"127.0.0.1:{site.port}", str(place), how]
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(CHILD), *arguments],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _reaches_slow_page(slow: SlowPage) -> bool:
    return slow.asked.acquire(timeout=40)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_process_group_leaves_the_capture_alone(
    slow: SlowPage, child: Any, place: Path, number: signal.Signals
) -> None:
    """As a terminal sends it on Ctrl-C: to us, whose handler lets the round finish, and to every child in the group."""
    process = child("deaf")
    assert _reaches_slow_page(slow)
    os.killpg(process.pid, number)
    time.sleep(1.0)
    slow.allowed.set()
    out, err = process.communicate(timeout=60)
    assert json.loads(out)[0] == "ok"
    assert (err, process.returncode, slow.visits) == ("", 0, 1)
    wait_until(lambda: not alive_with(str(place)))
    assert list((place / "browser").iterdir()) == []


def test_a_ctrl_c_that_ends_us_ends_the_browser_without_a_word(
    slow: SlowPage, child: Any, place: Path
) -> None:
    process = child("hearing")
    assert _reaches_slow_page(slow)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (out, err) == ("interrupted\n", "")
    wait_until(lambda: not alive_with(str(place)))
    assert not list(place.glob("browser/*"))


def test_nothing_outlives_a_killed_process_and_its_folder_is_swept(
    slow: SlowPage, child: Any, place: Path
) -> None:
    process = child("deaf")
    assert _reaches_slow_page(slow)
    folder = place / "browser"
    running = alive_with(str(place))
    assert len(running) > 3
    (used,) = folder.iterdir()
    sweep_leftovers(folder)
    assert (used / "owner.lock").exists()
    process.kill()
    process.wait(10)
    wait_until(lambda: not alive_with(str(place)))
    sweep_leftovers(folder)
    assert not list(place.glob("browser/*"))


def _kill_once(
    slow: SlowPage, whom: Callable[[], int], times: int = 1, number: int = signal.SIGKILL
) -> threading.Thread:
    """In the middle of the visit, ``times`` times; then the page may come."""

    def run() -> None:
        for _ in range(times):
            if not slow.asked.acquire(timeout=40):
                return
            os.kill(whom(), number)
        slow.allowed.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def own(gate: Any, place: Path) -> Iterator[Browser]:
    with Browser(require_chromium(Settings()), gate, folder=place / "browser") as browser:
        yield browser


def _capture_slow(site: Any, browser: Browser, into: Path) -> Capture:
    return capture(CaptureRequest(url=site.url("/slow"), expected=(NAME,), timeout_s=30), browser, into)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_browser_ended_from_outside_is_replaced_and_the_page_visited_again(
    site: Any, slow: SlowPage, own: Browser, place: Path, number: int
) -> None:
    """Killed by the kernel for want of memory, or told to end as a service manager tells every process."""
    thread = _kill_once(slow, lambda: chromium_of(own), number=number)
    result = _capture_slow(site, own, place / "c")
    thread.join()
    assert (result.verdict, slow.visits) == (Verdict.OK, 2)
    assert result.manifest.notes[0].startswith("An earlier visit was lost with its browser.")


def test_a_browser_killed_again_settles_nothing(site: Any, slow: SlowPage, own: Browser, place: Path) -> None:
    thread = _kill_once(slow, lambda: chromium_of(own), times=2)
    with pytest.raises(BrowserLostError, match=r"Nothing was decided about the page\."):
        _capture_slow(site, own, place / "c")
    thread.join()
    assert slow.visits == 2
    assert not (place / "c").exists()
    assert _capture_slow(site, own, place / "later").verdict is Verdict.OK


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_driver_ended_from_outside_is_replaced_too(
    site: Any, slow: SlowPage, gate: Any, place: Path, capfd: pytest.CaptureFixture[str], number: int
) -> None:
    with Browser(require_chromium(Settings()), gate, folder=place / "browser") as own:
        own.start()
        driver = next(pid for pid, line in alive_with(str(place)).items() if "run-driver" in line)
        thread = _kill_once(slow, lambda: driver, number=number)
        result = _capture_slow(site, own, place / "c")
        thread.join()
    assert (result.verdict, slow.visits) == (Verdict.OK, 2)
    assert capfd.readouterr().err == ""


def test_a_browser_that_does_not_start_again_settles_nothing(
    site: Any, slow: SlowPage, gate: Any, place: Path
) -> None:
    chromium = require_chromium(Settings())
    linked = place / "chromium"
    linked.symlink_to(chromium)
    with Browser(linked, gate, folder=place / "browser") as own:
        thread = _kill_once(slow, lambda: _without(linked, chromium_of(own)))
        with pytest.raises(BrowserLostError, match="does not start"):
            _capture_slow(site, own, place / "c")
        thread.join()


def _without(program: Path, number: int) -> int:
    program.unlink()
    return number


@pytest.mark.parametrize(("times", "verdict"), [(1, Verdict.OK), (2, Verdict.PAGE_CRASHED)])
def test_a_page_whose_own_renderer_is_killed_gets_a_second_visit_and_no_third(
    site: Any, slow: SlowPage, own: Browser, place: Path, times: int, verdict: Verdict
) -> None:
    """The browser lives; one crash may be the machine's fault, two are the page's."""

    def renderer() -> int:
        """The last of them; the others are killed here, for nothing tells which one has the page."""
        assert own._folder is not None
        time.sleep(0.5)  # the page takes its renderer when its first bytes are in
        pids = [pid for pid, line in alive_with(str(own._folder.path)).items() if "--type=renderer" in line]
        for pid in pids[:-1]:
            os.kill(pid, signal.SIGKILL)
        return pids[-1]

    chromium: list[int] = []

    def victim() -> int:
        chromium.append(chromium_of(own))
        return renderer()

    thread = _kill_once(slow, victim, times=times)
    result = _capture_slow(site, own, place / "c")
    thread.join()
    assert (result.verdict, slow.visits) == (verdict, 2)
    assert result.manifest.notes[0] == "In an earlier visit the page's process crashed."
    assert chromium_of(own) == chromium[0]


def test_a_run_folder_that_is_gone_is_a_failure_to_start(own: Browser) -> None:
    """Said in a sentence, and nothing of a browser is left running."""
    assert own._folder is not None
    shutil.rmtree(own._folder.path)
    with pytest.raises(BrowserStartError, match="cannot be written to: No such file or directory"):
        own.start()
    assert not alive_with(f"--user-data-dir={own._folder.path}")
