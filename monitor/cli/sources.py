"""``shamewatch sources``: what is read, how it fares, and what refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from monitor.bootstrap import crawl_template
from monitor.cli.crawl import check_address
from monitor.cli.output import out, print_json, print_table, say, shown, warn
from monitor.cli.session import JSON, actor, opened, reading, settings, writing
from monitor.errors import RefusedError
from spiders.crawl import recognise
from spiders.items import Refusal
from spiders.platforms.base import Recognition
from storage import Scope
from storage.repositories.source import RefusalRecord, SourceRecord

app = typer.Typer(help="What is read.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def _looked_at(url: str) -> Recognition | Refusal:
    template = crawl_template(settings())
    check_address(url, template)
    return recognise(url, allowed_networks=template.allowed_networks, limits=template.limits)


@app.command()
def add(
    url: str = typer.Argument(help="Address of a board, forum, blog, feed or thread."),
    every: int = typer.Option(
        0, "--every", min=0, help="Minutes between two readings. Default: as the platform allows."
    ),
    as_json: bool = JSON,
) -> None:
    """Add a source: recognise its platform, and say what will be read, how often, and what cannot be seen."""
    with reading():
        pass  # say at once where there is no monitor yet, before a stranger's site is asked
    found = _looked_at(url)
    if isinstance(found, Refusal):
        raise RefusedError(url=shown(url), why=f"{found.kind.value}. {shown(found.detail)}".rstrip())
    interval_s = every * 60 or max(found.interval_s, settings().interval_s)
    with writing() as work:
        source = work.sources.add(
            url,
            platform=found.platform,
            start_url=found.start_url,
            will_read=found.will_read,
            cannot_see=found.cannot_see,
            interval_s=interval_s,
        )
        work.audit.record("source added", actor(), detail=source.id)
    if as_json:
        print_json(_fields(source))
        return
    say(f"{source.id}  {source.platform}", "bold")
    say(f"Reads: {source.will_read}")
    say(f"How often: every {_duration(interval_s)}, less often while the site refuses.")
    say(f"Cannot see: {source.cannot_see}")


@app.command("list")
def list_(as_json: bool = JSON) -> None:
    """List the sources with their last reading."""
    with reading() as work:
        sources = work.sources.list()
        refusals = {source.id: work.sources.recent_refusals(source.id, limit=1) for source in sources}
    if as_json:
        for source in sources:
            print_json({**_fields(source), "last_refusal": _refusal_fields(refusals[source.id])})
        return
    print_table(
        ("id", "platform", "address", "last read", "posts", "state"),
        (
            (
                s.id,
                s.platform,
                shown(s.url, 60),
                _ago(s.last_success_at),
                s.posts_total,
                _state(s, refusals[s.id]),
            )
            for s in sources
        ),
        empty="Nothing is read yet. `shamewatch sources add URL` adds a source.",
    )


@app.command()
def check(
    source: str = typer.Argument("", help="Id of the source. Default: all."), as_json: bool = JSON
) -> None:
    """Visit sources now and say what is found there: still readable, or refused and why. Stores nothing."""
    with reading() as work:
        sources = [work.sources.get(source)] if source else work.sources.list()
        refusals = {s.id: work.sources.recent_refusals(s.id, limit=5) for s in sources}
    is_well = True
    for record in sources:
        found = _looked_at(record.url)
        is_refused = isinstance(found, Refusal)
        is_well = is_well and not is_refused
        if as_json:
            now = (
                {"refusal": found.kind.value, "detail": found.detail}
                if isinstance(found, Refusal)
                else {"platform": found.platform}
            )
            print_json(
                {
                    **_fields(record),
                    "now": now,
                    "refusals": [_refusal_fields([r]) for r in refusals[record.id]],
                }
            )
            continue
        say(f"{record.id}  {shown(record.url)}", "bold")
        if isinstance(found, Refusal):
            warn(f"  now: refused ({found.kind.value}). {shown(found.detail)}")
        else:
            say(f"  now: readable as {found.platform}")
        say(f"  last read: {_ago(record.last_success_at)}; next due: {_ago(record.next_due_at)}")
        say(
            f"  posts read so far: {record.posts_total} in {record.requests_total} requests{'; cut by the limit of pages' if record.is_cut else ''}"
        )
        for refusal in refusals[record.id]:
            out.print(
                f"  refused {_ago(refusal.at)}: {refusal.kind} {shown(refusal.url, 80)}",
                markup=False,
                style="yellow",
            )
    if not sources:
        say("Nothing is read yet. `shamewatch sources add URL` adds a source.")
    if not is_well:
        raise typer.Exit(8)


@app.command()
def remove(source: str = typer.Argument(help="Id of the source.")) -> None:
    """Stop reading a source. Hits found there stay."""
    with opened() as monitor, monitor.storage.begin(Scope.operator()) as work:
        work.sources.remove(source)
        work.audit.record("source removed", actor(), detail=source)
    say(f"{source} is no longer read.")


def _fields(source: SourceRecord) -> dict[str, object]:
    names = (
        "id", "url", "platform", "will_read", "cannot_see", "interval_s", "last_success_at", "last_attempt_at",
        "next_due_at", "failures_in_row", "is_cut", "posts_total", "requests_total",
    )  # fmt: skip
    return {name: getattr(source, name) for name in names}


def _refusal_fields(refusals: Sequence[RefusalRecord]) -> dict[str, object] | None:
    if not refusals:
        return None
    first = refusals[0]
    return {
        "at": first.at,
        "kind": first.kind,
        "url": first.url,
        "status": first.status,
        "detail": first.detail,
    }


def _state(source: SourceRecord, refusals: Sequence[RefusalRecord]) -> str:
    if source.last_attempt_at is None:
        return "not read yet"
    if refusals and refusals[0].at == source.last_attempt_at:
        kind = refusals[0].kind
        return f"refused: {kind}" if source.failures_in_row else f"read, some pages refused: {kind}"
    return "cut by the limit of pages" if source.is_cut else "read"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} minute{'s' if minutes != 1 else ''}"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "now"
    return f"{_duration(seconds)} ago" if seconds > 0 else f"in {_duration(-seconds)}"
