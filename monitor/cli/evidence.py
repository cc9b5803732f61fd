"""``shamewatch evidence``: sealed evidence, its packs, and their verification."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.bootstrap import signing_keys, stamper_from_settings
from monitor.cli import history
from monitor.cli.output import out, print_json, print_table, say, shown, warn
from monitor.cli.session import JSON, actor, opened, reading, settings, writing
from monitor.errors import BadInputError, FolderNotWritableError
from monitor.evidence.imported import ImportRefusedError
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.seal import Stamp, Unstamped, stamp_folder
from monitor.evidence.signing import Signer, fingerprint_of
from monitor.evidence.tsa import trust_from_settings
from monitor.evidence.verify import Status, Trusted, Verification
from monitor.evidence.verify import verify as verify_pack
from monitor.stages.export_pack import PackMeans, export_pack
from monitor.stages.import_material import Imported, ImportMeans, import_material
from storage import Scope
from storage.errors import StorageError
from storage.vault.custody import Action

_STYLES = {Status.VERIFIED: "green", Status.ALTERED: "bold red", Status.NOT_CHECKABLE: "yellow"}
_EXIT = {Status.VERIFIED: 0, Status.ALTERED: 10, Status.NOT_CHECKABLE: 11}
_STATUS_WIDTH = max(len(status.value) for status in Status)
_CONCLUSIONS = {
    Status.VERIFIED: "Everything is verified. Compare the signer's fingerprint with the one that the operator tells you.",
    Status.ALTERED: "Something is not as it was sealed. Do not rely on this copy; ask for another.",
    Status.NOT_CHECKABLE: "Nothing was altered, as far as can be checked here. What could not be checked is named above.",
}
app = typer.Typer(help="Sealed evidence.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)
history.register(app)


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


@app.command("list")
def list_(
    subject: str = typer.Option("", help="Only this person's."),
    limit: int = typer.Option(50, min=1, max=10_000, help="At most so many."),
    as_json: bool = JSON,
) -> None:
    """List captures and imported files, newest first."""
    with reading() as work:
        records = work.evidence.list(subject_id=subject or None, limit=limit)
    if as_json:
        for record in records:
            print_json(
                {
                    "id": record.id, "kind": record.kind, "subject": record.subject_id, "hit": record.hit_id,
                    "url": record.url, "verdict": record.verdict, "at": record.captured_at,
                    "stamped_at": record.stamped_at, "note": record.note, "sums_sha256": record.sums_sha256,
                }
            )  # fmt: skip
        return
    print_table(
        ("id", "at (UTC)", "result", "stamped (UTC)", "what"),
        (
            (
                record.id,
                f"{record.captured_at:%Y-%m-%d %H:%M}",
                record.verdict,
                f"{record.stamped_at:%Y-%m-%d %H:%M:%S}"
                if record.stamped_at
                else "not yet"
                if record.sums_sha256
                else "–",
                shown(record.url or f"{record.reason} {record.note}".strip(), 60),
            )
            for record in records
        ),
        empty="No evidence yet.",
    )


@app.command("import")
def import_(
    files: list[Path] = typer.Argument(help="Call recordings, SMS and chat exports, screenshots, PDFs …"),
    subject: str = typer.Option(..., "--subject", help="Id of the person whose material it is."),
    note: str = typer.Option("", help="What it is and how the person came by it, in their own words."),
    about: str = typer.Option("", "--about", help="Id of the hit that it belongs to."),
    again: bool = typer.Option(False, "--again", help="Keep a file that is kept for this person already."),
    as_json: bool = JSON,
) -> None:
    """Seal a person's own material, byte for byte, so that all of it stands in one timeline."""
    current, failed = settings(), 0
    operator = OperatorEntry(name=current.operator, role=current.operator_role, device=current.device)
    with opened() as monitor:
        with monitor.storage.read(Scope.operator()) as work:
            work.subjects.get(subject)
            if about:
                work.hits.get(about)
        means = ImportMeans(monitor.open_sealing(), monitor.scratch, operator, actor())
        for path in files:
            try:
                made = import_material(
                    monitor.storage,
                    path,
                    means,
                    subject_id=subject,
                    note=note,
                    hit_id=about or None,
                    is_again=again,
                )
            except (ImportRefusedError, StorageError, OSError) as error:
                failed += 1
                _tell_refusal(path, error, as_json=as_json)
                continue
            _tell_import(made, as_json=as_json)
    if failed:
        raise typer.Exit(1)


def _tell_refusal(path: Path, error: Exception, *, as_json: bool) -> None:
    """The others go on; nothing of this one was kept."""
    why = str(error)
    if not isinstance(error, ImportRefusedError):
        reason = error.strerror if isinstance(error, OSError) else why
        why = f"{path} was not imported: {reason}"
    if as_json:
        print_json({"file": str(path), "id": None, "failure": why})
    warn(shown(why))


def _tell_import(made: Imported, *, as_json: bool) -> None:
    if as_json:
        stamped = made.seal.stamped_at if made.seal else None
        print_json(
            {"file": str(made.path), "id": made.evidence_id, "is_new": made.is_new, "media_type": made.media_type,
             "reading_failure": made.reading_failure, "stamped_at": stamped}
        )  # fmt: skip
        return
    name = shown(made.path.name)
    if not made.is_new:
        warn(f"{name} is kept for this person already, as {made.evidence_id}. Use --again to keep it twice.")
        return
    say(f"{name} ({shown(made.media_type)}) is kept as {made.evidence_id}.")
    if made.reading_failure:
        warn(shown(made.reading_failure))
    if made.seal is not None:
        tell_stamps(made.seal.stamps, made.seal.unstamped)


@app.command()
def custody(item: str = typer.Argument(help="Id of an item of evidence."), as_json: bool = JSON) -> None:
    """Show an item's custody log, after checking that it is unbroken. Looking is an act and is noted."""
    with writing() as work:
        work.custody.record(item, Action.ACCESSED, actor(), "custody log shown")
        work.custody.verify(item)
        entries = work.custody.entries(item)
    for entry in entries:
        if as_json:
            print_json(dataclasses.asdict(entry))
        else:
            say(
                f"{entry.number:3}  {entry.at[:19].replace('T', ' ')}  {entry.action:9}  {entry.actor}  {entry.detail}"
            )


@app.command()
def pack(
    ids: list[str] = typer.Argument(
        help="Ids of hits (h-…) and single items of evidence (e-…) of one person."
    ),
    to: Path = typer.Option(..., "--out", help="New file for the pack, such as pack.zip."),
    language: str = typer.Option("", help="Language of the report. Default: the person's."),
) -> None:
    """Write an evidence pack: sealed files, custody logs, a signed report, drafts, and how to check them all."""
    current = settings()
    with opened() as monitor:
        means = PackMeans(
            monitor.open_browser, monitor.open_sealing(), monitor.scratch, actor(),
            operator=current.operator, operator_role=current.operator_role,
        )  # fmt: skip
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
                "signers": verification.signers,
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
    """One line a part; what is not verified stands out by its word, not by its colour alone."""
    folder = ""
    for finding in verification.findings:
        before, slash, name = finding.part.rpartition("/")
        if before != folder:
            folder = before
            say("" if not slash else f"{shown(before)}/", "bold")
        sentence = Text(shown(finding.sentence))
        status = Text(finding.status.value, style=_STYLES[finding.status])
        table = Table.grid(padding=(0, 2), pad_edge=False)
        table.add_column(width=_STATUS_WIDTH)
        table.add_column(overflow="fold", ratio=1)
        table.add_row(status, Text.assemble((shown(name), "bold"), ": ", sentence))
        out.print(Padding(table, (0, 0, 0, 2 if slash else 0), expand=False))
    say("")
    for fingerprint in verification.signers:
        say(f"Signer: {grouped(fingerprint)}")
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
