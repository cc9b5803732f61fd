"""``shamewatch vault``: where evidence files lie, and whether they are still what was kept."""

from __future__ import annotations

import dataclasses

import typer

from monitor.cli.output import print_json, say, warn
from monitor.cli.session import JSON, opened

app = typer.Typer(help="The vault.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.command()
def status(as_json: bool = JSON) -> None:
    """Show where evidence files lie and what they take up."""
    with opened() as monitor:
        place, size = monitor.storage.check_vault(), monitor.storage.vault_bytes()
        quota = monitor.settings.vault_quota
    if as_json:
        print_json({"place": place, "size_bytes": size, "quota": quota or None})
        return
    say(f"{place} can be written. It holds {size:,} bytes{f' of {quota}' if quota else ''}.")


@app.command()
def scrub(
    limit: int = typer.Option(
        1000, min=1, help="At most so many items, those first that were not checked for longest."
    ),
    as_json: bool = JSON,
) -> None:
    """Read evidence files again and compare their digests; say which are missing or damaged."""
    with opened() as monitor:
        report = monitor.storage.scrub(limit)
    if as_json:
        print_json(dataclasses.asdict(report))
    else:
        say(f"{report.items} items with {report.files} files ({report.size_bytes:,} bytes) were read again.")
        for damage in report.damages:
            warn(
                f"{damage.evidence_id}, file {damage.file_number}: {damage.state}. Restore {damage.vault_address} "
                "from a backup of the vault."
            )
    if report.damages:
        raise typer.Exit(6)


@app.command()
def sweep() -> None:
    """Remove files that no evidence names and that are older than a day: what interrupted writes left."""
    with opened() as monitor:
        count = monitor.storage.sweep_vault()
    say(f"{count} file{'s' if count != 1 else ''} removed.")
