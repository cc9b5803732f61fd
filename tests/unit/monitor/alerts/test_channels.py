"""What may be a channel, what a refusal says, and that no secret is shown."""

from __future__ import annotations

import pytest

from monitor.alerts.channels import (
    AppriseChannel,
    EmailChannel,
    NtfyChannel,
    WebhookChannel,
    channel_from_json,
    channel_from_text,
    channel_to_json,
    describe_channel,
    server_of,
)
from monitor.errors import BadInputError

BOT = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"


def refusal(kind: str, settings: dict[str, object], *, is_operator: bool = False) -> str:
    with pytest.raises(BadInputError) as caught:
        channel_from_text(kind, settings, is_operator=is_operator)
    return str(caught.value)


def test_an_unknown_kind_is_answered_with_the_kinds_there_are() -> None:
    sentence = refusal("pigeon", {})
    assert "There is no channel kind 'pigeon'. Kinds: email, ntfy, telegram, gotify." in sentence


@pytest.mark.parametrize("kind", ["folder", "webhook", "apprise"])
def test_a_borrower_is_not_offered_the_operators_kinds(kind: str) -> None:
    assert f"Only the operator may add a channel of kind {kind}." in refusal(
        kind, {"url": "json://localhost"}
    )
    assert kind in refusal("pigeon", {}, is_operator=True)


@pytest.mark.parametrize("kind", ["wecombot", "dingtalk", "feishu", "json", "syslog", "mailto"])
def test_a_scheme_of_apprise_is_no_kind_of_ours(kind: str) -> None:
    assert "There is no channel kind" in refusal(kind, {"url": f"{kind}://x"}, is_operator=True)


def test_a_good_address_makes_a_mail_channel() -> None:
    channel = channel_from_text("email", {"to": "ana.lim+notice@mail.example.org"})
    assert channel == EmailChannel(to="ana.lim+notice@mail.example.org")


def test_a_host_in_another_script_is_kept_in_its_encoded_form() -> None:
    channel = channel_from_text("email", {"to": "ana@例え.example"})
    assert isinstance(channel, EmailChannel)
    assert channel.to == "ana@xn--r8jz45g.example"


@pytest.mark.parametrize(
    "address",
    [
        "nobody", "@example.org", "a@", "a b@example.org", "a@example.org,b@example.org", "a@example.org\nBcc: b@c.org",
        "Ana <a@example.org>", "a@exa mple.org", "a@-x.org", "a@x..org", "a" * 250 + "@example.org", "",
        '"a b"@example.org', "a@[127.0.0.1]",
    ],
)  # fmt: skip
def test_what_is_no_single_plain_address_is_refused_with_a_sentence(address: str) -> None:
    assert "is no e-mail address: write it as name@example.org" in refusal("email", {"to": address})


def test_a_missing_setting_and_an_unknown_one_are_named() -> None:
    assert "A channel of kind email needs 'to'." in refusal("email", {})
    assert "A channel of kind email has no setting 'cc'." in refusal(
        "email", {"to": "a@b.org", "cc": "c@d.org"}
    )


@pytest.mark.parametrize(
    ("server", "part"),
    [
        ("push.example.org", "is no server address"),
        ("ftp://push.example.org", "is no server address"),
        ("file:///etc/passwd", "is no server address"),
        ("http://push.example.org", "use https"),
        ("https://u:p@push.example.org", "no user name"),
        ("https://push.example.org/?x=1", "question mark"),
        ("https://push.example.org\\@evil.example", "backslash"),
        ("https://push.example.org/a b", "space"),
        ("https://push.example.org:99999", "Port out of range"),
        ("https://push.example.org/topic", "give the topic apart"),
    ],
)
def test_a_bad_server_address_is_refused_with_its_reason(server: str, part: str) -> None:
    assert part in refusal("ntfy", {"server": server, "topic": "x"})


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:8080", "http://10.0.0.7", "http://push.lan", "http://push"]
)
def test_plain_http_is_accepted_only_for_a_near_server(server: str) -> None:
    channel = channel_from_text("ntfy", {"server": server, "topic": "x"})
    assert isinstance(channel, NtfyChannel)


@pytest.mark.parametrize("topic", ["", "a/b", "a?b", "../x", "ä", "x" * 65])
def test_a_topic_is_one_plain_word(topic: str) -> None:
    assert "a topic is 1 to 64" in refusal("ntfy", {"server": "https://push.example.org", "topic": topic})


def test_a_public_telegram_channel_is_refused_because_everyone_would_read_it() -> None:
    assert "everyone would read the alerts" in refusal("telegram", {"bot_token": BOT, "chat_id": "@anyone"})


def test_a_refused_secret_is_not_repeated() -> None:
    sentence = refusal("telegram", {"bot_token": "hunter2-not-a-token", "chat_id": "123456"})
    assert "a bot token looks like" in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    "url",
    ["json://127.0.0.1", "xml://x", "form://x", "dbus://", "syslog://", "windows://", "macosx://", "mailto://x",
     "wecombot://k", "dingtalk://t", "feishu://t", "exec://x", "file:///x", "", "discord"],
)  # fmt: skip
def test_an_apprise_url_outside_the_list_is_refused_even_to_the_operator(url: str) -> None:
    assert "is not allowed. Schemes: bark, barks, discord" in refusal(
        "apprise", {"url": url}, is_operator=True
    )


@pytest.mark.parametrize(
    "parameter", ["verify=no", "template=file:///etc/passwd", "redirect=yes", "attach=http://x"]
)
def test_an_apprise_url_cannot_switch_protection_off(parameter: str) -> None:
    url = f"discord://webhookid/webhooktoken/?{parameter}"
    assert "is not allowed in an Apprise URL" in refusal("apprise", {"url": url}, is_operator=True)


def test_two_apprise_urls_in_one_are_refused() -> None:
    urls = "discord://a/b, json://127.0.0.1"
    assert "is not allowed" in refusal("apprise", {"url": urls}, is_operator=True)


def test_a_relative_folder_is_refused() -> None:
    assert "absolute path" in refusal("folder", {"path": "inbox"}, is_operator=True)


CHANNELS = [
    channel_from_text("email", {"to": "ana@example.org"}),
    channel_from_text(
        "ntfy", {"server": "https://push.example.org", "topic": "quiet", "token": "tk_abcdef123"}
    ),
    channel_from_text("telegram", {"bot_token": BOT, "chat_id": "-1001234567"}),
    channel_from_text("gotify", {"server": "https://push.example.org/gotify", "token": "Abcdef.123"}),
    channel_from_text("folder", {"path": "/srv/inbox"}, is_operator=True),
    channel_from_text("webhook", {"url": "https://hook.example.org/s3cr3tpath"}, is_operator=True),
    channel_from_text("apprise", {"url": "discord://webhookid/webhooktoken"}, is_operator=True),
]


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: str(channel.kind))
def test_a_channel_comes_back_from_storage_as_it_was(channel: EmailChannel) -> None:
    assert channel_from_json(channel_to_json(channel)) == channel


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: str(channel.kind))
def test_no_secret_shows_in_a_description_or_a_repr(channel: EmailChannel) -> None:
    for shown in (repr(channel), str(channel), describe_channel(channel), str(channel.model_dump())):
        for secret in (BOT, "tk_abcdef123", "Abcdef.123", "s3cr3tpath", "webhooktoken"):
            assert secret not in shown


def test_a_description_does_not_give_the_whole_address_away() -> None:
    assert describe_channel(CHANNELS[0]) == "e-mail to a…@example.org"


@pytest.mark.parametrize(
    ("channel", "server"),
    [
        (CHANNELS[0], None),
        (CHANNELS[1], ("push.example.org", 443)),
        (CHANNELS[2], ("api.telegram.org", 443)),
        (NtfyChannel(server="http://10.0.0.7:8080", topic="x"), ("10.0.0.7", 8080)),
        (WebhookChannel.model_validate({"url": "http://10.0.0.7/x"}), ("10.0.0.7", 80)),
        (AppriseChannel.model_validate({"url": "signal://10.0.0.8:9922/+15550000001"}), ("10.0.0.8", 9922)),
        (AppriseChannel.model_validate({"url": "discord://webhookid/webhooktoken"}), None),
    ],
)
def test_the_server_of_a_channel_is_known_for_the_gate(
    channel: EmailChannel, server: tuple[str, int] | None
) -> None:
    assert server_of(channel) == server
