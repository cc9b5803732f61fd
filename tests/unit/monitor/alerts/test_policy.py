"""Which picture an alert carries, and when a failed attempt comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.alerts.message import ChannelKind, DeliveryOutcome, DeliveryStatus, Discretion, PictureUse
from monitor.alerts.policy import (
    AlertState,
    RetryRule,
    keeps_picture,
    next_step,
    picture_use,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def outcome(
    status: DeliveryStatus, reason: str = "The server did not answer in time.", **more: float
) -> DeliveryOutcome:
    return DeliveryOutcome(status=status, reason=reason, **more)


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
