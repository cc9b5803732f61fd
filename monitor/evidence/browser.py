"""A warm Chromium behind the filtering proxy, and one fresh tab for each visit; never decides what a page means.

The only module of the monitor that knows Playwright. Playwright runs in a thread of its own, so that
a browser can be shared by the threads of a worker, and every step can be ended when its time is up.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from playwright.async_api import Browser as PlaywrightBrowser
from playwright.async_api import (
    BrowserContext,
    CDPSession,
    Dialog,
    Page,
    Playwright,
    Request,
    Response,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from monitor.evidence import launch
from monitor.evidence.background_loop import BackgroundLoop
from monitor.evidence.browser_errors import (
    BrowserStartError,
    NavigationFailedError,
    TabLostError,
    code_from_error,
    start_failure,
)
from monitor.evidence.launch import BrowserOptions
from monitor.evidence.observation import Box, Tls, tls_from_browser
from monitor.evidence.page_log import PageLog
from monitor.evidence.page_script import SCRIPT
from spiders.gate import Gate
from spiders.proxy import CHROMIUM_HOSTS, FilteringProxy, Ledger

_Result = TypeVar("_Result")
_MAX_DIALOGS = 10
_CLOSE_TIMEOUT_S = 5.0
_STOP_TIMEOUT_S = 3.0


class Tab:
    """One page in a context of its own: no cookies, no cache, no permission, no download, no service worker."""

    def __init__(self, page: Page, cdp: CDPSession, ledger: Ledger) -> None:
        self._page = page
        self._cdp = cdp
        self.ledger = ledger
        self.log = PageLog()
        self._hop_numbers: dict[Request, int] = {}
        self._main: list[Response] = []
        self._world: int | None = None
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failed)
        page.on("requestfinished", self._on_finished)
        page.on("console", lambda message: self.log.note_message(message.type, message.text))
        page.on("pageerror", lambda error: self.log.note_console(f"uncaught: {error}"))
        page.on("dialog", self._on_dialog)
        page.on("crash", lambda _: self.log.note_crash())
        page.on("download", lambda _: self.log.note_download())

    @property
    def url(self) -> str:
        return self._page.url

    @property
    def response(self) -> Response | None:
        """The response that the document shown came with."""
        shown = self._page.url.partition("#")[0]
        fitting = [response for response in self._main if response.url.partition("#")[0] == shown]
        final = [response for response in self._main if not 300 <= response.status < 400]
        return next(reversed(fitting or final), None)

    async def open(self, url: str, timeout_s: float) -> None:
        """Until the document is parsed. Raises NavigationFailedError, TimeoutError or TabLostError."""
        try:
            # Only a session that watched the connection can name its certificates afterwards.
            await self._cdp.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})
            await self._page.goto(url, wait_until="domcontentloaded", timeout=timeout_s * 1000)
        except PlaywrightError as error:
            if type(error).__name__ == "TimeoutError":
                raise TimeoutError from None
            self._raise_lost(error)
            raise NavigationFailedError(code_from_error(str(error))) from None

    async def wait_loaded(self, timeout_s: float) -> bool:
        """Whether everything that the page asked for at first has come in time."""
        try:
            await self._page.wait_for_load_state("load", timeout=timeout_s * 1000)
        except PlaywrightError as error:
            self._raise_lost(error)
            return False
        return True

    async def ask(self, function: str, *arguments: object) -> Any:
        """Call a function of page_script.js in the isolated world; again if the page went elsewhere meanwhile."""
        call = f"globalThis.shamewatch.{function}({', '.join(json.dumps(item) for item in arguments)})"
        for attempt in range(4):
            try:
                if self._world is None:
                    self._world = await self._make_world()
                answer = await self._cdp.send(
                    "Runtime.evaluate",
                    {
                        "expression": call,
                        "contextId": self._world,
                        "awaitPromise": True,
                        "returnByValue": True,
                    },
                )
            except PlaywrightError as error:
                self._raise_lost(error)
                if attempt == 3:
                    raise TabLostError("the page kept going elsewhere") from None
                self._world = None
                await asyncio.sleep(0.1)
                continue
            if "exceptionDetails" in answer:
                raise TabLostError(
                    f"{function}: {answer['exceptionDetails'].get('exception', {}).get('description')}"
                )
            return answer["result"].get("value")
        raise AssertionError("unreachable")

    async def picture(self, *, clip: Box | None = None) -> bytes:
        """A PNG of the viewport, or of ``clip`` in page pixels, however far down it reaches."""
        options: dict[str, Any] = {"format": "png", "optimizeForSpeed": False}
        if clip is not None:
            options |= {"captureBeyondViewport": True, "clip": {**dataclasses.asdict(clip), "scale": 1}}
        try:
            answer = await self._cdp.send("Page.captureScreenshot", options)
        except PlaywrightError as error:
            self._raise_lost(error)
            raise TabLostError(f"no picture: {error}") from None
        return base64.b64decode(answer["data"])

    async def stop_scripts(self) -> None:
        """Break whatever script is running and let none begin: what stands there can then be had."""
        self._world = None
        # Sent together: a renderer in a loop answers the first only once the second has broken the loop.
        with contextlib.suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await asyncio.gather(
                    self._cdp.send("Emulation.setScriptExecutionDisabled", {"value": True}),
                    self._cdp.send("Runtime.terminateExecution"),
                    return_exceptions=True,
                )

    async def outer_html(self) -> str:
        """The DOM without the help of any script."""
        try:
            root = await self._cdp.send("DOM.getDocument", {"depth": 0})
            answer = await self._cdp.send("DOM.getOuterHTML", {"nodeId": root["root"]["nodeId"]})
        except PlaywrightError as error:
            raise TabLostError(str(error)) from None
        return str(answer["outerHTML"])

    async def main_headers(self) -> list[tuple[str, str]]:
        if self.response is None:
            return []
        try:
            return [(item["name"], item["value"]) for item in await self.response.headers_array()]
        except PlaywrightError:
            return []

    async def main_tls(self) -> Tls | None:
        """TLS of the main connection, from the browser's own session."""
        response = self.response
        if response is None or not response.url.startswith("https:"):
            return None
        try:
            details = await response.security_details()
            origin = "/".join(response.url.split("/", 3)[:3])
            chain = await self._cdp.send("Network.getCertificate", {"origin": origin})
        except PlaywrightError:
            return None
        return tls_from_browser(dict(details or {}), chain.get("tableNames", ()))

    async def _make_world(self) -> int:
        tree = await self._cdp.send("Page.getFrameTree")
        frame_id = tree["frameTree"]["frame"]["id"]
        world = await self._cdp.send(
            "Page.createIsolatedWorld", {"frameId": frame_id, "worldName": "shamewatch"}
        )
        number = int(world["executionContextId"])
        # The expression's value stays in the page: returning it would serialise functions.
        source = f"globalThis.shamewatch = {SCRIPT.rstrip().rstrip(';')}; 0"
        await self._cdp.send("Runtime.evaluate", {"expression": source, "contextId": number})
        return number

    def _raise_lost(self, error: PlaywrightError) -> None:
        text = str(error)
        if self.log.is_crashed or any(
            word in text for word in ("crashed", "has been closed", "Connection closed")
        ):
            raise TabLostError(text.partition("\n")[0]) from None

    def _on_request(self, request: Request) -> None:
        self.log.request_count += 1
        self.log.pending_count += 1
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            number = self.log.start_hop(request.url, is_redirect=request.redirected_from is not None)
            if number is not None:
                self._hop_numbers[request] = number

    def _on_response(self, response: Response) -> None:
        number = self._hop_numbers.get(response.request)
        if number is not None:
            self.log.end_hop(number, status=response.status)
            self._main.append(response)
        elif response.status >= 400:
            self.log.note_failed(response.url, response.request.resource_type, status=response.status)

    def _on_finished(self, _request: Request) -> None:
        self.log.pending_count -= 1

    def _on_failed(self, request: Request) -> None:
        self.log.pending_count -= 1
        error = request.failure or "failed"
        number = self._hop_numbers.get(request)
        if number is not None:
            self.log.end_hop(number, status=self.log.hops[number].status, error=error)
        else:
            self.log.note_failed(request.url, request.resource_type, error=error)

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.log.dialog_count += 1
        with contextlib.suppress(PlaywrightError):
            # At once: the renderer stands still until the dialog is gone, and answers nothing else.
            await dialog.dismiss()
        if self.log.dialog_count == _MAX_DIALOGS:
            await self.stop_scripts()


class Browser:
    """Context manager, safe to share between threads. Chromium is started at the first visit and kept warm.

    It is started afresh after a number of visits, or when it died, so that no page's leak outlives it.
    Raises BrowserStartError from ``visit`` where it does not start.
    """

    def __init__(self, executable: Path, gate: Gate, options: BrowserOptions | None = None) -> None:
        self.executable = executable
        self.gate = gate
        self.options = options or BrowserOptions()
        self.version = ""
        self._proxy = FilteringProxy(gate, denied_hosts=CHROMIUM_HOSTS)
        self._loop = BackgroundLoop("evidence-browser")
        self._playwright: Playwright | None = None
        self._browser: PlaywrightBrowser | None = None
        self._lock: asyncio.Lock | None = None
        self._folder: Path | None = None
        self._visits = 0
        self._open = 0

    def __enter__(self) -> Self:
        self._proxy.start()
        self._loop.start()
        self._folder = Path(tempfile.mkdtemp(prefix="shamewatch-browser-"))
        self._lock = asyncio.Lock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run(self._shut_down())
        self._loop.close()
        self._proxy.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def proxy_port(self) -> int:
        """Where the filtering proxy listens, on 127.0.0.1."""
        return self._proxy.port

    def start(self) -> str:
        """Start Chromium now and return its version."""
        self._loop.run(self._ready())
        return self.version

    def visit(self, steps: Callable[[Tab], Awaitable[_Result]], limit_s: float = 120.0) -> _Result:
        """Run ``steps`` on a fresh tab and wait for them.

        Steps are expected to end by themselves; where they have not by ``limit_s``, the whole browser
        is ended with them. Raises TabLostError then, and where the browser died.
        """
        return self._loop.run(self._visit(steps, limit_s))

    async def _visit(self, steps: Callable[[Tab], Awaitable[_Result]], limit_s: float) -> _Result:
        browser = await self._ready()
        ledger = self._proxy.open_ledger()
        self._open += 1
        try:
            async with asyncio.timeout(limit_s):
                return await self._in_context(browser, ledger, steps)
        except TimeoutError:
            await self._drop_browser()
            raise TabLostError(f"the browser did not answer for {limit_s:.0f} s and was ended") from None
        except PlaywrightError as error:
            await self._drop_browser()
            raise TabLostError(str(error).partition("\n")[0]) from None
        finally:
            self._open -= 1
            self._visits += 1
            self._proxy.close_ledger(ledger)

    async def _in_context(
        self, browser: PlaywrightBrowser, ledger: Ledger, steps: Callable[[Tab], Awaitable[_Result]]
    ) -> _Result:
        context = await self._fresh_context(browser, ledger)
        try:
            page = await context.new_page()
            tab = Tab(page, await context.new_cdp_session(page), ledger)
            context.on("page", lambda popup: self._close_popup(tab, popup))
            return await steps(tab)
        finally:
            await self._close_context(context)

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

    async def _close_context(self, context: BrowserContext) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await context.close()
        except (PlaywrightError, TimeoutError):
            await self._drop_browser()  # a renderer that cannot be closed goes with its browser

    async def _ready(self) -> PlaywrightBrowser:
        assert self._lock is not None
        async with self._lock:
            is_due = self._visits >= self.options.captures_per_start and not self._open
            if self._browser is not None and (is_due or not self._browser.is_connected()):
                await self._drop_browser()
            if self._browser is None:
                self._browser = await self._launch()
                self._visits = 0
            return self._browser

    async def _launch(self) -> PlaywrightBrowser:
        if self._playwright is None:
            self._playwright = await async_playwright().start()
        assert self._folder is not None
        program = launch.program_for(self.executable, self._folder, is_sandboxed=self.options.is_sandboxed)
        try:
            browser = await self._playwright.chromium.launch(
                executable_path=program,
                headless=True,
                chromium_sandbox=self.options.is_sandboxed,
                args=launch.flags(),
                ignore_default_args=list(launch.DROPPED_DEFAULTS),
                env=dict(launch.environment()),
                proxy={"server": self._proxy.server},  # without credential: its own errands get nowhere
                timeout=30_000,
            )
        except PlaywrightError as error:
            raise BrowserStartError(path=self.executable, why=start_failure(str(error))) from None
        self.version = browser.version
        return browser

    async def _drop_browser(self) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await browser.close()

    async def _shut_down(self) -> None:
        await self._drop_browser()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
