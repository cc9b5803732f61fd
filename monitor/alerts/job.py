"""What the sending process is told on its standard input and what it answers: one JSON object each way.

Nothing of it is ever put on a command line or into the environment. It holds secrets; it is not logged.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.alerts.mailserver import MailMode
from monitor.alerts.message import DeliveryStatus


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
        hide_input_in_errors=True,
    )


class MailRoute(_Wire):
    """The operator's mail server and how the sender is called."""

    host: str
    port: int
    mode: MailMode
    user: str = Field(default="", repr=False)
    password: str = Field(default="", repr=False)
    sender_address: str


class Destination(_Wire):
    """A host and port with the addresses that the gate has checked."""

    host: str
    port: int
    addresses: tuple[str, ...]


class File(_Wire):
    name: str
    media_type: str
    content: bytes = Field(repr=False)


class SendJob(_Wire):
    """One message to one channel. ``channel`` is the result of ``channel_to_json``.

    ``parent_pid``: who waits for the answer; the sending process ends with it.
    """

    channel: str = Field(repr=False)
    alert_id: str
    title: str
    body: str = Field(repr=False)
    files: tuple[File, ...] = ()
    sender_name: str
    mail: MailRoute | None = None
    destinations: tuple[Destination, ...]
    timeout_s: float
    parent_pid: int | None = None


class SendResult(_Wire):
    """What came of it, already put into words. ``version`` guards against an old child."""

    version: Literal[1] = 1
    status: DeliveryStatus
    reason: str
    retry_after_s: float | None = None
    is_without_picture: bool = False
    was_stopped_by_proxy: bool = False


def job_from_bytes(data: bytes) -> SendJob:
    """Raises pydantic.ValidationError for anything but one of our jobs."""
    return SendJob.model_validate_json(data)


def bytes_from_wire(value: SendJob | SendResult) -> bytes:
    dumped: Any = value.model_dump_json()
    return str(dumped).encode()
