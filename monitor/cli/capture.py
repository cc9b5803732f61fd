"""``shamewatch capture``: visits one page now and keeps what a browser sees there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import typer

from monitor.bootstrap import Monitor, sealing_from_settings
from monitor.cli.evidence import grouped, tell_stamps
from monitor.cli.output import print_json, say, shown, warn
from monitor.cli.session import JSON, actor, opened, settings
from monitor.errors import BadInputError, FolderNotWritableError
from monitor.evidence.capture import Capture, open_browser
from monitor.evidence.request import CaptureRequest
from monitor.evidence.safekeeping import put_folder
from monitor.evidence.seal import Seal
from monitor.evidence.sealed_capture import SealedCapture, sealed_capture
from monitor.evidence.verdict import Verdict
from storage import Scope


def register(app: typer.Typer) -> None:
    app.command("capture")(capture_url)


def capture_url(
    url: str = typer.Argument(help="Address of a public page."),
    expect: list[str] = typer.Option(
        [], "--expect", help="A name or number that must stand on the page. May be repeated."
    ),
    subject: str = typer.Option("", help="Keep it in the vault for this person."),
    to: Path | None = typer.Option(
        None,
        "--out",
        help="Write it into this new or empty folder; needs no monitor. Default: capture-<time> here.",
    ),
    case: str = typer.Option("", "--case", help="A lawyer's or authority's reference, for the manifest."),
    as_json: bool = JSON,
) -> None:
    """Capture a page now and seal it: pictures, DOM, archive of every response, manifest, signature, timestamps, verdict."""
    if subject and to is not None:
        raise BadInputError(
            why="a capture goes to --out FOLDER or to the vault for --subject ID, not to both."
        )
    request = CaptureRequest(
        url=url,
        expected=tuple(expect),
        reached_by="an address that a person gave",
        case_reference=case,
        timeout_s=settings().capture_timeout_s,
    )
    if not subject:
        to = to or Path(f"capture-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        if to.exists() and (not to.is_dir() or any(to.iterdir())):
            raise BadInputError(why=f"{to} is there already and not an empty folder. Name a new one.")
        sealed = _into_folder(request, to)
        result = sealed.capture
        _tell(result, sealed.seal, str(to), as_json=as_json)
    else:
        with opened() as monitor:
            sealed, evidence_id = _into_vault(monitor, request, subject)
        result = sealed.capture
        _tell(result, sealed.seal, f"the vault as {evidence_id}", as_json=as_json)
    if result.verdict is not Verdict.OK:
        raise typer.Exit(8)


def _into_folder(request: CaptureRequest, folder: Path) -> SealedCapture:
    sealing = sealing_from_settings(settings())
    with open_browser(settings()) as browser:
        try:
            return sealed_capture(request, browser, folder, sealing)
        except OSError as error:
            raise FolderNotWritableError(path=folder, why=error.strerror) from None


def _into_vault(monitor: Monitor, request: CaptureRequest, subject: str) -> tuple[SealedCapture, str]:
    with monitor.storage.read(Scope.operator()) as work:
        work.subjects.get(subject)
    sealing = monitor.open_sealing()
    with monitor.scratch.folder() as folder, monitor.open_browser() as browser:
        sealed = sealed_capture(request, browser, folder / "page", sealing)
        with monitor.storage.read(Scope.operator()) as work:
            files = put_folder(work, subject, sealed.capture.folder)
        with monitor.storage.begin(Scope.operator()) as work:
            evidence = work.evidence.add(
                url=request.url,
                verdict=sealed.capture.verdict.value,
                reason=sealed.capture.reason,
                captured_at=sealed.capture.manifest.started_at,
                manifest=json.loads(sealed.capture.manifest.model_dump_json()),
                files=files,
                subject_id=subject,
                sums_sha256=sealed.seal.sums_sha256,
                stamped_at=sealed.seal.stamped_at,
                stamp_due_at=datetime.now(UTC) if sealed.seal.unstamped else None,
                actor=actor(),
            )
            work.audit.record("page captured", actor(), subject, evidence.id)
    return sealed, evidence.id


def _tell(result: Capture, seal: Seal, place: str, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "verdict": result.verdict.value,
                "reason": result.reason,
                "final_url": result.manifest.final_url,
                "place": place,
                "files": [
                    {"name": f.name, "sha256": f.sha256, "size_bytes": f.size_bytes}
                    for f in result.manifest.files
                ],
                "seal": {
                    "sums_sha256": seal.sums_sha256,
                    "signer": seal.signer_fingerprint,
                    "stamps": [{"tsa": one.tsa, "at": one.generated_at} for one in seal.stamps],
                    "not_yet_stamped": [{"tsa": one.tsa, "why": one.why} for one in seal.unstamped],
                },
            }
        )
        return
    speak = say if result.verdict is Verdict.OK else warn
    speak(f"{result.verdict.value}: {shown(result.reason)}")
    say(f"Kept in {place}.")
    say(f"Signed by {grouped(seal.signer_fingerprint)[:24]} …")
    tell_stamps(seal.stamps, seal.unstamped)
    if not seal.stamps and not seal.unstamped:
        warn("Not stamped: no timestamping authority is set.")
