"""An event loop in a thread of its own, for asynchronous work on behalf of ordinary threads. Knows nothing of browsers.

Programs started from it get a session of their own: a Ctrl-C or a hang-up of the terminal, which the
kernel sends to the whole process group, reaches only us, and we decide what is still finished.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

_Result = TypeVar("_Result")
_CANCEL_TIMEOUT_S = 2.0


class _Loop(asyncio.SelectorEventLoop):
    """Children keep no signal mask and no ignored signal that we could set: Node.js resets both when it starts."""

    def __init__(self) -> None:
        super().__init__()
        self.child_environment: Mapping[str, str] = {}
        self.children: list[asyncio.SubprocessTransport] = []

    async def subprocess_exec(
        self, protocol_factory: Callable[[], Any], program: Any, *args: Any, **options: Any
    ) -> Any:
        given = options.pop("env", None)
        options["env"] = {**(os.environ if given is None else given), **self.child_environment}
        options["start_new_session"] = True
        transport, protocol = await super().subprocess_exec(protocol_factory, program, *args, **options)
        self.children.append(transport)
        return transport, protocol


class BackgroundLoop:
    """Started once, closed once.

    ``is_told_elsewhere`` names the failures that somebody is told of anyway: asyncio does not print them
    when a future that holds one is thrown away unread.
    """

    def __init__(
        self, name: str, is_told_elsewhere: Callable[[BaseException], bool] = lambda _: False
    ) -> None:
        self._loop = _Loop()
        self._loop.set_exception_handler(self._on_unread_failure)
        self._is_told_elsewhere = is_told_elsewhere
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)

    def start(self, child_environment: Mapping[str, str] | None = None) -> None:
        """``child_environment`` is added to what a program started from the loop gets."""
        self._loop.child_environment = child_environment or {}
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run in the loop and wait here. Raises what ``work`` raises. Never call it from the loop itself.

        Where the wait is broken off (Ctrl-C), ``work`` is cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def kill_children(self) -> None:
        """Kill what was started from the loop and still runs. Call it from the loop itself."""
        for child in self._loop.children:
            child.close()
        self._loop.children.clear()

    def close(self) -> None:
        """End the thread. Work that is still under way is cancelled."""
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _on_unread_failure(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failure = context.get("exception")
        if failure is None or not self._is_told_elsewhere(failure):
            loop.default_exception_handler(context)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_CANCEL_TIMEOUT_S)
