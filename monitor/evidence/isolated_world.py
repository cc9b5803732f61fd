"""Calls the functions of page_script.js where the page's own scripts cannot reach them; never touches those scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from monitor.evidence.browser_errors import StepFailedError, TabLostError
from monitor.evidence.page_script import SCRIPT

_ATTEMPTS = 4
_PAUSE_S = 0.1
Send = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class IsolatedWorld:
    """One for each document. ``send`` speaks the DevTools protocol and raises StepFailedError or TabLostError.

    ``frame_id``: which frame of the session; "" for its outermost.
    """

    def __init__(self, send: Send, frame_id: str = "") -> None:
        self._send = send
        self._frame_id = frame_id
        self._number: int | None = None

    def forget(self) -> None:
        """The document is another one from here on."""
        self._number = None

    async def ask(self, function: str, *arguments: object) -> Any:
        """Call ``function``; again if the page went elsewhere meanwhile. Raises TabLostError."""
        call = f"globalThis.shamewatch.{function}({', '.join(json.dumps(item) for item in arguments)})"
        for _ in range(_ATTEMPTS):
            try:
                answer = await self._evaluate(call)
            except StepFailedError:
                self.forget()
                await asyncio.sleep(_PAUSE_S)
                continue
            if "exceptionDetails" in answer:
                raise TabLostError(
                    f"{function}: {answer['exceptionDetails'].get('exception', {}).get('description')}"
                )
            return answer["result"].get("value")
        raise TabLostError("the page kept going elsewhere")

    async def ask_about(self, node: int, function: str, *arguments: object) -> Any:
        """Call ``function`` with an element first: a node's backend id. Raises TabLostError, StepFailedError."""
        if self._number is None:
            self._number = await self._make()
        resolved = await self._send(
            "DOM.resolveNode", {"backendNodeId": node, "executionContextId": self._number}
        )
        answer = await self._send(
            "Runtime.callFunctionOn",
            {
                "objectId": resolved["object"]["objectId"],
                "functionDeclaration": f"function (...given) {{ return globalThis.shamewatch.{function}(this, ...given) }}",
                "arguments": [{"value": item} for item in arguments],
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in answer:
            raise TabLostError(f"{function}: {answer['exceptionDetails'].get('text')}")
        return answer["result"].get("value")

    async def _evaluate(self, call: str) -> dict[str, Any]:
        if self._number is None:
            self._number = await self._make()
        options = {
            "expression": call,
            "contextId": self._number,
            "awaitPromise": True,
            "returnByValue": True,
        }
        answer: dict[str, Any] = await self._send("Runtime.evaluate", options)
        return answer

    async def _make(self) -> int:
        frame_id = self._frame_id
        if not frame_id:
            tree = await self._send("Page.getFrameTree", {})
            frame_id = tree["frameTree"]["frame"]["id"]
        options = {"frameId": frame_id, "worldName": "shamewatch"}
        world = await self._send("Page.createIsolatedWorld", options)
        number = int(world["executionContextId"])
        # The expression's value stays in the page: returning it would serialise functions.
        source = f"globalThis.shamewatch = {SCRIPT.rstrip().rstrip(';')}; 0"
        await self._send("Runtime.evaluate", {"expression": source, "contextId": number})
        return number
