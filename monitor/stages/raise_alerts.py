"""Evidence → alert: puts what is owed into the outbox, and sends what is due. Never sends without a row in the outbox."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.alerts.channels import ChannelSettings, channel_from_json
from monitor.alerts.compose import compose_alert
from monitor.alerts.message import (
    ChannelKind,
    DeliveryOutcome,
    DeliveryStatus,
    Discretion,
    OutgoingMessage,
)
from monitor.alerts.phrases import wording_for
from monitor.alerts.policy import AlertState, ChannelState, HitState, alerts_due, keeps_picture, next_step
from monitor.alerts.render import AlertFacts
from monitor.detection.model import Severity
from monitor.progress import Step, Watcher
from storage import Scope, Storage, UnitOfWork
from storage.errors import CorruptError, NotFoundError
from storage.repositories.alert import AlertRecord
from storage.repositories.channel import ChannelRecord
from storage.repositories.hit_records import HitRecord

_LOG = logging.getLogger(__name__)
# A channel that is added after hits were found hears of the last week's, not of everything ever found.
_LOOK_BACK = timedelta(days=7)
_PICTURES = ("mention.png", "screenshot.png")
_OUTCOMES = {AlertState.DELIVERED: "delivered", AlertState.WAITING: "retry", AlertState.GIVEN_UP: "failed"}
_DISMISSED = DeliveryOutcome(
    status=DeliveryStatus.FAILED, reason="The hit was dismissed before the alert was sent."
)
Send = Callable[[OutgoingMessage, ChannelSettings], DeliveryOutcome]


def channel_settings(channel: ChannelRecord) -> ChannelSettings:
    """The typed settings that were stored for a channel."""
    return channel_from_json(channel.settings["channel"])


def discretion_of(channel: ChannelRecord) -> Discretion:
    """How much the subject lets this channel show."""
    return Discretion.DISCREET if channel.is_discreet else Discretion.PLAIN


def enqueue_alerts(storage: Storage, limit: int = 500) -> int:
    """Put every alert that is owed into the outbox. The number of new rows; a repeat adds none."""
    count = 0
    with storage.begin(Scope.operator()) as work:
        for hit_id, channel_id in work.alerts.owed(_LOOK_BACK, limit):
            hit = work.hits.get(hit_id)
            channel = work.channels.get(channel_id)
            state = ChannelState(
                channel_id=channel.id, kind=ChannelKind(channel.kind), discretion=discretion_of(channel)
            )
            is_dismissed = hit.disposition == "dismissed"
            found = HitState(hit_id=hit.id, severity=Severity(hit.severity), is_dismissed=is_dismissed)
            for due in alerts_due(found, [state]):
                count += work.alerts.enqueue(str(due.hit_id), str(due.channel_id)) is not None
    return count


def deliver_alerts(storage: Storage, send: Send, watcher: Watcher, limit: int = 100) -> int:
    """Send what is due, one message at a time; record every attempt. The number of attempts."""
    attempts = 0
    while attempts < limit:
        with storage.begin(Scope.operator()) as work:
            claimed = work.alerts.claim(datetime.now(UTC), limit=1)
        if not claimed:
            break
        _deliver(storage, claimed[0], send, watcher)
        attempts += 1
    return attempts


def _deliver(storage: Storage, alert: AlertRecord, send: Send, watcher: Watcher) -> None:
    with storage.read(Scope.operator()) as work:
        channel = work.channels.get(alert.channel_id)
        message = _message(work, alert, channel)
    outcome = send(message, channel_settings(channel)) if message else _DISMISSED
    now = datetime.now(UTC)
    # Spread so that alerts which failed together do not come back together; no secret depends on it.
    step = next_step(outcome, attempts=alert.attempts + 1, now=now, jitter=random.random())  # noqa: S311
    with storage.begin(Scope.operator()) as work:
        work.alerts.record_attempt(alert.id, now, _OUTCOMES[step.state], step.reason, step.retry_at)
    watcher.happened(Step.DELIVERY, outcome=_OUTCOMES[step.state], where=channel.kind)


def _message(work: UnitOfWork, alert: AlertRecord, channel: ChannelRecord) -> OutgoingMessage | None:
    """The message as it should be now; None where the hit was dismissed since."""
    assert alert.hit_id is not None, "an alert about a hit names it"
    hit = work.hits.get(alert.hit_id)
    if hit.disposition == "dismissed":
        return None
    subject = work.subjects.get(alert.subject_id)
    composed = compose_alert(
        _facts(alert, hit, subject.timezone),
        wording_for(subject.language),
        kind=ChannelKind(channel.kind),
        discretion=discretion_of(channel),
        picture=_picture(work, hit) if keeps_picture(alert.attempts) else None,
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
    """The picture with the mention outlined, else the whole page, of the newest capture."""
    evidence = work.evidence.latest(hit.id)
    addresses: Mapping[str, Any] = (
        {file.name: file.vault_address for file in evidence.files} if evidence else {}
    )
    for name in _PICTURES:
        if name in addresses:
            try:
                return work.vault.get(hit.subject_id, addresses[name])
            except (CorruptError, NotFoundError) as error:
                # The alert matters more than its picture; the fault is the operator's to see.
                _LOG.warning("The picture of hit %s is missing from its alert: %s", hit.id, error)
    return None
