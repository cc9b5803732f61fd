"""Alerts by e-mail, as a real mail server receives them and as it refuses them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from monitor.alerts.channels import EmailChannel
from monitor.alerts.message import DeliveryOutcome, DeliveryStatus, OutgoingMessage
from monitor.alerts.sender import send, test_channel
from monitor.config import Settings

CHANNEL = EmailChannel(to="ana.lim@example.org")


def settings(url: str, **more: Any) -> Settings:
    return Settings(
        smtp_url=SecretStr(url), mail_from="notices@clinic.example", sender_name="新しいお知らせ", **more
    )


def local(port: int) -> Settings:
    return settings(f"smtp://127.0.0.1:{port}?mode=insecure")


def tried(outcome: DeliveryOutcome) -> tuple[DeliveryStatus, str]:
    return outcome.status, outcome.reason


@pytest.fixture
def delivered(mail_server: Callable[..., Any], message: OutgoingMessage) -> Any:
    """One mail, delivered and parsed again."""
    mailbox = mail_server()
    outcome = send(message, CHANNEL, local(mailbox.port))
    assert tried(outcome) == (DeliveryStatus.DELIVERED, "Delivered.")
    assert len(mailbox.mails) == 1
    return mailbox


def test_the_picture_arrives_byte_for_byte(delivered: Any, screenshot: bytes) -> None:
    attachments = list(delivered.mails[0].iter_attachments())
    assert [part.get_filename() for part in attachments] == ["notice-1.png"]
    assert attachments[0].get_content_type() == "image/png"
    received = attachments[0].get_content()
    assert received == screenshot
    Image.open(io.BytesIO(received)).verify()


def test_subject_sender_and_body_arrive_as_written(delivered: Any, message: OutgoingMessage) -> None:
    mail = delivered.mails[0]
    assert mail["Subject"] == "一个新通知"
    assert mail["From"].addresses[0].display_name == "新しいお知らせ"
    assert mail["From"].addresses[0].addr_spec == "notices@clinic.example"
    assert mail["To"] == "ana.lim@example.org"
    assert mail.get_body(("plain",)).get_content().rstrip().replace("\r\n", "\n") == message.body
    assert mail.get_body(("html",)) is None


def test_the_mail_carries_the_alerts_id_and_asks_for_no_holiday_replies(delivered: Any) -> None:
    mail = delivered.mails[0]
    assert mail.get_all("X-Shamewatch-Id") == ["alert-4711"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert len(mail.get_all("Message-ID")) == 1


def test_nothing_in_the_mail_names_the_product_the_library_or_the_machine(delivered: Any) -> None:
    mail = delivered.mails[0]
    for name, value in mail.items():
        if name != "X-Shamewatch-Id":
            assert "shamewatch" not in f"{name}: {value}".lower()
            assert "apprise" not in f"{name}: {value}".lower()
    for part in mail.walk():
        names = f"{part.get_filename()} {part.get_content_type()}"
        text = part.get_content() if part.get_content_maintype() == "text" else ""
        assert "shamewatch" not in (names + text).lower()
        assert "apprise" not in (names + text).lower()
    assert delivered.greetings == ["clinic.example"]


def test_only_the_subject_is_a_recipient(delivered: Any) -> None:
    assert delivered.recipients == [["ana.lim@example.org"]]
    assert delivered.mails[0]["Cc"] is None


def test_a_repeat_carries_the_same_id(mail_server: Callable[..., Any], message: OutgoingMessage) -> None:
    mailbox = mail_server()
    for _ in range(2):
        send(message, CHANNEL, local(mailbox.port))
    assert [mail["X-Shamewatch-Id"] for mail in mailbox.mails] == ["alert-4711", "alert-4711"]


def test_a_trial_reaches_the_mailbox_without_a_picture(mail_server: Callable[..., Any]) -> None:
    mailbox = mail_server()
    outcome = test_channel(CHANNEL, local(mailbox.port), alert_id="trial-1", language="zh-CN")
    assert outcome.status is DeliveryStatus.DELIVERED
    assert mailbox.mails[0]["Subject"] == "新通知"
    assert list(mailbox.mails[0].iter_attachments()) == []


@pytest.mark.parametrize("size", ["552 5.3.4 message too large", "554 5.7.1 no pictures here"])
def test_a_refused_picture_never_loses_the_message(
    mail_server: Callable[..., Any], message: OutgoingMessage, size: str
) -> None:
    mailbox = mail_server()
    mailbox.refuses_pictures_with = size
    outcome = send(message, CHANNEL, local(mailbox.port))
    assert (outcome.status, outcome.is_without_picture) == (DeliveryStatus.DELIVERED, True)
    assert outcome.reason.startswith("Delivered without its picture. The mail server ")
    assert size.partition(" ")[2] in outcome.reason
    assert len(mailbox.mails) == 1
    assert list(mailbox.mails[0].iter_attachments()) == []


def test_a_servers_announced_size_limit_costs_only_the_picture(
    mail_server: Callable[..., Any], message: OutgoingMessage
) -> None:
    mailbox = mail_server(data_size_limit=50_000)
    outcome = send(message, CHANNEL, local(mailbox.port))
    assert (outcome.status, outcome.is_without_picture) == (DeliveryStatus.DELIVERED, True)
    assert len(mailbox.mails) == 1


def test_an_unknown_recipient_is_final_and_the_address_is_not_recorded(
    mail_server: Callable[..., Any], message: OutgoingMessage
) -> None:
    mailbox = mail_server()
    mailbox.rcpt_reply = "550 5.1.1 <ana.lim@example.org> unknown here"
    status, reason = tried(send(message, CHANNEL, local(mailbox.port)))
    assert status is DeliveryStatus.FAILED
    assert reason == "The mail server does not know this address (550): 5.1.1 <…> unknown here"


def test_a_busy_server_is_tried_again(mail_server: Callable[..., Any], message: OutgoingMessage) -> None:
    mailbox = mail_server()
    mailbox.data_replies = ["451 4.3.0 mailbox is busy"]
    first, second = (send(message, CHANNEL, local(mailbox.port)) for _ in range(2))
    assert tried(first) == (
        DeliveryStatus.RETRY,
        "The mail server asks to try later (451): 4.3.0 mailbox is busy",
    )
    assert second.status is DeliveryStatus.DELIVERED
    assert len(mailbox.mails) == 1


def test_greylisting_is_tried_again(mail_server: Callable[..., Any], message: OutgoingMessage) -> None:
    mailbox = mail_server()
    mailbox.rcpt_reply = "450 4.2.1 greylisted"
    assert send(message, CHANNEL, local(mailbox.port)).status is DeliveryStatus.RETRY


def test_no_server_at_all_is_tried_again(message: OutgoingMessage, unused_port: int) -> None:
    outcome = tried(send(message, CHANNEL, local(unused_port)))
    assert outcome == (DeliveryStatus.RETRY, "The server refused the connection.")


def test_a_server_known_by_name_is_reached_at_its_checked_address(
    mail_server: Callable[..., Any], message: OutgoingMessage
) -> None:
    mailbox = mail_server()
    outcome = send(message, CHANNEL, settings(f"smtp://localhost:{mailbox.port}?mode=insecure"))
    assert (outcome.status, len(mailbox.mails)) == (DeliveryStatus.DELIVERED, 1)


def test_an_unknown_name_is_tried_again(message: OutgoingMessage) -> None:
    outcome = send(message, CHANNEL, settings("smtp://mail.invalid:587"))
    assert tried(outcome) == (
        DeliveryStatus.RETRY,
        "The mail server mail.invalid is unknown to the resolver.",
    )


def test_without_a_mail_server_the_outcome_says_what_to_set(message: OutgoingMessage) -> None:
    outcome = send(message, CHANNEL, Settings(smtp_url=None))
    assert outcome.status is DeliveryStatus.RETRY
    assert "no mail server is set" in outcome.reason
    assert "SHAMEWATCH_SMTP_URL" in outcome.reason


def test_a_server_that_hangs_is_left_in_time(
    mail_server: Callable[..., Any], message: OutgoingMessage
) -> None:
    mailbox = mail_server()
    mailbox.delay_s = 2.5
    outcome = send(message, CHANNEL, local(mailbox.port), timeout_s=3.0)
    assert tried(outcome) == (DeliveryStatus.RETRY, "The server did not answer in time.")
    assert outcome.taken_s < 3.0


def test_a_login_over_starttls_is_verified_against_the_operators_authority(
    mail_server: Callable[..., Any], message: OutgoingMessage, authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    mailbox = mail_server(password="p@ss:w/rd", tls_context=authority.server_context, require_starttls=True)
    outcome = send(
        message, CHANNEL, settings(f"smtp://ana:p%40ss%3Aw%2Frd@127.0.0.1:{mailbox.port}?mode=starttls")
    )
    assert tried(outcome) == (DeliveryStatus.DELIVERED, "Delivered.")
    assert mailbox.was_encrypted == [True]


def test_a_wrong_password_is_tried_again_and_not_recorded(
    mail_server: Callable[..., Any], message: OutgoingMessage, authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    mailbox = mail_server(password="right", tls_context=authority.server_context, require_starttls=True)
    outcome = send(message, CHANNEL, settings(f"smtp://ana:wrong-secret@127.0.0.1:{mailbox.port}"))
    assert outcome.status is DeliveryStatus.RETRY
    assert "did not accept the operator's user name or password (535)" in outcome.reason
    assert "wrong-secret" not in outcome.reason
    assert mailbox.mails == []


def test_a_certificate_that_nobody_vouches_for_stops_the_mail(
    mail_server: Callable[..., Any], message: OutgoingMessage, authority: Any
) -> None:
    mailbox = mail_server(tls_context=authority.server_context, require_starttls=True)
    status, reason = tried(send(message, CHANNEL, settings(f"smtp://127.0.0.1:{mailbox.port}")))
    assert status is DeliveryStatus.RETRY
    assert reason.startswith("The server's certificate is not valid, so nothing was sent: ")
    assert mailbox.mails == []


def test_a_server_without_encryption_gets_no_mail(
    mail_server: Callable[..., Any], message: OutgoingMessage
) -> None:
    mailbox = mail_server()
    outcome = tried(send(message, CHANNEL, settings(f"smtp://127.0.0.1:{mailbox.port}?mode=starttls")))
    assert outcome == (
        DeliveryStatus.RETRY,
        "The mail server offers no encryption (STARTTLS), so nothing was sent.",
    )
    assert mailbox.mails == []
