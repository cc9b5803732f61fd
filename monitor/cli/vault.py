"""``shamewatch vault``: where evidence files lie, and whether they are still what was kept."""

from __future__ import annotations

import dataclasses

import typer
from rich.text import Text

from monitor.bootstrap import quota_bytes
from monitor.cli.output import out, print_json, say, warn
from monitor.cli.session import JSON, opened
from storage.vault.quota import text_from_bytes
from storage.vault.scrub import Damage, State

app = typer.Typer(
    help="Where evidence files lie, and whether they are unharmed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_FOUND_DAMAGE = 6
_STOPPED_EARLY = 1


@app.command()
def status(as_json: bool = JSON) -> None:
    """Show where evidence files lie, what they take up, and what the last checks found."""
    with opened() as monitor:
        place, size = monitor.storage.check_vault(), monitor.storage.vault_bytes()
        quota, health = quota_bytes(monitor.settings), monitor.storage.vault_health()
    if as_json:
        print_json({"place": place, "size_bytes": size, "quota_bytes": quota, **dataclasses.asdict(health)})
        return
    of = f" of {text_from_bytes(quota)}" if quota is not None else ""
    say(f"{place} can be written and read. It holds {text_from_bytes(size)}{of}.")
    say(f"{health.items} item(s) of evidence have files; {health.never_checked} were never checked.")
    if health.oldest_check_at is not None:
        say(f"The check that is longest ago: {health.oldest_check_at:%Y-%m-%d %H:%M} UTC.")
    if health.damaged_ids:
        warn(
            f"Damaged at their last check: {', '.join(health.damaged_ids)}. `shamewatch vault scrub` says which files."
        )


@app.command()
def scrub(
    limit: int = typer.Option(
        1000, min=1, help="At most so many items, those first that were not checked for longest."
    ),
    as_json: bool = JSON,
) -> None:
    """Read evidence files again and compare their digests; say which are missing or damaged.

    Ends with 6 where something is damaged, with 1 where not everything could be read. Each item's custody log
    notes the check.
    """
    with opened() as monitor:
        report = monitor.storage.scrub(limit, on_damage=_no_word if as_json else _tell)
    if as_json:
        print_json(dataclasses.asdict(report))
    else:
        say(
            f"{report.items} item(s) with {report.files} file(s), {text_from_bytes(report.size_bytes)}, were read again; "
            f"{len(report.damages)} file(s) are not as they were kept."
        )
        if report.stopped_because:
            warn(f"Stopped early. {report.stopped_because}")
    if any(damage.state is not State.UNREADABLE for damage in report.damages):
        raise typer.Exit(_FOUND_DAMAGE)
    if report.damages:
        raise typer.Exit(_STOPPED_EARLY)


@app.command()
def sweep() -> None:
    """Remove files that no evidence names and that are older than a day: what interrupted writes left."""
    with opened() as monitor:
        count = monitor.storage.sweep_vault()
    say(f"{count} file{'s' if count != 1 else ''} removed.")


def _tell(damage: Damage) -> None:
    """One line for each file, as soon as it is found, with what to do."""
    where = damage.evidence_id + (f", file {damage.file_number}" if damage.file_number else "")
    what_to_do = {
        State.RECORD: "Restore the database from a backup.",
        State.UNREADABLE: "Check it again later.",
    }.get(
        damage.state,
        f"Restore {damage.subject_id}/{damage.vault_address[:2]}/{damage.vault_address} from a backup of the vault.",
    )
    out.print(Text(f"{where}: {damage.state}. {what_to_do}", style="red"), soft_wrap=True)


def _no_word(damage: Damage) -> None:
    """JSON has them all at the end."""
