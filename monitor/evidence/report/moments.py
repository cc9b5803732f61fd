"""Writes times as people of a language do, in the person's own time, with UTC beside. Knows no wording of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclasses.dataclass(frozen=True)
class Moments:
    """``words`` has ``date`` with its fields, and ``months`` parted by bars."""

    words: Mapping[str, str]
    zone: ZoneInfo

    @property
    def is_utc(self) -> bool:
        """Whether the person's time is not known, or is UTC."""
        return self.zone.key in ("UTC", "Etc/UTC")

    def date(self, moment: datetime) -> str:
        """The day in the person's own time, in words."""
        local = moment.astimezone(self.zone)
        month = self.words["months"].split("|")[local.month - 1]
        return self.words["date"].format(day=local.day, month=month, year=local.year)

    def local(self, moment: datetime) -> str:
        """Day and time of the person's own time, and how far it is from UTC."""
        local = moment.astimezone(self.zone)
        time = f"{local:%H:%M:%S}"
        return f"{self.words['moment'].format(date=self.date(moment), time=time)} ({offset(local)})"

    def short(self, moment: datetime) -> str:
        """Day, hour and minute of the person's own time."""
        time = f"{moment.astimezone(self.zone):%H:%M}"
        return self.words["moment"].format(date=self.date(moment), time=time)

    def utc(self, moment: datetime) -> str:
        """As machines write it; the same in every language."""
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this IANA name; UTC where there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def offset(local: datetime) -> str:
    """``UTC+8``, ``UTC+5:30``, ``UTC``."""
    delta = local.utcoffset()
    minutes = round(delta.total_seconds() / 60) if delta is not None else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
