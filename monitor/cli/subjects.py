"""``shamewatch subjects``: the people protected. A watch begins with a declaration."""

from __future__ import annotations

from enum import StrEnum
from zoneinfo import available_timezones

import phonenumbers
import typer

from monitor.alerts.phrases import LANGUAGES
from monitor.cli.output import print_json, print_table, say, shown
from monitor.cli.session import JSON, actor, reading, writing
from monitor.errors import BadInputError
from storage.repositories.subject import SubjectRecord

app = typer.Typer(
    help="The people protected.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


class Declaration(StrEnum):
    """On what ground somebody is watched."""

    SELF = "self"
    AUTHORISED = "authorised"


_STATEMENTS = {
    Declaration.SELF: "The person watched has asked for this watch themselves.",
    Declaration.AUTHORISED: "The person watched has authorised this watch in writing; the paper is kept.",
}


@app.command()
def add(
    label: str = typer.Argument(help="How you call this person in lists. A case number will do."),
    declare: Declaration = typer.Option(
        ..., help="The watch is for oneself (self), or the person has authorised it in writing (authorised)."
    ),
    declared_by: str = typer.Option(
        ..., help="Who declares that. Kept, sealed, with the time; the audit log notes the ground."
    ),
    language: str = typer.Option("en", help="Language of the alerts."),
    region: str = typer.Option("", help="Country of the person's phone numbers, two letters: CN, PH, MX …"),
    timezone: str = typer.Option("UTC", help="Time zone of the alerts, such as Asia/Manila."),
) -> None:
    """Add a person to protect. Prints the id that other commands take."""
    region = region.upper()
    if not label.strip():
        raise BadInputError(why="the label is empty; a case number will do.")
    if not declared_by.strip():
        raise BadInputError(why="--declared-by must say who makes the declaration.")
    if language not in LANGUAGES:
        raise BadInputError(
            why=f"there are no alerts in {language!r} yet. Languages: {', '.join(LANGUAGES)}."
        )
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadInputError(why=f"{region!r} is no country code. Write two letters: CN, PH, MX …")
    if timezone not in available_timezones():
        raise BadInputError(why=f"{timezone!r} is no time zone. Write it as Asia/Manila.")
    with writing() as work:
        subject = work.subjects.add(label.strip(), language, timezone, region)
        work.consents.add(subject.id, declare.value, _STATEMENTS[declare], declared_by.strip())
        work.audit.record("subject added", actor(), subject.id, f"declaration: {declare.value}")
    say(subject.id)


@app.command("list")
def list_(as_json: bool = JSON) -> None:
    """List the people protected."""
    with reading() as work:
        subjects = work.subjects.list()
        counts = work.hits.count_by("subject_id")
    if as_json:
        for subject in subjects:
            print_json({**_fields(subject), "hits": counts.get(subject.id, 0)})
        return
    print_table(
        ("id", "label", "language", "region", "state", "hits"),
        ((s.id, shown(s.label), s.language, s.region or "–", s.state, counts.get(s.id, 0)) for s in subjects),
        empty="Nobody is watched yet. `shamewatch subjects add` begins a watch.",
    )


@app.command()
def show(subject: str = typer.Argument(help="Id of the person."), as_json: bool = JSON) -> None:
    """Show one person: declaration, terms, channels, hits by state."""
    with reading() as work:
        record = work.subjects.get(subject)
        consents = work.consents.list(subject)
        terms = work.terms.list(subject)
        channels = work.channels.list(subject)
        hits = work.hits.count_by("disposition", subject_id=subject)
    if as_json:
        print_json(
            {
                **_fields(record),
                "declarations": [
                    {"basis": c.basis, "declared_by": c.declared_by, "declared_at": c.declared_at}
                    for c in consents
                ],
                "terms": [{"id": t.id, "kind": t.kind, "value": t.value, "state": t.state} for t in terms],
                "channels": [{"id": c.id, "kind": c.kind} for c in channels],
                "hits": hits,
            }
        )
        return
    say(f"{record.id}  {shown(record.label)}", "bold")
    for consent in consents:
        say(
            f"Declared ({consent.basis}) by {shown(consent.declared_by)} on {consent.declared_at:%Y-%m-%d %H:%M} UTC."
        )
    print_table(
        ("term", "kind", "value", "state"),
        ((t.id, t.kind, shown(t.value), t.state) for t in terms),
        empty="No watch terms yet. `shamewatch terms add` adds one.",
    )
    say(f"{len(channels)} channel(s). Hits: {_counted(hits)}.")


@app.command()
def remove(
    subject: str = typer.Argument(help="Id of the person."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Erase a person: their key is destroyed, and with it terms, hits, evidence and channels. Cannot be undone."""
    with reading() as work:
        label = work.subjects.get(subject).label
    if not yes and not typer.confirm(f"Erase {shown(label)} and everything kept for them, for good?"):
        say("Nothing was erased.")
        raise typer.Exit(1)
    with writing() as work:
        work.subjects.erase(subject)
        work.audit.record("subject erased", actor(), subject)
    say(f"{subject} is erased.")


def _fields(subject: SubjectRecord) -> dict[str, object]:
    return {
        "id": subject.id,
        "label": subject.label,
        "language": subject.language,
        "region": subject.region,
        "timezone": subject.timezone,
        "state": subject.state,
        "created_at": subject.created_at,
    }


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
