"""``shamewatch evidence``: sealed evidence, its packs, and their verification."""

from __future__ import annotations

from pathlib import Path

import typer

from monitor.bootstrap import signing_keys, stamper_from_settings
from monitor.cli.output import print_json, say, warn
from monitor.cli.session import JSON, settings
from monitor.errors import BadInputError
from monitor.evidence.seal import Stamp, Unstamped, stamp_folder
from monitor.evidence.signing import Signer, fingerprint_of

app = typer.Typer(help="Sealed evidence.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@app.command()
def signer(
    rotate: bool = typer.Option(
        False, "--rotate", help="Sign with a new key from now on; the certificates before are kept."
    ),
    as_json: bool = JSON,
) -> None:
    """Show the fingerprint of the certificate that evidence is signed with. Give it to those who will check."""
    keys = signing_keys(settings())
    current = keys.rotate() if rotate else keys.signer()
    before = [fingerprint_of(certificate) for certificate in keys.retired()]
    if as_json:
        print_json(
            {
                "fingerprint": current.fingerprint,
                "folder": str(keys.folder),
                "earlier": before,
                "until": _until(current),
            }
        )
        return
    say(f"Signer: {grouped(current.fingerprint)}")
    say(f"Valid until {_until(current)}. Keys in {keys.folder}.")
    for fingerprint in before:
        say(f"Earlier: {grouped(fingerprint)}")


@app.command()
def stamp(
    folder: Path = typer.Argument(help="A sealed folder that `shamewatch capture --out` wrote."),
) -> None:
    """Ask the timestamping authorities again for stamps that a sealed folder does not have yet."""
    stamper = stamper_from_settings(settings())
    if not stamper.tsas:
        raise BadInputError(why="no timestamping authority is set: SHAMEWATCH_TSA_URLS is `none`.")
    try:
        stamps, unstamped = stamp_folder(folder, stamper)
    except OSError:
        raise BadInputError(why=f"{folder} is no sealed folder: there is no SHA256SUMS in it.") from None
    tell_stamps(stamps, unstamped)
    if not stamps and not unstamped:
        say("Every authority has stamped it already.")
    if unstamped:
        raise typer.Exit(1)


def tell_stamps(
    stamps: list[Stamp] | tuple[Stamp, ...], unstamped: list[Unstamped] | tuple[Unstamped, ...]
) -> None:
    """Who stamped and when; who did not, and why, on standard error."""
    for stamp in stamps:
        say(f"Stamped by {stamp.tsa} at {stamp.generated_at:%Y-%m-%d %H:%M:%S} UTC.")
    for one in unstamped:
        warn(f"Not yet stamped by {one.tsa}: {one.why}")


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, to be read out."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)).upper()


def _until(signer: Signer) -> str:
    return f"{signer.certificate.not_valid_after_utc:%Y-%m-%d}"
