"""Who is alerted, with which picture, and when a failed attempt comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerts.message import ChannelKind, DeliveryOutcome, DeliveryStatus, Discretion, PictureUse
from monitor.alerts.policy import (
    AlertState,
    ChannelState,
    HitState,
    RetryRule,
    alerts_due,
    keeps_picture,
    next_step,
    picture_use,
)
from monitor.detection.model import Severity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HIT = HitState(hit_id=7, severity=Severity.MEDIUM)
MAIL = ChannelState(channel_id=1, kind=ChannelKind.EMAIL)
PUSH = ChannelState(channel_id=2, kind=ChannelKind.NTFY)


def outcome(
    status: DeliveryStatus, reason: str = "The server did not answer in time.", **more: float
) -> DeliveryOutcome:
    return DeliveryOutcome(status=status, reason=reason, **more)


def test_every_active_channel_is_owed_one_alert_of_a_hit() -> None:
    due = alerts_due(HIT, [MAIL, PUSH])
    assert [(alert.hit_id, alert.channel_id) for alert in due] == [(7, 1), (7, 2)]


def test_what_has_an_outbox_row_is_not_owed_again() -> None:
    assert [alert.channel_id for alert in alerts_due(HIT, [MAIL, PUSH], {(7, 1)})] == [2]


def test_an_alert_of_another_hit_does_not_count_for_this_one() -> None:
    assert len(alerts_due(HIT, [MAIL], {(8, 1), (1, 7)})) == 1


def test_a_dismissed_hit_alerts_nobody() -> None:
    dismissed = HitState(hit_id=7, severity=Severity.CRITICAL, is_dismissed=True)
    assert alerts_due(dismissed, [MAIL, PUSH]) == ()


def test_a_paused_channel_is_left_alone() -> None:
    paused = ChannelState(channel_id=1, kind=ChannelKind.EMAIL, is_active=False)
    assert alerts_due(HIT, [paused]) == ()


@pytest.mark.parametrize(
    ("severity", "is_owed"),
    [(Severity.LOW, False), (Severity.MEDIUM, False), (Severity.HIGH, True), (Severity.CRITICAL, True)],
)
def test_a_channel_hears_only_of_hits_as_bad_as_it_asked_for(severity: Severity, is_owed: bool) -> None:
    channel = ChannelState(channel_id=1, kind=ChannelKind.EMAIL, minimum=Severity.HIGH)
    assert bool(alerts_due(HitState(hit_id=7, severity=severity), [channel])) is is_owed


@pytest.mark.parametrize("kind", [ChannelKind.NTFY, ChannelKind.TELEGRAM, ChannelKind.APPRISE])
def test_push_and_chat_carry_a_covered_picture_until_the_subject_opts_in(kind: ChannelKind) -> None:
    assert picture_use(kind, Discretion.DISCREET) is PictureUse.COVERED
    assert picture_use(kind, Discretion.PLAIN) is PictureUse.FULL


def test_a_discreet_mail_carries_the_picture_inside() -> None:
    assert picture_use(ChannelKind.EMAIL, Discretion.DISCREET) is PictureUse.FULL


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_a_bare_channel_of_any_kind_carries_no_picture(kind: ChannelKind) -> None:
    assert picture_use(kind, Discretion.BARE) is PictureUse.NONE


def test_gotify_which_takes_no_files_is_never_promised_a_picture() -> None:
    assert picture_use(ChannelKind.GOTIFY, Discretion.PLAIN) is PictureUse.NONE


def test_the_due_alert_says_which_picture_it_carries() -> None:
    assert [alert.picture for alert in alerts_due(HIT, [MAIL, PUSH])] == [PictureUse.FULL, PictureUse.COVERED]


def test_a_delivered_alert_is_done() -> None:
    step = next_step(outcome(DeliveryStatus.DELIVERED, "Delivered."), attempts=3, now=NOW, jitter=0.5)
    assert (step.state, step.retry_at) == (AlertState.DELIVERED, None)


def test_what_cannot_work_is_given_up_at_once_with_its_reason() -> None:
    step = next_step(outcome(DeliveryStatus.FAILED, "No such chat."), attempts=1, now=NOW, jitter=0.5)
    assert (step.state, step.reason, step.retry_at) == (AlertState.GIVEN_UP, "No such chat.", None)


def test_delays_double_up_to_the_longest() -> None:
    rule = RetryRule(first_delay_s=30, longest_delay_s=200, max_attempts=10)
    delays = []
    for attempts in range(1, 6):
        step = next_step(outcome(DeliveryStatus.RETRY), attempts=attempts, now=NOW, jitter=1.0, rule=rule)
        assert step.retry_at is not None
        delays.append((step.retry_at - NOW).total_seconds())
    assert delays == [30, 60, 120, 200, 200]


def test_jitter_spreads_the_delay_over_its_upper_half() -> None:
    early = next_step(outcome(DeliveryStatus.RETRY), attempts=1, now=NOW, jitter=0.0)
    late = next_step(outcome(DeliveryStatus.RETRY), attempts=1, now=NOW, jitter=1.0)
    assert (early.retry_at, late.retry_at) == (NOW + timedelta(seconds=15), NOW + timedelta(seconds=30))


def test_the_receivers_wish_to_wait_is_a_lower_bound() -> None:
    step = next_step(outcome(DeliveryStatus.RETRY, retry_after_s=900.0), attempts=1, now=NOW, jitter=0.0)
    assert step.retry_at == NOW + timedelta(seconds=900)


def test_a_receiver_cannot_silence_an_alert_for_a_year() -> None:
    step = next_step(outcome(DeliveryStatus.RETRY, retry_after_s=3.2e7), attempts=1, now=NOW, jitter=0.0)
    assert step.retry_at == NOW + timedelta(days=1)


def test_attempts_are_bounded_and_giving_up_says_so() -> None:
    rule = RetryRule(max_attempts=3)
    waiting = next_step(outcome(DeliveryStatus.RETRY), attempts=2, now=NOW, jitter=0, rule=rule)
    ended = next_step(outcome(DeliveryStatus.RETRY), attempts=3, now=NOW, jitter=0, rule=rule)
    assert waiting.state is AlertState.WAITING
    assert ended.state is AlertState.GIVEN_UP
    assert ended.reason == "Given up after 3 attempts. The last one: The server did not answer in time."


def test_the_default_rule_tries_for_about_a_day() -> None:
    total = timedelta()
    for attempts in range(1, RetryRule().max_attempts):
        step = next_step(outcome(DeliveryStatus.RETRY), attempts=attempts, now=NOW, jitter=0.5)
        assert step.retry_at is not None
        total += step.retry_at - NOW
    assert timedelta(hours=16) < total < timedelta(hours=48)


def test_after_three_failures_the_message_goes_without_its_picture() -> None:
    assert [keeps_picture(failed) for failed in range(5)] == [True, True, True, False, False]
