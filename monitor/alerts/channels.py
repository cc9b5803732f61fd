"""The typed settings of each kind of channel; reaches nothing, and lets no borrower write an Apprise URL.

Secrets are SecretStr: they show as stars everywhere but in ``channel_to_json``, whose result is
encrypted with the subject's key before it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from monitor.alerts.message import ChannelKind
from monitor.errors import BadInputError, MonitorError
from spiders.gate import address_from_literal, is_public

# Services that carry a message over HTTP(S). Not here: what acts on this machine (dbus, syslog, windows),
# what posts to any address (json, xml, form), and WeCom, DingTalk and Feishu, which are off until asked for.
APPRISE_SCHEMES = frozenset(
    {"bark", "barks", "discord", "gchat", "line", "matrix", "matrixs", "mmost", "mmosts", "msteams", "pbul",
     "pover", "rocket", "rockets", "signal", "signals", "slack", "twilio", "vonage", "zulip"}
)  # fmt: skip
# Parameters that switch protection off or make the library read files or fetch addresses.
_BARRED_PARAMETERS = frozenset(
    {"verify", "redirect", "template", "attach", "avatar_url", "image", "retry", "rto", "cto", "store"}
)
_MAIL_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_MAIL_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_LOCAL_SUFFIXES = (".local", ".lan", ".internal", ".home.arpa", ".localhost")


class ChannelUnreadableError(MonitorError):
    """The stored settings of channel {channel} cannot be used by this version. Remove the channel and add it again."""


def mail_address(text: str) -> str:
    """A plain address ``name@host``, its host in ASCII. Raises ValueError with a sentence."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not at or len(text) > 254 or not _MAIL_LOCAL.fullmatch(local) or not _MAIL_DOMAIN.fullmatch(domain):
        raise ValueError(f"{text[:80]!r} is no e-mail address: write it as name@example.org")
    return f"{local}@{domain}"


def _server(text: str) -> str:
    """An http(s) address of a server. In the clear only inside the operator's own network."""
    text = text.strip().rstrip("/")
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in text) or "\\" in text:
        raise ValueError("the address holds a space, a control character or a backslash")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{_shown(text)!r} is no server address: write it as https://push.example.org")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError("a server address holds no user name, password, question mark or #")
    if parts.scheme == "http" and not _is_near(parts.hostname):
        raise ValueError("over http everyone on the way could read the alert: use https")
    parts.port  # noqa: B018 - raises ValueError for a port that is none
    return text


def _bare_server(text: str) -> str:
    server = _server(text)
    if urlsplit(server).path:
        raise ValueError("the server address has no path: give the topic apart")
    return server


def _is_near(host: str) -> bool:
    address = address_from_literal(host)
    if address is not None:
        return not is_public(address)
    return "." not in host or host.lower().endswith(_LOCAL_SUFFIXES)


def _shown(text: str) -> str:
    return text.partition("?")[0][:40]


def _secret(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(lambda secret: SecretStr(check(secret.get_secret_value().strip())))


def _matching(pattern: str, sentence: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(sentence)
        return text

    return check


def _private_chat(text: str) -> str:
    text = text.strip()
    if text.startswith("@"):
        raise ValueError("a name with @ is a public Telegram channel, where everyone would read the alerts: "
                         "give the number of your own chat")  # fmt: skip
    return _matching(r"-?[0-9]{3,20}", "the chat is a number, such as 123456789")(text)


def _apprise_url(text: str) -> str:
    scheme = urlsplit(text).scheme.lower()
    if any(ord(char) <= 0x20 for char in text) or scheme not in APPRISE_SCHEMES:
        raise ValueError(
            f"an Apprise URL of scheme {scheme[:20] or 'none'!r} is not allowed. Schemes: {', '.join(sorted(APPRISE_SCHEMES))}"
        )
    names = {
        name.lower().lstrip("+-:") for name, _ in parse_qsl(urlsplit(text).query, keep_blank_values=True)
    }
    barred = sorted(names & _BARRED_PARAMETERS)
    if barred:
        raise ValueError(f"the parameter {barred[0]!r} is not allowed in an Apprise URL")
    return text


def _folder(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("the folder must be an absolute path")
    return path


class _Channel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class EmailChannel(_Channel):
    kind: Literal[ChannelKind.EMAIL] = ChannelKind.EMAIL
    to: Annotated[str, AfterValidator(mail_address)]


class NtfyChannel(_Channel):
    kind: Literal[ChannelKind.NTFY] = ChannelKind.NTFY
    server: Annotated[str, AfterValidator(_bare_server)]
    topic: Annotated[
        str,
        AfterValidator(_matching(r"[A-Za-z0-9_-]{1,64}", "a topic is 1 to 64 letters, digits, - and _")),
    ]
    token: Annotated[SecretStr, _secret(_matching(r"tk_[A-Za-z0-9]{1,64}", "an ntfy token begins with tk_"))] | None = None  # fmt: skip


class TelegramChannel(_Channel):
    """``server``: Telegram's own, or a Bot API server or relay that the operator runs."""

    kind: Literal[ChannelKind.TELEGRAM] = ChannelKind.TELEGRAM
    bot_token: Annotated[
        SecretStr,
        _secret(_matching(r"[0-9]{5,20}:[A-Za-z0-9_-]{30,64}", "a bot token looks like 123456:ABC…")),
    ]
    chat_id: Annotated[str, AfterValidator(_private_chat)]
    server: Annotated[str, AfterValidator(_bare_server)] = "https://api.telegram.org"


class GotifyChannel(_Channel):
    kind: Literal[ChannelKind.GOTIFY] = ChannelKind.GOTIFY
    server: Annotated[str, AfterValidator(_server)]
    token: Annotated[SecretStr, _secret(_matching(r"[A-Za-z0-9._-]{8,64}", "a Gotify token is 8 to 64 letters and digits"))]  # fmt: skip


class FolderChannel(_Channel):
    """Writes each alert into a folder: for trying out, and where no network may be used."""

    kind: Literal[ChannelKind.FOLDER] = ChannelKind.FOLDER
    path: Annotated[Path, AfterValidator(_folder)]


class WebhookChannel(_Channel):
    """Posts JSON to a program of the operator's."""

    kind: Literal[ChannelKind.WEBHOOK] = ChannelKind.WEBHOOK
    url: Annotated[SecretStr, _secret(_server)]


class AppriseChannel(_Channel):
    kind: Literal[ChannelKind.APPRISE] = ChannelKind.APPRISE
    url: Annotated[SecretStr, _secret(_apprise_url)]


ChannelSettings = Annotated[
    EmailChannel
    | NtfyChannel
    | TelegramChannel
    | GotifyChannel
    | FolderChannel
    | WebhookChannel
    | AppriseChannel,
    Field(discriminator="kind"),
]
_ADAPTER: TypeAdapter[ChannelSettings] = TypeAdapter(ChannelSettings)
OPERATOR_ONLY = frozenset({ChannelKind.FOLDER, ChannelKind.WEBHOOK, ChannelKind.APPRISE})


def channel_from_text(
    kind: str, settings: Mapping[str, object], *, is_operator: bool = False
) -> ChannelSettings:
    """Typed settings from what a person wrote. Raises BadInputError with one sentence that holds no secret."""
    wanted = kind.strip().lower()
    kinds = [known for known in ChannelKind if is_operator or known not in OPERATOR_ONLY]
    if wanted in OPERATOR_ONLY and not is_operator:
        raise BadInputError(why=f"Only the operator may add a channel of kind {wanted}.")
    if wanted not in kinds:
        raise BadInputError(why=f"There is no channel kind {kind[:40]!r}. Kinds: {', '.join(kinds)}.")
    try:
        return _ADAPTER.validate_python({**settings, "kind": ChannelKind(wanted)})
    except ValidationError as error:
        raise BadInputError(why=_sentence(wanted, error)) from None


def channel_to_json(channel: ChannelSettings) -> str:
    """Everything, secrets in the clear: to be encrypted at once."""
    fields = channel.model_dump(mode="json")
    for name in type(channel).model_fields:
        value = getattr(channel, name)
        if isinstance(value, SecretStr):
            fields[name] = value.get_secret_value()
    return TypeAdapter(dict[str, Any]).dump_json(fields).decode()


def channel_from_json(text: str, *, channel_id: str = "") -> ChannelSettings:
    """The reverse of ``channel_to_json``. Raises ChannelUnreadableError, which names the channel only."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        raise ChannelUnreadableError(channel=channel_id or "of this message") from None


def describe_channel(channel: ChannelSettings) -> str:
    """One line for lists and logs of the operator, without secrets and without a whole address."""
    match channel:
        case EmailChannel():
            local, _, domain = channel.to.rpartition("@")
            return f"e-mail to {local[:1]}…@{domain}"
        case NtfyChannel():
            return f"ntfy topic {channel.topic[:2]}… at {channel.server}"
        case TelegramChannel():
            return f"Telegram chat …{channel.chat_id[-2:]}"
        case GotifyChannel():
            return f"Gotify at {channel.server}"
        case FolderChannel():
            return f"folder {channel.path}"
        case WebhookChannel() | AppriseChannel():
            parts = urlsplit(channel.url.get_secret_value())
            return f"{channel.kind} to {parts.scheme}://…"


def server_of(channel: ChannelSettings) -> tuple[str, int] | None:
    """Host and port that a channel's settings name, None where the kind has no server of its own."""
    match channel:
        case NtfyChannel() | GotifyChannel() | TelegramChannel():
            parts = urlsplit(channel.server)
        case WebhookChannel():
            parts = urlsplit(channel.url.get_secret_value())
        case AppriseChannel():
            parts = urlsplit(channel.url.get_secret_value())
            if parts.hostname and "." not in parts.hostname and parts.port is None:
                return None  # a token, not a host
        case _:
            return None
    is_tls = parts.scheme == "https" or parts.scheme in {"barks", "matrixs", "mmosts", "rockets", "signals"}
    return (parts.hostname or "").lower(), parts.port or (443 if is_tls else 80)


def _sentence(kind: str, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"] if part not in list(ChannelKind)) or "settings"
    match first["type"]:
        case "missing":
            return f"A channel of kind {kind} needs {field!r}."
        case "extra_forbidden":
            return f"A channel of kind {kind} has no setting {field!r}."
        case _:
            return f"{field} of the {kind} channel: {first['msg'].removeprefix('Value error, ')}."
