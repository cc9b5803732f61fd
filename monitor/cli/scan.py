"""``shamewatch scan``: the detector on files. Stores nothing; prints hits, and mentions only within narrow bounds."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from monitor.bootstrap import panel_from_settings
from monitor.cli.output import err, print_json, warn
from monitor.cli.session import settings
from monitor.detection.detect import Detector
from monitor.detection.model import Document, Finding, WatchedSubject
from monitor.detection.terms import InvalidTermError
from monitor.detection.watchfile import (
    PostLineError,
    WatchFileError,
    document_from_line,
    fault_of_terms,
    subjects_from_json,
)
from monitor.detection.watchlist import Watchlist, compile_watchlist
from monitor.errors import BadInputError

_BATCH = 2_000
# Whoever pipes a stream in should not wait long for a hit.
_BATCH_OF_A_STREAM = 100
_MAX_LINE_BYTES = 16_000_000
# A list of everybody who is mentioned would make this a finder of people (docs/threat-model.md).
_MAX_POSTS_WITHOUT_SHAMING = 10_000


def register(app: typer.Typer) -> None:
    app.command()(scan)


def scan(
    posts: str = typer.Argument(help="File of posts, one JSON object a line, or - for standard input."),
    watch: Path = typer.Option(..., "--watch", help="JSON file with the list of subjects."),
    all_scored: bool = typer.Option(False, "--all", help="Also print scored posts that are no hits."),
    mentions: bool = typer.Option(False, "--mentions", help="Print every mention, shaming or not."),
) -> None:
    """Run the detector on a file of posts. Prints one JSON object a line per (post, subject) hit."""
    with _posts(posts) as stream:
        if all_scored or mentions:
            _refuse_what_would_find_people(posts, stream)
        detector = panel_from_settings(Detector(_watchlist(watch)), settings())
        bad_lines = 0
        is_every_mention = all_scored or mentions
        for batch, faults in _with_progress(stream):
            for number, fault in faults:
                bad_lines += 1
                warn(f"line {number} skipped: {fault}")
            for finding in detector.detect(batch, with_non_hits=is_every_mention):
                print_json(_json_from_finding(finding, with_verdict=is_every_mention))
            sys.stdout.flush()
    if bad_lines:
        warn(f"{bad_lines} bad line{'s' if bad_lines != 1 else ''} skipped.")
        raise typer.Exit(1)


def _watchlist(path: Path) -> Watchlist:
    subjects = _subjects(path)
    try:
        return compile_watchlist(subjects)
    except InvalidTermError as error:
        raise BadInputError(why=f"{path}: {fault_of_terms(subjects) or error}") from None


def _subjects(path: Path) -> list[WatchedSubject]:
    try:
        return subjects_from_json(path.read_bytes())
    except OSError as error:
        raise BadInputError(why=f"{path} cannot be read ({error.strerror}).") from None
    except WatchFileError as error:
        raise BadInputError(why=f"{path}: {error}.") from None


def _posts(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise BadInputError(why=f"{name} cannot be read ({error.strerror}).") from None


def _refuse_what_would_find_people(name: str, stream: BinaryIO) -> None:
    options = "--all and --mentions"
    if name == "-" or not stat.S_ISREG(Path(name).stat().st_mode):
        raise BadInputError(why=f"{options} take plain files only, so that they cannot be run over a stream.")
    count = sum(1 for line in stream if line.strip())
    stream.seek(0)
    if count > _MAX_POSTS_WITHOUT_SHAMING:
        raise BadInputError(
            why=f"{options} take at most {_MAX_POSTS_WITHOUT_SHAMING:,} posts, and {name} has {count:,}. Leave them out to print hits only."
        )


_Faults = list[tuple[int, str]]


def _batches(stream: BinaryIO) -> Iterator[tuple[list[Document], _Faults, int]]:
    batch: list[Document] = []
    faults: _Faults = []
    size_bytes = 0
    most = _BATCH_OF_A_STREAM if stream is sys.stdin.buffer else _BATCH
    for number, line in enumerate(_lines(stream), 1):
        size_bytes += len(line)
        try:
            if line.strip():
                batch.append(_document(line))
        except PostLineError as error:
            faults.append((number, str(error)))
        if len(batch) + len(faults) >= most:
            yield batch, faults, size_bytes
            batch, faults, size_bytes = [], [], 0
    yield batch, faults, size_bytes


def _document(line: bytes) -> Document:
    if len(line) > _MAX_LINE_BYTES:
        raise PostLineError(f"it is longer than {_MAX_LINE_BYTES:,} bytes")
    return document_from_line(line)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines, each cut at the limit so that one endless line cannot fill the memory."""
    while line := stream.readline(_MAX_LINE_BYTES + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > _MAX_LINE_BYTES:
            rest = stream.readline(_MAX_LINE_BYTES + 1)
        yield line


def _with_progress(stream: BinaryIO) -> Iterator[tuple[list[Document], _Faults]]:
    """The batches, with a bar on standard error where somebody looks."""
    if not err.is_terminal:
        for batch, faults, _ in _batches(stream):
            yield batch, faults
        return
    columns = (TextColumn("{task.fields[posts]:>9,} posts"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task: TaskID = progress.add_task("scan", total=_size_bytes(stream), posts=0)
        posts = 0
        for batch, faults, size_bytes in _batches(stream):
            yield batch, faults
            posts += len(batch)
            progress.update(task, advance=size_bytes, posts=posts)


def _size_bytes(stream: BinaryIO) -> int | None:
    try:
        status = Path(stream.name).stat() if stream is not sys.stdin.buffer else None
    except (OSError, TypeError):
        return None
    return status.st_size if status and stat.S_ISREG(status.st_mode) else None


def _json_from_finding(finding: Finding, *, with_verdict: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"post": finding.document_id, "subject": finding.subject_id}
    if with_verdict:
        fields["hit"] = finding.is_hit
    return fields | {
        "score": round(finding.score, 4),
        "severity": finding.severity.value,
        "mentions": [
            {
                "kind": m.kind.value,
                "term": m.term,
                "field": m.field,
                "start": m.start,
                "end": m.end,
                "text": m.text,
            }
            for m in finding.mentions
        ],
        "cues": [
            {"family": c.family, "field": c.field, "start": c.start, "end": c.end, "text": c.text}
            for c in finding.cues
        ],
        "reasons": list(finding.reasons),
    }
