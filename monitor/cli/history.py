"""``shamewatch evidence compare`` and ``timeline``: what became of a post between two captures, and in the order of time."""

from __future__ import annotations

import typer
from rich.text import Text

from monitor.cli.output import out, print_json, say, shown
from monitor.cli.session import JSON, reading
from monitor.errors import BadInputError
from monitor.evidence.comparison import Change, Comparison, Kind, Run, compare
from monitor.evidence.report.wording import wording
from monitor.evidence.safekeeping import moment_from_record
from monitor.evidence.timeline import Event, timeline

_RUN_STYLES = {Kind.KEPT: "", Kind.REMOVED: "red strike", Kind.ADDED: "bold green"}
_RUN_SIGNS = {Kind.KEPT: ("", ""), Kind.REMOVED: ("[-", "-]"), Kind.ADDED: ("{+", "+}")}
_ALL = 100_000


def register(app: typer.Typer) -> None:
    app.command("compare")(compare_captures)
    app.command("timeline")(show_timeline)


def compare_captures(
    earlier: str = typer.Argument(help="Id of a capture."),
    later: str = typer.Argument(help="Id of a later capture of the same page."),
    as_json: bool = JSON,
) -> None:
    """Compare two captures of one page: unchanged, edited, absent, unreachable, blocked."""
    with reading() as work:
        records = [work.evidence.get(one) for one in (earlier, later)]
    first, second = sorted(map(moment_from_record, records), key=lambda one: one.seen.at)
    if "import" in (first.kind, second.kind) or len({record.subject_id for record in records}) > 1:
        raise BadInputError(why="only two captures of one page, for one person, can be compared.")
    if len({record.hit_id for record in records} - {None}) > 1:
        raise BadInputError(why="these are captures of two posts. Compare captures of one hit.")
    found = compare(first.seen, second.seen)
    if as_json:
        print_json(
            {"earlier": first.item_id, "later": second.item_id, "sentence": found.sentence} | _changed(found)
        )
        return
    say(found.sentence, "bold")
    _show_runs(found)


def _changed(found: Comparison | None) -> dict[str, object]:
    if found is None:
        return {"change": None, "runs": []}
    runs = [
        {"kind": run.kind.value, "text": run.untrusted_text}
        | ({"was": run.untrusted_was} if run.untrusted_was else {})
        for run in found.runs
    ]
    return {"change": found.change.value, "runs": runs}


def _show_runs(found: Comparison) -> None:
    """The post with what went and came; what changed by itself in a line of its own."""
    words = [run for run in found.runs if run.kind is not Kind.PASSING]
    if found.change is Change.EDITED:
        out.print(Text(" ").join(_shown_run(run) for run in words))
    passing = [
        f"{shown(run.untrusted_was) or '–'} → {shown(run.untrusted_text) or '–'}"
        for run in found.runs
        if run.kind is Kind.PASSING
    ]
    if passing:
        say(f"Changed by itself: {'; '.join(passing)}", "dim")


def _shown_run(run: Run) -> Text:
    """With signs beside the colours: they are lost in files and to who sees none."""
    before, after = _RUN_SIGNS[run.kind]
    return Text(f"{before}{shown(run.untrusted_text)}{after}", style=_RUN_STYLES[run.kind])


def show_timeline(
    subject: str = typer.Option("", help="Everything of this person."),
    hit: str = typer.Option("", help="Only what belongs to this hit."),
    as_json: bool = JSON,
) -> None:
    """Show what was seen when: captures, rechecks and imported files in the order of time."""
    if bool(subject) == bool(hit):
        raise BadInputError(why="say whose timeline: --subject ID or --hit ID.")
    with reading() as work:
        if subject:
            work.subjects.get(subject)
        records = work.evidence.of_hit(hit) if hit else work.evidence.list(subject_id=subject, limit=_ALL)
    events = timeline([moment_from_record(record) for record in records])
    notes = {record.id: record.note for record in records}
    for event in events:
        sentence = _sentence(event)
        if as_json:
            print_json(
                {
                    "at": event.at, "id": event.item_id, "event": event.key, "sentence": sentence,
                    "page": event.page, "note": notes[event.item_id], "before": event.before_id or None,
                }
                | _changed(event.comparison)
            )  # fmt: skip
            continue
        note = f" ({shown(notes[event.item_id], 200)})" if notes[event.item_id] else ""
        say(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.item_id}  {sentence} {shown(event.page, 120)}{note}")
        if event.comparison is not None and event.comparison.change is Change.EDITED:
            _show_runs(event.comparison)
    if not events and not as_json:
        say("No evidence yet.")


def _sentence(event: Event) -> str:
    if event.comparison is not None:
        return event.comparison.sentence
    return wording("en")[event.key]
