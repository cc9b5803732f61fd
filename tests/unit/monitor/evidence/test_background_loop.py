from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time

import pytest

from monitor.evidence.background_loop import BackgroundLoop

PRINT = "import os; print(os.getsid(0) == os.getpid(), os.environ.get('MARK'), os.environ.get('OWN'))"


async def _output(environment: dict[str, str] | None) -> list[str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PRINT, stdout=asyncio.subprocess.PIPE, env=environment
    )
    out, _ = await child.communicate()
    return out.decode().split()


def test_children_get_a_session_of_their_own_and_what_is_added_to_their_environment() -> None:
    loop = BackgroundLoop("test")
    loop.start(child_environment={"MARK": "added"})
    try:
        assert loop.run(_output({**os.environ, "OWN": "kept"})) == ["True", "added", "kept"]
        assert loop.run(_output(None)) == ["True", "added", "None"]
    finally:
        loop.close()


def test_a_wait_that_is_broken_off_cancels_its_work() -> None:
    loop, ended = BackgroundLoop("test"), threading.Event()
    loop.start()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run(work())
        assert ended.wait(5)
    finally:
        loop.close()


def test_work_still_under_way_is_cancelled_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    """Else asyncio complains that a task was destroyed."""
    loop, ended = BackgroundLoop("test"), threading.Event()
    loop.start()

    async def linger() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def begin() -> asyncio.Task[None]:
        task = asyncio.create_task(linger())
        await asyncio.sleep(0)
        return task

    task = loop.run(begin())
    began_at = time.monotonic()
    loop.close()
    assert ended.is_set()
    assert task.cancelled()
    assert time.monotonic() - began_at < 5
    assert caplog.records == []


@pytest.mark.parametrize(("text", "is_printed"), [("told", False), ("untold", True)])
def test_only_a_failure_that_nobody_is_told_of_is_printed(
    text: str, is_printed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    loop = BackgroundLoop("test", is_told_elsewhere=lambda error: str(error) == "told")
    loop.start()

    async def throw_away() -> None:
        asyncio.get_running_loop().create_future().set_exception(ValueError(text))

    with caplog.at_level(logging.ERROR, "asyncio"):
        loop.run(throw_away())
        loop.close()
    assert ("never retrieved" in caplog.text) == is_printed


def test_killed_children_are_gone() -> None:
    loop = BackgroundLoop("test")
    loop.start()

    async def killed() -> int:
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
        loop.kill_children()
        return await child.wait()

    try:
        assert loop.run(killed()) == -signal.SIGKILL
    finally:
        loop.close()
