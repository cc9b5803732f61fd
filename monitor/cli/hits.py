"""``shamewatch hits``: what was found, why, what was kept of it, and what a person decided."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from monitor.cli.output import out, print_json, print_table, say, shown
from monitor.cli.session import JSON, actor, opened, reading, writing
from monitor.errors import BadInputError
from monitor.evidence.safekeeping import take_folder
from storage import Scope, UnitOfWork
from storage.repositories.alert import AlertRecord, AttemptRecord
from storage.repositories.evidence import EvidenceRecord
from storage.repositories.hit_records import HitRecord
from storage.vault.custody import Action

app = typer.Typer(help="What was found.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)
_STYLES = {"low": "", "medium": "yellow", "high": "red", "critical": "bold red"}


@app.command("list")
def list_(
    subject: str = typer.Option("", help="Only this person's."),
    disposition: str = typer.Option("", help="Only new, confirmed or dismissed ones."),
    severity: str = typer.Option("", help="Only low, medium, high or critical ones."),
    limit: int = typer.Option(50, min=1, max=10_000, help="At most so many."),
    offset: int = typer.Option(0, min=0, help="Leave out so many of the newest."),
    as_json: bool = JSON,
) -> None:
    """List hits, newest first."""
    with reading() as work:
        hits = work.hits.list(
            subject_id=subject or None, disposition=disposition or None, severity=severity or None,
            limit=limit, offset=offset,
        )  # fmt: skip
        evidence = {hit.id: work.evidence.latest(hit.id) for hit in hits}
        refused = [s for s in work.sources.list() if s.failures_in_row]
    if as_json:
        for hit in hits:
            print_json(_fields(hit, evidence[hit.id]))
        return
    print_table(
        ("id", "found (UTC)", "severity", "score", "state", "capture", "post"),
        (
            (
                hit.id,
                f"{hit.found_at:%Y-%m-%d %H:%M}",
                Text(hit.severity, style=_STYLES[hit.severity]),
                f"{hit.score:.2f}",
                hit.disposition,
                captured.verdict if (captured := evidence[hit.id]) else "to come",
                shown(hit.post.untrusted_text, 46),
            )
            for hit in hits
        ),
        empty="No hits in what could be read.",
    )
    if refused:
        names = ", ".join(source.id for source in refused)
        say(
            f"Not everything could be read: {names} refused lately. `shamewatch sources list` says why.",
            "yellow",
        )


@app.command()
def show(hit: str = typer.Argument(help="Id of the hit."), as_json: bool = JSON) -> None:
    """Show one hit: the post, why it was flagged, captures, alerts."""
    with reading() as work:
        record = work.hits.get(hit)
        evidence = work.evidence.of_hit(hit)
        alerts = work.alerts.list(hit_id=hit)
        attempts = {alert.id: work.alerts.attempts(alert.id) for alert in alerts}
        revisions = work.hits.revisions(hit)
    if as_json:
        print_json(
            {
                **_fields(record, evidence[-1] if evidence else None),
                "mentions": [_plain(m) for m in record.content.mentions],
                "cues": [_plain(c) for c in record.content.cues],
                "revisions": [
                    {"number": r.number, "seen_at": r.seen_at, "text": r.content.post.untrusted_text}
                    for r in revisions
                ],
                "captures": [_evidence_fields(e) for e in evidence],
                "alerts": [_alert_fields(a, attempts[a.id]) for a in alerts],
            }
        )
        return
    _print_hit(record)
    for revision in revisions[:-1]:
        say(
            f"Earlier wording, seen {revision.seen_at:%Y-%m-%d %H:%M} UTC: {shown(revision.content.post.untrusted_text, 200)}",
            "dim",
        )
    for item in evidence:
        say(f"Capture {item.captured_at:%Y-%m-%d %H:%M} UTC: {item.verdict}. {shown(item.reason)}")
    for alert in alerts:
        last = attempts[alert.id][-1] if attempts[alert.id] else None
        say(
            f"Alert by {alert.channel_id}: {alert.state}{f'. {shown(last.reason)}' if last else ', not tried yet'}"
        )


def _print_hit(hit: HitRecord) -> None:
    post = hit.post
    say(
        f"{hit.id}  {hit.severity}  score {hit.score:.2f}  {hit.disposition}", _STYLES[hit.severity] or "bold"
    )
    when = f"{post.published_at:%Y-%m-%d %H:%M} UTC" if post.published_at else "time unknown"
    say(f"{shown(post.untrusted_author) or '?'} · {when} · {shown(post.url)}")
    if post.untrusted_title:
        say(f"[{shown(post.untrusted_title)}]", "cyan")
    out.print(_highlighted(hit))
    for reason in hit.content.reasons:
        say(f"• {shown(reason)}")
    for opinion in hit.content.opinions:
        if opinion.verdict:
            said = f"{opinion.verdict.replace('_', ' ')}. {shown(opinion.untrusted_reason)}"
            say(f"  {shown(opinion.reader)} ({shown(opinion.version)}) said: {said}")


def _highlighted(hit: HitRecord) -> Text:
    """The post with mentions and cues marked. Cleaning keeps the length, so spans still fit."""
    text = Text("  " + shown(hit.post.untrusted_text))
    for spans, style in ((hit.content.cues, "yellow"), (hit.content.mentions, "bold reverse")):
        for span in spans:
            if span.field == "text":
                text.stylize(style, span.start + 2, span.end + 2)
    return text


@app.command()
def confirm(hits: list[str] = typer.Argument(help="Ids of hits.")) -> None:
    """Say that hits are indeed shaming of this person."""
    _dispose(hits, "confirmed")


@app.command()
def dismiss(hits: list[str] = typer.Argument(help="Ids of hits.")) -> None:
    """Say that hits are somebody else's, or no shaming. No further alert is sent for them."""
    _dispose(hits, "dismissed")


def _dispose(hits: list[str], disposition: str) -> None:
    with writing() as work:
        for hit in hits:
            record = work.hits.set_disposition(hit, disposition, actor())
            work.audit.record(f"hit {disposition}", actor(), record.subject_id, hit)
    say(f"{len(hits)} hit{'s' if len(hits) != 1 else ''} {disposition}.")


@app.command()
def export(
    hits: list[str] = typer.Argument(help="Ids of hits."),
    to: Path = typer.Option(..., "--out", help="New or empty folder for the files."),
) -> None:
    """Write hits with all their captures into a folder, readable by anyone: keep it safe."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise BadInputError(why=f"{to} is there already and not an empty folder. Name a new one.")
    wanted = list(dict.fromkeys(hits))
    with opened() as monitor:
        # The logs come first: files that lie there without an entry would be worse than the reverse.
        with monitor.storage.begin(Scope.operator()) as work:
            for hit in wanted:
                record = work.hits.get(hit)
                work.audit.record("hit exported", actor(), record.subject_id, hit)
                for evidence in work.evidence.of_hit(hit):
                    work.custody.record(evidence.id, Action.COPIED, actor(), "files written to a folder")
        with monitor.storage.read(Scope.operator()) as work:
            for hit in wanted:
                _export(work, work.hits.get(hit), to / hit)
    say(f"{len(wanted)} hit{'s' if len(wanted) != 1 else ''} written to {to}.")


def _export(work: UnitOfWork, hit: HitRecord, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.parent.chmod(0o700)
        folder.mkdir(mode=0o700)
        evidence = work.evidence.of_hit(hit.id)
        for item in evidence:
            take_folder(work, item, folder / f"capture-{item.id}")
        summary = json.dumps(
            {
                **_fields(hit, evidence[-1] if evidence else None),
                "mentions": [_plain(m) for m in hit.content.mentions],
                "cues": [_plain(c) for c in hit.content.cues],
                "captures": [_evidence_fields(item) for item in evidence],
            },
            ensure_ascii=False, indent=2, default=str,
        )  # fmt: skip
        (folder / "hit.json").write_text(summary + "\n", "utf-8", "replace")
    except OSError as error:
        raise BadInputError(why=f"{folder} cannot be written ({error.strerror}).") from None


def _fields(hit: HitRecord, evidence: EvidenceRecord | None) -> dict[str, Any]:
    post = hit.post
    return {
        "id": hit.id,
        "subject": hit.subject_id,
        "source": hit.source_id,
        "severity": hit.severity,
        "score": round(hit.score, 4),
        "disposition": hit.disposition,
        "found_at": hit.found_at,
        "revision": hit.revision,
        "url": post.url,
        "thread_url": post.thread_url,
        "title": post.untrusted_title,
        "text": post.untrusted_text,
        "author": post.untrusted_author,
        "published_at": post.published_at,
        "reasons": list(hit.content.reasons),
        "opinions": [_plain(opinion) for opinion in hit.content.opinions],
        "capture": _evidence_fields(evidence) if evidence else None,
    }


def _plain(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def _evidence_fields(evidence: EvidenceRecord) -> dict[str, Any]:
    return {
        "id": evidence.id,
        "verdict": evidence.verdict,
        "reason": evidence.reason,
        "captured_at": evidence.captured_at,
        "files": [{"name": f.name, "sha256": f.sha256, "size_bytes": f.size_bytes} for f in evidence.files],
    }


def _alert_fields(alert: AlertRecord, attempts: Sequence[AttemptRecord]) -> dict[str, Any]:
    return {
        "id": alert.id,
        "channel": alert.channel_id,
        "state": alert.state,
        "attempts": [{"at": a.at, "outcome": a.outcome, "reason": a.reason} for a in attempts],
    }
