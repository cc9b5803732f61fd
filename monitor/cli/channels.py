"""``shamewatch channels``: where a person's alerts go."""

from __future__ import annotations

from typing import Any

import typer

from monitor.alerts.channels import (
    ChannelUnreadableError,
    channel_from_text,
    channel_to_json,
    describe_channel,
)
from monitor.alerts.message import ChannelKind, DeliveryStatus
from monitor.alerts.sender import test_channel
from monitor.cli.output import print_json, print_table, say, shown, warn
from monitor.cli.session import JSON, actor, opened, reading, settings, writing
from monitor.stages.raise_alerts import channel_settings, discretion_of
from storage import Scope
from storage.repositories.channel import ChannelRecord

app = typer.Typer(help="Where alerts go.", no_args_is_help=True, add_completion=False, rich_markup_mode=None)
_KINDS = ", ".join(ChannelKind)


@app.command()
def add(
    subject: str = typer.Argument(help="Id of the person."),
    kind: str = typer.Argument(help=f"One of: {_KINDS}."),
    to: str = typer.Option("", help="email: the address."),
    server: str = typer.Option("", help="ntfy, gotify: address of the server."),
    topic: str = typer.Option("", help="ntfy: the topic."),
    token: str = typer.Option(
        "", envvar="SHAMEWATCH_CHANNEL_TOKEN", help="ntfy, gotify: access token.", show_envvar=True
    ),
    bot_token: str = typer.Option(
        "", envvar="SHAMEWATCH_CHANNEL_BOT_TOKEN", help="telegram: token of the bot.", show_envvar=True
    ),
    chat_id: str = typer.Option("", help="telegram: number of the chat."),
    path: str = typer.Option("", help="folder: absolute path of the folder."),
    url: str = typer.Option(
        "", envvar="SHAMEWATCH_CHANNEL_URL", help="webhook, apprise: the address.", show_envvar=True
    ),
    plain: bool = typer.Option(
        False,
        "--plain",
        help="Plain words and a readable picture, also on a lock screen. Only if the person asked for it.",
    ),
) -> None:
    """Add a channel. Alerts are discreet unless the person asked for plain words."""
    given = {"to": to, "server": server, "topic": topic, "token": token, "bot_token": bot_token,
             "chat_id": chat_id, "path": path, "url": url}  # fmt: skip
    wanted = channel_from_text(
        kind, {name: value for name, value in given.items() if value}, is_operator=True
    )
    with writing() as work:
        stored: dict[str, Any] = {"channel": channel_to_json(wanted)}
        channel = work.channels.add(
            subject, wanted.kind.value, stored, is_discreet=not plain, shows_picture=plain
        )
        work.audit.record("channel added", actor(), subject, f"{channel.id} {channel.kind}")
    say(channel.id)
    if plain:
        warn("Plain wording: whoever sees the lock screen can read what the alert is about.")
    if wanted.kind is ChannelKind.EMAIL and settings().smtp_url is None:
        warn(
            "No mail can be sent yet: set SHAMEWATCH_SMTP_URL to your mail server, "
            f"then run `shamewatch channels test {channel.id}`."
        )


@app.command("list")
def list_(subject: str = typer.Option("", help="Only this person's."), as_json: bool = JSON) -> None:
    """List channels, without secrets and without whole addresses."""
    with reading() as work:
        channels = work.channels.list(subject or None)
    rows = [(c, _description(c), discretion_of(c).value) for c in channels]
    if as_json:
        for channel, description, discretion in rows:
            print_json(
                {
                    "id": channel.id,
                    "subject": channel.subject_id,
                    "kind": channel.kind,
                    "to": description,
                    "wording": discretion,
                }
            )
        return
    print_table(
        ("id", "subject", "kind", "to", "wording"),
        ((c.id, c.subject_id, c.kind, shown(description), discretion) for c, description, discretion in rows),
        empty="No channels yet. `shamewatch channels add` adds one; without one, nobody is told of hits.",
    )


def _description(channel: ChannelRecord) -> str:
    try:
        return describe_channel(channel_settings(channel))
    except ChannelUnreadableError:
        return "cannot be used by this version"


@app.command()
def test(channel: str = typer.Argument(help="Id of the channel."), as_json: bool = JSON) -> None:
    """Send a neutral trial message now, and say what became of it."""
    with opened() as monitor:
        with monitor.storage.read(Scope.operator()) as work:
            record = work.channels.get(channel)
            language = work.subjects.get(record.subject_id).language
        outcome = test_channel(
            channel_settings(record), monitor.settings, alert_id=f"trial-{record.id}", language=language
        )
        with monitor.storage.begin(Scope.operator()) as work:
            work.audit.record(
                "channel tested", actor(), record.subject_id, f"{record.id} {outcome.status.value}"
            )
            given_up = work.alerts.count_failed(record.id)
    is_delivered = outcome.status is DeliveryStatus.DELIVERED
    if as_json:
        print_json(
            {
                "channel": channel,
                "delivered": is_delivered,
                "reason": outcome.reason,
                "taken_s": round(outcome.taken_s, 2),
                "given_up": given_up,
            }
        )
    elif is_delivered:
        say(f"Delivered in {outcome.taken_s:.1f} s. {outcome.reason}".rstrip(), "green")
        if given_up:
            say(
                f"{given_up} alert(s) to this channel were given up. `shamewatch channels retry {channel}` sends them after all."
            )
    else:
        warn(f"Not delivered: {outcome.reason}")
    if not is_delivered:
        raise typer.Exit(1)


@app.command()
def retry(channel: str = typer.Argument(help="Id of the channel.")) -> None:
    """Send what was given up on this channel after all, with the next round."""
    with writing() as work:
        record = work.channels.get(channel)
        count = work.alerts.requeue(channel)
        work.audit.record("alerts requeued", actor(), record.subject_id, f"{channel} {count}")
    if count:
        say(f"{count} alert(s) go out with the next round.")
    else:
        say("No alert to this channel was given up.")


@app.command()
def remove(channel: str = typer.Argument(help="Id of the channel.")) -> None:
    """Remove a channel and what waits to be sent there."""
    with writing() as work:
        record = work.channels.get(channel)
        work.channels.remove(channel)
        work.audit.record("channel removed", actor(), record.subject_id, channel)
    say(f"{channel} is removed.")
