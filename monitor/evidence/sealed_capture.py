"""A capture and its seal as one act: the folder appears at its goal sealed, or not at all. Judges no page."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

from monitor.evidence.browser import Browser
from monitor.evidence.capture import Capture, capture
from monitor.evidence.request import CaptureRequest
from monitor.evidence.seal import Seal, Sealing, seal_folder
from storage.files import sync_folder


@dataclasses.dataclass(frozen=True, slots=True)
class SealedCapture:
    """What was captured, whatever its verdict, and what it was sealed with."""

    capture: Capture
    seal: Seal


def sealed_capture(
    request: CaptureRequest, browser: Browser, into: Path, sealing: Sealing, *, is_stamped_now: bool = True
) -> SealedCapture:
    """Capture the page into the new or empty folder ``into`` and seal it within seconds.

    ``is_stamped_now`` as for ``seal_folder``.
    Raises what ``capture`` and ``seal_folder`` raise; nothing is left behind then.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{into.name}-", dir=into.parent))
    try:
        folder = scratch / into.name
        made = capture(request, browser, folder)
        seal = seal_folder(folder, sealing, is_stamped_now=is_stamped_now)
        folder.rename(into)
        sync_folder(into.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return SealedCapture(dataclasses.replace(made, folder=into), seal)
