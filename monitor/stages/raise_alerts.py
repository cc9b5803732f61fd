"""Evidence → alert: puts what is owed into the outbox, and sends what is due. Never sends without a row in the outbox."""

from __future__ import annotations

import dataclasses
import logging
import random
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime

from monitor.alerts.channels import ChannelSettings, ChannelUnreadableError, channel_from_json
from monitor.alerts.compose import compose_alert
from monitor.alerts.message import ChannelKind, DeliveryOutcome, Discretion, OutgoingMessage
from monitor.alerts.phrases import wording_for
from monitor.alerts.policy import LOOK_BACK, AlertState, keeps_picture, next_step
from monitor.alerts.render import AlertFacts
from monitor.detection.model import Severity
from monitor.progress import Step, Watcher
from storage import Scope, Storage, UnitOfWork
from storage.errors import (
    CorruptError,
    GoneError,
    NotFoundError,
    StorageError,
    UnreachableError,
    VaultRefusedError,
    WrongKeyError,
)
from storage.repositories.alert import AlertRecord
from storage.repositories.channel import ChannelRecord
from storage.repositories.hit_records import HitRecord
from storage.vault.custody import Action

_LOG = logging.getLogger(__name__)
# A send is nearly all waiting, and each is a process of its own: more would only crowd a small machine.
_SENDS_AT_ONCE = 2
_PICTURES = ("mention.png", "screenshot.png")
_OUTCOMES = {AlertState.DELIVERED: "delivered", AlertState.WAITING: "retry", AlertState.GIVEN_UP: "failed"}
# What is wrong with one subject, hit or channel, and says nothing of the others.
_ITEM_FAULTS = (CorruptError, WrongKeyError, NotFoundError, GoneError, ChannelUnreadableError)
Send = Callable[[OutgoingMessage, ChannelSettings], DeliveryOutcome]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What came of one attempt, as it is recorded."""

    outcome: str
    reason: str
    retry_at: datetime | None = None
    where: str = ""


def channel_settings(channel: ChannelRecord) -> ChannelSettings:
    """The typed settings that were stored for a channel. Raises ChannelUnreadableError."""
    return channel_from_json(str(channel.settings.get("channel", "")), channel_id=channel.id)


def discretion_of(channel: ChannelRecord) -> Discretion:
    """How much the subject lets this channel show."""
    return Discretion.DISCREET if channel.is_discreet else Discretion.PLAIN


def enqueue_alerts(storage: Storage, limit: int = 500) -> int:
    """Put every alert that is owed into the outbox. The number of new rows; a repeat adds none."""
    with storage.read(Scope.operator()) as work:
        owed = work.alerts.owed(LOOK_BACK, limit)
    count = 0
    for hit_id, channel_id in owed:
        try:
            with storage.begin(Scope.operator()) as work:
                count += work.alerts.enqueue(hit_id, channel_id) is not None
        except (NotFoundError, GoneError) as error:
            _LOG.info("An alert is no longer owed: %s", error)
    return count


def deliver_alerts(storage: Storage, send: Send, watcher: Watcher, limit: int = 100) -> int:
    """Send what is due, two messages at a time; record every attempt. The number of attempts.

    An alert that cannot be read or sent holds up no other. ``send`` is called from threads, ``watcher``
    from the caller's only. An interruption waits until what is on its way is sent and recorded. Raises
    StorageError at once; what nobody foresaw, when the others are through.
    """
    attempts = 0
    unforeseen: list[BaseException] = []
    with ThreadPoolExecutor(_SENDS_AT_ONCE, thread_name_prefix="alert") as pool:
        running: set[Future[_Result]] = set()
        while True:
            while len(running) < _SENDS_AT_ONCE and attempts < limit and (alert := _claimed(storage)):
                running.add(pool.submit(_deliver, storage, alert, send))
                attempts += 1
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                fault = future.exception()
                if isinstance(fault, StorageError):
                    raise fault
                if fault is not None:
                    unforeseen.append(fault)
                    continue
                result = future.result()
                watcher.happened(Step.DELIVERY, outcome=result.outcome, where=result.where)
    if unforeseen:
        raise unforeseen[0]
    return attempts


def _claimed(storage: Storage) -> AlertRecord | None:
    """The alert that waits longest, taken only when there is a hand free to send it."""
    with storage.begin(Scope.operator()) as work:
        claimed = work.alerts.claim(datetime.now(UTC), limit=1)
    return claimed[0] if claimed else None


def _deliver(storage: Storage, alert: AlertRecord, send: Send) -> _Result:
    """One attempt, from the claimed row to its recorded outcome."""
    try:
        result = _attempted(storage, alert, send)
    except _ITEM_FAULTS as fault:
        _LOG.warning("Alert %s cannot be sent: %s", alert.id, fault)
        result = _Result(outcome="failed", reason=f"The alert could not be put together. {fault}")
    _record(storage, alert, result)
    return result


def _attempted(storage: Storage, alert: AlertRecord, send: Send) -> _Result:
    with storage.read(Scope.operator()) as work:
        channel = work.channels.get(alert.channel_id)
        settings = channel_settings(channel)
        message = _message(work, alert, settings.kind, discretion_of(channel))
    if message is None:
        reason = "The hit was dismissed before the alert was sent."
        return _Result(outcome="cancelled", reason=reason, where=settings.kind)
    if message.attachments:
        _note_copy(storage, alert)
    outcome = send(message, settings)
    # Spread so that alerts which failed together do not come back together; no secret depends on it.
    jitter = random.random()  # noqa: S311
    step = next_step(outcome, attempts=alert.counted_attempts, now=datetime.now(UTC), jitter=jitter)
    return _Result(
        outcome=_OUTCOMES[step.state], reason=step.reason, retry_at=step.retry_at, where=settings.kind
    )


def _note_copy(storage: Storage, alert: AlertRecord) -> None:
    """A picture that leaves the house is an act on the evidence. Before it is sent: a note too many beats one too few."""
    assert alert.hit_id is not None
    with storage.begin(Scope.operator()) as work:
        evidence = work.evidence.latest(alert.hit_id)
        if evidence is not None:
            work.custody.record(
                evidence.id, Action.COPIED, "alerts", f"its picture goes along with {alert.id}"
            )


def _record(storage: Storage, alert: AlertRecord, result: _Result) -> None:
    """Turn the begun attempt into what came of it. Its channel may have been removed meanwhile, and it with it."""

    def note(reason: str) -> None:
        with storage.begin(Scope.operator()) as work:
            work.alerts.record_attempt(
                alert.id,
                datetime.now(UTC),
                result.outcome,
                reason,
                result.retry_at,
                number=alert.attempts,
            )

    try:
        note(result.reason)
    except (NotFoundError, CorruptError, WrongKeyError):
        try:
            note("")  # a reason is sealed with the subject's key, which may be what is damaged
        except NotFoundError:
            _LOG.info("Alert %s was removed while it was being sent.", alert.id)


def _message(
    work: UnitOfWork, alert: AlertRecord, kind: ChannelKind, discretion: Discretion
) -> OutgoingMessage | None:
    """The message as it should be now; None where the hit was dismissed since."""
    assert alert.hit_id is not None, "an alert about a hit names it"
    hit = work.hits.get(alert.hit_id)
    if hit.disposition == "dismissed":
        return None
    subject = work.subjects.get(alert.subject_id)
    composed = compose_alert(
        _facts(alert, hit, subject.timezone),
        wording_for(subject.language),
        kind=kind,
        discretion=discretion,
        picture=_picture(work, hit) if keeps_picture(alert.counted_attempts - 1) else None,
    )
    return composed.message


def _facts(alert: AlertRecord, hit: HitRecord, time_zone: str) -> AlertFacts:
    return AlertFacts(
        alert_id=alert.id,
        severity=Severity(hit.severity),
        found_at=hit.found_at,
        untrusted_url=hit.post.url,
        untrusted_title=hit.post.untrusted_title,
        untrusted_excerpt=hit.post.untrusted_text,
        time_zone=time_zone,
    )


def _picture(work: UnitOfWork, hit: HitRecord) -> bytes | None:
    """The picture with the mention outlined, else the whole page, of the newest capture.

    The alert matters more than its picture: what cannot be read is left out, for the operator to see in the log.
    """
    for name in _PICTURES:
        try:
            evidence = work.evidence.latest(hit.id)
            address = (
                next((file.vault_address for file in evidence.files if file.name == name), None)
                if evidence
                else None
            )
            if address is not None:
                return work.vault.get(hit.subject_id, address)
        except (CorruptError, NotFoundError, UnreachableError, VaultRefusedError) as error:
            _LOG.warning("A picture of hit %s is missing from its alert: %s", hit.id, error)
    return None
