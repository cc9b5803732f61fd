"""What an alert is made of and what became of sending it: plain values that every other alert module shares."""

from __future__ import annotations

import dataclasses
import re
from enum import StrEnum

_ALERT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ChannelKind(StrEnum):
    """Where a channel leads."""

    EMAIL = "email"
    NTFY = "ntfy"
    TELEGRAM = "telegram"
    GOTIFY = "gotify"
    FOLDER = "folder"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class Discretion(StrEnum):
    """How much an alert on a channel may show. The subject chooses; the default is DISCREET."""

    BARE = "bare"  # neutral lines only, no picture
    DISCREET = "discreet"  # neutral on a lock screen; details below the fold of an e-mail
    PLAIN = "plain"  # the subject asked for plain words and the picture


class PictureUse(StrEnum):
    """Which picture goes along."""

    NONE = "none"
    COVERED = "covered"  # nothing can be read in it
    FULL = "full"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertContent:
    """A worded alert. ``attachment_names`` has one name for each picture that ``picture`` asks for."""

    title: str
    body: str
    picture: PictureUse = PictureUse.NONE
    attachment_names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One picture, ready to be sent. ``name`` is seen by the receiver and says nothing."""

    name: str
    media_type: str
    content: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One alert on its way to one channel.

    ``alert_id`` is the same at every attempt, so that a repeat after a lost acknowledgement can be told
    from a second alert. Raises ValueError where it could break a header line.
    """

    alert_id: str
    title: str
    body: str = dataclasses.field(repr=False)
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        if not _ALERT_ID.fullmatch(self.alert_id):
            raise ValueError("an alert id is 1 to 64 letters, digits, dots, dashes and underscores")


class DeliveryStatus(StrEnum):
    DELIVERED = "delivered"
    RETRY = "retry"  # may work later
    FAILED = "failed"  # will not work until the channel is changed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """What one attempt came to. ``reason`` is one sentence without secrets or personal addresses.

    ``retry_after_s`` is what the receiver asked for. ``is_without_picture`` says that the message
    arrived but its picture was refused; ``reason`` then says why.
    """

    status: DeliveryStatus
    reason: str
    taken_s: float = 0.0
    retry_after_s: float | None = None
    is_without_picture: bool = False
