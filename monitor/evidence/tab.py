"""One page of a browser during one visit: opens, asks, pictures, presses, records; never decides what a page means."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Dialog, Page, Response
from playwright.async_api import Error as PlaywrightError

from monitor.evidence.browser_errors import (
    NavigationFailedError,
    StepFailedError,
    TabLostError,
    code_from_error,
    first_line,
    says_lost,
)
from monitor.evidence.exchange import Recording
from monitor.evidence.foreign_frames import ForeignFrame
from monitor.evidence.foreign_requests import ForeignRequests
from monitor.evidence.isolated_world import IsolatedWorld
from monitor.evidence.observation import Box, Tls, tls_from_browser
from monitor.evidence.page_log import PageLog
from monitor.evidence.recorder import Recorder
from monitor.evidence.request_watcher import RequestWatcher
from spiders.proxy import Ledger

_MAX_DIALOGS = 10
_STOP_TIMEOUT_S = 3.0


class Tab:
    """One page in a context of its own: no cookies, no cache, no permission, no download, no service worker.

    ``is_lost``: a step failed as it does where the page or the whole browser is gone.
    """

    def __init__(self, context: BrowserContext, page: Page, cdp: CDPSession, ledger: Ledger) -> None:
        self._page = page
        self._cdp = cdp
        self.ledger = ledger
        self.log = PageLog()
        self.is_lost = False
        self._requests = RequestWatcher(page, self.log)
        self._recorder = Recorder(cdp, self._send)
        self._foreign = ForeignRequests(context, lambda error: isinstance(error, PlaywrightError))
        self._world = IsolatedWorld(self._send)
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
        return self._requests.response

    async def open(self, url: str, timeout_s: float) -> None:
        """Until the document is parsed. Raises NavigationFailedError, TimeoutError or TabLostError."""
        try:
            # Only a session that watched the connection can name its certificates afterwards.
            await self._recorder.start()
            await self._page.goto(url, wait_until="domcontentloaded", timeout=timeout_s * 1000)
        except StepFailedError as error:
            raise TabLostError(str(error)) from None
        except PlaywrightError as error:
            if type(error).__name__ == "TimeoutError":
                raise TimeoutError from None
            self._raise_lost(error)
            code = code_from_error(str(error))
            # A browser that is being closed breaks off what it loads before it is gone.
            self.is_lost = code == "net::ERR_ABORTED" or not code.startswith("net::")
            raise NavigationFailedError(code) from None

    async def wait_loaded(self, timeout_s: float) -> bool:
        """Whether everything that the page asked for at first has come in time."""
        try:
            await self._page.wait_for_load_state("load", timeout=timeout_s * 1000)
        except PlaywrightError as error:
            self._raise_lost(error)
            return False
        return True

    async def ask(self, function: str, *arguments: object) -> Any:
        """Call a function of page_script.js in the isolated world. Raises TabLostError."""
        return await self._world.ask(function, *arguments)

    async def foreign_frames(self, limit: int) -> list[ForeignFrame]:
        """Frames of other origins that stand in the page itself. Raises TabLostError, StepFailedError."""
        tree = (await self._send("Page.getFrameTree", {}))["frameTree"]
        own = tree["frame"]["securityOrigin"]
        inner = {
            child["frame"]["id"]: IsolatedWorld(self._send, child["frame"]["id"])
            for child in tree.get("childFrames", ())
            if child["frame"]["securityOrigin"] != own
        }
        for frame in self._page.main_frame.child_frames[:limit]:
            # Only a frame in a process of its own has a session of its own.
            with contextlib.suppress(PlaywrightError):
                send = _sender(await self._page.context.new_cdp_session(frame))
                inner[(await send("Page.getFrameTree", {}))["frameTree"]["frame"]["id"]] = IsolatedWorld(send)
        found = []
        for name, world in list(inner.items())[:limit]:
            owner = await self._send("DOM.getFrameOwner", {"frameId": name})
            found.append(ForeignFrame(world, self._world, owner["backendNodeId"]))
        return found

    async def picture(self, *, clip: Box | None = None) -> bytes:
        """A PNG of the viewport, or of ``clip`` in page pixels, however far down it reaches."""
        # The same pixels in a third less time, for a file that is a fifth larger.
        options: dict[str, Any] = {"format": "png", "optimizeForSpeed": True}
        if clip is not None:
            options |= {"captureBeyondViewport": True, "clip": {**dataclasses.asdict(clip), "scale": 1}}
        try:
            answer = await self._send("Page.captureScreenshot", options)
        except StepFailedError as error:
            raise TabLostError(f"no picture: {error}") from None
        return base64.b64decode(answer["data"])

    async def press(self, x: float, y: float) -> None:
        """A click at viewport pixels, as a person's mouse makes it. Raises TabLostError."""
        for kind in ("mousePressed", "mouseReleased"):
            event = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            try:
                await self._send("Input.dispatchMouseEvent", event)
            except StepFailedError as error:
                raise TabLostError(str(error)) from None

    async def stop_scripts(self) -> None:
        """Break whatever script is running and let none begin: what stands there can then be had."""
        self._world.forget()
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
            root = await self._send("DOM.getDocument", {"depth": 0})
            answer = await self._send("DOM.getOuterHTML", {"nodeId": root["root"]["nodeId"]})
        except StepFailedError as error:
            raise TabLostError(str(error)) from None
        return str(answer["outerHTML"])

    async def mhtml(self) -> bytes:
        """The page with all its parts as one file (RFC 2557), as the browser would save it.

        Raises TabLostError, StepFailedError.
        """
        answer = await self._send("Page.captureSnapshot", {"format": "mhtml"})
        return str(answer["data"]).encode("utf-8", "surrogatepass")

    async def recording(self, timeout_s: float) -> Recording:
        """Every exchange so far, with the bodies that come within ``timeout_s``."""
        return await self._foreign.joined(await self._recorder.finish(timeout_s), timeout_s)

    async def certificates(self, origin: str) -> tuple[bytes, ...]:
        """The chain of a host that the page connected to, from the browser's own session: DER, leaf first."""
        try:
            answer = await self._send("Network.getCertificate", {"origin": origin})
        except (StepFailedError, TabLostError):
            return ()
        return tuple(base64.b64decode(name) for name in answer.get("tableNames", ()))

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

    async def _send(self, method: str, options: Mapping[str, Any]) -> Any:
        try:
            return await self._cdp.send(method, dict(options))
        except PlaywrightError as error:
            self._raise_lost(error)
            raise StepFailedError(first_line(error)) from None

    def _raise_lost(self, error: PlaywrightError) -> None:
        if self.log.is_crashed or says_lost(error):
            self.is_lost = True
            raise TabLostError(first_line(error)) from None

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.log.dialog_count += 1
        with contextlib.suppress(PlaywrightError):
            # At once: the renderer stands still until the dialog is gone, and answers nothing else.
            await dialog.dismiss()
        if self.log.dialog_count == _MAX_DIALOGS:
            await self.stop_scripts()


def _sender(session: CDPSession) -> Callable[[str, Mapping[str, Any]], Awaitable[Any]]:
    """Of a part of the page: its end is not the tab's."""

    async def send(method: str, options: Mapping[str, Any]) -> Any:
        try:
            return await session.send(method, dict(options))
        except PlaywrightError as error:
            raise StepFailedError(first_line(error)) from None

    return send
