"""``shamewatch terms``: what is looked for. A number or mailbox is watched once it is proved to be the person's."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from monitor.active_terms import is_active
from monitor.cli.output import print_json, print_table, say, shown, warn
from monitor.cli.session import JSON, actor, reading, writing
from monitor.detection.model import TermKind
from monitor.detection.preview import preview as preview_of
from monitor.detection.terms import InvalidTermError, WatchTermValue, term_from_text
from monitor.errors import BadInputError
from storage import UnitOfWork
from storage.repositories.consent import ConsentRecord
from storage.repositories.term import TermRecord

app = typer.Typer(
    help="What is looked for.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)
_KINDS = "name, alias, phone, id, email, handle, place, employer"
_OF_ASSOCIATE = {TermKind.NAME: TermKind.ASSOCIATE_NAME, TermKind.PHONE: TermKind.ASSOCIATE_PHONE}


def _term(kind: str, value: str, region: str) -> WatchTermValue:
    known = [k for k in TermKind if not k.value.startswith("associate")]
    if kind not in known:
        raise BadInputError(why=f"{shown(kind)!r} is no kind of term. Kinds: {_KINDS}.")
    try:
        return term_from_text(TermKind(kind), value, region=region.upper() or None)
    except InvalidTermError as error:
        raise BadInputError(why=str(error)) from None


@app.command()
def add(
    subject: str = typer.Argument(help="Id of the person."),
    kind: str = typer.Argument(help=f"One of: {_KINDS}."),
    value: str = typer.Argument(help="The name, number … as it is written."),
    proof: str = typer.Option(
        "", help="How you know it is theirs: 'called back', 'saw the id card'. Makes it verified."
    ),
    associate: str = typer.Option(
        "", help="The name or number of this relative or colleague: who that is, such as 'sister'."
    ),
    region: str = typer.Option("", help="Country of a number without +. Default: the person's."),
) -> None:
    """Add a watch term. It is looked for from the next round on, also in what was read before."""
    with writing() as work:
        record = work.subjects.get(subject)
        term = _term(kind, value, region or record.region)
        stored_kind = term.kind
        if associate:
            if term.kind not in _OF_ASSOCIATE:
                raise BadInputError(why="of an associate, only names and phones are watched.")
            stored_kind = _OF_ASSOCIATE[term.kind]
        state = "verified" if proof.strip() else "declared"
        added = work.terms.add(
            subject, stored_kind.value, term.value, term.normal, state, associate_of=associate.strip() or None
        )
        detail = f"{added.id} {added.kind} {state}"
        work.audit.record("term added", actor(), subject, detail)
        if proof.strip():
            # The proof may name people, so it goes with the person's own sealed declarations.
            work.consents.add(
                subject,
                _basis(work.consents.list(subject)),
                f"Proof for {added.id}: {proof.strip()}",
                actor(),
            )
        if is_active(stored_kind, state):
            _read_again(work)
    say(added.id)
    for warning in term.warnings:
        warn(warning)
    if not is_active(stored_kind, state):
        warn(
            f"This {kind} is declared but not watched yet: it must be proved to be theirs first. "
            f'`shamewatch terms verify {added.id} --proof "…"` does that.'
        )


def _basis(consents: Sequence[ConsentRecord]) -> str:
    return consents[0].basis if consents else "authorised"


def _read_again(work: UnitOfWork) -> None:
    """Let the next round look for a new term in what was read before (docs/decisions/0007)."""
    work.pages.forget()
    work.sources.make_due()


@app.command()
def verify(
    term: str = typer.Argument(help="Id of the term."),
    proof: str = typer.Option(..., help="How you know it is theirs: 'called back', 'answered the code'."),
) -> None:
    """Mark a declared number or mailbox as proved to be the person's. It is watched from the next round on."""
    if not proof.strip():
        raise BadInputError(why="--proof must say how you know it is theirs.")
    with writing() as work:
        record = work.terms.get(term)
        work.terms.set_state(term, "verified")
        work.consents.add(
            record.subject_id,
            _basis(work.consents.list(record.subject_id)),
            f"Proof for {term}: {proof.strip()}",
            actor(),
        )
        work.audit.record("term verified", actor(), record.subject_id, term)
        _read_again(work)
    say(f"{term} is watched.")


@app.command("list")
def list_(subject: str = typer.Option("", help="Only this person's."), as_json: bool = JSON) -> None:
    """List watch terms and whether they are watched."""
    with reading() as work:
        terms = work.terms.list(subject or None)
    if as_json:
        for term in terms:
            print_json({**_fields(term), "watched": is_active(TermKind(term.kind), term.state)})
        return
    print_table(
        ("id", "subject", "kind", "value", "state", "watched"),
        (
            (
                t.id,
                t.subject_id,
                t.kind,
                shown(t.value),
                t.state,
                "yes" if is_active(TermKind(t.kind), t.state) else "no",
            )
            for t in terms
        ),
        empty="No watch terms yet. `shamewatch terms add` adds one.",
    )


@app.command()
def remove(term: str = typer.Argument(help="Id of the term.")) -> None:
    """Stop looking for a term. Hits found with it stay."""
    with writing() as work:
        record = work.terms.get(term)
        work.terms.remove(term)
        work.audit.record("term removed", actor(), record.subject_id, f"{term} {record.kind}")
    say(f"{term} is removed.")


@app.command()
def preview(
    value: str = typer.Argument(help="The name, number … as it is written."),
    kind: str = typer.Option("name", help=f"One of: {_KINDS}."),
    region: str = typer.Option("", help="Country of a number without +: CN, PH, MX …"),
    as_json: bool = JSON,
) -> None:
    """Show what a term will match, what it will not, and how ordinary the name is. Needs no monitor."""
    term = _term(kind, value, region)
    found = preview_of(term)
    if as_json:
        print_json(
            {
                "kind": term.kind.value,
                "value": term.value,
                "normal": term.normal,
                "matches": list(found.will_match),
                "does_not_match": list(found.will_not_match),
                "commonness": found.commonness,
                "sentence": found.sentence,
                "needs_second_identifier": found.needs_second_identifier,
            }
        )
        return
    say(f"{term.kind.value}: {shown(found.value)}", "bold")
    print_table(
        ("matches",), ((shown(form),) for form in found.will_match), empty="Matches nothing by itself."
    )
    print_table(("does not match",), ((shown(form),) for form in found.will_not_match), empty="")
    say(found.sentence, "yellow" if found.needs_second_identifier else "")
    for warning in term.warnings:
        if warning != found.sentence:
            warn(warning)


def _fields(term: TermRecord) -> dict[str, object]:
    return {
        "id": term.id,
        "subject": term.subject_id,
        "kind": term.kind,
        "value": term.value,
        "state": term.state,
        "associate_of": term.associate_of,
    }
