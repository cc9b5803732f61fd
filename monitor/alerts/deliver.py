"""The sending process: one message through Apprise, then the end (``python -P -m monitor.alerts.deliver``).

It is told everything on its standard input, reaches only the destinations named there, and answers with
one JSON object. It never decides where a message goes, and it is the only module that knows Apprise.
"""

# mypy: disable-error-code="no-untyped-call"
# Apprise types its calls but not its constructors.

from __future__ import annotations

import dataclasses
import logging
import math
import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyBase, NotifyFormat
from apprise.attachment.memory import AttachMemory
from apprise.exception import AppriseException
from apprise.logger import logger as apprise_logger
from apprise.manager_plugins import NotificationManager

from monitor.alerts.channels import (
    APPRISE_SCHEMES,
    AppriseChannel,
    ChannelSettings,
    EmailChannel,
    GotifyChannel,
    NtfyChannel,
    TelegramChannel,
    WebhookChannel,
    channel_from_json,
)
from monitor.alerts.confine import confine
from monitor.alerts.job import MailRoute, SendJob, SendResult, bytes_from_wire, job_from_bytes
from monitor.alerts.lifeline import end_with_parent, guard_handover
from monitor.alerts.message import DeliveryStatus
from monitor.alerts.witness import Witness, mark_requests

_NEUTRAL_APP_ID = "Notices"


@dataclasses.dataclass(frozen=True, slots=True)
class _Courier:
    """A plugin ready to send. ``is_one_piece``: text and picture travel together or not at all."""

    service: Apprise
    is_one_piece: bool
    takes_files: bool = True


def main() -> int:
    """Read the job, send, answer. The exit code is 0 whenever there is an answer."""
    starter_pid = os.getppid()
    end_with_parent()
    answer_fd = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may speak on the answering pipe
    job = job_from_bytes(sys.stdin.buffer.read())
    signal.alarm(math.ceil(job.timeout_s) + 1)  # also where whoever would end us was killed
    guard_handover(job.parent_pid or starter_pid, answer_fd)
    channel = channel_from_json(job.channel)
    witness = Witness()
    apprise_logger.handlers[:] = [witness]
    apprise_logger.setLevel(logging.DEBUG)
    apprise_logger.propagate = False
    mark_requests(job.alert_id, witness)
    confine(
        {(place.host, place.port): place.addresses for place in job.destinations}, helo_name=_helo_name(job)
    )
    result = _send(job, channel, witness)
    os.write(answer_fd, bytes_from_wire(result))
    return 0


def _send(job: SendJob, channel: ChannelSettings, witness: Witness) -> SendResult:
    try:
        courier = _courier(job, channel)
    except (AppriseException, TypeError) as error:
        reason = f"The settings of the channel cannot be used: {type(error).__name__}."
        return SendResult(status=DeliveryStatus.FAILED, reason=reason)
    files = _attachments(job)
    if files is None or not courier.takes_files:
        text = _attempt(witness, lambda: _notify(courier, job, None))
        is_short = files is not None and text.status is DeliveryStatus.DELIVERED
        return _without_picture("This service takes no pictures.") if is_short else text
    if courier.is_one_piece:
        return _send_together(courier, job, files, witness)
    return _send_apart(courier, job, files, witness)


def _send_together(courier: _Courier, job: SendJob, files: AppriseAttachment, witness: Witness) -> SendResult:
    """With the picture; where that is refused for good, without it: the message matters more."""
    whole = _attempt(witness, lambda: _notify(courier, job, files))
    is_settled = whole.status is DeliveryStatus.DELIVERED or whole.was_stopped_by_proxy
    if is_settled or not witness.reason().is_worth_without_picture:
        return whole
    text = _attempt(witness, lambda: _notify(courier, job, None))
    if text.status is not DeliveryStatus.DELIVERED:
        return text
    return _without_picture(whole.reason)


def _send_apart(courier: _Courier, job: SendJob, files: AppriseAttachment, witness: Witness) -> SendResult:
    """Text, then picture, for services that take them one after the other: the text is never sent twice."""
    text = _attempt(witness, lambda: _notify(courier, job, None))
    if text.status is not DeliveryStatus.DELIVERED:
        return text
    picture = _attempt(witness, lambda: _notify(courier, job, files, is_text=False))
    return text if picture.status is DeliveryStatus.DELIVERED else _without_picture(picture.reason)


def _without_picture(why: str) -> SendResult:
    return SendResult(
        status=DeliveryStatus.DELIVERED,
        reason=f"Delivered without its picture. {why}",
        is_without_picture=True,
    )


def _attempt(witness: Witness, notify: Callable[[], bool]) -> SendResult:
    witness.forget()
    try:
        is_sent = notify()
    except AppriseException as error:
        witness.lines.append(f"{type(error).__name__}: {error}")
        is_sent = False
    if is_sent:
        return SendResult(status=DeliveryStatus.DELIVERED, reason="Delivered.")
    reason = witness.reason()
    return SendResult(
        status=reason.status,
        reason=reason.sentence,
        retry_after_s=witness.retry_after_s,
        was_stopped_by_proxy=witness.was_stopped_by_proxy,
    )


def _notify(
    courier: _Courier, job: SendJob, files: AppriseAttachment | None, *, is_text: bool = True
) -> bool:
    """Through Apprise itself, not the plugin: only that way is text escaped for services that want HTML."""
    body, title = (job.body, job.title) if is_text else ("", "")
    return bool(courier.service.notify(body=body, title=title, attach=files, body_format=NotifyFormat.TEXT))


def _attachments(job: SendJob) -> AppriseAttachment | None:
    if not job.files:
        return None
    files = AppriseAttachment(asset=_asset(job))
    for file in job.files:
        files.add(AttachMemory(content=file.content, name=file.name, mimetype=file.media_type))
    return files


def _asset(job: SendJob) -> AppriseAsset:
    """Neutral names where Apprise would put its own, and none of its pictures."""
    app_id = job.sender_name if job.sender_name.isascii() and job.sender_name.strip() else _NEUTRAL_APP_ID
    return AppriseAsset(
        app_id=app_id,
        app_desc=app_id,
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        async_mode=False,
        http_redirects=False,
        secure_logging=True,
    )


def _courier(job: SendJob, channel: ChannelSettings) -> _Courier:
    """Build the service. Only the wanted plugin is imported: loading all of them costs most of a second."""
    match channel:
        case EmailChannel():
            plugin = _email(job, channel)
        case NtfyChannel():
            plugin = _ntfy(job, channel)
        case GotifyChannel():
            plugin = _gotify(job, channel)
        case WebhookChannel():
            plugin = _webhook(job, channel)
        case TelegramChannel():
            plugin = _telegram(job, channel)
        case AppriseChannel():
            plugin = _from_url(job, channel)
        case _:
            raise TypeError("this kind of channel needs no sending process")
    is_one_piece = not isinstance(channel, TelegramChannel | AppriseChannel)
    plugin.verify_certificate = True
    plugin.redirects = False
    plugin.socket_connect_timeout = plugin.socket_read_timeout = max(1.0, job.timeout_s / 3)
    # The default waits over five seconds between the parts of one message.
    plugin.request_rate_per_sec = 0.0 if is_one_piece else 1.0
    service = Apprise(asset=_asset(job))
    service.add(plugin)
    takes_files = bool(plugin.attachment_support)
    return _Courier(service, is_one_piece=is_one_piece, takes_files=takes_files)


def _email(job: SendJob, channel: EmailChannel) -> NotifyBase:
    from apprise.plugins.email import NotifyEmail  # noqa: PLC0415 - only the wanted plugin is loaded

    route = job.mail
    if route is None:
        raise TypeError("an e-mail needs a mail route")
    headers = {
        "X-Shamewatch-Id": job.alert_id,
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday reply tells anyone of it
        "X-Auto-Response-Suppress": "All",
    }
    plugin = NotifyEmail(
        host=route.host,
        port=route.port,
        smtp_host=route.host,
        secure_mode=route.mode.value,
        schema="mailto" if route.mode.value == "insecure" else "mailtos",
        from_addr=route.sender_address,
        targets=[channel.to],
        headers=headers,
        format="text",
        asset=_asset(job),
    )
    # Set afterwards, because the constructor guesses at names and decodes passwords.
    plugin.from_addr = [job.sender_name, route.sender_address]
    plugin.targets = [(False, channel.to)]
    plugin.user, plugin.password = route.user or None, route.password or None
    return plugin


def _server_arguments(server: str) -> dict[str, Any]:
    parts = urlsplit(server)
    host = parts.hostname or ""
    return {
        "host": f"[{host}]" if ":" in host else host,
        "port": parts.port,
        "secure": parts.scheme == "https",
    }


def _ntfy(job: SendJob, channel: NtfyChannel) -> NotifyBase:
    from apprise.plugins.ntfy import NotifyNtfy  # noqa: PLC0415

    token = channel.token.get_secret_value() if channel.token else None
    return NotifyNtfy(
        targets=[channel.topic],
        mode="private",
        token=token,
        auth="token" if token else None,
        include_image=False,
        asset=_asset(job),
        **_server_arguments(channel.server),
    )


def _gotify(job: SendJob, channel: GotifyChannel) -> NotifyBase:
    from apprise.plugins.gotify import NotifyGotify  # noqa: PLC0415

    return NotifyGotify(
        token=channel.token.get_secret_value(),
        fullpath=urlsplit(channel.server).path + "/",
        asset=_asset(job),
        **_server_arguments(channel.server),
    )


def _webhook(job: SendJob, channel: WebhookChannel) -> NotifyBase:
    from apprise.plugins.custom_json import NotifyJSON  # noqa: PLC0415

    url = channel.url.get_secret_value()
    return NotifyJSON(
        fullpath=urlsplit(url).path or "/",
        headers={"X-Shamewatch-Id": job.alert_id},
        payload={"alert_id": job.alert_id},
        asset=_asset(job),
        **_server_arguments(url),
    )


def _telegram(job: SendJob, channel: TelegramChannel) -> NotifyBase:
    from apprise.plugins.telegram import NotifyTelegram  # noqa: PLC0415

    plugin = NotifyTelegram(
        bot_token=channel.bot_token.get_secret_value(),
        targets=[channel.chat_id],
        detect_owner=False,
        include_image=False,
        asset=_asset(job),
    )
    plugin.notify_url = f"{channel.server}/bot"
    return plugin


def _from_url(job: SendJob, channel: AppriseChannel) -> NotifyBase:
    NotificationManager().enable_only(*APPRISE_SCHEMES)
    plugin = Apprise.instantiate(channel.url.get_secret_value(), asset=_asset(job), suppress_exceptions=False)
    if not isinstance(plugin, NotifyBase):
        raise TypeError("the Apprise URL names no service")
    if hasattr(plugin, "include_image"):
        plugin.include_image = False
    return plugin


def _helo_name(job: SendJob) -> str:
    """The sender's domain instead of this machine's name (RFC 5321 §4.1.1.1)."""
    route: MailRoute | None = job.mail
    domain = route.sender_address.rpartition("@")[2] if route else ""
    return domain if "." in domain else "localhost.localdomain"


if __name__ == "__main__":
    sys.exit(main())
