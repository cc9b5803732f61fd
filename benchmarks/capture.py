"""What sealed evidence costs: bare Playwright against the full sealed capture, on the same pages in one run.

Run: python benchmarks/capture.py [--rounds 9] [--captures 500] [--json]
Both sides drive the same Chromium with the same switches, warm, through the same filtering proxy, in a fresh
context for each page; both wait until everything has loaded and the same sentence stands there. Bare: goto,
a full-page PNG, content(). Sealed: all of a capture's files, written to disk, signed. They take turns, and
medians are compared; ratios are what to trust, not seconds. Trusted timestamps are asked for beside other
work, so what one costs, from an authority on loopback, stands apart. The sealed side's pictures are packed for
speed, the bare side's as Playwright does it. ``--captures`` is for memory: the resident sizes of this process,
both drivers and both Chromiums, summed, after 50 captures and after that many; 0 leaves it out.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from capture_pages import NAME, served
from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from cryptography import x509

from monitor.config import Settings
from monitor.evidence import launch
from monitor.evidence.background_loop import BackgroundLoop
from monitor.evidence.browser import Browser
from monitor.evidence.chromium import require_chromium
from monitor.evidence.launch import BrowserOptions
from monitor.evidence.request import CaptureRequest
from monitor.evidence.run_folder import RunFolder
from monitor.evidence.seal import Sealing, Stamper, stamp_folder
from monitor.evidence.sealed_capture import sealed_capture
from monitor.evidence.signing import SigningKeys
from monitor.evidence.timestamp import TsaTrust
from monitor.evidence.tsa import Tsa
from monitor.evidence.tsa_client import ask_tsa
from monitor.evidence.verdict import Verdict
from spiders.gate import Gate, allowed_network_from_text
from spiders.proxy import CHROMIUM_HOSTS, FilteringProxy
from tests.tsa.local_tsa import serving_tsa

_PAGES = ("plain", "images", "script")
_WARM_UPS = 50
_CAPTURES_A_WORKER = 10
_IMAGES_LOADED = "[...document.images].every(image => image.complete)"


class BarePlaywright:
    """Playwright with Chromium as we start it, and nothing of ours but the proxy."""

    def __init__(self, gate: Gate, folder: Path) -> None:
        self._proxy = FilteringProxy(gate, denied_hosts=CHROMIUM_HOSTS)
        self._loop = BackgroundLoop("bare")
        self._run_folder = RunFolder(folder)
        self._browser: PlaywrightBrowser | None = None

    @contextmanager
    def started(self) -> Iterator[None]:
        self._proxy.start()
        self._loop.start(child_environment={"TMPDIR": str(self._run_folder.path)})
        playwright = self._loop.run(self._launch())
        try:
            yield
        finally:
            self._loop.run(playwright.stop())
            self._loop.close()
            self._proxy.close()
            self._run_folder.remove()

    def visit(self, url: str) -> tuple[bytes, str]:
        return self._loop.run(self._visit(url))

    async def _launch(self):
        playwright = await async_playwright().start()
        self._browser = await playwright.chromium.launch(
            executable_path=launch.program_for(
                require_chromium(Settings()), self._run_folder, is_sandboxed=True
            ),
            headless=True,
            chromium_sandbox=True,
            args=launch.flags(),
            ignore_default_args=list(launch.DROPPED_DEFAULTS),
            env=dict(launch.environment(self._run_folder.scratch)),
            proxy={"server": self._proxy.server},
        )
        return playwright

    async def _visit(self, url: str) -> tuple[bytes, str]:
        assert self._browser is not None
        options, ledger = BrowserOptions(), self._proxy.open_ledger()
        context = await self._browser.new_context(
            proxy={"server": self._proxy.server, "username": ledger.username, "password": ledger.password},
            viewport={"width": options.viewport_width, "height": options.viewport_height},
        )
        try:
            page = await context.new_page()
            await page.goto(url, wait_until="load")
            await page.get_by_text(NAME).first.wait_for()
            await page.wait_for_function(_IMAGES_LOADED)
            return await page.screenshot(full_page=True), await page.content()
        finally:
            await context.close()
            self._proxy.close_ledger(ledger)


class Sealer:
    """Full sealed captures into folders that are thrown away."""

    def __init__(self, browser: Browser, sealing: Sealing, folder: Path, origin: str) -> None:
        self._browser = browser
        self._sealing = sealing
        self._folder = folder
        self._origin = origin

    def capture(self, page: str) -> Path:
        """The sealed folder, which whoever asked for it may remove."""
        into = self._folder / f"{page}-{secrets.token_hex(8)}"
        request = CaptureRequest(url=f"{self._origin}/{page}", expected=(NAME,))
        made = sealed_capture(request, self._browser, into, self._sealing, is_stamped_now=False)
        assert made.capture.verdict is Verdict.OK, made.capture.reason
        return into

    def capture_and_discard(self, page: str) -> None:
        shutil.rmtree(self.capture(page))

    def stamp_ms(self) -> float:
        """What a timestamp costs, from the request to the checked answer on disk."""
        folder = self.capture("plain")
        begin = time.perf_counter()
        stamps, unstamped = stamp_folder(folder, self._sealing.stamper)
        assert stamps, unstamped
        return 1000 * (time.perf_counter() - begin)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(bare: BarePlaywright, sealer: Sealer, origin: str, rounds: int) -> dict[str, object]:
    """Medians of both sides for each page, in turns so that noise meets both."""
    bare_s: dict[str, list[float]] = {page: [] for page in _PAGES}
    sealed_s: dict[str, list[float]] = {page: [] for page in _PAGES}
    for number in range(rounds + 1):
        for page in _PAGES:
            turns = [
                (bare_s, lambda page=page: bare.visit(f"{origin}/{page}")),
                (sealed_s, lambda page=page: sealer.capture(page)),
            ]
            for seconds, work in turns if number % 2 else reversed(turns):
                taken_s = _seconds(work)
                if number:  # the first of each only warms up
                    seconds[page].append(taken_s)
    medians = {page: (statistics.median(bare_s[page]), statistics.median(sealed_s[page])) for page in _PAGES}
    return {
        "sealed_vs_bare": {page: round(sealed / plain, 2) for page, (plain, sealed) in medians.items()},
        "bare_s": {page: round(plain, 2) for page, (plain, _) in medians.items()},
        "sealed_s": {page: round(sealed, 2) for page, (_, sealed) in medians.items()},
        "timestamp_ms": round(statistics.median(sealer.stamp_ms() for _ in range(3))),
    }


def per_minute(sealer: Sealer, workers: int) -> float:
    """Captures of the plain thread a minute, by that many threads that share one browser."""
    count = _CAPTURES_A_WORKER * workers
    with ThreadPoolExecutor(workers) as pool:
        begin = time.perf_counter()
        list(pool.map(sealer.capture_and_discard, ["plain"] * count))
        return 60 * count / (time.perf_counter() - begin)


def memory(sealer: Sealer, captures: int) -> dict[str, float]:
    """How much larger all our processes together are at the end than after 50 captures, each as a median of twenty."""
    sizes = []
    for number in range(captures):
        sealer.capture_and_discard(_PAGES[number % len(_PAGES)])
        sizes.append(_tree_rss_mb())
    warm = min(_WARM_UPS, captures // 2)
    first, last = statistics.median(sizes[warm : warm + 20]), statistics.median(sizes[-20:])
    return {f"rss_growth_mb_{captures}": round(last - first, 1), "rss_mb": round(last)}


def _tree_rss_mb() -> float:
    """The resident sizes of this process and its descendants, without the server of the pages."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                lines = (folder / "status").read_text("ascii", "replace").splitlines()
                is_server = b"capture_pages" in (folder / "cmdline").read_bytes()
            except OSError:
                continue  # ended meanwhile
            facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            if not is_server:
                parents[int(folder.name)] = int(facts["PPid"])
                sizes[int(folder.name)] = int(facts.get("VmRSS", "0 kB").split()[0])
    tree = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(sizes[pid] for pid in tree) / 1024


@contextmanager
def _sides(folder: Path) -> Iterator[tuple[BarePlaywright, Sealer, str]]:
    """Both sides, warm, and where the pages are."""
    with served() as port, serving_tsa(folder / "tsa") as tsa:
        gate = Gate([allowed_network_from_text(f"127.0.0.1:{port}")])
        origin = f"http://127.0.0.1:{port}"
        root = x509.load_pem_x509_certificate(tsa.root.read_bytes())
        stamper = Stamper([Tsa("local", tsa.url)], TsaTrust(roots=(root,)), ask_tsa)
        sealing = Sealing(SigningKeys(folder / "keys").signer(), stamper)
        bare = BarePlaywright(gate, folder)
        with (
            bare.started(),
            Browser(require_chromium(Settings()), gate, folder=folder / "browser") as browser,
        ):
            yield bare, Sealer(browser, sealing, folder, origin), origin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--captures", type=int, default=0, help="for the memory figure; 500 take half an hour"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shamewatch-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root Chromium runs under another user id
        with _sides(folder) as (bare, sealer, origin):
            figures = compare(bare, sealer, origin, options.rounds)
            figures["captures_per_minute"] = {
                str(workers): round(per_minute(sealer, workers), 1) for workers in (1, 2)
            }
            if options.captures:
                figures |= memory(sealer, options.captures)
    if options.json:
        print(json.dumps(figures))
        return
    for key, value in figures.items():
        print(f"{key:24} {json.dumps(value)}")


if __name__ == "__main__":
    main()
