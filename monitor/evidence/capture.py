"""One visit becomes one folder of evidence: pictures, DOM, certificates, manifest; the verdict is ``verdict``'s.

A capture that failed is a record too: its folder holds the manifest and whatever could be had. The
folder appears whole or not at all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shutil
import ssl
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path

from monitor.config import Settings
from monitor.evidence.archive import archive_from_visit
from monitor.evidence.browser import Browser
from monitor.evidence.browser_errors import BrowserLostError, TabLostError
from monitor.evidence.chromium import require_chromium
from monitor.evidence.launch import BrowserOptions
from monitor.evidence.manifest import FileEntry, Manifest, Origin
from monitor.evidence.observation import Trouble, Visit
from monitor.evidence.outline import outlined
from monitor.evidence.record import manifest_from_visit
from monitor.evidence.request import CaptureRequest
from monitor.evidence.verdict import Judgement, Verdict, judge
from monitor.evidence.visit import VisitPlan, visit_page
from spiders.gate import Gate, GateRefusedError

MANIFEST = "manifest.json"
SCREENSHOT = "screenshot.png"
SCREENSHOT_BEFORE = "screenshot-before.png"
MENTION = "mention.png"
DOM = "dom.html"
MHTML = "page.mhtml"
WACZ = "capture.wacz"
CERTIFICATES = "tls"
# What a fresh tab and its closing may take beside the visit itself.
_GRACE_S = 8.0


@dataclasses.dataclass(frozen=True, slots=True)
class Capture:
    """The folder of a finished capture and what it amounts to."""

    folder: Path
    manifest: Manifest

    @property
    def verdict(self) -> Verdict:
        return self.manifest.verdict

    @property
    def reason(self) -> str:
        return self.manifest.reason

    @property
    def manifest_path(self) -> Path:
        return self.folder / MANIFEST

    @property
    def screenshot(self) -> Path | None:
        return self._file(SCREENSHOT)

    @property
    def mention_picture(self) -> Path | None:
        return self._file(MENTION)

    @property
    def dom(self) -> Path | None:
        return self._file(DOM)

    def _file(self, name: str) -> Path | None:
        return self.folder / name if any(entry.name == name for entry in self.manifest.files) else None


def open_browser(settings: Settings, folder: Path | None = None) -> Browser:
    """The browser that the settings ask for, as a context manager. Raises BrowserMissingError.

    ``folder``: where everything temporary goes, see ``Browser``; call ``sweep_leftovers`` on it now and then.
    """
    options = BrowserOptions(
        is_sandboxed=not settings.chromium_no_sandbox,
        operator=settings.operator,
        operator_role=settings.operator_role,
        device=settings.device,
    )
    return Browser(require_chromium(settings), Gate(settings.allowed_networks), options, folder)


def capture(request: CaptureRequest, browser: Browser, into: Path) -> Capture:
    """Visit the page and write the folder ``into``, which must not exist yet or be empty.

    Raises OSError where the folder cannot be written (nothing is left behind then), BrowserStartError
    where Chromium does not start, and BrowserLostError where it was lost for a reason of ours, in a
    second visit too; whatever the page does becomes the verdict.
    """
    visit, judgement = _visited(request, browser)
    capture_id = uuid.uuid4().hex
    files = _contents(visit, capture_id)
    entries = tuple(_entry(name, *content) for name, content in files.items())
    manifest = manifest_from_visit(visit, judgement, browser, entries, request=request, capture_id=capture_id)
    contents = {name: content[0] for name, content in files.items()}
    contents[MANIFEST] = manifest.to_json().encode()
    _write_folder(into, contents)
    return Capture(into, manifest)


def _visited(request: CaptureRequest, browser: Browser) -> tuple[Visit, Judgement]:
    try:
        browser.gate.check_url(request.url)
    except GateRefusedError as error:
        now = datetime.now(UTC)
        visit = Visit(requested_url=request.url, started_at=now, ended_at=now)
        visit.trouble = Trouble.NAVIGATION_FAILED
        return visit, Judgement(Verdict.ADDRESS_REFUSED, str(error))
    plan = VisitPlan(
        url=request.url,
        expected=request.expected,
        context_text=request.context_text,
        anchors=request.anchors,
        post_chars=request.post.chars,
        timeout_s=request.timeout_s,
        settle_s=request.settle_s,
    )
    visit = _visit(plan, browser)
    judgement = judge(
        visit,
        expected=request.expected,
        context_text=request.context_text,
        is_in_post=request.is_in_post,
    )
    return visit, judgement


def _visit(plan: VisitPlan, browser: Browser) -> Visit:
    """Twice, where the browser was lost the first time: that says nothing of the page. Raises BrowserLostError.

    Twice too, where the page's process crashed early: one crash may be the machine's fault, two are the page's.
    """
    try:
        visit = _visit_once(plan, browser)
        is_early = (visit.ended_at - visit.started_at).total_seconds() < plan.timeout_s / 2
        if visit.trouble is Trouble.CRASHED and is_early:
            visit = _visit_once(plan, browser)
            visit.notes.insert(0, "In an earlier visit the page's process crashed.")
    except BrowserLostError as error:
        visit = _visit_once(plan, browser)
        visit.notes.insert(0, f"An earlier visit was lost with its browser. {error.fields['why']}")
    return visit


def _visit_once(plan: VisitPlan, browser: Browser) -> Visit:
    started_at = datetime.now(UTC)
    try:
        return browser.visit(lambda tab: visit_page(tab, plan), limit_s=plan.timeout_s + _GRACE_S)
    except TabLostError as error:
        visit = Visit(requested_url=plan.url, started_at=started_at, ended_at=datetime.now(UTC))
        visit.trouble, visit.trouble_detail = Trouble.BROWSER_LOST, str(error)
        return visit


def _contents(visit: Visit, capture_id: str) -> dict[str, tuple[bytes, str, Origin, str]]:
    """Name -> bytes, media type, origin, description; only what there is."""
    files: dict[str, tuple[bytes, str, Origin, str]] = {}
    if visit.screenshot:
        about = "The whole page as the browser showed it."
        files[SCREENSHOT] = (visit.screenshot, "image/png", Origin.ORIGINAL, about)
    if visit.screenshot_before and visit.screenshot_before != visit.screenshot:
        about = "The whole page before its consent banner was dismissed."
        files[SCREENSHOT_BEFORE] = (visit.screenshot_before, "image/png", Origin.ORIGINAL, about)
    if visit.mention_view:
        about = "The part of the page with the mention; the outline was drawn on the picture afterwards."
        picture = outlined(visit.mention_view, visit.mention_boxes)
        files[MENTION] = (picture, "image/png", Origin.DERIVED, about)
    if visit.untrusted_dom:
        dom = visit.untrusted_dom.encode("utf-8", "surrogatepass")
        about = "The document as it stood in the browser, serialised in UTF-8."
        files[DOM] = (dom, "text/html; charset=utf-8", Origin.ORIGINAL, about)
    if visit.mhtml:
        about = "The page with its parts in one file, as the browser saves it (RFC 2557)."
        files[MHTML] = (visit.mhtml, "multipart/related", Origin.ORIGINAL, about)
    for host, chain in visit.chains.items():
        pem = "".join(ssl.DER_cert_to_PEM_cert(der) for der in chain)
        about = f"The certificates of {host}, leaf first, from the browser's own connection."
        name = f"{CERTIFICATES}/{_name_from_host(host)}.pem"
        files[name] = (pem.encode(), "application/pem-certificate-chain", Origin.ORIGINAL, about)
    if visit.recording.exchanges:
        about = "Every response that the browser got, with its request, as WARC 1.1 in a WACZ; picture and DOM beside them."
        files[WACZ] = (archive_from_visit(visit, capture_id), "application/wacz", Origin.ORIGINAL, about)
    return files


def _name_from_host(host: str) -> str:
    """ "forum.example:443" and "[::1]:443" as names of files."""
    return re.sub(r"[^a-z0-9.-]+", "_", host.lower()).strip("_.")


def _entry(name: str, content: bytes, media_type: str, origin: Origin, description: str) -> FileEntry:
    return FileEntry(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        media_type=media_type,
        origin=origin,
        description=description,
    )


def _write_folder(into: Path, contents: dict[str, bytes]) -> None:
    """All files or none: written beside the goal, forced to disk, then renamed."""
    into.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        for name, content in contents.items():
            (scratch / name).parent.mkdir(mode=0o700, exist_ok=True)
            with (scratch / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        scratch.rename(into)
    except OSError:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    descriptor = os.open(into.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
