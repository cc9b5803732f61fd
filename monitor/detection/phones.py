"""Decides whether a run of digits is a watched phone number, never whose hand wrote it.

A watched number is looked for by its national digits in the stream of all digits. A find counts only
if what stands between the digits can stand inside one number, and if the number neither goes on before
nor after. Country prefix, 00 and trunk 0 are accepted and belong to the span.
"""

from __future__ import annotations

import dataclasses
import re

import phonenumbers

from monitor.detection.digits import NOT_A_DIGIT, DigitStream, Source
from monitor.detection.folding import FoldedBatch

LONGEST_GAP = 8
_MOST_WORD_GAPS = 4
_FEWEST_DIGITS = 6
_ENUMERATION_FACTOR = 0.25
# Signs that make the digits around them an amount, a share or a formula, not a number to call.
_AMOUNT_SIGNS = frozenset("$€£¥₹₱₫₽₦฿%‰°=<>^;?!。！？；")
_TIGHT_SIGNS = frozenset(".,/_-")
_UNIT_WORDS = (
    "元 块 圆 万 千 百 亿 年 月 日 号 点 分 秒 天 岁 个 件 人 次 米 斤 期 楼 室 层 度 和 与 或 至 到 金额 单价 共 "
    "rb jt rp usd php kes ngn inr k m kg km cm am pm h min x to or vs and y o e dan atau at hrs yrs pcs pesos"
)
_UNITS = frozenset(_UNIT_WORDS.split())
_AMOUNT_BEFORE = re.compile(r"(\b(rp|idr|usd|php|ngn|inr|kes|rs)\.?|[$€£¥₹₱₦₫])\s?$")
_AMOUNT_AFTER = re.compile(r"\s?(元|块钱|万元|人民币|rupiah|pesos\b|naira\b|rupees\b|usd\b|₫|€)")
_ORDER_WORDS = re.compile(
    r"(订单|单号|快递|运单|物流|流水|编号|tracking|order|invoice|resi|waybill|isbn|ref|receipt|guia|pedido|\bpnr|"
    r"\bsku|\bimei|xo so)[^\n]{0,8}$"
)
# After these, groups of digits are prices, or addresses of computers.
_OTHER_FIGURES_BEFORE = re.compile(
    r"(价|价格|报价单|\b(prices?|rates?|costos|precios?|precos?|prix|harga|tarif|bei|fiyat|cena|gia|ip|server)|цен[аы]|"
    r"ราคา|விலை|दाम|कीमत|रेट|দাম|ధర|سعر|اسعار|قیمت)[\s:]{0,3}$"
)
_OTHER_FIGURES_FACTOR = 0.2
_COUNTRY_BEFORE = re.compile(r"\+\s?(\d{1,3})[\s\-.()]{0,2}$")


@dataclasses.dataclass(frozen=True, slots=True)
class PhonePattern:
    """The digits looked for, what may stand before them, and how sure a clean find is."""

    digits: str
    prefixes: tuple[str, ...]
    certainty: float


@dataclasses.dataclass(frozen=True, slots=True)
class NumberFound:
    """A slice of the folded text that holds the whole number, prefix included."""

    begin: int
    end: int
    certainty: float


def phone_patterns(e164: str) -> list[PhonePattern]:
    """What to look for so as to find an E.164 number however it is dialled. Raises ValueError if it is none."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"{e164!r} is no phone number in E.164 form") from error
    national = phonenumbers.national_significant_number(number)
    if len(national) < _FEWEST_DIGITS:
        raise ValueError(f"{e164!r} has too few digits to be told apart")
    country = str(number.country_code)
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    trunk = (metadata.national_prefix if metadata else None) or "0"
    international = tuple(
        before + country + after
        for before in ("00", "011", "")
        for after in ("", "0", "1" if country == "52" else "")
    )
    prefixes = tuple(dict.fromkeys((*international, trunk, "0")))
    certainty = 0.97 if len(national) >= 9 else 0.9 if len(national) == 8 else 0.7
    patterns = [PhonePattern(national, prefixes, certainty)]
    if country == "54" and national.startswith("9") and len(national) == 11:
        # ITU-T notification for Argentina: the 9 of mobile numbers is dialled from abroad only.
        patterns.append(PhonePattern(national[1:], (*prefixes, "549", "00549", "9"), certainty))
    return patterns


def number_pattern(digits: str) -> PhonePattern:
    """A number without prefixes: a national id."""
    return PhonePattern(digits, (), 0.97 if len(digits) >= 9 else 0.85)


def accept(
    batch: FoldedBatch, stream: DigitStream, first: int, last: int, pattern: PhonePattern
) -> NumberFound | None:
    """The number at ``stream[first:last]`` (equal to the pattern's digits), or None if it is part of something else."""
    gaps = _gaps(batch.text, stream, first, last)
    certainty = _certainty_of_gaps(gaps)
    if certainty == 0.0 or _is_internet_address(batch.text, stream, first, last, gaps):
        return None
    is_dotted = gaps.count(".") > 2
    start, has_prefix = _with_prefix(batch.text, stream, first, pattern.prefixes, is_dotted=is_dotted)
    sources = {int(source) for source in stream.sources[first:last]}
    edges = _Edges(batch.text, stream, sources, gaps)
    if edges.goes_on_before(start, has_prefix=has_prefix) or edges.goes_on_after(last, has_prefix=has_prefix):
        return None
    begin, end = int(stream.begins[start]), int(stream.ends[last - 1])
    if _is_inside_code(batch, begin, end, sources):
        return None
    if _AMOUNT_BEFORE.search(batch.before(begin, 5)) or _AMOUNT_AFTER.match(batch.after(end, 8)):
        return None
    if sources == {Source.FIGURE} and _is_enumeration(gaps):
        certainty *= _ENUMERATION_FACTOR
    if not has_prefix and _COUNTRY_BEFORE.search(batch.before(begin, 8)):
        return None  # a number of another country
    if _ORDER_WORDS.search(batch.before(begin, 16)):
        certainty *= 0.4 if has_prefix else 0.2
    if (
        len(_group_lengths(gaps)) > 1
        and not has_prefix
        and _OTHER_FIGURES_BEFORE.search(batch.before(begin, 12))
    ):
        certainty *= _OTHER_FIGURES_FACTOR
    if not has_prefix and len(pattern.digits) <= 8:
        certainty *= 0.9
    return NumberFound(_with_opening(batch.text, begin, end), end, round(pattern.certainty * certainty, 3))


def _gaps(text: str, stream: DigitStream, first: int, last: int) -> list[str]:
    ends, begins = stream.ends[first : last - 1].tolist(), stream.begins[first + 1 : last].tolist()
    return [text[end:begin] for end, begin in zip(ends, begins, strict=True)]


def _certainty_of_gaps(gaps: list[str]) -> float:
    """0.0 when the digits cannot be one number, less than 1.0 when words stand between them."""
    word_gaps = 0
    for gap in gaps:
        if len(gap) <= 1 and not gap.isalnum() and gap not in _AMOUNT_SIGNS and gap != ":":
            continue
        if len(gap) > LONGEST_GAP or not _AMOUNT_SIGNS.isdisjoint(gap) or gap.count("\n") > 1:
            return 0.0
        letters = "".join(char for char in gap if char.isalpha())
        if gap.strip() == ":" or letters in _UNITS or len(letters) > (4 if letters.isascii() else 2):
            return 0.0
        word_gaps += bool(letters)
    if word_gaps > _MOST_WORD_GAPS or _is_amount(gaps):
        return 0.0
    if _may_be_fraction(gaps):
        return 0.5
    return 0.85 if word_gaps else 1.0


def _group_lengths(gaps: list[str]) -> list[int]:
    lengths = [1]
    for gap in gaps:
        if gap:
            lengths.append(1)
        else:
            lengths[-1] += 1
    return lengths


def _is_amount(gaps: list[str]) -> bool:
    """1,380,013,800 is an amount; 13800,138000 are two."""
    separators = [gap for gap in gaps if gap]
    lengths = _group_lengths(gaps)
    if set(separators) != {","} or max(lengths) == 1:
        return False
    triples = sum(length == 3 for length in lengths[1:])
    return len(separators) == 1 or 2 * triples > len(separators)


def _is_enumeration(gaps: list[str]) -> bool:
    """94, 79, 21, 36, 05 are prices, marks or scores in a row: nobody writes a number to call with a comma and a space."""
    separators = [gap for gap in gaps if gap]
    groups = _group_lengths(gaps)
    commas = sum("," in gap and gap.endswith(" ") for gap in separators)
    if max(groups) == 1 or not commas:
        return False
    return (commas == len(separators) >= 2) or (len(groups) >= 4 and max(groups) <= 3)


def _may_be_fraction(gaps: list[str]) -> bool:
    """13.800138000 looks more like a fraction than like a number to call."""
    return [gap for gap in gaps if gap] == ["."] and _group_lengths(gaps)[0] <= 2


def _is_internet_address(text: str, stream: DigitStream, first: int, last: int, gaps: list[str]) -> bool:
    if [gap for gap in gaps if gap] != [".", ".", "."]:
        return False
    groups = text[int(stream.begins[first]) : int(stream.ends[last - 1])].split(".")
    return all(
        group.isdecimal() and int(group) <= 255 and (group == "0" or group[0] != "0") for group in groups
    )


def _with_prefix(
    text: str, stream: DigitStream, first: int, prefixes: tuple[str, ...], *, is_dotted: bool = False
) -> tuple[int, bool]:
    """Where the number begins in the stream once the longest allowed prefix is taken in."""
    for prefix in sorted(prefixes, key=len, reverse=True):
        start = first - len(prefix)
        if start < 0 or "".join(map(str, stream.values[start:first].tolist())) != prefix:
            continue
        gaps = _gaps(text, stream, start, first + 1)
        is_fraction = gaps[-1] in {".", ","} and prefix == "0" and not any(gaps[:-1]) and not is_dotted
        if not is_fraction and all(
            len(gap) <= 3 and not any(char.isalpha() or char in _AMOUNT_SIGNS for char in gap) for gap in gaps
        ):
            return start, True
    return first, text[: int(stream.begins[first])].endswith("+") if first < len(stream.begins) else False


@dataclasses.dataclass(frozen=True, slots=True)
class _Edges:
    """Whether a run of digits goes on beyond the number that was found in it."""

    text: str
    stream: DigitStream
    sources: set[int]
    gaps: list[str]

    def goes_on_before(self, start: int, *, has_prefix: bool) -> bool:
        if start == 0 or self.stream.values[start - 1] == NOT_A_DIGIT:
            return False
        gap = self.text[int(self.stream.ends[start - 1]) : int(self.stream.begins[start])]
        run = self._run(start - 1, -1)
        return self._goes_on(
            gap, int(self.stream.sources[start - 1]), run, has_prefix=has_prefix, is_before=True
        )

    def goes_on_after(self, last: int, *, has_prefix: bool) -> bool:
        if last >= len(self.stream.values) or self.stream.values[last] == NOT_A_DIGIT:
            return False
        gap = self.text[int(self.stream.ends[last - 1]) : int(self.stream.begins[last])]
        run = self._run(last, 1)
        return self._goes_on(gap, int(self.stream.sources[last]), run, has_prefix=has_prefix, is_before=False)

    def _run(self, index: int, step: int) -> int:
        """How many digits stand next to each other from here, up to 12."""
        count = 1
        while count < 12 and 0 <= index + step < len(self.stream.values):
            here, there = (index, index + step) if step > 0 else (index + step, index)
            if (
                self.stream.values[index + step] == NOT_A_DIGIT
                or self.stream.begins[there] > self.stream.ends[here]
            ):
                break
            count += 1
            index += step
        return count

    def _goes_on(self, gap: str, source: int, run: int, *, has_prefix: bool, is_before: bool) -> bool:
        if gap == "" or (source not in self.sources and source != Source.FIGURE):
            return gap == "" and (source in self.sources or source == Source.FIGURE)
        if gap in _TIGHT_SIGNS and run < 7:
            return not (has_prefix and gap in self.gaps and gap in ",/")
        if gap not in self.gaps or "\n" in gap:
            return False
        groups = _group_lengths(self.gaps)
        if has_prefix or run >= 7:
            return max(groups) == 1
        nearest = groups[0] if is_before else groups[-1]
        return max(groups) == 1 or run == nearest or source != Source.FIGURE or run < 3


def _is_inside_code(batch: FoldedBatch, begin: int, end: int, sources: set[int]) -> bool:
    """True inside a hash, a key or a longer identifier: Latin letters and digits on both sides."""
    if sources != {Source.FIGURE}:
        return False
    before, after = batch.before(begin, 2), batch.after(end, 2)
    is_after = bool(after) and after[0].isascii() and after[0].isalpha()
    is_before = bool(before) and before[-1].isascii() and before[-1].isalpha()
    has_digit_beyond = (len(before) == 2 and before[0].isdecimal()) or (
        len(after) == 2 and after[1].isdecimal()
    )
    return (is_before and is_after) or (has_digit_beyond and (is_before or is_after))


def _with_opening(text: str, begin: int, end: int) -> int:
    """Take in a plus sign, and the bracket that a closing one inside the number needs."""
    if begin and text[begin - 1] == "+":
        begin -= 1
    if begin and text[begin - 1] == "(" and text.find(")", begin, end) >= 0:
        begin -= 1
    return begin
