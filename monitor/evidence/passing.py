"""What changes in a post without anybody's doing: how old it is, how many like it. Pure; hides nothing, only tells apart.

An age counts as passing only where it moved as time did between the two captures: who makes "four months
ago" of "two months ago" a day later has edited the post.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum

_UNITS = {
    1: "seconds?|secs?|segundos?|segs?|detik|giây|सेकंड|सेकेंड|秒钟?|秒鐘",
    60: "minutes?|mins?|minutos?|menit|phút|मिनट|分钟|分鐘",
    3_600: "hours?|hrs?|horas?|jam|oras|giờ|घंटे|घंटा|घण्टे|小时|小時|个小时|個小時",
    86_400: "days?|días?|dias?|hari|araw|ngày|दिन|天",
    604_800: "weeks?|wks?|semanas?|minggu|linggo|tuần|सप्ताह|हफ़्ते|周|週|个?星期|個星期",
    2_629_800: "months?|meses|mes|mês|bulan|buwan|tháng|महीने|महीना|个月|個月",
    31_557_600: "years?|yrs?|años?|anos?|tahun|taon|năm|साल|वर्ष|年",
}
_SHORT = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800, "mo": 2_629_800, "y": 31_557_600}
_ONE = r"\ban?|\buna?|\buma?|\bsatu|\bse(?=jam|menit|hari|minggu|bulan|tahun)|\bisang|\bmột|एक"
_UNIT = "|".join(_UNITS.values())
_AMOUNT = rf"(?:\d{{1,3}}|{_ONE})\s*(?:{_UNIT})"
_AGE = (
    rf"(?:hace|há|sekitar|about|cerca de)\s+{_AMOUNT}(?!\w)"
    rf"|{_AMOUNT}\s*(?:ago\b|atrás\b|(?:yang\s+)?lalu\b|(?:na\s+)?(?:ang\s+)?nakalipas\b|trước\b|पहले|之?前|以前)"
)
# The end of the range in seconds; it begins at nothing.
_WORDS = {
    120: "just now|right now|ahora mismo|agora mesmo|baru saja|ngayon lang|vừa xong|अभी अभी|刚刚|剛剛",
    86_400: "today|hoy|hoje|hari ini|ngayon|hôm nay|आज|今天",
    172_800: "yesterday|ayer|ontem|kemarin|kahapon|hôm qua|昨天",
    259_200: "前天",
}
_WORD = "|".join(_WORDS.values())
_DATE = (
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}月\d{1,2}日"
    r"|\d{1,2}\.?\s(?:de\s)?[^\W\d]{3,12}\.?,?\s(?:de\s)?\d{4}|[^\W\d]{3,9}\.?\s\d{1,2},?\s\d{4}"
)
_NUMBER = r"\d[\d.,]*\s?(?:[kKmM]\b|[万萬億亿]|mil\b|rb\b|jt\b|N\b|Tr\b)?"
_COUNTED = (
    r"(?:likes?|loves?|reactions?|views?|replies|reply|comments?|shares?|reposts?|retweets?|quotes?|upvotes?|points?|followers?"
    r"|me gusta|vistas?|visualizaciones|comentarios?|respuestas?|compartidos?|curtidas?|visualizações|comentários?|respostas?"
    r"|suka|tayangan|komentar|balasan|dilihat|kali dibagikan|pagbabahagi|gusto|komento|lượt (?:thích|xem|chia sẻ)|bình luận"
    r"|पसंद|टिप्पणियां|टिप्पणियाँ|बार देखा गया)(?!\w)"
    r"|(?:次|个|個|条|條|人)?(?:点?赞|點?讚|喜欢|喜歡|浏览|瀏覽|阅读|閱讀|播放|回复|回覆|转发|轉發|分享|评论|評論|留言|收藏|观看|觀看)"
)
_LABEL = r"edited|editado|editada|diedit|na-edit|đã chỉnh sửa|संपादित|已编辑|已編輯"
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"(?P<counter>(?<![\w.,]){_NUMBER}\s*(?:{_COUNTED}))|(?P<age>(?<![\d.,]){_AGE})"
    rf"|(?P<short>(?<!\w)\d{{1,3}}\s?(?:min|mo|[smhdwy])(?![\w'’]))"
    rf"|(?P<word>(?<![^\W\d_])(?:{_WORD})(?![^\W\d_]))|(?P<date>(?<![\w.,/-]){_DATE})(?![\w/-])"
    rf"|(?P<label>(?<!\w)[(\[]?(?:{_LABEL})[)\]]?(?!\w))"
    rf"|(?P<plain>[{_UNSPACED}]|[^\s{_UNSPACED}])",
    re.IGNORECASE,
)
_WORD_END = re.compile(rf"[^\s{_UNSPACED}]*")
_BARE_NUMBER = re.compile(
    r"[^\w\s+]{0,3}\s*(?!0\d)(?:\d{1,6}|\d{1,3}[.,]\d{1,3})\s?[kKmM万萬]?\s*[^\w\s]{0,2}"
)
# A line that long is prose, in which a date or "today" is what somebody wrote.
_MAX_META_CHARS = 60


class Passing(StrEnum):
    """What of a post passes by itself."""

    NO = ""
    TIME = "time"
    COUNTER = "counter"
    LABEL = "label"


@dataclasses.dataclass(frozen=True, slots=True)
class Token:
    """A word, a single character of a script that does not part words, or a whole age or counter."""

    untrusted_text: str
    passing: Passing = Passing.NO
    age_s: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """What is compared: all that passes in one way is alike here, and looked at again."""
        return f"\0{self.passing}" if self.passing else self.untrusted_text


def tokens_from_text(untrusted_text: str) -> list[Token]:
    """The whole text but its blanks."""
    lines = [line.strip() for line in unicodedata.normalize("NFC", untrusted_text).splitlines()]
    lines = [line for line in lines if line]
    found: list[Token] = []
    for number, line in enumerate(lines):
        if _BARE_NUMBER.fullmatch(line) and all(len(later.split()) <= 2 for later in lines[number + 1 :]):
            found.append(Token(line, Passing.COUNTER))
        else:
            found.extend(_tokens_of_line(line))
    return found


def has_passed(before: Token, after: Token, elapsed: timedelta) -> bool:
    """Whether ``after`` is what became of ``before`` in that time by itself."""
    if before.passing is not after.passing or not before.passing:
        return False
    if before.passing is not Passing.TIME:
        return True
    if before.age_s is None:
        return False  # dates stand still
    if after.age_s is None:
        return True  # an age that became a date
    # Some round to the nearest unit, others down.
    slack_s = max(before.age_s[1] - before.age_s[0], after.age_s[1] - after.age_s[0]) / 2
    earliest, latest = after.age_s[0] - before.age_s[1], after.age_s[1] - before.age_s[0]
    return earliest - slack_s <= elapsed.total_seconds() <= latest + slack_s


def _tokens_of_line(line: str) -> Iterator[Token]:
    is_meta, at = len(line) <= _MAX_META_CHARS, 0
    while match := _PIECE.search(line, at):
        kind, text = match.lastgroup or "", match.group()
        token = _passing(kind, text, line, match.start(), is_meta=is_meta)
        if token is None:
            text = line[match.start()]
            if not _is_unspaced(text):
                end = _WORD_END.match(line, match.start())
                text = end.group() if end else text
            token = Token(text)
        yield token
        at = match.start() + len(token.untrusted_text)


def _passing(kind: str, text: str, line: str, at: int, *, is_meta: bool) -> Token | None:
    """None where it is a plain word after all."""
    is_alone = _stands_alone(line, at, at + len(text))
    if kind == "counter":
        return Token(text, Passing.COUNTER)
    if kind == "label" and (is_alone or text[0] in "(["):
        return Token(text, Passing.LABEL)
    if kind == "age" or (kind == "short" and is_alone) or (kind in ("word", "date") and is_meta):
        return Token(text, Passing.TIME, _AGES[kind](text))
    return None


def _no_age(_: str) -> None:
    """A date stands still."""


def _age_of_word(text: str) -> tuple[int, int]:
    return 0, next(end for end, words in _WORDS.items() if re.fullmatch(words, text, re.IGNORECASE))


def _short_age(text: str) -> tuple[int, int]:
    number, unit = re.findall(r"\d+|[a-z]+", text.lower())
    return int(number) * _SHORT[unit], (int(number) + 1) * _SHORT[unit]


def _age(text: str) -> tuple[int, int]:
    digits = re.search(r"\d+", text)
    number = int(digits.group()) if digits else 1
    unit = next(
        seconds
        for seconds, words in _UNITS.items()
        if re.search(rf"(?:\d|\s|{_ONE})\s*(?:{words})(?![^\W\d_{_UNSPACED}])", text, re.IGNORECASE)
    )
    return number * unit, (number + 1) * unit


_AGES: dict[str, Callable[[str], tuple[int, int] | None]] = {
    "age": _age,
    "short": _short_age,
    "word": _age_of_word,
    "date": _no_age,
}


def _stands_alone(line: str, begin: int, end: int) -> bool:
    """Between marks or the ends of the line, as platforms put "2h" beside a name."""
    before, after = line[:begin].rstrip(), line[end:].lstrip()
    return (not before or not before[-1].isalnum()) and (not after or not after[0].isalnum())


def _is_unspaced(char: str) -> bool:
    return re.fullmatch(f"[{_UNSPACED}]", char) is not None
