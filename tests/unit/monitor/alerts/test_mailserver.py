"""The operator's mail server out of one setting, and never in the clear over a network."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from monitor.alerts.mailserver import MailMode, mail_server_from_url
from monitor.errors import BadInputError


def refusal(url: str | None) -> str:
    with pytest.raises(BadInputError) as caught:
        mail_server_from_url(None if url is None else SecretStr(url))
    return str(caught.value)


def test_a_whole_address_is_read() -> None:
    server = mail_server_from_url(
        SecretStr("smtp://ana%40example.org:p%3Ass%2Fw@mail.example.org:2525?mode=starttls")
    )
    assert (server.host, server.port, server.mode) == ("mail.example.org", 2525, MailMode.STARTTLS)
    assert (server.user, server.password.get_secret_value()) == ("ana@example.org", "p:ss/w")


@pytest.mark.parametrize(
    ("url", "mode", "port"),
    [
        ("smtp://mail.example.org", MailMode.STARTTLS, 587),
        ("smtps://mail.example.org", MailMode.SSL, 465),
        ("smtp://mail.example.org?mode=ssl", MailMode.SSL, 465),
        ("smtp://localhost?mode=insecure", MailMode.INSECURE, 25),
    ],
)
def test_mode_and_port_have_safe_defaults(url: str, mode: MailMode, port: int) -> None:
    server = mail_server_from_url(SecretStr(url))
    assert (server.mode, server.port) == (mode, port)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_an_open_connection_is_for_this_machine(host: str) -> None:
    assert mail_server_from_url(SecretStr(f"smtp://{host}:8025?mode=insecure")).mode is MailMode.INSECURE


@pytest.mark.parametrize("host", ["mail.example.org", "10.0.0.3", "localhost.example.org"])
def test_an_open_connection_to_another_machine_is_refused(host: str) -> None:
    assert "alerts would travel in the clear" in refusal(f"smtp://{host}?mode=insecure")


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.org",
        "mail.example.org:587",
        "smtp://",
        "smtp://h:99999",
        "smtp://[::1",
        "smtp://h/x",
    ],
)
def test_what_is_no_mail_server_address_is_refused_with_the_right_form(url: str) -> None:
    assert "write SHAMEWATCH_SMTP_URL as" in refusal(url)


def test_an_unknown_option_and_an_unknown_mode_are_named() -> None:
    assert "unknown option 'verify'" in refusal("smtp://h?mode=ssl&verify=no")
    assert "there is no mail mode 'none'" in refusal("smtp://h?mode=none")


def test_no_setting_at_all_says_what_to_set() -> None:
    assert "no mail server is set" in refusal(None)


@pytest.mark.parametrize(
    "url", ["smtp://ana:hunter2@h?mode=none", "smtp://ana:hunter2@h/x", "smtp://ana:hunter2@h:x"]
)
def test_a_refusal_does_not_repeat_the_password(url: str) -> None:
    assert "hunter2" not in refusal(url)
