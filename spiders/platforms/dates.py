"""Decides which moment a text on a page means, in UTC, in many forms and languages. Looks at no clock of its own.

A page that names no time zone is taken to be in UTC, and the answer says so: ``has_zone`` is False.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

import dateparser

_LANGUAGES = ["en", "zh", "zh-Hant", "id", "es", "fil", "ms", "vi", "th", "hi", "bn", "pt", "fr", "de", "ru", "ja", "ko"]  # fmt: skip
_MAX_CHARS = 80
_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERATED_FUTURE = timedelta(days=2)

_CLOCK = (
    r"(?:(?P<half_before>上午|下午|凌晨|早上|中午|晚上)\s?)?"
    r"(?P<hour>\d{1,2})[:：.時时点點h](?P<minute>\d{2})(?:[:：.分]\s?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?[分秒]?"
    r"(?:\s?(?P<half>[ap]\.?\s?m\b\.?|[nh]\.[ungh]\.))?"
)
_ZONE = r"\s*(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b)?"
_TIME = rf"(?:(?:\s*[T,،]?\s*|\s+(?:at|a las|pukul|jam|alas|nang|-|–|—|»)\s+|\s*,\s*(?:at|a las|pukul)\s+){_CLOCK})?{_ZONE}"
_YEAR_FIRST = re.compile(
    rf"(?<!\d)(?P<year>(?:19|20)\d{{2}})\s?[-/.年]\s?(?P<month>\d{{1,2}})\s?[-/.月]\s?(?P<day>\d{{1,2}})(?!\d)日?(?:\s?\(?[周星週][期]?.\)?)?{_TIME}",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(
    rf"(?<![\d.:])(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second_number>\d{{1,2}})(?P=mark)(?P<year>(?:19|20)\d{{2}}){_TIME}",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?:(?P<day_before>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+(?:de|ng|of))?\s+)?(?P<name>[^\W\d_]{{3,10}})\.?(?:\s+(?:de|ng|of))?\s+"
    rf"(?:(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?:de\s+)?)?(?P<year>(?:19|20)\d{{2}}){_TIME}",
    re.IGNORECASE,
)
_WITHOUT_YEAR = re.compile(
    rf"(?<![\d/.-])(?:(?P<month>\d{{1,2}})(?:月(?P<day>\d{{1,2}})日|-(?P<day_dash>\d{{2}})(?=\s\d))"
    rf"|(?P<day_before>\d{{1,2}})\s(?P<name>[^\W\d_]{{3,10}})\.?|(?P<name_before>[^\W\d_]{{3,10}})\.?\s(?P<day_after>\d{{1,2}})(?!\d)),?{_TIME}$",
    re.IGNORECASE,
)
_WHOLE_HOUR = re.compile(r"(?<![:.\d])(\d{1,2})\s?([ap]\.?m\b)", re.IGNORECASE)
# Month names of English, Spanish, Indonesian and Tagalog by their first letters; what is not here goes to dateparser.
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan ene", "feb peb", "mar", "apr abr", "may mei", "jun hun", "jul hul", "aug agu ago", "sep set", "oct okt", "nov nob", "dec dic des dis"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_CALENDAR = {
    "today": 0, "今天": 0, "今日": 0, "hari ini": 0, "hoy": 0, "ngayong araw": 0, "ngayon": 0, "hôm nay": 0,
    "yesterday": 1, "昨天": 1, "昨日": 1, "kemarin": 1, "ayer": 1, "kahapon": 1, "hôm qua": 1, "semalam": 1,
    "前天": 2, "anteayer": 2, "kemarin dulu": 2,
}  # fmt: skip
_CALENDAR_TEXT = re.compile(
    r"(?P<word>" + "|".join(sorted(map(re.escape, _CALENDAR), key=len, reverse=True)) + rf"){_TIME}\s*$",
    re.IGNORECASE,
)
_UNITS = {
    "s": 1, "sec": 1, "second": 1, "秒": 1, "detik": 1, "segundo": 1, "segundos": 1,
    "m": 60, "min": 60, "minute": 60, "分钟": 60, "分鐘": 60, "分": 60, "menit": 60, "minuto": 60, "minit": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "小时": 3600, "小時": 3600, "jam": 3600, "hora": 3600, "oras": 3600,
    "d": 86400, "day": 86400, "天": 86400, "日": 86400, "hari": 86400, "día": 86400, "dia": 86400, "araw": 86400,
    "w": 604800, "week": 604800, "周": 604800, "週": 604800, "minggu": 604800, "semana": 604800, "linggo": 604800,
    "mo": 2629800, "month": 2629800, "个月": 2629800, "個月": 2629800, "bulan": 2629800, "mes": 2629800, "mese": 2629800, "buwan": 2629800,
    "y": 31557600, "year": 31557600, "年": 31557600, "tahun": 31557600, "año": 31557600, "taon": 31557600,
}  # fmt: skip
_AGO = re.compile(
    r"^(?:hace\s+)?(?P<count>\d{1,4}|an?|una?|se|半|几|isang)\s?(?:个|個)?(?P<unit>[^\W\d_]+?)(?:s)?\.?"
    r"(?P<ago>\s+ago|\s?之?前|\s+(?:yang\s+)?(?:lalu|yg lalu)|\s+(?:ang\s+)?(?:nakalipas|nakaraan|nakakaraan))?$",
    re.IGNORECASE,
)
_JUST_NOW = frozenset(
    {"now", "just now", "moments ago", "刚刚", "剛剛", "baru saja", "ahora", "ahora mismo", "ngayon lang"}
)
_MONTH_WORD = r"(?:jan|feb|peb|mar|apr|abr|may|mei|jun|hun|jul|hul|aug|ago|agu|sep|set|oct|okt|nov|nob|dec|dic|des|dis|ene)[^\W\d_]{0,8}"
_DAY_WORD = (
    r"(?:今天|今日|昨天|昨日|前天|today|yesterday|kemarin|hari ini|ayer|hoy|kahapon|ngayon|hôm nay|hôm qua)"
)
# A day word counts at the end or before a clock: "今天晚饭吃什么" is a title, not a time.
_HINT = re.compile(
    r"(?<![\d-])(?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d|(?<![\d-])\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?![\d-])|(?<!\d)\d{1,2}[:：]\d{2}(?!\d)|^\d{1,4}\s?[smhdwy]$"
    r"|\d\s?\D{0,12}\b(?:ago|lalu|nakalipas|nakaraan|nakakaraan)$|^hace\s.{1,20}$|(?:\d|半|几)\s?\D{1,3}前$|^(?:刚刚|剛剛|just now|baru saja)$"
    rf"|\b{_DAY_WORD}\s*(?:,|at|a las|pukul|jam|alas)?\s*(?:\d{{1,2}}[:：.]|$)|{_DAY_WORD}\s*(?:上午|下午|晚上)?\s*(?:\d{{1,2}}[:：]|$)"
    rf"|(?<!\d)\d{{1,2}}\W{{1,3}}(?:de |ng )?{_MONTH_WORD}\b|\b{_MONTH_WORD}\W{{1,3}}\d{{1,4}}(?![\d-])",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Moment:
    """A moment that a text named.

    ``has_zone`` says whether the text named its zone. ``is_exact`` is False for "3 hours ago", which
    names another moment at every visit.
    """

    at: datetime
    has_zone: bool = False
    is_exact: bool = True


def moment_from_text(
    untrusted_text: str, now: datetime, *, is_day_first: bool = True, language: str = ""
) -> Moment | None:
    """The moment that a text means at ``now`` (aware), or None where it names none.

    ``is_day_first`` decides 05-06-2026; see ``is_day_first_in``. ``language`` is the page's own tag.
    """
    if len(untrusted_text) > 4 * _MAX_CHARS:
        return None
    text = _WHOLE_HOUR.sub(r"\1:00 \2", " ".join(untrusted_text.split()))
    text = text.replace("noon", "12:00 pm").replace("midnight", "12:00 am")
    if not text or len(text) > _MAX_CHARS:
        return None
    try:
        moment = (
            _epoch(text)
            or _calendar(text, now)
            or _ago(text, now)
            or _with_year(text, is_day_first)
            or _without_year(text, now)
            or _by_library(text, is_day_first, language.split("-", maxsplit=1)[0].lower())
        )
    except (ValueError, OverflowError):
        return None
    if moment is None or not _OLDEST <= moment.at <= now + _TOLERATED_FUTURE:
        return None
    return moment


def looks_like_time(untrusted_text: str) -> bool:
    """A cheap test for short texts that may name a moment, before the dear one."""
    return len(untrusted_text) <= _MAX_CHARS and bool(_HINT.search(untrusted_text))


def is_day_first_in(untrusted_texts: Iterable[str], language: str) -> bool:
    """Whether the numeric dates of one page put the day first: what they show, else what its language does."""
    for text in untrusted_texts:
        match = _YEAR_LAST.search(text)
        if match and int(match["first"]) > 12:
            return True
        if match and int(match["second_number"]) > 12:
            return False
    return language.lower() not in ("en-us", "en_us", "en", "fil", "tl", "en-ph")


def utc_or_none(moment: Moment | None) -> datetime | None:
    """The moment itself, for fields that may stay empty."""
    return None if moment is None else moment.at


def _epoch(text: str) -> Moment | None:
    if not text.isascii() or not re.fullmatch(r"\d{9,10}(?:\.\d+)?|\d{12,13}", text):
        return None
    seconds = float(text)
    return Moment(datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC), has_zone=True)


def _calendar(text: str, now: datetime) -> Moment | None:
    match = _CALENDAR_TEXT.search(text)
    if match is None:
        return None
    day = now.astimezone(UTC) - timedelta(days=_CALENDAR[match["word"].lower()])
    moment = _moment(match, day.year, day.month, day.day)
    return dataclasses.replace(moment, is_exact=match["hour"] is not None)


def _ago(text: str, now: datetime) -> Moment | None:
    if text.lower() in _JUST_NOW:
        return Moment(now.astimezone(UTC), has_zone=True, is_exact=False)
    match = _AGO.match(text)
    if match is None:
        return None
    unit = match["unit"].lower()
    seconds = _UNITS.get(unit) or _UNITS.get(f"{unit}s")
    is_short = unit in ("s", "m", "h", "d", "w", "y") and match["count"].isdigit()
    if seconds is None or not (match["ago"] or text.lower().startswith("hace ") or is_short):
        return None
    count = int(match["count"]) if match["count"].isdigit() else 0.5 if match["count"] == "半" else 1
    return Moment(now.astimezone(UTC) - timedelta(seconds=count * seconds), has_zone=True, is_exact=False)


def _with_year(text: str, is_day_first: bool) -> Moment | None:
    match = _YEAR_FIRST.search(text)
    if match:
        return _moment(match, int(match["year"]), int(match["month"]), int(match["day"]))
    match = _YEAR_LAST.search(text)
    if match:
        first, second = int(match["first"]), int(match["second_number"])
        day, month = (first, second) if (is_day_first and second <= 12) or first > 12 else (second, first)
        return _moment(match, int(match["year"]), month, day)
    match = _NAMED.search(text)
    if match and (month := _MONTHS.get(match["name"][:3].lower(), 0)):
        number = match["day_before"] or match["day_after"]
        if number:
            return _moment(match, int(match["year"]), month, int(number))
    return None


def _without_year(text: str, now: datetime) -> Moment | None:
    """A date of the last twelve months whose year is left out."""
    match = _WITHOUT_YEAR.search(text)
    if match is None:
        return None
    name = match["name"] or match["name_before"] or ""
    month = int(match["month"]) if match["month"] else _MONTHS.get(name[:3].lower(), 0)
    day = int(match["day"] or match["day_dash"] or match["day_before"] or match["day_after"])
    if not month:
        return None
    moment = _moment(match, now.year, month, day)
    if moment.at > now + _TOLERATED_FUTURE:
        moment = _moment(match, now.year - 1, month, day)
    return moment


@lru_cache(maxsize=4096)
def _by_library(text: str, is_day_first: bool, language: str) -> Moment | None:
    if not any(char.isdigit() for char in text):
        return None
    try:
        mailed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        mailed = None
    if mailed is not None and mailed.year > 1900:
        has_zone = mailed.tzinfo is not None
        return Moment(mailed.astimezone(UTC) if has_zone else mailed.replace(tzinfo=UTC), has_zone=has_zone)
    languages = [language] * (language in _LANGUAGES) + [one for one in _LANGUAGES if one != language]
    found = dateparser.parse(
        text,
        languages=languages,
        settings={
            "DATE_ORDER": "DMY" if is_day_first else "MDY",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "TIMEZONE": "UTC",
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
        },
    )
    if found is None:
        return None
    return Moment(found.astimezone(UTC), has_zone=bool(re.search(r"UTC|GMT|[+-]\d{2}:?\d{2}\b", text)))


def _moment(match: re.Match[str], year: int, month: int, day: int) -> Moment:
    hour = int(match["hour"] or 0)
    half = (match["half"] or "").replace(".", "").replace(" ", "").lower()
    before = match["half_before"] or ""
    if (half in ("pm", "nh", "ng") or before in ("下午", "晚上", "中午")) and 1 <= hour < 12:
        hour += 12
    elif (half in ("am", "nu") or before in ("上午", "凌晨", "早上")) and hour == 12:
        hour = 0
    microsecond = int((match["fraction"] or "").ljust(6, "0")[:6])
    zone = _zone(match["zone"])
    at = datetime(
        year, month, day, hour, int(match["minute"] or 0), int(match["second"] or 0), microsecond, zone or UTC
    )
    return Moment(at.astimezone(UTC), has_zone=zone is not None)


def _zone(name: str | None) -> timezone | None:
    if not name:
        return None
    if name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(name[1:3]) * 60 + int(name[-2:])
    return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
