"""Words an alert from fixed sentences and decides what of it a lock screen can show; fetches and sends nothing.

A lock screen or a list of mails shows the sender, the subject and the beginning of the body. So for
everyone who has not asked for plain words, the title is neutral and the first ``FOLD_CHARS``
characters of the body are neutral too: a mail's details stand below that fold, a push message has none.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.alerts.message import AlertContent, ChannelKind, Discretion, PictureUse
from monitor.alerts.phrases import Details, Wording
from monitor.alerts.policy import picture_use
from monitor.alerts.safetext import safe_address, safe_text
from monitor.detection.model import Severity

# Outlook shows up to 255 characters of a body, the phones that we know of up to about 150.
FOLD_CHARS = 260
_FOLDED = frozenset({ChannelKind.EMAIL, ChannelKind.FOLDER})
_LINE = "─ "
_LINE_CHARS = 40


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """What there is to say. ``found_at`` is aware. ``link`` is the operator's own page, or empty.

    ``has_picture``: a capture exists. ``copies`` counts the posts that this one alert stands for.
    """

    alert_id: str
    severity: Severity
    found_at: datetime
    untrusted_url: str
    untrusted_title: str = ""
    untrusted_excerpt: str = ""
    has_picture: bool = False
    copies: int = 1
    link: str = ""
    time_zone: str = "UTC"


def render_alert(
    facts: AlertFacts,
    wording: Wording,
    *,
    kind: ChannelKind,
    discretion: Discretion = Discretion.DISCREET,
) -> AlertContent:
    """Word one alert for one kind of channel.

    DISCREET holds no name, number, insult, page text or source name in any place that is shown before
    the message is opened. PLAIN is only for subjects who chose it.
    """
    picture = picture_use(kind, discretion) if facts.has_picture else PictureUse.NONE
    is_plain = discretion is Discretion.PLAIN
    neutral = wording.neutral
    closing = [neutral.link.format(link=facts.link)] if facts.link else []
    closing.append(neutral.reference.format(reference=facts.alert_id))
    is_folded = kind in _FOLDED and discretion is Discretion.DISCREET
    if is_plain:
        title, opening = wording.details.title, ""
    else:
        title, opening = neutral.title, neutral.intro.strip() if is_folded else neutral.short
    if is_plain or is_folded:
        details = _details(facts, wording, picture, is_plain=is_plain)
        opening = f"{_folded(opening)}\n\n" if opening else ""
        body = f"{opening}{details}\n\n" + "\n".join(closing)
    else:
        body = "\n".join([opening, *closing])
    names = ("notice-1.png",) if picture is not PictureUse.NONE else ()
    return AlertContent(title=title, body=body, picture=picture, attachment_names=names)


def render_trial(wording: Wording) -> AlertContent:
    """The message of ``channels test``: as discreet as a real one, and it says nothing of its purpose."""
    return AlertContent(title=wording.trial.title, body=wording.trial.body)


def _folded(opening: str) -> str:
    """The neutral opening, lengthened with lines so that no preview reaches what follows."""
    lines = [opening, ""]
    while len(" ".join(" ".join(lines).split())) < FOLD_CHARS:
        lines.append((_LINE * (_LINE_CHARS // 2)).strip())
    if len(lines) == 2:
        lines.append((_LINE * (_LINE_CHARS // 2)).strip())
    return "\n".join(lines)


def _details(facts: AlertFacts, wording: Wording, picture: PictureUse, *, is_plain: bool) -> str:
    words: Details = wording.details
    lines = [
        words.heading,
        words.caution,
        "",
        words.seen.format(when=_local_time(facts.found_at, facts.time_zone)),
        words.importance_line.format(importance=wording.importance[facts.severity]),
    ]
    if facts.copies > 1:
        lines.append(words.copies.format(count=facts.copies))
    lines.append(words.address.format(address=safe_address(facts.untrusted_url)))
    if is_plain:
        for sentence, untrusted, placeholder in (
            (words.page_title, facts.untrusted_title, "title"),
            (words.excerpt, facts.untrusted_excerpt, "excerpt"),
        ):
            text = safe_text(untrusted)
            if text:
                lines.append(sentence.format(**{placeholder: text}))
    if picture is PictureUse.FULL:
        lines += ["", words.picture_attached]
    elif not facts.has_picture:
        lines += ["", words.picture_missing]
    return "\n".join(lines)


def _local_time(moment: datetime, time_zone: str) -> str:
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
