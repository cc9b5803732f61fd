"""A mail server for one's own machine: takes every message on loopback and lays it down as a file. Delivers nothing onwards."""

from __future__ import annotations

import email
import email.policy
import itertools
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _FileEachMessage:
    """aiosmtpd handler: one ``.eml`` file a message, numbered in order of arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        content = envelope.original_content or b""
        path = self._folder / f"{next(self._numbers):03d}.eml"
        path.write_bytes(content)
        return "250 Message accepted for delivery"


class Mailbox:
    """A running mailbox: ``with Mailbox(folder) as mailbox: … mailbox.smtp_url``."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or _free_port()
        self._controller = Controller(
            _FileEachMessage(folder),
            hostname="127.0.0.1",
            port=self.port,
            data_size_limit=50_000_000,
            ident="mailbox",
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    @property
    def smtp_url(self) -> str:
        """What SHAMEWATCH_SMTP_URL must be for alerts to arrive here."""
        return f"smtp://127.0.0.1:{self.port}?mode=insecure"

    def messages(self) -> Iterator[EmailMessage]:
        """The messages that have arrived, oldest first, parsed."""
        for path in sorted(self.folder.glob("*.eml")):
            yield email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _free_port() -> int:
    """A free loopback port. The controller cannot be started on port 0: it connects to the number it was given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
