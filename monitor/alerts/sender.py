"""Sends one message to one channel from a child process behind the gate, and says in a sentence what became of it.

It never imports Apprise, never decides who is alerted, and never lets the child reach an address that
was not checked: web services through the filtering proxy, mail only to the operator's own server.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from monitor.alerts.channels import (
    ChannelSettings,
    EmailChannel,
    FolderChannel,
    NtfyChannel,
    TelegramChannel,
    channel_to_json,
    mail_address,
    server_of,
)
from monitor.alerts.folder import write_to_folder
from monitor.alerts.job import Destination, File, MailRoute, SendJob, SendResult, bytes_from_wire
from monitor.alerts.mailserver import MailServer, mail_server_from_url
from monitor.alerts.message import DeliveryOutcome, DeliveryStatus, OutgoingMessage
from monitor.alerts.phrases import wording_for
from monitor.alerts.reasons import without_secrets
from monitor.alerts.render import render_trial
from monitor.config import Settings
from monitor.errors import BadInputError
from spiders.gate import Gate
from spiders.proxy import FilteringProxy, Policy
from spiders.proxy_ledger import Denial, ProxyRefusal

DEFAULT_TIMEOUT_S = 60.0
_MODULE = "monitor.alerts.deliver"
_MAX_ANSWER_BYTES = 100_000
# Where an operator's own certificate authority is found; nothing else of our environment is handed on.
_TRUST_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """How the sending process ended: its answer, or None with a sentence."""

    result: SendResult | None
    failure: str = ""


def send(
    message: OutgoingMessage,
    channel: ChannelSettings,
    settings: Settings,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> DeliveryOutcome:
    """Send once. Never raises for what a receiver, a network or a setting does: the outcome says it.

    Blocks for at most ``timeout_s`` and a moment.
    """
    started = time.monotonic()
    try:
        outcome = _send(message, channel, settings, timeout_s)
    except BadInputError as error:
        outcome = DeliveryOutcome(status=DeliveryStatus.RETRY, reason=str(error))
    reason = without_secrets(outcome.reason, _secrets(channel, settings))
    return dataclasses.replace(outcome, reason=reason, taken_s=time.monotonic() - started)


def trial_message(alert_id: str, language: str) -> OutgoingMessage:
    """The message that tries a channel out, in the subject's language."""
    content = render_trial(wording_for(language))
    return OutgoingMessage(alert_id=alert_id, title=content.title, body=content.body)


def test_channel(
    channel: ChannelSettings,
    settings: Settings,
    *,
    alert_id: str,
    language: str = "en",  # noqa: PT028 - a command's function, not a test
    timeout_s: float = DEFAULT_TIMEOUT_S,  # noqa: PT028
) -> DeliveryOutcome:
    """Send the trial message, for ``channels test`` and for the doctor."""
    return send(trial_message(alert_id, language), channel, settings, timeout_s=timeout_s)


test_channel.__test__ = False  # type: ignore[attr-defined]


def _send(
    message: OutgoingMessage, channel: ChannelSettings, settings: Settings, timeout_s: float
) -> DeliveryOutcome:
    match channel:
        case FolderChannel():
            return write_to_folder(message, channel.path)
        case EmailChannel():
            return _send_mail(message, channel, settings, timeout_s)
        case _:
            return _send_through_proxy(message, channel, settings, timeout_s)


def _send_mail(
    message: OutgoingMessage, channel: EmailChannel, settings: Settings, timeout_s: float
) -> DeliveryOutcome:
    server = mail_server_from_url(settings.smtp_url)
    gate = Gate(services=((server.host, server.port),))
    try:
        addresses = gate.resolve(server.host, server.port)
    except (OSError, UnicodeError):
        reason = f"The mail server {server.host} is unknown to the resolver."
        return DeliveryOutcome(status=DeliveryStatus.RETRY, reason=reason)
    place = Destination(
        host=server.host, port=server.port, addresses=tuple(str(address) for address in addresses)
    )
    job = _job(
        message, channel, settings, place=place, timeout_s=timeout_s, mail=_mail_route(server, settings)
    )
    return _outcome(_run_child(job, {}, timeout_s), ())


def _mail_route(server: MailServer, settings: Settings) -> MailRoute:
    try:
        sender_address = mail_address(settings.mail_from)
    except ValueError as error:
        raise BadInputError(why=f"SHAMEWATCH_MAIL_FROM: {error}.") from None
    return MailRoute(
        host=server.host,
        port=server.port,
        mode=server.mode,
        user=server.user,
        password=server.password.get_secret_value(),
        sender_address=sender_address,
    )


def _send_through_proxy(
    message: OutgoingMessage, channel: ChannelSettings, settings: Settings, timeout_s: float
) -> DeliveryOutcome:
    server = server_of(channel)
    is_own_service = server is not None and _service_name(*server) in _service_names(settings)
    gate = Gate(
        allowed=settings.allowed_networks, services=(server,) if is_own_service and server is not None else ()
    )
    policy = Policy.SERVICES if is_own_service else Policy.CONTENT
    with FilteringProxy(gate, policy=policy) as proxy:
        place = Destination(host="127.0.0.1", port=proxy.port, addresses=("127.0.0.1",))
        job = _job(message, channel, settings, place=place, timeout_s=timeout_s)
        environment = {"HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url, "NO_PROXY": ""}
        environment |= {name.lower(): value for name, value in environment.items()}
        child = _run_child(job, environment, timeout_s)
        return _outcome(child, proxy.refusals)


def _service_name(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _service_names(settings: Settings) -> frozenset[str]:
    return frozenset(service.strip().lower() for service in settings.services)


def _job(
    message: OutgoingMessage,
    channel: ChannelSettings,
    settings: Settings,
    *,
    place: Destination,
    timeout_s: float,
    mail: MailRoute | None = None,
) -> SendJob:
    return SendJob(
        channel=channel_to_json(channel),
        alert_id=message.alert_id,
        title=message.title,
        body=message.body,
        files=tuple(
            File(name=file.name, media_type=file.media_type, content=file.content)
            for file in message.attachments
        ),
        sender_name=settings.sender_name,
        mail=mail,
        destinations=(place,),
        timeout_s=timeout_s,
        parent_pid=os.getpid(),
    )


def _run_child(job: SendJob, proxies: Mapping[str, str], timeout_s: float) -> _Child:
    """Start the sending process, hand it the job on its standard input, and end it at the limit.

    It ends by itself with the thread that calls this, which therefore waits here for its answer.
    """
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/nonexistent", **proxies}
    environment |= {name: os.environ[name] for name in _TRUST_VARIABLES if name in os.environ}
    if "SSL_CERT_FILE" in environment:  # requests looks at its own variable only
        environment.setdefault("REQUESTS_CA_BUNDLE", environment["SSL_CERT_FILE"])
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return _Child(result=None, failure=f"The sending process could not be started: {error.strerror}.")
    with process:
        try:
            answer, _ = process.communicate(bytes_from_wire(job), timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return _Child(result=None, failure=f"The message was not sent within {timeout_s:.0f} seconds.")
        finally:
            _end(process)
    try:
        return _Child(result=SendResult.model_validate_json(answer[:_MAX_ANSWER_BYTES]))
    except ValidationError:
        code = process.returncode
        return _Child(
            result=None, failure=f"The sending process ended with code {code} and without an answer."
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it may have started, by its own process group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _outcome(child: _Child, refusals: tuple[ProxyRefusal, ...]) -> DeliveryOutcome:
    """Where our own proxy stopped the message, its reason counts, whatever the library made of it."""
    result = child.result
    if refusals and (result is None or result.was_stopped_by_proxy):
        refusal = refusals[-1]
        is_final = refusal.kind in (Denial.ADDRESS_REFUSED, Denial.BAD_REQUEST)
        reason = refusal.reason
        if refusal.kind is Denial.UNREACHABLE:
            reason = f"{refusal.host} could not be reached at port {refusal.port}."
        return DeliveryOutcome(
            status=DeliveryStatus.FAILED if is_final else DeliveryStatus.RETRY, reason=reason
        )
    if result is None:
        return DeliveryOutcome(status=DeliveryStatus.RETRY, reason=child.failure)
    return DeliveryOutcome(
        status=result.status,
        reason=result.reason,
        retry_after_s=result.retry_after_s,
        is_without_picture=result.is_without_picture,
    )


def _secrets(channel: ChannelSettings, settings: Settings) -> tuple[str, ...]:
    """What must not stand in a recorded reason."""
    values = [getattr(channel, name) for name in type(channel).model_fields]
    found = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    for url in [*found, settings.smtp_url.get_secret_value() if settings.smtp_url else ""]:
        password = urlsplit(url).password if "://" in url else None
        if password:
            found.append(password)
    match channel:
        case EmailChannel():
            found.append(channel.to)
        case NtfyChannel():
            found.append(channel.topic)
        case TelegramChannel():
            found.append(channel.chat_id)
    return tuple(found)
