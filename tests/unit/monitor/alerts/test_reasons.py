"""What stood in a log becomes a verdict and a sentence, and nothing secret is kept.

The lines are those that Apprise 2.3 and the standard library wrote in real failures.
"""

from __future__ import annotations

import pytest

from monitor.alerts.message import DeliveryStatus
from monitor.alerts.reasons import Observation, reason_from_observation, redacted, without_secrets

RETRY, FAILED = DeliveryStatus.RETRY, DeliveryStatus.FAILED


def reason_of(*lines: str, statuses: tuple[int, ...] = ()) -> tuple[DeliveryStatus, str]:
    reason = reason_from_observation(Observation(lines=lines, http_statuses=statuses))
    return reason.status, reason.sentence


@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ("Socket Exception: (535, b'5.7.8 Bad credentials')", RETRY,
         "The mail server did not accept the operator's user name or password (535): 5.7.8 Bad credentials"),
        ("Socket Exception: {'ana@example.org': (550, b'5.1.1 <ana@example.org>: no such user')}", FAILED,
         "The mail server does not know this address (550): 5.1.1 <…>: no such user"),
        ("Socket Exception: {'ana@example.org': (450, b'4.2.1 greylisted')}", RETRY,
         "The mail server does not take mail for this address yet (450): 4.2.1 greylisted"),
        ("SMTP recipient ana@example.org was refused: 550 b'5.1.1 unknown'", FAILED,
         "The mail server does not know this address (550): 5.1.1 unknown"),
        ("Socket Exception: (451, b'4.3.0 try again')", RETRY, "The mail server asks to try later (451): 4.3.0 try again"),
        ("Socket Exception: (554, b'5.7.1 spam')", FAILED, "The mail server refused the message (554): 5.7.1 spam"),
        ("Socket Exception: (552, b'5.3.4 too big')", FAILED, "The mail server found the message too large (552): 5.3.4 too big"),
        ("Socket Exception: (550, b'5.7.1 not you', 'notices@example.org')", FAILED,
         "The mail server refused the message (550): 5.7.1 not you"),
        ("Socket Exception: (454, b\"4.7.0 can't\")", RETRY,
         "The mail server did not accept the operator's user name or password (454): 4.7.0 can't"),
        ("Socket Exception: [Errno 111] Connection refused", RETRY, "The server refused the connection."),
        ("Socket Exception: timed out", RETRY, "The server did not answer in time."),
        ("Socket Exception: Connection unexpectedly closed", RETRY,
         "The server ended the connection before it had accepted the message."),
        ("Socket Exception: STARTTLS extension not supported by server.", RETRY,
         "The mail server offers no encryption (STARTTLS), so nothing was sent."),
        ("Socket Exception: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1016)",
         RETRY, "The server's certificate is not valid, so nothing was sent: self-signed certificate."),
        ("Socket Exception: [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1016)", RETRY,
         "No encrypted connection could be made, so nothing was sent."),
        ("Socket Exception: [Errno -2] Name or service not known", RETRY, "The server's name could not be looked up."),
    ],
)  # fmt: skip
def test_a_line_becomes_a_verdict_and_a_sentence(line: str, status: DeliveryStatus, sentence: str) -> None:
    assert reason_of('Connection error while submitting email to "h"', line) == (status, sentence)


@pytest.mark.parametrize(
    ("http", "status", "part"),
    [
        (400, FAILED, "did not accept the message (400)"),
        (401, FAILED, "did not accept the token or password (401)"),
        (403, FAILED, "does not allow"),
        (404, FAILED, "knows no such channel"),
        (413, FAILED, "too large"),
        (418, FAILED, "refused the message (418)"),
        (429, RETRY, "less often"),
        (500, RETRY, "a fault of its own (500)"),
        (503, RETRY, "a fault of its own (503)"),
        (302, FAILED, "points to another address (302), which is not followed"),
    ],
)
def test_a_web_services_status_decides(http: int, status: DeliveryStatus, part: str) -> None:
    verdict, sentence = reason_of("Failed to send: error=1.", statuses=(200, http))
    assert verdict is status
    assert part in sentence


@pytest.mark.parametrize(
    ("observation", "is_worth"),
    [
        (Observation(http_statuses=(413,)), True),
        (Observation(http_statuses=(400,)), True),
        (Observation(http_statuses=(401,)), False),
        (Observation(http_statuses=(429,)), False),
        (Observation(http_statuses=(500,)), False),
        (Observation(lines=("Socket Exception: (552, b'too big')",)), True),
        (Observation(lines=("Socket Exception: (554, b'no pictures')",)), True),
        (Observation(lines=("Socket Exception: (451, b'later')",)), False),
        (Observation(lines=("Socket Exception: {'a@b.org': (550, b'unknown')}",)), False),
        (Observation(lines=("Socket Exception: timed out",)), False),
    ],
)
def test_only_a_refusal_that_may_be_about_the_picture_is_worth_a_second_try(
    observation: Observation, is_worth: bool
) -> None:
    assert reason_from_observation(observation).is_worth_without_picture is is_worth


def test_what_nobody_foresaw_is_tried_again_with_its_redacted_line() -> None:
    status, sentence = reason_of("Oddity at https://push.example.org/bot123456:SECRET for ana@example.org")
    assert (status, sentence) == (RETRY, "The message was not sent: Oddity at … for …")


def test_no_line_at_all_is_a_reason_too() -> None:
    assert reason_of() == (RETRY, "The message was not sent: nothing was reported")


def test_addresses_and_long_numbers_are_taken_out_and_lines_are_joined() -> None:
    said = "no user <ana@example.org>,\r\n call +86 138 0000 1234 or see https://x.example/t?token=1\x1b[2J"
    assert redacted(said) == "no user <…>, call … or see …"


def test_a_reply_without_end_is_cut() -> None:
    assert len(redacted("x" * 10_000)) == 200


def test_secrets_are_blotted_out_the_longest_first() -> None:
    assert without_secrets("token tk_abcdef and tk_abc", ("tk_abc", "tk_abcdef", "to")) == "token … and …"
