"""Puts wording and picture together into the message for one channel; sends nothing and stores nothing."""

from __future__ import annotations

import dataclasses

from monitor.alerts.message import Attachment, ChannelKind, Discretion, OutgoingMessage, PictureUse
from monitor.alerts.phrases import Wording
from monitor.alerts.picture import PictureLimit, PictureRefusedError, covered_picture, fitted_picture
from monitor.alerts.policy import picture_use
from monitor.alerts.render import AlertFacts, render_alert

_LIMITS: dict[ChannelKind, PictureLimit] = {
    ChannelKind.EMAIL: PictureLimit(max_bytes=7_000_000),  # 10 MB with base64, the smallest common limit
    ChannelKind.NTFY: PictureLimit(max_bytes=1_900_000),  # 2 MB where ntfy.sh is used without an account
    ChannelKind.TELEGRAM: PictureLimit(max_bytes=9_000_000, max_side_px=4_900),  # width + height <= 10,000
    ChannelKind.WEBHOOK: PictureLimit(max_bytes=7_000_000),
    ChannelKind.APPRISE: PictureLimit(max_bytes=1_900_000, max_side_px=4_000),
    ChannelKind.FOLDER: PictureLimit(max_bytes=1_000_000_000),
}


def picture_limit(kind: ChannelKind) -> PictureLimit:
    """What a kind of channel takes. Gotify takes no picture and has no limit: KeyError."""
    return _LIMITS[kind]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message ready for ``send``. ``note`` says why a picture that there was does not go along."""

    message: OutgoingMessage
    note: str = ""


def compose_alert(
    facts: AlertFacts,
    wording: Wording,
    *,
    kind: ChannelKind,
    discretion: Discretion = Discretion.DISCREET,
    picture: bytes | None = None,
) -> Composed:
    """Word the alert and prepare the capture's PNG as the policy allows for this kind of channel.

    A picture that cannot be used never loses the message. ``facts.has_picture`` is set here.
    """
    attachment, note = None, ""
    if picture is not None:
        try:
            attachment = _prepared(picture, kind, picture_use(kind, discretion))
        except PictureRefusedError as error:
            note = str(error)
    facts = dataclasses.replace(facts, has_picture=attachment is not None)
    content = render_alert(facts, wording, kind=kind, discretion=discretion)
    message = OutgoingMessage(
        alert_id=facts.alert_id,
        title=content.title,
        body=content.body,
        attachments=(attachment,) if attachment is not None else (),
    )
    return Composed(message=message, note=note)


def _prepared(picture: bytes, kind: ChannelKind, use: PictureUse) -> Attachment | None:
    match use:
        case PictureUse.NONE:
            return None
        case PictureUse.COVERED:
            return covered_picture(picture)
        case PictureUse.FULL:
            return fitted_picture(picture, picture_limit(kind))
