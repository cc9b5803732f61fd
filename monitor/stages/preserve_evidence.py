"""Hit → evidence: visits the page of every hit that has none, and keeps what came of it, a failure too."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from monitor.errors import MonitorError
from monitor.evidence.browser import Browser
from monitor.evidence.capture import Capture, CaptureRequest, capture
from monitor.evidence.verdict import Verdict
from monitor.progress import Step, Watcher
from monitor.scratch import Scratch
from storage import Scope, Storage, UnitOfWork
from storage.errors import NotFoundError
from storage.repositories.evidence import EvidenceFile
from storage.repositories.hit_records import HitRecord

_CONTEXT_CHARS = 400
_LOOK_AHEAD = 200
# After a failure that may pass. A page that fails on and on is left to its last verdict.
_AGAIN_AFTER = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


@dataclasses.dataclass(frozen=True, slots=True)
class CaptureMeans:
    """What captures are made with. ``timeout_s`` is for one page."""

    open_browser: Callable[[], Browser]
    scratch: Scratch
    timeout_s: float


def preserve_evidence(storage: Storage, means: CaptureMeans, watcher: Watcher, *, limit: int = 10) -> int:
    """Capture the pages of up to ``limit`` hits that wait for it, in one warm browser. How many.

    Hosts take turns, so that one slow host does not hold up the others. Where no browser can be had,
    each hit gets a record that says so: an alert never waits for a picture.
    """
    with storage.read(Scope.operator()) as work:
        waiting = work.hits.capture_due(datetime.now(UTC), _LOOK_AHEAD)
    hits = in_turns(waiting)[:limit]
    if not hits:
        return 0
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(means.open_browser())
            browser.start()
        except MonitorError as error:
            for hit in hits:
                _keep_failure(storage, hit, str(error), watcher)
            return len(hits)
        for hit in hits:
            _preserve(storage, hit, browser, means, watcher)
    return len(hits)


def in_turns(hits: Sequence[HitRecord]) -> list[HitRecord]:
    """The hits with their hosts taking turns, each host's own in their order. Pure."""
    by_host: dict[str, list[HitRecord]] = defaultdict(list)
    for hit in hits:
        by_host[urlsplit(hit.post.url).netloc].append(hit)
    rounds = itertools.zip_longest(*by_host.values())
    return [hit for turn in rounds for hit in turn if hit is not None]


def _preserve(
    storage: Storage, hit: HitRecord, browser: Browser, means: CaptureMeans, watcher: Watcher
) -> None:
    try:
        with means.scratch.folder() as folder:
            result = capture(request_from_hit(hit, means.timeout_s), browser, folder / "page")
            _keep(storage, hit, result)
    except NotFoundError:
        return  # erased meanwhile: there is nobody left to keep evidence for
    except MonitorError as error:
        _keep_failure(storage, hit, str(error), watcher)
        return
    except OSError as error:
        _keep_failure(storage, hit, f"The capture could not be written: {error.strerror}.", watcher)
        return
    watcher.happened(Step.CAPTURE, outcome=result.verdict.value)


def _keep(storage: Storage, hit: HitRecord, result: Capture) -> None:
    # Blobs first, and outside of the transaction: they take long. Those that never get a row are swept.
    with storage.read(Scope.operator()) as work:
        files = stored_files(work, hit.subject_id, result)
    with storage.begin(Scope.operator()) as work:
        work.evidence.add(
            url=hit.post.url,
            verdict=result.verdict.value,
            reason=result.reason,
            captured_at=result.manifest.started_at,
            manifest=json.loads(result.manifest.model_dump_json()),
            files=files,
            hit_id=hit.id,
            again_at=_again_at(work, hit) if result.verdict.is_transient else None,
        )


def _again_at(work: UnitOfWork, hit: HitRecord) -> datetime | None:
    """When to try once more after a failure that may pass; None after the last try."""
    tries = sum(record.hit_revision == hit.revision for record in work.evidence.of_hit(hit.id))
    return datetime.now(UTC) + _AGAIN_AFTER[tries] if tries < len(_AGAIN_AFTER) else None


def _keep_failure(storage: Storage, hit: HitRecord, reason: str, watcher: Watcher) -> None:
    """The failure is ours, not the page's: it is recorded, and the page tried again."""
    try:
        with storage.begin(Scope.operator()) as work:
            work.evidence.add(
                url=hit.post.url,
                verdict=Verdict.NOT_CAPTURED.value,
                reason=reason,
                captured_at=datetime.now(UTC),
                manifest={},
                hit_id=hit.id,
                again_at=_again_at(work, hit),
            )
    except NotFoundError:
        return  # erased meanwhile
    watcher.happened(Step.CAPTURE, outcome=Verdict.NOT_CAPTURED.value)


def request_from_hit(hit: HitRecord, timeout_s: float) -> CaptureRequest:
    """What the browser is to look for: the mentions as they stand in the post, near the post's own words."""
    mentions = [mention for mention in hit.content.mentions if mention.field == "text"]
    expected = tuple(dict.fromkeys(mention.text for mention in mentions or hit.content.mentions))
    return CaptureRequest(
        url=hit.post.url,
        expected=expected,
        context_text=hit.post.untrusted_text[:_CONTEXT_CHARS],
        anchors=_anchors(hit),
        is_in_post=bool(mentions),
        timeout_s=timeout_s,
    )


def _anchors(hit: HitRecord) -> tuple[str, ...]:
    """Ids under which the page may hold the post: the permalink's fragment, and the post's own id."""
    fragment = urlsplit(hit.post.url).fragment
    return tuple(dict.fromkeys(anchor for anchor in (fragment, hit.post.id) if anchor))


def stored_files(work: UnitOfWork, subject_id: str, result: Capture) -> list[EvidenceFile]:
    """Put the files of a capture into the vault, the manifest with them."""
    entries = [(entry.name, entry.media_type) for entry in result.manifest.files]
    files = []
    for name, media_type in [*entries, (result.manifest_path.name, "application/json")]:
        data = (result.folder / name).read_bytes()
        files.append(
            EvidenceFile(
                name=name,
                media_type=media_type,
                size_bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                vault_address=work.vault.put(subject_id, data),
            )
        )
    return files
