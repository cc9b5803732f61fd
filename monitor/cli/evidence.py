"""``shamewatch evidence``: sealed evidence, its packs, and their verification."""

from __future__ import annotations

import re
from pathlib import Path

import typer
from rich.text import Text

from monitor.bootstrap import signing_keys, stamper_from_settings
from monitor.cli.output import out, print_json, say, shown, warn
from monitor.cli.session import JSON, actor, opened, settings
from monitor.errors import BadInputError, FolderNotWritableError
from monitor.evidence.seal import Stamp, Unstamped, stamp_folder
from monitor.evidence.signing import Signer, fingerprint_of
from monitor.evidence.tsa import trust_from_settings
from monitor.evidence.verify import Status, Trusted, Verification
from monitor.evidence.verify import verify as verify_pack
from monitor.stages.export_pack import PackMeans, export_pack

_STYLES = {Status.VERIFIED: "green", Status.ALTERED: "bold red", Status.NOT_CHECKABLE: "yellow"}
_EXIT = {Status.VERIFIED: 0, Status.ALTERED: 10, Status.NOT_CHECKABLE: 11}
_CONCLUSIONS = {
    Status.VERIFIED: "Everything is verified. Compare the signer's fingerprint with the one that the operator tells you.",
    Status.ALTERED: "Something is not as it was sealed. Do not rely on this copy; ask for another.",
    Status.NOT_CHECKABLE: "Nothing was altered, as far as can be checked here. What could not be checked is named above.",
}
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


@app.command()
def pack(
    ids: list[str] = typer.Argument(
        help="Ids of hits (h-…) and single items of evidence (e-…) of one person."
    ),
    to: Path = typer.Option(..., "--out", help="New file for the pack, such as pack.zip."),
    language: str = typer.Option("", help="Language of the report. Default: the person's."),
) -> None:
    """Write an evidence pack: sealed files, custody logs, a signed report, drafts, and how to check them all."""
    with opened() as monitor:
        means = PackMeans(monitor.open_browser, monitor.open_sealing(), monitor.scratch, actor())
        try:
            made = export_pack(monitor.storage, ids, to, means, language)
        except OSError as error:
            raise FolderNotWritableError(path=to.parent, why=error.strerror) from None
    say(f"Written to {made.path}. It holds personal data: hand it only to those who need it.")
    say(f"Signed by {grouped(made.seal.signer_fingerprint)}")
    tell_stamps(made.seal.stamps, made.seal.unstamped)


@app.command()
def verify(
    path: Path = typer.Argument(help="A pack (.zip), its unpacked folder, or one sealed folder."),
    tsa_root: list[Path] = typer.Option(
        [], "--tsa-root", help="PEM file with further roots of timestamping authorities. May be repeated."
    ),
    signer: list[str] = typer.Option(
        [], "--signer", help="Fingerprint that must have signed (64 hexadecimal digits). May be repeated."
    ),
    as_json: bool = JSON,
) -> None:
    """Check a pack offline, part by part: verified, altered, or not checkable here. Needs no monitor."""
    trusted = Trusted(trust_from_settings(settings(), tsa_root), _fingerprints(signer))
    verification = verify_pack(path, trusted)
    if as_json:
        print_json(
            {
                "status": verification.status.value,
                "parts": [
                    {"part": one.part, "status": one.status.value, "sentence": one.sentence}
                    for one in verification.findings
                ],
            }
        )
    else:
        _print_verification(verification)
    raise typer.Exit(_EXIT[verification.status])


def _print_verification(verification: Verification) -> None:
    for finding in verification.findings:
        style = _STYLES[finding.status]
        out.print(
            Text.assemble(
                (f"{finding.status.value:19}", style),
                (shown(finding.part), "bold"),
                "  ",
                shown(finding.sentence),
            )
        )
    say("")
    say(_CONCLUSIONS[verification.status], _STYLES[verification.status])


def _fingerprints(texts: list[str]) -> frozenset[str]:
    found = {re.sub(r"[\s:]", "", text).lower() for text in texts}
    for text in found:
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise BadInputError(why=f"{text[:80]!r} is no fingerprint: it has 64 hexadecimal digits.")
    return frozenset(found)


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
