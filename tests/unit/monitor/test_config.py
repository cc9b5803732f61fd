"""Settings are read once, typed, and wrong ones are named with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from monitor.config import Settings
from spiders.gate import allowed_network_from_text


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SHAMEWATCH_{name.upper()}", raising=False)


def test_networks_and_services_are_lists_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMEWATCH_ALLOWED_NETWORKS", "127.0.0.1:8101, 10.0.0.0/8,")
    monkeypatch.setenv("SHAMEWATCH_SERVICES", "push.lan:8080,mail.lan:25")
    settings = Settings()
    assert settings.allowed_networks == (
        allowed_network_from_text("127.0.0.1:8101"),
        allowed_network_from_text("10.0.0.0/8"),
    )
    assert settings.services == ("push.lan:8080", "mail.lan:25")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMEWATCH_HOME", "")
    assert Settings().home != Path()
    assert Settings().home.is_absolute()


def test_paths_are_absolute_and_know_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHAMEWATCH_HOME", "~/data")
    assert Settings().home == tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHAMEWATCH_HOME", "elsewhere")
    assert Settings().home == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("ALLOWED_NETWORKS", "the-lan", "is no network"),
        ("ALLOWED_NETWORKS", "127.0.0.1:99999", "is no network"),
        ("SERVICES", "push.lan", "no exact host:port"),
        ("MAIL_FROM", "not an address", "no e-mail address"),
        ("SMTP_URL", "mail.example.org", "smtp://"),
        ("INTERVAL_S", "5", "greater than or equal to 60"),
    ],
)
def test_a_wrong_value_says_what_to_write(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    monkeypatch.setenv(f"SHAMEWATCH_{name}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert part in str(caught.value)


def test_secrets_do_not_show_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMEWATCH_SMTP_URL", "smtp://me:hunter2@mail.example")
    monkeypatch.setenv("SHAMEWATCH_DATABASE_URL", "postgresql+psycopg://me:hunter2@db.example/x")
    assert "hunter2" not in repr(Settings())
