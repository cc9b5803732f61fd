"""``shamewatch demo``: the whole main job on the practice forum, with the real parts and a mailbox of its own."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import typer
from pydantic import SecretStr
from rich.table import Table
from rich.text import Text

from monitor.alerts.channels import channel_from_text, channel_to_json
from monitor.bootstrap import Monitor, initialise, monitor_from_settings, only_one
from monitor.cli.output import err, out, say, shown
from monitor.cli.progress import live_progress, print_report
from monitor.config import Settings
from monitor.detection.model import FIELD_OF_KIND, TermKind, WatchedSubject
from monitor.detection.terms import term_from_text
from monitor.errors import BadInputError, RefusedError
from monitor.evidence.verify import Trusted, verify
from monitor.jobs.round import run_round
from monitor.practice import DEMO_SUBJECTS, PracticeForum
from monitor.practice.mailbox import Mailbox
from monitor.practice.timestamps import PracticeTsa
from monitor.stages.export_pack import PackMeans, export_pack
from spiders.crawl import recognise
from spiders.gate import allowed_network_from_text
from spiders.items import Refusal
from storage import Scope
from storage.repositories.hit_records import HitRecord

_MARK = ".shamewatch-demo"
_PICTURES = ("mention.png", "screenshot.png")
# Language of the alerts, country and time zone, by the prefix of the borrower's number.
_HOMES = {
    "+86": ("zh-Hans", "CN", "Asia/Shanghai"),
    "+63": ("tl", "PH", "Asia/Manila"),
    "+62": ("id", "ID", "Asia/Jakarta"),
    "+52": ("es", "MX", "America/Mexico_City"),
}


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    folder: Path = typer.Option(
        Path("demo"), "--folder", help="Where everything is written. An earlier demo there is replaced."
    ),
) -> None:
    """Show the main job on a practice forum: crawl, match, capture, seal, alert, pack. Leaves all of it to look at."""
    started_s = time.monotonic()
    folder = folder.absolute()
    _make_room(folder)
    with PracticeForum() as forum, Mailbox(folder / "mailbox") as mailbox, PracticeTsa(folder / "tsa") as tsa:
        settings = _settings(folder, forum, mailbox, tsa)
        initialise(settings)
        with only_one(settings), monitor_from_settings(settings) as monitor:
            say(f"A practice forum is running at {forum.url}; everybody and every number in it is invented.")
            _register_borrowers(monitor, folder)
            _add_source(monitor, forum)
            with live_progress(is_shown=err.is_terminal) as progress:
                run_round(monitor, progress)
            print_report(progress.report)
            hits = _leave_pictures(monitor, folder / "screenshots")
            _print_hits(monitor, hits)
            if hits:
                _leave_pack(monitor, hits, folder / "pack.zip")
    say("")
    say(f"Done in {time.monotonic() - started_s:.0f} s. Look at:", "bold")
    say(f"  pictures  {folder / 'screenshots'}")
    say(f"  mails     {folder / 'mailbox'}  (open an .eml with any mail program)")
    say(f"  notices   {folder / 'alerts'}  (the same alerts as files)")
    say(f"  evidence  {folder / 'pack.zip'}  (report.pdf, sealed captures, VERIFY.txt)")
    if not hits:
        raise BadInputError(why="the demo found no hits, which means that this installation does not work.")


def _make_room(folder: Path) -> None:
    """An empty folder; only an earlier demo is ever removed."""
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / _MARK).exists()):
            raise BadInputError(
                why=f"{folder} is there already and is no earlier demo. Name another with --folder."
            )
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True)
        (folder / _MARK).touch()
    except OSError as error:
        raise BadInputError(
            why=f"{folder} cannot be written ({error.strerror}). Name another with --folder."
        ) from None


def _settings(folder: Path, forum: PracticeForum, mailbox: Mailbox, tsa: PracticeTsa) -> Settings:
    """The demo's own: nothing of a real installation is read or touched."""
    return Settings(
        home=folder / "data",
        key_file=folder / "key" / "instance.key",
        database_url=None,
        allowed_networks=(allowed_network_from_text(forum.network),),
        smtp_url=SecretStr(mailbox.smtp_url),
        mail_from="notices@mail.example",
        tsa_urls=(tsa.url,),
        tsa_roots=(tsa.root,),
        signing_keys=folder / "key" / "signing",
    )


def _register_borrowers(monitor: Monitor, folder: Path) -> None:
    with monitor.storage.begin(Scope.operator()) as work:
        for borrower in DEMO_SUBJECTS:
            language, region, timezone = _HOMES[borrower.phones[0][:3]]
            subject = work.subjects.add(borrower.names[0], language, timezone, region)
            work.consents.add(subject.id, "self", "An invented borrower of the demo.", "the demo")
            for kind, value, associate in _terms(borrower):
                term = term_from_text(kind, value, region=region)
                work.terms.add(
                    subject.id, kind.value, term.value, term.normal, "verified", associate_of=associate
                )
            mail = channel_from_text("email", {"to": f"{borrower.id}@mail.example"})
            files = channel_from_text(
                "folder", {"path": str(folder / "alerts" / borrower.id)}, is_operator=True
            )
            for channel in (mail, files):
                work.channels.add(subject.id, channel.kind.value, {"channel": channel_to_json(channel)})
        names = ", ".join(borrower.names[0] for borrower in DEMO_SUBJECTS)
    say(f"Watching for {len(DEMO_SUBJECTS)} invented borrowers: {names}.")


def _terms(watched: WatchedSubject) -> list[tuple[TermKind, str, str | None]]:
    own: list[tuple[TermKind, str, str | None]] = [
        (kind, value, None) for kind, field in FIELD_OF_KIND.items() for value in getattr(watched, field)
    ]
    others = [
        (kind, value, associate.name)
        for associate in watched.associates
        for kind, values in (
            (TermKind.ASSOCIATE_NAME, (associate.name,)),
            (TermKind.ASSOCIATE_PHONE, associate.phones),
        )
        for value in values
    ]
    return [*own, *others]


def _add_source(monitor: Monitor, forum: PracticeForum) -> None:
    found = recognise(forum.url, allowed_networks=monitor.settings.allowed_networks)
    if isinstance(found, Refusal):
        raise RefusedError(url=forum.url, why=f"{found.kind.value}. {found.detail}")
    say(f"Reading it as: {found.platform}. {found.will_read}")
    with monitor.storage.begin(Scope.operator()) as work:
        work.sources.add(
            forum.url,
            platform=found.platform,
            start_url=found.start_url,
            will_read=found.will_read,
            cannot_see=found.cannot_see,
            interval_s=found.interval_s,
        )


def _leave_pictures(monitor: Monitor, folder: Path) -> Sequence[HitRecord]:
    """Copies of the pictures out of the vault, named by hit, for a person to look at."""
    folder.mkdir()
    with monitor.storage.read(Scope.operator()) as work:
        hits = work.hits.list(limit=1000)
        for hit in hits:
            evidence = work.evidence.latest(hit.id)
            for file in evidence.files if evidence else ():
                if file.name in _PICTURES:
                    picture = work.vault.get(hit.subject_id, file.vault_address)
                    (folder / f"{hit.id}-{file.name}").write_bytes(picture)
    return hits


def _leave_pack(monitor: Monitor, hits: Sequence[HitRecord], path: Path) -> None:
    """The evidence of one borrower, as a lawyer would get it, and what verifying it says."""
    ids = [hit.id for hit in hits if hit.subject_id == hits[0].subject_id]
    means = PackMeans(monitor.open_browser, monitor.open_sealing(), monitor.scratch, "demo")
    export_pack(monitor.storage, ids, path, means)
    verification = verify(path, Trusted(monitor.stamper().trust))
    say(
        f"The evidence about one of them was packed and verified: {len(verification.findings)} parts, "
        f"{verification.status.value}. Its timestamps are from a practice authority and prove nothing to others."
    )


def _print_hits(monitor: Monitor, hits: Sequence[HitRecord]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), expand=True)
    for column in ("hit", "severity", "capture", "alerts"):
        table.add_column(column, no_wrap=True)
    table.add_column("post", overflow="ellipsis", no_wrap=True, ratio=1)
    with monitor.storage.read(Scope.operator()) as work:
        for hit in hits:
            evidence = work.evidence.latest(hit.id)
            alerts = work.alerts.list(hit_id=hit.id)
            delivered = sum(alert.state == "delivered" for alert in alerts)
            table.add_row(
                hit.id,
                hit.severity,
                evidence.verdict if evidence else "none",
                f"{delivered} of {len(alerts)}",
                Text(shown(hit.post.untrusted_text, 120)),
            )
    out.print(table)
