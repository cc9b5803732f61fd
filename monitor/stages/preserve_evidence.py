"""Hit → evidence: visits the page of every hit that has none, and keeps what came of it, a failure too."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from monitor.errors import MonitorError
from monitor.evidence.browser import Browser
from monitor.evidence.request import CaptureRequest, PostFacts
from monitor.evidence.safekeeping import put_folder, stamp_or_put_off
from monitor.evidence.seal import Sealing
from monitor.evidence.sealed_capture import SealedCapture, sealed_capture
from monitor.evidence.verdict import Verdict
from monitor.progress import Step, Watcher
from monitor.scratch import Scratch
from storage import Scope, Storage, UnitOfWork
from storage.errors import DiskFullError, NotFoundError, StorageError, UnreachableError, VaultRefusedError
from storage.repositories.hit_records import HitRecord

_CONTEXT_CHARS = 400
_LOOK_AHEAD = 200
# After a failure that may pass. A page that fails on and on is left to its last verdict.
_AGAIN_AFTER = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
# A vault that takes nothing is nobody's page: tried again for as long as it lasts, and recorded once.
_VAULT_IS_SHUT = (DiskFullError, UnreachableError, VaultRefusedError)
_VAULT_AGAIN_AFTER = timedelta(hours=1)
# No page is visited for a capture that could not be kept. Most take less.
_ROOM_FOR_ONE_BYTES = 5_000_000


@dataclasses.dataclass(frozen=True, slots=True)
class CaptureMeans:
    """What captures are made and sealed with. ``timeout_s`` is for one page."""

    open_browser: Callable[[], Browser]
    open_sealing: Callable[[], Sealing]
    scratch: Scratch
    timeout_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Tools:
    browser: Browser
    sealing: Sealing


def preserve_evidence(storage: Storage, means: CaptureMeans, watcher: Watcher, *, limit: int = 10) -> int:
    """Capture the pages of up to ``limit`` hits that wait for it, in one warm browser, and seal them. How many.

    Hosts take turns, so that one slow host does not hold up the others. Where no browser or no signing
    key can be had, each hit gets a record that says so: an alert never waits for a picture. Timestamps
    are asked for as soon as a capture is kept, while the next page is visited.
    """
    with storage.read(Scope.operator()) as work:
        waiting = work.hits.capture_due(datetime.now(UTC), _LOOK_AHEAD)
    hits = in_turns(waiting)[:limit]
    if not hits:
        return 0
    with ExitStack() as stack:
        try:
            with storage.read(Scope.operator()) as work:
                work.vault.require_room(_ROOM_FOR_ONE_BYTES)
            sealing = means.open_sealing()
            browser = stack.enter_context(means.open_browser())
            browser.start()
        except (MonitorError, StorageError) as error:
            for hit in hits:
                _keep_failure(storage, hit, error, watcher)
            return len(hits)
        lane = stack.enter_context(ThreadPoolExecutor(1, "stamps"))
        stampings = []
        for hit in hits:
            evidence_id = _preserve(storage, hit, _Tools(browser, sealing), means, watcher)
            if evidence_id is not None and sealing.stamper.tsas:
                # What does not come now is asked for by the next rounds: the record says that it is due.
                stampings.append(
                    lane.submit(stamp_or_put_off, storage, evidence_id, sealing.stamper, watcher)
                )
        for stamping in stampings:
            stamping.result()
    return len(hits)


def in_turns(hits: Sequence[HitRecord]) -> list[HitRecord]:
    """The hits with their hosts taking turns, each host's own in their order. Pure."""
    by_host: dict[str, list[HitRecord]] = defaultdict(list)
    for hit in hits:
        by_host[urlsplit(hit.post.url).netloc].append(hit)
    rounds = itertools.zip_longest(*by_host.values())
    return [hit for turn in rounds for hit in turn if hit is not None]


def _preserve(
    storage: Storage, hit: HitRecord, tools: _Tools, means: CaptureMeans, watcher: Watcher
) -> str | None:
    """The id of the evidence that was kept; None where there is nothing to be stamped."""
    try:
        with means.scratch.folder() as folder:
            request = request_from_hit(hit, means.timeout_s)
            sealed = sealed_capture(
                request, tools.browser, folder / "page", tools.sealing, is_stamped_now=False
            )
            evidence_id = _keep(storage, hit, sealed, is_stamp_due=bool(tools.sealing.stamper.tsas))
    except NotFoundError:
        return None  # erased meanwhile: there is nobody left to keep evidence for
    except (MonitorError, StorageError) as error:
        _keep_failure(storage, hit, error, watcher)
        return None
    except OSError as error:
        _keep_failure(
            storage, hit, StorageError(f"The capture could not be written: {error.strerror}."), watcher
        )
        return None
    watcher.happened(Step.CAPTURE, outcome=sealed.capture.verdict.value)
    return evidence_id


def _keep(storage: Storage, hit: HitRecord, sealed: SealedCapture, *, is_stamp_due: bool) -> str:
    result = sealed.capture
    # Blobs first, and outside of the transaction: they take long. Those that never get a row are swept.
    with storage.read(Scope.operator()) as work:
        files = put_folder(work, hit.subject_id, result.folder)
    with storage.begin(Scope.operator()) as work:
        evidence = work.evidence.add(
            url=hit.post.url,
            verdict=result.verdict.value,
            reason=result.reason,
            captured_at=result.manifest.started_at,
            manifest=json.loads(result.manifest.model_dump_json()),
            files=files,
            hit_id=hit.id,
            again_at=_again_at(work, hit) if result.verdict.is_transient else None,
            sums_sha256=sealed.seal.sums_sha256,
            stamp_due_at=datetime.now(UTC) if is_stamp_due else None,
        )
    return evidence.id


def _again_at(work: UnitOfWork, hit: HitRecord) -> datetime | None:
    """When to try once more after a failure that may pass; None after the last try."""
    tries = sum(
        record.kind == "capture" and record.hit_revision == hit.revision
        for record in work.evidence.of_hit(hit.id)
    )
    return datetime.now(UTC) + _AGAIN_AFTER[tries] if tries < len(_AGAIN_AFTER) else None


def _keep_failure(storage: Storage, hit: HitRecord, error: Exception, watcher: Watcher) -> None:
    """The failure is ours, not the page's: it is recorded, and the page tried again."""
    now = datetime.now(UTC)
    try:
        with storage.begin(Scope.operator()) as work:
            if isinstance(error, _VAULT_IS_SHUT):
                again_at: datetime | None = now + _VAULT_AGAIN_AFTER
                latest = work.evidence.latest(hit.id)
                if latest is not None and (latest.hit_revision, latest.reason) == (hit.revision, str(error)):
                    work.hits.put_off_capture(hit.id, now + _VAULT_AGAIN_AFTER)
                    return
            else:
                again_at = _again_at(work, hit)
            work.evidence.add(
                url=hit.post.url,
                verdict=Verdict.NOT_CAPTURED.value,
                reason=str(error),
                captured_at=now,
                manifest={},
                hit_id=hit.id,
                again_at=again_at,
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
        post=PostFacts(
            id=hit.post.id,
            untrusted_author=hit.post.untrusted_author,
            published_at=hit.post.published_at,
            chars=len("".join(hit.post.untrusted_text.split())),
        ),
        timeout_s=timeout_s,
    )


def _anchors(hit: HitRecord) -> tuple[str, ...]:
    """Ids under which the page may hold the post: the permalink's fragment, and the post's own id."""
    fragment = urlsplit(hit.post.url).fragment
    return tuple(dict.fromkeys(anchor for anchor in (fragment, hit.post.id) if anchor))
