"""How far back a new channel hears, which picture goes along, when a failed attempt is tried again; sends and stores nothing."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.alerts.message import ChannelKind, DeliveryOutcome, DeliveryStatus, Discretion, PictureUse

# A channel that is added after hits were found hears of the last week's, not of everything ever found.
LOOK_BACK = timedelta(days=7)
# Only the inside of a mail or of the operator's own folder is out of sight of a lock screen.
_OUT_OF_SIGHT = frozenset({ChannelKind.EMAIL, ChannelKind.FOLDER})
_LONGEST_WISH_S = 86_400.0


def picture_use(kind: ChannelKind, discretion: Discretion) -> PictureUse:
    """Which picture a channel carries: an e-mail the full one; push and chat a covered one until opted in."""
    if discretion is Discretion.BARE or kind is ChannelKind.GOTIFY:  # Gotify carries no files
        return PictureUse.NONE
    if kind in _OUT_OF_SIGHT or discretion is Discretion.PLAIN:
        return PictureUse.FULL
    return PictureUse.COVERED


def keeps_picture(failed_attempts: int) -> bool:
    """Whether the next attempt still carries the picture.

    A server that hangs up on large messages never says so; after three failures the message goes alone.
    An attempt that was begun and never ended counts: the picture may be what ended it.
    """
    return failed_attempts < 3


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """How patient we are. The defaults try for about a day."""

    first_delay_s: float = 30.0
    longest_delay_s: float = 21_600.0
    max_attempts: int = 14


class AlertState(StrEnum):
    """Where an alert stands after an attempt. GIVEN_UP is shown to people, with its reason."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    GIVEN_UP = "given up"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to record after an attempt. ``retry_at`` is set only while WAITING."""

    state: AlertState
    reason: str
    retry_at: datetime | None = None


_DEFAULT_RULE = RetryRule()


def next_step(
    outcome: DeliveryOutcome,
    *,
    attempts: int,
    now: datetime,
    jitter: float,
    rule: RetryRule = _DEFAULT_RULE,
) -> NextStep:
    """What follows an attempt.

    ``attempts`` counts this one too. ``jitter`` is a random number in 0..1 from the caller: the delay
    is doubled at each attempt and then spread over its upper half, so that alerts which failed
    together do not come back together. A receiver's own wish (Retry-After) is a lower bound, for at
    most a day.
    """
    if outcome.status is DeliveryStatus.DELIVERED:
        return NextStep(state=AlertState.DELIVERED, reason=outcome.reason)
    if outcome.status is DeliveryStatus.FAILED:
        return NextStep(state=AlertState.GIVEN_UP, reason=outcome.reason)
    if attempts >= rule.max_attempts:
        reason = f"Given up after {attempts} attempts. The last one: {outcome.reason}"
        return NextStep(state=AlertState.GIVEN_UP, reason=reason)
    doublings = min(max(attempts, 1) - 1, 40)
    delay_s = min(rule.first_delay_s * 2.0**doublings, rule.longest_delay_s)
    delay_s *= 0.5 + 0.5 * min(max(jitter, 0.0), 1.0)
    delay_s = max(delay_s, min(outcome.retry_after_s or 0.0, _LONGEST_WISH_S))
    return NextStep(
        state=AlertState.WAITING, reason=outcome.reason, retry_at=now + timedelta(seconds=delay_s)
    )
