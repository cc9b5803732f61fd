"""The monitor's side of a crawl: starts the blind process, hands it the job, checks every line that comes back.

It trusts nothing that the process writes, and never leaves one running.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import IO

from spiders.errors import CrawlError, CrawlFailedError, CrawlProtocolError, CrawlTimeoutError
from spiders.gate import AllowedNetwork
from spiders.isolation import scrubbed_environment
from spiders.items import Record, Refusal, RefusalKind, SourceDone, SourceRecognised, record_from_line
from spiders.job import RECOGNISE, CrawlJob, CrawlLimits, SourceJob, text_from_job
from spiders.platforms.base import Recognition
from spiders.settings import USER_AGENT

__all__ = ["CrawlJob", "CrawlLimits", "SourceJob", "crawl", "recognise"]

CHILD_COMMAND = (sys.executable, "-P", "-m", "spiders.run")
_MAX_LINE_BYTES = 4_000_000
_GRACE_S = 60.0
_CHUNK_BYTES = 262_144

OnStderr = Callable[[str], None]


def crawl(
    job: CrawlJob, *, on_stderr: OnStderr | None = None, command: Sequence[str] = CHILD_COMMAND
) -> Generator[Record]:
    """Read the job's sources in a process of its own; yields records as they come.

    Every source ends with a SourceDone, also one that was refused or not come to. Closing the generator
    ends the process. ``on_stderr`` gets the process's log line by line, from another thread; it holds no
    page text. ``command`` is the program.

    Raises CrawlFailedError when the process dies, CrawlProtocolError when it writes what is no record,
    CrawlTimeoutError when it outlives its time; what came before has been yielded then, and a Refusal
    for each source that was not finished.
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=scrubbed_environment(),
        cwd="/",
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    threads = [
        threading.Thread(target=_feed, args=(child.stdin, text_from_job(job)), daemon=True),
        threading.Thread(target=_drain, args=(child.stderr, on_stderr), daemon=True),
    ]
    for thread in threads:
        thread.start()
    open_sources = {source.source_url: source for source in job.sources}
    try:
        for record in _records(child.stdout, time.monotonic() + job.limits.time_limit_s + _GRACE_S):
            if isinstance(record, SourceDone):
                open_sources.pop(record.source_url, None)
            yield record
        _raise_for_exit(child)
    except CrawlError:
        _end(child)
        for source in open_sources.values():
            yield from _unread(source)
        raise
    finally:
        _end(child)
        for thread in threads:
            thread.join(timeout=5)
        child.stdout.close()
        child.stderr.close()


def recognise(
    url: str,
    *,
    allowed_networks: tuple[AllowedNetwork, ...] = (),
    limits: CrawlLimits | None = None,
    user_agent: str = USER_AGENT,
    on_stderr: OnStderr | None = None,
    command: Sequence[str] = CHILD_COMMAND,
) -> Recognition | Refusal:
    """What the page at ``url`` belongs to and how it would be read, or why it was not read.

    Raises as ``crawl`` does.
    """
    job = CrawlJob(
        mode=RECOGNISE,
        sources=(SourceJob(source_url=url, platform="", start_url=url),),
        limits=limits or CrawlLimits(time_limit_s=300.0),
        allowed_networks=allowed_networks,
        user_agent=user_agent,
    )
    answer: Recognition | Refusal | None = None
    for record in crawl(job, on_stderr=on_stderr, command=command):
        if isinstance(record, SourceRecognised):
            fields = dataclasses.asdict(record)
            fields.pop("source_url")
            answer = Recognition(**fields)
        elif isinstance(record, Refusal):
            answer = record
    if answer is None:
        raise CrawlProtocolError("The crawl process did not say what the page is.")
    return answer


def _unread(source: SourceJob) -> Iterator[Record]:
    yield Refusal(
        source_url=source.source_url,
        url=source.start_url,
        kind=RefusalKind.UNREACHABLE,
        detail="The crawl process ended before this source was read.",
    )
    yield SourceDone(source_url=source.source_url, platform=source.platform, requests=0, posts=0, is_cut=True)


def _records(stdout: IO[bytes], deadline_s: float) -> Iterator[Record]:
    buffer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=max(0.0, deadline_s - time.monotonic())):
                raise CrawlTimeoutError("The crawl process did not end in its time and was ended.")
            chunk = os.read(stdout.fileno(), _CHUNK_BYTES)
            if not chunk:
                break
            buffer += chunk
            *lines, rest = buffer.split(b"\n")
            for line in lines:
                yield _record(bytes(line))
            buffer = rest
            if len(buffer) > _MAX_LINE_BYTES:
                raise CrawlProtocolError("The crawl process wrote a line that is too long and was ended.")
    if buffer:
        raise CrawlProtocolError("The crawl process ended in the middle of a record.")


def _record(line: bytes) -> Record:
    if len(line) > _MAX_LINE_BYTES:
        raise CrawlProtocolError("The crawl process wrote a line that is too long and was ended.")
    try:
        return record_from_line(line)
    except (ValueError, TypeError, RecursionError):
        # Without the line and the parser's words: both hold what a hostile page made of the process.
        raise CrawlProtocolError(
            "The crawl process wrote a line that is none of our records and was ended."
        ) from None


def _raise_for_exit(child: subprocess.Popen[bytes]) -> None:
    try:
        code = child.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        raise CrawlTimeoutError(
            "The crawl process did not end after its last record and was ended."
        ) from None
    if code < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
            raise CrawlFailedError(f"The crawl process was ended by {name} before it had finished.")
        raise CrawlFailedError(f"The crawl process was ended by signal {-code} before it had finished.")
    if code:
        raise CrawlFailedError(f"The crawl process stopped with exit code {code} before it had finished.")


def _end(child: subprocess.Popen[bytes]) -> None:
    # The group too: a process that a hostile page got started must not outlive the crawl.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _feed(stdin: IO[bytes], job: str) -> None:
    # A child that dies while reading says so by its exit code.
    with contextlib.suppress(BrokenPipeError), stdin:
        stdin.write(job.encode())


def _drain(stderr: IO[bytes], on_stderr: OnStderr | None) -> None:
    for line in iter(lambda: stderr.readline(65_536), b""):
        if on_stderr is not None:
            on_stderr(line.decode("utf-8", "replace").rstrip("\n"))
