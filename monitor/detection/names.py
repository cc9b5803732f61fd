"""Decides whether letters that spell a form of a name are that name where they stand, never who bears it.

It looks at what the skeleton dropped: what stands between the letters, and whether words begin and end
where the name does.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import unicodedata

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import Kind
from monitor.detection.folding import FoldedBatch, Positions
from monitor.detection.hanzi import is_hanzi, stands_whole
from monitor.detection.nameform import NameForm, Shape
from monitor.detection.wordforms import ABBREVIATIONS

_LONGEST_GAP = 5
_HARDLY = 0.1
_SENTENCE_SIGNS = frozenset(',。!?;:、\n"()[]{}《》【】“”')
_MASKS = frozenset({"*", "x", "○", "✱"})
_NEVER_INSIDE_WORDS = frozenset('@!?;:&=<>"()[]{}。،؛؟、')
_FULL_STOPS = "۔।॥"
JOINED_AT_LEAST = 8
"""A name of so many letters may be written as one word, if it does not begin with an initial."""
# Scripts whose words take case endings without a space: Tamil, Telugu, Kannada, Malayalam. In Bengali there are
# few of them; whatever else follows is another name (ঘোষ, ঘোষাল).
_SUFFIXING = ((0x0B80, 0x0D80),)
_BENGALI = (0x0980, 0x0A00)
_BENGALI_SUFFIX = re.compile(r"(কে|রে|র|ের|এর|য়ের|দের|ত|তে|য়|ও|ই|টা|টি|রা|েরা|ে){1,2}(?![\w\u0980-\u09ff])")
_NEXT_WORDS = re.compile(r"\s([^\W\d_]{2,})(?:\s([^\W\d_]+))?")
_FURTHER_NAME = 0.25
_NAMED_AFTER = 0.25
_FIRM_OR_PLACE_BEFORE = re.compile(
    r"\b(rua|calle|av|avenida|rue|jalan|jl|jln|gunung|konser|улица|ул|cadde|sokak|clinica|colegio|escola|escuela|"
    r"universidad|hospital|st|saint|duong|pho|quan ca phe|cong ty|tiem|toko|pt|cv|شارع|مدرسة|सड़क|मार्ग)\.?\s$"
)
_FIRM_OR_PLACE_AFTER = re.compile(
    r"^\s(memorial|school|elementary|college|university|institute|hospital|clinic|street|st|road|rd|avenue|ave|lane|"
    r"bridge|stadium|foundation|trust|realty|hotel|resort|group|ltd|inc|llc|pvt|corp|co|enterprises?|industries|"
    r"company|church|academy|masjid|mosque|temple|colony|nagar|chowk|marg|market|abad|آباد|نگر|नगर|मार्ग|"
    r"स्कूल|मेमोरियल)\b"
)
_LONGEST_SUFFIX = 5
_VIRAMAS = frozenset("\u094d\u09cd\u0bcd\u0c4d\u0ccd\u0d4d")
_INSIDE_HANDLE = re.compile(r"@[\w.]*$")
_PERSON_BEFORE = re.compile(
    r"(叫|名叫|姓名|名字|老赖|骗子|诈骗犯|犯|本人|我是|他是|她是|曝光|寻找|通缉|人员|同学|同事|老板|朋友|债务人|欠款人|转告|联系|认识|"
    r"\b(mr|mrs|ms|miss|sister|brother|mama|teacher|named|called|name is|name|si|ni|kay|pak|bu|mas|mbak|bang|kak|"
    r"mang|aling|ate|kuya|don|dona|senor|senora|sr|sra|seu|ustaz|bhai|didi))[\s:\"'「【《(]*$"
)
_PERSON_AFTER = re.compile(
    r"^[\s\"'」】》,:(]*(先生|女士|同学|老师|小姐|欠[^，。,]{0,8}[钱债款账元块万\d]|借钱|还钱|还款|身份证|电话|手机|男|女|这个人|此人|这人|人渣|骗|跑路|失联|"
    r"owes|borrowed|is a (thief|scammer|fraud)|\+?\d{6})"
)


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """The skeleton in which a form was found: where its characters stand in the folded text."""

    places: Positions
    boundaries: npt.NDArray[np.bool_]


def certainty_of_find(batch: FoldedBatch, view: View, first: int, last: int, form: NameForm) -> float:
    """How surely ``view.places[first:last]`` is the form: 0.0 if not, else the form's certainty or less."""
    places = view.places[first:last].tolist()
    gaps = _gaps(batch.text, places)
    if any(len(gap) > _LONGEST_GAP for gap in gaps.values()):
        return 0.0
    if form.shape is Shape.HANZI:
        factor = _hanzi_factor(batch.text, view, places, gaps, form)
    else:
        factor = _words_factor(batch, view, places, gaps, form)
    certainty = form.certainty * factor
    return _with_context(batch, places, certainty) if factor and form.is_ordinary else certainty


def _gaps(text: str, places: list[int]) -> dict[int, str]:
    """What stands before the character at each offset where something does."""
    if places[-1] - places[0] == len(places) - 1:
        return {}
    return {
        offset: text[places[offset - 1] + 1 : places[offset]]
        for offset in range(1, len(places))
        if places[offset] - places[offset - 1] > 1
    }


def _with_context(batch: FoldedBatch, places: list[int], certainty: float) -> float:
    """A name that is a word counts for more in a construction that only fits a person."""
    if certainty > _HARDLY:
        is_person = _PERSON_BEFORE.search(batch.before(places[0], 14)) or _PERSON_AFTER.match(
            batch.after(places[-1] + 1, 19)
        )
        return _beside_person_words(certainty) if is_person else certainty
    return certainty


def _beside_person_words(certainty: float) -> float:
    return min(0.6, certainty * 3)


def most_certainty(form: NameForm) -> float:
    """What `certainty_of_find` can come to at most for the form."""
    return max(form.certainty, _beside_person_words(form.certainty)) if form.is_ordinary else form.certainty


def _hanzi_factor(text: str, view: View, places: list[int], gaps: dict[int, str], form: NameForm) -> float:
    begin, end = places[0], places[-1] + 1
    if not form.skeleton[0] >= "\u3400" and not view.boundaries[begin]:
        return 0.0
    if not form.skeleton[-1] >= "\u3400" and not view.boundaries[end]:
        return 0.0
    hanzi = form.skeleton if all(map(is_hanzi, form.skeleton)) else None
    if not gaps:
        return _whole_factor(text, begin, hanzi, end) if hanzi else 1.0
    joined = "".join(gaps.values())
    is_everywhere = len(gaps) == len(places) - 1
    if not is_everywhere and set(gaps) - {1, 2}:
        return 0.0
    is_column = is_everywhere and set(gaps.values()) == {"\n"} and len(places) > 2
    if not is_column and (not _SENTENCE_SIGNS.isdisjoint(joined) or max(map(len, gaps.values())) > 3):
        return 0.0
    is_spaced = joined.isspace()
    factor = 0.95 if len(places) > 2 or not is_spaced else 0.75
    if (
        len(places) == 2 and joined in _MASKS
    ):  # 张*伟 is rather a name of three characters, one of them covered
        factor = 0.5
    return factor * _whole_factor(text, begin, hanzi, end) if hanzi and is_spaced else factor


def _whole_factor(text: str, begin: int, hanzi: str, end: int) -> float:
    before = begin
    while before > max(0, begin - 4) and is_hanzi(text[before - 1]):
        before -= 1
    after = end
    while after < min(len(text), end + 4) and is_hanzi(text[after]):
        after += 1
    return stands_whole(text[before:begin], hanzi, text[end:after])


def _words_factor(
    batch: FoldedBatch, view: View, places: list[int], gaps: dict[int, str], form: NameForm
) -> float:
    begin, end = places[0], places[-1] + 1
    if not view.boundaries[begin]:
        return 0.0
    factor = 1.0 if view.boundaries[end] else _suffix_factor(batch, end, form)
    inner = {
        offset: gap
        for offset, gap in gaps.items()
        if offset not in form.breaks and offset not in form.soft_breaks
    }
    if inner:
        factor *= _inner_factor(batch, places, inner, gaps, form)
    factor *= _case_factor(batch, places, form) * _accent_factor(batch, places, form)
    factor *= _handle_factor(batch.text, begin) * _neighbour_factor(batch, begin, end, form)
    factor *= _initial_factor(batch, places, gaps, form)
    for offset in form.breaks:
        factor *= _break_factor(view, places, gaps.get(offset, ""), offset, form)
    return factor


def _case_factor(batch: FoldedBatch, places: list[int], form: NameForm) -> float:
    """Names are written alike: "hope Chukwuma" is a hope, "Hope Chukwuma" and "hope chukwuma" may be she."""
    offsets = [offset for offset in (0, *form.breaks) if offset not in form.small_words]
    if not offsets:
        return 1.0
    upper = [batch.is_upper(places[offset]) for offset in offsets]
    if all(upper) or not form.skeleton[0].isalpha() or form.skeleton[0].upper() == form.skeleton[0]:
        return 1.0
    if not any(upper):
        ordinary = sum(offset in form.ordinary_words for offset in offsets)
        if ordinary == len(offsets) > 1:
            return 0.3
        return 0.6 if len(offsets) == 1 else 0.85 if ordinary else 1.0
    small = [offset for offset, is_capital in zip(offsets, upper, strict=True) if not is_capital]
    return 0.35 if any(offset in form.ordinary_words for offset in small) else 0.8


def _handle_factor(text: str, begin: int) -> float:
    """A name inside somebody's handle is more likely that of a namesake."""
    before = text[max(0, begin - 30) : begin]
    return 0.5 if "@" in before and _INSIDE_HANDLE.search(before) else 1.0


def _neighbour_factor(batch: FoldedBatch, begin: int, end: int, form: NameForm) -> float:
    """Less where the words beside it make it somebody else's name, or that of a street or a firm."""
    before, after = batch.before(begin, 24), batch.after(end, 24)
    factor = 1.0
    if len(after) > 1 and after[0] == "-" and batch.is_upper(end + 1):
        factor *= _FURTHER_NAME  # Kulkarni-Joshi
    elif form.lacks_last and _goes_on_as_name(batch, begin, end, after):
        factor *= _FURTHER_NAME
    if len(before) > 1 and before[-1] == "-" and before[-2].isalpha() and batch.is_upper(begin):
        factor *= _FURTHER_NAME  # Marie-Anne
    elif form.lacks_first and _follows_capital_word(batch, begin) and not batch.is_upper(begin + 1):
        factor *= _FURTHER_NAME
    is_capital = batch.is_upper(begin) or not form.skeleton[0].isascii()
    is_before = _FIRM_OR_PLACE_BEFORE.search(before) is not None
    is_after = _FIRM_OR_PLACE_AFTER.match(after) is not None and (
        batch.is_upper(end + 1) or not after[1].isascii()
    )
    return factor * _NAMED_AFTER if is_capital and (is_before or is_after) else factor


def _goes_on_as_name(batch: FoldedBatch, begin: int, end: int, after: str) -> bool:
    """Whether one more word with a capital follows, in a text that does not write every word so."""
    match = _NEXT_WORDS.match(after)
    if match is None or not batch.is_upper(begin) or batch.is_upper(begin + 1):
        return False
    first, second = end + match.start(1), match.group(2)
    if not batch.is_upper(first) or batch.is_upper(first + 1):
        return False
    return not second or not batch.is_upper(end + match.start(2))


def _initial_factor(batch: FoldedBatch, places: list[int], gaps: dict[int, str], form: NameForm) -> float:
    """An initial is a capital or has a full stop; "a christian" has neither, and in "Ann B. Davis" it is hers."""
    limits = (0, *form.breaks, len(places))
    initials = [begin for begin, end in itertools.pairwise(limits) if end - begin == 1]
    if not initials:
        return 1.0
    upper = [batch.is_upper(places[offset]) for offset in initials]
    marks = [gaps.get(offset + 1, "") for offset in initials]
    if any("_" in mark for mark in marks):
        return 0.0
    for is_capital, mark, offset in zip(upper, marks, initials, strict=True):
        if not is_capital and "." not in mark and offset + 1 < len(places):
            return 0.3
    return 0.5 if initials[0] == 0 and _follows_capital_word(batch, places[0]) else 1.0


def _follows_capital_word(batch: FoldedBatch, begin: int) -> bool:
    if begin < 3 or batch.text[begin - 1] != " " or batch.kinds[begin - 2] != Kind.LETTER:
        return False
    start = begin - 2
    while start > 0 and batch.kinds[start - 1] == Kind.LETTER and begin - start < 20:
        start -= 1
    return batch.is_upper(start)


def _accent_factor(batch: FoldedBatch, places: list[int], form: NameForm) -> float:
    """Accents may be missing, but where both have one it must be the same: ăn dở is not An Đỗ."""
    if not form.accented:
        return 1.0
    for place, expected in zip(places, form.accented, strict=True):
        written = chr(int(batch.original_codes[batch.starts[place]])).lower()
        if written != expected and _is_accented(written) and _is_accented(expected):
            return 0.3
    return 1.0


def _is_accented(char: str) -> bool:
    return char == "đ" or len(unicodedata.normalize("NFD", char)) > 1


def _break_factor(view: View, places: list[int], gap: str, offset: int, form: NameForm) -> float:
    """What may stand where one word of the name ends and the next begins."""
    if gap == "":
        if view.boundaries[places[offset]]:
            return 0.95
        return 0.9 if len(form.skeleton) >= JOINED_AT_LEAST and min(form.breaks) > 1 else 0.0
    if not _NEVER_INSIDE_WORDS.isdisjoint(gap) or gap[0] in _FULL_STOPS:
        return 0.0
    if "," in gap:
        return 1.0 if form.shape is Shape.SWAPPED else 0.0
    word = form.skeleton[_word_begin(form, offset) : offset]
    if "." in gap and gap.endswith(" ") and len(word) >= 3 and word not in ABBREVIATIONS:
        return 0.3  # a sentence ends here
    return 0.6 if "\n" in gap and gap != " \n" and len(form.breaks) == 1 else 1.0


def _word_begin(form: NameForm, offset: int) -> int:
    return max((place for place in (0, *form.breaks, *form.soft_breaks) if place < offset), default=0)


def _inner_factor(
    batch: FoldedBatch, places: list[int], inner: dict[int, str], gaps: dict[int, str], form: NameForm
) -> float:
    """Letters of one word set apart: all of them (s a m), or few of them by signs that are no spaces."""
    if any(not _NEVER_INSIDE_WORDS.isdisjoint(gap) or "," in gap for gap in inner.values()):
        return 0.0
    longest = max(map(len, inner.values()))
    if longest <= 2 and _are_words_spelled_out(batch, places, inner, form):
        return 0.0 if _is_spelled_on(batch, places, gaps) else 0.95
    is_signs = not any(char.isspace() for gap in inner.values() for char in gap)
    if is_signs and longest <= 2 and len(form.skeleton) >= 6:
        return 0.9
    return 0.8 if len(inner) == 1 and longest == 1 and len(form.skeleton) >= 10 else 0.0


def _are_words_spelled_out(
    batch: FoldedBatch, places: list[int], inner: dict[int, str], form: NameForm
) -> bool:
    """Whether every word that has a gap inside has one between all its letters, or nearly."""
    limits = (0, *sorted((*form.breaks, *form.soft_breaks)), len(places))
    for begin, end in itertools.pairwise(limits):
        held = sum(begin < offset < end for offset in inner)
        possible = sum(
            batch.kinds[places[offset]] != Kind.MARK and form.skeleton[offset - 1] not in _VIRAMAS
            for offset in range(begin + 1, end)
        )
        if held and held < 0.8 * possible:
            return False
    return True


def _is_spelled_on(batch: FoldedBatch, places: list[int], gaps: dict[int, str]) -> bool:
    """Whether the letter-spaced word goes on beyond the name: J o y c e is not Joy."""
    text, kinds = batch.text, batch.kinds
    gap = next(iter(gaps.values()))
    end = places[-1] + 1 + len(gap)
    begin = places[0] - len(gap)
    goes_on = (
        text[places[-1] + 1 : end] == gap
        and end < len(text)
        and kinds[end] == Kind.LETTER
        and (end + 1 == len(text) or kinds[end + 1] != Kind.LETTER)
    )
    came_from = (
        begin > 0
        and text[begin : places[0]] == gap
        and kinds[begin - 1] == Kind.LETTER
        and (begin == 1 or kinds[begin - 2] != Kind.LETTER)
    )
    return bool(goes_on or came_from)


def _suffix_factor(batch: FoldedBatch, end: int, form: NameForm) -> float:
    """Case endings of scripts that write them without a space."""
    last = ord(form.skeleton[-1])
    if _BENGALI[0] <= last < _BENGALI[1]:
        return 0.8 if _BENGALI_SUFFIX.match(batch.after(end, 12)) else 0.0
    if len(form.skeleton) < 6 or not any(start <= last < stop for start, stop in _SUFFIXING):
        return 0.0
    stop = end
    while (
        stop < len(batch.text)
        and batch.kinds[stop] in (Kind.LETTER, Kind.MARK)
        and stop - end <= _LONGEST_SUFFIX
    ):
        stop += 1
    return 0.8 if stop - end <= _LONGEST_SUFFIX else 0.0
