"""A warm Chromium behind the filtering proxy, and one fresh tab for each visit; never decides what a page means.

With ``tab``, the only module of the monitor that knows Playwright. Playwright runs in a thread of its own, so that
a browser can be shared by the threads of a worker, and every step can be ended when its time is up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import (
    BrowserContext,
    Page,
    Playwright,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from monitor.evidence import launch
from monitor.evidence.background_loop import BackgroundLoop
from monitor.evidence.browser_errors import (
    BrowserLostError,
    BrowserStartError,
    TabLostError,
    first_line,
    says_lost,
    start_failure,
)
from monitor.evidence.launch import BrowserOptions
from monitor.evidence.run_folder import RunFolder
from monitor.evidence.tab import Tab
from spiders.gate import Gate
from spiders.proxy import CHROMIUM_HOSTS, FilteringProxy, Ledger

_Result = TypeVar("_Result")
_CLOSE_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 3.0
_DEATH_TAKES_S = 1.0


class Browser:
    """Context manager, safe to share between threads. Chromium is started at the first visit and kept warm.

    It is started afresh after a number of visits, or when it died, so that no page's leak outlives it.
    Everything temporary lies in a folder of its own below ``folder`` (None: the system's temporary
    folder), which is removed at the end; ``sweep_leftovers`` removes those of killed processes.
    A Ctrl-C does not reach Chromium. Raises FolderNotWritableError when it is entered.
    """

    def __init__(
        self, executable: Path, gate: Gate, options: BrowserOptions | None = None, folder: Path | None = None
    ) -> None:
        self.executable = executable
        self.gate = gate
        self.options = options or BrowserOptions()
        self.version = ""
        self._parent = folder
        self._proxy = FilteringProxy(gate, denied_hosts=CHROMIUM_HOSTS)
        self._loop = BackgroundLoop("evidence-browser", is_told_elsewhere=says_lost)
        self._playwright: Playwright | None = None
        self._browser: PlaywrightBrowser | None = None
        self._lock = asyncio.Lock()
        self._folder: RunFolder | None = None
        self._visits = 0
        self._open = 0

    def __enter__(self) -> Self:
        self._folder = RunFolder(self._parent)
        self._proxy.start()
        self._loop.start(child_environment={"TMPDIR": str(self._folder.path)})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run(self._end(None))
        self._loop.close()
        self._proxy.close()
        if self._folder is not None:
            self._folder.remove()

    @property
    def proxy_port(self) -> int:
        """Where the filtering proxy listens, on 127.0.0.1."""
        return self._proxy.port

    def start(self) -> str:
        """Start Chromium now and return its version. Raises BrowserStartError."""
        self._loop.run(self._ready())
        return self.version

    def visit(self, steps: Callable[[Tab], Awaitable[_Result]], limit_s: float = 120.0) -> _Result:
        """Run ``steps`` on a fresh tab and wait for them.

        Steps are expected to end by themselves; where they have not by ``limit_s``, the whole browser
        is ended with them, and TabLostError is raised. Raises BrowserStartError where Chromium has
        never started, BrowserLostError where it did and then died or does not start again.
        """
        return self._loop.run(self._visit(steps, limit_s))

    def print_pdf(self, html: str, limit_s: float = 120.0) -> bytes:
        """An HTML page of ours as a tagged PDF with an outline; paper and page numbers are its own CSS (``@page``).

        No script runs, and nothing is fetched but what the page itself holds (``data:``).
        Raises BrowserStartError, BrowserLostError.
        """
        return self._loop.run(self._print_pdf(html, limit_s))

    async def _print_pdf(self, html: str, limit_s: float) -> bytes:
        browser = await self._ready()
        self._open += 1  # the browser is not replaced meanwhile
        try:
            async with asyncio.timeout(limit_s):
                return await self._printed(browser, html)
        except TimeoutError:
            await self._end(browser)
            raise BrowserLostError(why=f"printing took longer than {limit_s:.0f} s.") from None
        except PlaywrightError as error:
            raise BrowserLostError(why=f"{first_line(error)}.") from None
        finally:
            self._open -= 1

    async def _printed(self, browser: PlaywrightBrowser, html: str) -> bytes:
        context = await browser.new_context(
            java_script_enabled=False, offline=True, accept_downloads=False, service_workers="block"
        )
        try:
            page = await context.new_page()
            await context.route("**/*", lambda route: route.abort())
            await page.set_content(html, wait_until="load")
            return await page.pdf(
                format="A4", prefer_css_page_size=True, print_background=True, tagged=True, outline=True
            )
        finally:
            await self._close_context(browser, context)

    async def _visit(self, steps: Callable[[Tab], Awaitable[_Result]], limit_s: float) -> _Result:
        try:
            browser = await self._ready()
        except BrowserStartError as error:
            if not self.version:
                raise
            raise BrowserLostError(why=str(error)) from error
        ledger = self._proxy.open_ledger()
        self._open += 1
        try:
            async with asyncio.timeout(limit_s):
                return await self._in_context(browser, ledger, steps)
        except TimeoutError:
            await self._end(browser)
            raise TabLostError(f"the browser did not answer for {limit_s:.0f} s and was ended") from None
        except PlaywrightError as error:
            await self._end(browser)
            raise BrowserLostError(why=f"{first_line(error)}.") from None
        finally:
            self._open -= 1
            self._visits += 1
            self._proxy.close_ledger(ledger)

    async def _in_context(
        self, browser: PlaywrightBrowser, ledger: Ledger, steps: Callable[[Tab], Awaitable[_Result]]
    ) -> _Result:
        context = await self._fresh_context(browser, ledger)
        tab: Tab | None = None
        try:
            page = await context.new_page()
            tab = Tab(context, page, await context.new_cdp_session(page), ledger)
            context.on("page", lambda popup: self._close_popup(tab, popup))
            return await steps(tab)
        finally:
            if tab is not None and tab.is_lost:
                await _check_alive(browser)
            await self._close_context(browser, context)

    async def _fresh_context(self, browser: PlaywrightBrowser, ledger: Ledger) -> BrowserContext:
        options = self.options
        return await browser.new_context(
            proxy={"server": self._proxy.server, "username": ledger.username, "password": ledger.password},
            user_agent=options.user_agent, locale=options.locale, timezone_id=options.timezone,
            viewport={"width": options.viewport_width, "height": options.viewport_height},
            accept_downloads=False, service_workers="block", ignore_https_errors=False,
        )  # fmt: skip

    async def _close_popup(self, tab: Tab, popup: Page) -> None:
        tab.log.popup_count += 1
        with contextlib.suppress(PlaywrightError):
            await popup.close()

    async def _close_context(self, browser: PlaywrightBrowser, context: BrowserContext) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await context.close()
        except (PlaywrightError, TimeoutError):
            await self._end(browser)  # a renderer that cannot be closed goes with its browser

    async def _ready(self) -> PlaywrightBrowser:
        async with self._lock:
            is_due = self._visits >= self.options.captures_per_start and not self._open
            if self._browser is not None and (is_due or not self._browser.is_connected()):
                await self._stop()
            if self._browser is None:
                self._browser = await self._launch()
                self._visits = 0
            return self._browser

    async def _launch(self) -> PlaywrightBrowser:
        assert self._folder is not None
        try:
            program = launch.program_for(
                self.executable, self._folder, is_sandboxed=self.options.is_sandboxed
            )
            playwright = await self._driver()
            browser = await playwright.chromium.launch(
                executable_path=program,
                headless=True,
                chromium_sandbox=self.options.is_sandboxed,
                args=launch.flags(),
                ignore_default_args=list(launch.DROPPED_DEFAULTS),
                env=dict(launch.environment(self._folder.scratch)),
                proxy={"server": self._proxy.server},  # without credential: its own errands get nowhere
                timeout=30_000,
            )
        except PlaywrightError as error:
            await self._stop()
            raise BrowserStartError(path=self.executable, why=start_failure(str(error))) from None
        except OSError as error:
            why = f"{self._folder.path} cannot be written to: {error.strerror}. Run `shamewatch doctor`."
            raise BrowserStartError(path=self.executable, why=why) from None
        self.version = browser.version
        return browser

    async def _driver(self) -> Playwright:
        if self._playwright is None:
            try:
                self._playwright = await async_playwright().start()
            except Exception as error:  # Playwright raises just that where its driver ends early
                raise PlaywrightError(str(error)) from error
        return self._playwright

    async def _end(self, browser: PlaywrightBrowser | None) -> None:
        """End this browser, unless another visit has replaced it already. None: whichever there is."""
        async with self._lock:
            if browser is None or self._browser is browser:
                await self._stop()

    async def _stop(self) -> None:
        """End Chromium and its driver; a dead or deaf driver is replaced like a dead browser."""
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        with contextlib.suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                if browser is not None:
                    await browser.close()
        with contextlib.suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                if playwright is not None:
                    await playwright.stop()
        self._loop.kill_children()


async def _check_alive(browser: PlaywrightBrowser) -> None:
    """Whether the browser itself still answers, after the time that its end may take. Raises PlaywrightError if not."""
    await asyncio.sleep(_DEATH_TAKES_S)
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_S):
            session = await browser.new_browser_cdp_session()
            await session.detach()
    except TimeoutError:
        raise PlaywrightError("Chromium does not answer any more") from None
