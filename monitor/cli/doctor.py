"""``shamewatch doctor``: checks what the monitor stands on, and says what to do where something is wrong."""

from __future__ import annotations

import dataclasses
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.text import Text

from monitor import machine
from monitor.alerts.mailprobe import mail_server_answers
from monitor.bootstrap import (
    Monitor,
    is_initialised,
    judge_settings,
    key_file,
    monitor_from_settings,
    signing_keys,
    stamper_from_settings,
)
from monitor.cli.output import out, print_json
from monitor.cli.session import JSON, settings
from monitor.config import Settings
from monitor.detection.model import Document
from monitor.errors import MonitorError
from monitor.evidence.capture import open_browser
from monitor.evidence.chromium import find_chromium
from monitor.evidence.machine_facts import clock
from monitor.judging.errors import ReaderUnavailableError
from monitor.judging.judge import Judge
from monitor.judging.semantic_reader import semantic_reader
from storage import Scope
from storage.errors import StorageError

_LEAST_FREE_BYTES = 2_000_000_000
_TRIAL_POST = "PERSON has paid everything back. Thank you!"


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. ``is_well`` None: not checkable here."""

    what: str
    is_well: bool | None
    said: str


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: bool = JSON) -> None:
    """Check browser, fonts, database, vault, channels, signing key, timestamps, clock and disk."""
    current = settings()
    findings = list(_findings(current))
    for finding in findings:
        if as_json:
            print_json(dataclasses.asdict(finding))
        else:
            sign = {True: ("✓", "green"), False: ("✗", "red"), None: ("?", "yellow")}[finding.is_well]
            out.print(Text.assemble(sign, " ", (finding.what, "bold"), "  ", finding.said))
    if any(finding.is_well is False for finding in findings):
        raise typer.Exit(1)


def _findings(current: Settings) -> Iterator[Finding]:
    yield _browser(current)
    yield from _fonts()
    yield from _data(current)
    yield _reader(current)
    if current.judge_url:
        yield _judge(current)
    yield from _seal(current)
    yield _clock()
    yield _disk(current.home)


def _browser(current: Settings) -> Finding:
    path = find_chromium(current)
    if path is None:
        return Finding("browser", False, "No Chromium was found. Run `shamewatch setup`.")
    try:
        with open_browser(current) as browser:
            version = browser.start()
    except MonitorError as error:
        return Finding("browser", False, str(error))
    sandbox = (
        "without its sandbox, as SHAMEWATCH_CHROMIUM_NO_SANDBOX asks"
        if current.chromium_no_sandbox
        else "in its sandbox"
    )
    return Finding(
        "browser", not current.chromium_no_sandbox, f"Chromium {version} starts {sandbox} ({path})."
    )


def _reader(current: Settings) -> Finding:
    if not current.semantic_reader:
        return Finding("semantic reader", None, "Switched off: the scorer alone decides what is a hit.")
    begin_s = time.monotonic()
    try:
        reader = semantic_reader()
        ready_s = time.monotonic()
        reader.logit("PERSON | PHONE")
    except ReaderUnavailableError as error:
        return Finding("semantic reader", None, str(error))
    took_ms = (time.monotonic() - ready_s) * 1_000
    return Finding(
        "semantic reader",
        True,
        f"{reader.version}: ready in {ready_s - begin_s:.1f} s, read a short post in {took_ms:.0f} ms.",
    )


def _judge(current: Settings) -> Finding:
    try:
        settings_of_judge = judge_settings(current)
        assert settings_of_judge
        opinion = Judge(settings_of_judge).opinion(Document(id="", untrusted_text=_TRIAL_POST), ())
    except MonitorError as error:
        return Finding("judge", False, str(error))
    return Finding("judge", True, f"{opinion.reader} answers; it called a friendly post {opinion.verdict!r}.")


def _fonts() -> Iterator[Finding]:
    for need in machine.font_needs():
        is_met = need.is_met()
        said = "there." if is_met else f"missing: {need.why}. Run `shamewatch setup`."
        yield Finding("fonts", is_met, f"{need.name}: {said}")


def _data(current: Settings) -> Iterator[Finding]:
    try:
        with monitor_from_settings(current) as monitor:
            yield from _opened(monitor)
    except StorageError as error:
        yield Finding("database", False, str(error))


def _opened(monitor: Monitor) -> Iterator[Finding]:
    with monitor.storage.read(Scope.operator()) as work:
        subjects = work.subjects.list()
        channels = work.channels.list()
        failed = work.alerts.list(state="failed", limit=1000)
        entries = work.audit.verify()
        quiet = [source for source in work.sources.list() if source.failures_in_row]
    where = monitor.storage.database_path or "the database server"
    yield Finding(
        "database",
        True,
        f"{where} opens with its key ({key_file(monitor.settings)}); {entries} audit entries, all linked.",
    )
    yield _tried("vault", lambda: _try_vault(monitor))
    without = [s.id for s in subjects if s.id not in {c.subject_id for c in channels}]
    if without:
        yield Finding(
            "channels",
            False,
            f"Nobody would be told of hits about {', '.join(without)}: add a channel with `shamewatch channels add`.",
        )
    else:
        yield Finding("channels", True, f"{len(channels)} channel(s) for {len(subjects)} person(s).")
    if failed:
        yield Finding(
            "alerts",
            False,
            f"{len(failed)} alert(s) could not be delivered. `shamewatch hits show` says why, `shamewatch channels retry` sends them again.",
        )
    if any(channel.kind == "email" for channel in channels):
        yield _mail(monitor.settings)
    if quiet:
        yield Finding(
            "sources",
            False,
            f"Refused lately: {', '.join(s.id for s in quiet)}. `shamewatch sources list` says why.",
        )


def _mail(current: Settings) -> Finding:
    try:
        said = mail_server_answers(current.smtp_url)
    except MonitorError as error:
        return Finding("mail", False, str(error))
    return Finding("mail", True, said)


def _try_vault(monitor: Monitor) -> str:
    """Put a sealed blob into the vault, read it back, and let go of it."""
    return f"{monitor.storage.check_vault()} can be written and read."


def _tried(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except StorageError as error:
        return Finding(what, False, str(error))


def _clock() -> Finding:
    """Evidence lives by its times: stamps come from elsewhere, the order of events does not."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    known = clock()
    if known.is_synchronised:
        return Finding("clock", True, f"{now}, kept by a time service.")
    # A virtual machine's clock may be kept from outside, which its kernel does not know.
    return Finding(
        "clock",
        None,
        f"{now}. The kernel knows of no time service that keeps it: run `timedatectl set-ntp true` if none does.",
    )


def _seal(current: Settings) -> Iterator[Finding]:
    """The signing key, where there is a monitor, and a trial stamp of each authority."""
    try:
        if is_initialised(current):
            signer = signing_keys(current).signer()
            yield Finding(
                "signing",
                True,
                f"Evidence is signed with {signer.fingerprint[:16]}… ({signing_keys(current).folder}).",
            )
        stamper = stamper_from_settings(current)
    except (MonitorError, StorageError) as error:
        yield Finding("signing", False, str(error))
        return
    if not stamper.tsas:
        yield Finding(
            "timestamps",
            None,
            "No authority is asked (SHAMEWATCH_TSA_URLS is `none`): nothing says when evidence was made but this machine.",
        )
    stamps, unstamped = stamper.stamps(secrets.token_bytes(32))
    for stamp in stamps:
        yield Finding(
            "timestamps", True, f"{stamp.tsa} stamps; it says {stamp.generated_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    for one in unstamped:
        yield Finding("timestamps", False, f"{one.why} Evidence waits for its stamps until it answers.")


def _disk(home: Path) -> Finding:
    folder = next(path for path in (home, *home.parents) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    is_enough = free_bytes >= _LEAST_FREE_BYTES
    said = f"{free_bytes / 1e9:.1f} GB free for {home}."
    return Finding(
        "disk", is_enough, said if is_enough else f"{said} Captures take about 1 MB each: make room."
    )
