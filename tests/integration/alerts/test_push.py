"""Alerts to push servers and programs, through Apprise's own plugins and our filtering proxy."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from monitor.alerts.channels import ChannelSettings, channel_from_text
from monitor.alerts.message import DeliveryOutcome, DeliveryStatus, OutgoingMessage
from monitor.alerts.sender import send
from monitor.config import Settings
from spiders.gate import allowed_network_from_text

TOKEN = "tk_verysecrettoken"


def allowing(push: Any, **more: Any) -> Settings:
    """The operator lists the push server's network."""
    exception = allowed_network_from_text(f"127.0.0.1:{push.port}")
    return Settings(allowed_networks=(exception,), sender_name="Post", **more)


def ntfy(push: Any) -> ChannelSettings:
    return channel_from_text("ntfy", {"server": push.url, "topic": "quiet-topic", "token": TOKEN})


def gotify(push: Any) -> ChannelSettings:
    return channel_from_text("gotify", {"server": f"{push.url}/push", "token": "AbCdEf.123456"})


def webhook(push: Any) -> ChannelSettings:
    return channel_from_text("webhook", {"url": f"{push.url}/in/alerts"}, is_operator=True)


def signal(push: Any) -> ChannelSettings:
    url = f"signal://127.0.0.1:{push.port}/+15550000001/+15550000002"
    return channel_from_text("apprise", {"url": url}, is_operator=True)


def tried(outcome: DeliveryOutcome) -> tuple[DeliveryStatus, str]:
    return outcome.status, outcome.reason


DELIVERED = (DeliveryStatus.DELIVERED, "Delivered.")


def test_ntfy_takes_text_and_picture_in_one_request(
    push: Any, message: OutgoingMessage, screenshot: bytes
) -> None:
    assert tried(send(message, ntfy(push), allowing(push))) == DELIVERED
    (request,) = push.requests
    assert request.path == "/quiet-topic"
    assert request.body == screenshot
    assert request.query["filename"] == ["notice-1.png"]
    assert request.query["title"] == [message.title]
    assert request.query["message"] == [message.body]
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_ntfy_without_a_picture_is_a_json_message(push: Any) -> None:
    plain = OutgoingMessage(alert_id="a-1", title="A new notice", body="新通知 *x* <b>")
    assert tried(send(plain, ntfy(push), allowing(push))) == DELIVERED
    (request,) = push.requests
    assert request.json == {"topic": "quiet-topic", "title": "A new notice", "message": "新通知 *x* <b>"}


def test_gotify_takes_the_text_at_its_path(push: Any, message: OutgoingMessage) -> None:
    outcome = send(message, gotify(push), allowing(push))
    assert tried(outcome) == (
        DeliveryStatus.DELIVERED,
        "Delivered without its picture. This service takes no pictures.",
    )
    (request,) = push.requests
    assert request.path == "/push/message"
    assert request.headers["X-Gotify-Key"] == "AbCdEf.123456"
    assert request.json == {"priority": 5, "title": message.title, "message": message.body}


def test_a_webhook_takes_everything_and_the_alerts_id(
    push: Any, message: OutgoingMessage, screenshot: bytes
) -> None:
    assert tried(send(message, webhook(push), allowing(push))) == DELIVERED
    (request,) = push.requests
    assert request.path == "/in/alerts"
    assert request.headers["X-Shamewatch-Id"] == "alert-4711"
    assert request.json["alert_id"] == "alert-4711"
    assert request.json["message"] == message.body
    (attachment,) = request.json["attachments"]
    assert attachment["filename"] == "notice-1.png"
    assert base64.b64decode(attachment["base64"]) == screenshot


def test_an_apprise_url_of_the_operator_is_sent_text_first_then_picture(
    push: Any, message: OutgoingMessage
) -> None:
    assert tried(send(message, signal(push), allowing(push))) == DELIVERED
    text, picture = push.requests
    assert {request.headers["User-Agent"] for request in push.requests} == {"Post"}
    assert {request.headers["Idempotency-Key"] for request in push.requests} == {"alert-4711"}
    assert message.body.splitlines()[0] in text.json["message"]
    assert "base64_attachments" not in text.json
    assert len(picture.json["base64_attachments"]) == 1


@pytest.mark.parametrize("make", [ntfy, gotify, webhook])
def test_every_request_carries_the_alerts_id_as_its_idempotency_key(
    push: Any, message: OutgoingMessage, make: Any
) -> None:
    send(message, make(push), allowing(push))
    assert {request.headers["Idempotency-Key"] for request in push.requests} == {"alert-4711"}


@pytest.mark.parametrize("make", [ntfy, gotify])
def test_no_request_names_the_product_or_the_library(push: Any, message: OutgoingMessage, make: Any) -> None:
    send(message, make(push), allowing(push))
    for request in push.requests:
        told = f"{request.path} {request.query} {request.headers}".lower().encode() + request.body.lower()
        assert b"shamewatch" not in told
        assert b"apprise" not in told
    assert push.requests[0].headers["User-Agent"] == "Post"


def test_a_sender_name_in_another_script_breaks_no_header(push: Any, message: OutgoingMessage) -> None:
    settings = allowing(push).model_copy(update={"sender_name": "通知"})
    assert tried(send(message, ntfy(push), settings)) == DELIVERED
    assert push.requests[0].headers["User-Agent"] == "Notices"


def test_the_operators_own_service_is_reached_by_its_exact_host_and_port(
    push: Any, message: OutgoingMessage
) -> None:
    settings = Settings(services=(f"127.0.0.1:{push.port}",))
    assert tried(send(message, ntfy(push), settings)) == DELIVERED


@pytest.mark.parametrize("status", [400, 413])
@pytest.mark.parametrize("make", [ntfy, webhook])
def test_a_refused_picture_never_loses_the_message(
    push: Any, message: OutgoingMessage, make: Any, status: int
) -> None:
    push.refuses_pictures_with = status
    outcome = send(message, make(push), allowing(push))
    assert (outcome.status, outcome.is_without_picture) == (DeliveryStatus.DELIVERED, True)
    assert f"({status})" in outcome.reason
    assert push.requests[-1].json["message"] == message.body


def test_a_chat_that_refuses_the_picture_is_not_sent_the_text_twice(
    push: Any, message: OutgoingMessage
) -> None:
    push.refuses_pictures_with = 413
    outcome = send(message, signal(push), allowing(push))
    assert (outcome.status, outcome.is_without_picture) == (DeliveryStatus.DELIVERED, True)
    assert len(push.requests) == 2
    assert sum("base64_attachments" not in request.json for request in push.requests) == 1


def test_a_service_that_is_overrun_says_when_to_come_back(push: Any, message: OutgoingMessage) -> None:
    push.answers = [(429, {"Retry-After": "120"})]
    outcome = send(message, ntfy(push), allowing(push))
    assert tried(outcome) == (DeliveryStatus.RETRY, "The service asks to send less often (429).")
    assert outcome.retry_after_s == 120.0
    assert len(push.requests) == 1


@pytest.mark.parametrize(
    ("status", "verdict", "part"),
    [
        (401, DeliveryStatus.FAILED, "did not accept the token or password (401)"),
        (404, DeliveryStatus.FAILED, "knows no such channel (404)"),
        (500, DeliveryStatus.RETRY, "a fault of its own (500)"),
        (503, DeliveryStatus.RETRY, "a fault of its own (503)"),
    ],
)
def test_a_services_answer_becomes_a_verdict_without_its_token(
    push: Any, message: OutgoingMessage, status: int, verdict: DeliveryStatus, part: str
) -> None:
    push.answers = [(status, {})] * 2
    outcome = send(message, ntfy(push), allowing(push))
    assert outcome.status is verdict
    assert part in outcome.reason
    assert TOKEN not in outcome.reason


def test_a_server_that_is_down_is_tried_again(push: Any, message: OutgoingMessage, unused_port: int) -> None:
    channel = channel_from_text(
        "gotify", {"server": f"http://127.0.0.1:{unused_port}", "token": "AbCdEf.123"}
    )
    settings = Settings(allowed_networks=(allowed_network_from_text("127.0.0.1"),))
    outcome = send(message, channel, settings)
    assert outcome.status is DeliveryStatus.RETRY
    assert outcome.reason.startswith(f"127.0.0.1 could not be reached at port {unused_port}")


def test_an_unknown_server_is_tried_again(message: OutgoingMessage) -> None:
    channel = channel_from_text("gotify", {"server": "https://push.invalid", "token": "AbCdEf.123"})
    outcome = send(message, channel, Settings())
    assert tried(outcome) == (DeliveryStatus.RETRY, "push.invalid is unknown to the resolver.")


def telegram(push: Any) -> ChannelSettings:
    token = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
    settings = {"bot_token": token, "chat_id": "-100777", "server": push.url}
    return channel_from_text("telegram", settings)


def test_telegram_is_sent_escaped_text_first_then_the_picture(
    push: Any, message: OutgoingMessage, screenshot: bytes
) -> None:
    assert tried(send(message, telegram(push), allowing(push))) == DELIVERED
    text, picture = push.requests
    assert text.path.endswith("/sendMessage")
    assert text.json["chat_id"] == -100777
    assert "&lt;b&gt;" in text.json["text"]
    assert text.json["disable_web_page_preview"] is True
    assert picture.path.endswith("/sendPhoto")
    assert screenshot in picture.body


def test_a_telegram_token_stands_in_no_reason(push: Any, message: OutgoingMessage) -> None:
    push.answers = [(403, {})]
    outcome = send(message, telegram(push), allowing(push))
    assert tried(outcome) == (
        DeliveryStatus.FAILED,
        "The service does not allow sending to this channel (403).",
    )


def test_a_server_that_hangs_is_left_in_time(push: Any, message: OutgoingMessage) -> None:
    push.delay_s = 2.5
    outcome = send(message, ntfy(push), allowing(push), timeout_s=3.0)
    assert tried(outcome) == (DeliveryStatus.RETRY, "The server did not answer in time.")
    assert outcome.taken_s < 3.0


def over_tls(push: Any) -> ChannelSettings:
    return channel_from_text("ntfy", {"server": f"https://127.0.0.1:{push.port}", "topic": "quiet-topic"})


def test_tls_reaches_through_the_proxy_and_is_verified(
    tls_push: Any, message: OutgoingMessage, authority: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(authority.ca_file))
    assert tried(send(message, over_tls(tls_push), allowing(tls_push))) == DELIVERED
    assert len(tls_push.requests) == 1


def test_a_certificate_that_nobody_vouches_for_stops_the_message(
    tls_push: Any, message: OutgoingMessage
) -> None:
    outcome = send(message, over_tls(tls_push), allowing(tls_push))
    assert outcome.status is DeliveryStatus.RETRY
    assert outcome.reason.startswith("The server's certificate is not valid, so nothing was sent: ")
    assert tls_push.requests == []
