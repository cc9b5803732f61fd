"""Turns a scene into numbers: dense ones with names, and hashed character n-grams; never into a verdict.

The text is read with every mention replaced by a mark, so that "I am M" and "M, pay up" look alike for
every M, and with figures made uniform. Lengths, channels and authors are deliberately no features.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from monitor.detection.context import NAME_KINDS, NUMBER_KINDS, Place, Scene
from monitor.detection.cues import CueSpan
from monitor.detection.lexicon import ADDRESS_FAMILIES, BENIGN_FAMILIES, FAMILIES, SHAMING_FAMILIES
from monitor.detection.model import TermKind

HASH_BITS = 18
BUCKETS = 1 << HASH_BITS
NEAR_CHARS = 60
FAR_CHARS = 1_200

_NAME_MARK, _NUMBER_MARK, _LONG_FIGURE, _FIGURE = "\ue000", "\ue001", "\ue002", "0"
_FIGURES = re.compile(r"\d(?:[\d\-. ]{4,}\d)|\d+")
_SPACES = re.compile(r"\s+")
_ADDRESSABLE = (*FAMILIES, *ADDRESS_FAMILIES)
_PER_FAMILY = ("any", "near", "sentence", "before", "after", "quoted", "line")
_SCENE_FEATURES = (
    "is_list", "list_caption", "is_signed", "by_subject", "self_before", "self_after", "role_before",
    "role_after", "second_touch_after", "second_touch_before", "negated_near", "has_name", "has_number",
    "number_only", "handle_only", "many_mentions", "in_title", "disguised", "identity", "has_place", "has_employer", "hashtags",
    "at_signs", "exclaims", "questions", "money_line", "colon_after", "shaming_families",
    "benign_families", "shaming_near", "benign_near", "shaming_near_by_self", "shaming_near_by_joke",
    "shaming_near_by_news", "shaming_near_by_plea", "shaming_near_by_thanks", "shaming_near_by_legal",
    "sexual_with_number", "strong_near_families", "only_weak", "quoted_share", "no_cue", "charge",
    "list_without_charge", "thanks_without_charge", "roster_without_charge", "biography_name_only",
    "shaming_near_by_role", "shaming_near_by_fiction", "shaming_near_by_acquittal", "shaming_near_by_roster",
)  # fmt: skip
DENSE_NAMES = (*(f"{family}.{what}" for family in _ADDRESSABLE for what in _PER_FAMILY), *_SCENE_FEATURES)
_INDEX = {name: index for index, name in enumerate(DENSE_NAMES)}
_MONEY = re.compile(
    r"(?:[$£€¥₦₱₹]|rs\.?|kes|php|hk|rp|s/)\s?\d|\d[\d.,]*\s?(?:k\b|万|w\b|jt|juta|rb|ribu|元|块|mil\b|soles|usd|naira|pesos|ksh|lucas|千)"
)

Dense = npt.NDArray[np.float32]
Buckets = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, slots=True)
class Features:
    """``dense`` in the order of DENSE_NAMES; ``grams`` are (buckets, value of each) per group."""

    dense: Dense
    grams: tuple[tuple[Buckets, float], ...]


def features_from_scene(scene: Scene) -> Features:
    """All features of one scene; the scene has at least one mention."""
    return Features(dense=_dense(scene), grams=tuple(_grams(scene)))


def _dense(scene: Scene) -> Dense:
    values = np.zeros(len(DENSE_NAMES), dtype=np.float32)
    weighed = [_Weighed.of(cue, scene) for cue in scene.cues]
    for item in weighed:
        _add_cue(values, item)
    for name, value in _scene_values(scene, weighed):
        values[_INDEX[name]] = value
    return values


@dataclasses.dataclass(frozen=True, slots=True)
class _Weighed:
    """A cue with what the scene says of it."""

    family: str
    weight: float
    near: float
    is_before: bool
    in_sentence: bool
    in_line: bool
    is_quoted: bool
    is_negated: bool

    @classmethod
    def of(cls, cue: CueSpan, scene: Scene) -> _Weighed:
        gap = scene.distance_chars(cue)
        return cls(
            family=cue.family,
            weight=cue.weight,
            near=cue.weight * float(np.exp(-gap / scene.scale_chars)),
            is_before=cue.begin < scene.nearest(cue).begin,
            in_sentence=scene.sentence_of(cue.begin) in scene.mention_sentences,
            in_line=scene.line_of(cue.begin) in scene.mention_lines,
            is_quoted=scene.is_quoted(cue.begin, cue.end),
            is_negated=scene.is_negated(cue),
        )


def _add_cue(values: Dense, item: _Weighed) -> None:
    base = _INDEX[f"{item.family}.any"]
    if item.is_quoted:
        values[base + 5] = max(values[base + 5], item.weight)
        return
    values[base] = min(2.0, values[base] + item.weight / 1.5)
    values[base + 1] = max(values[base + 1], item.near)
    if item.in_sentence:
        values[base + 2] = max(values[base + 2], item.weight)
    side = base + 3 if item.is_before else base + 4
    values[side] = max(values[side], item.near)
    if item.in_line:
        values[base + 6] = max(values[base + 6], item.weight)


def _scene_values(scene: Scene, weighed: Sequence[_Weighed]) -> Iterator[tuple[str, float]]:
    yield from _structure_values(scene)
    yield from _mention_values(scene)
    shaming = [item for item in weighed if item.family in SHAMING_FAMILIES]
    benign = [item for item in weighed if item.family in BENIGN_FAMILIES and item.family != "self_reference"]
    near = max((item.near for item in shaming if not item.is_quoted), default=0.0)
    yield "shaming_near", near
    yield "benign_near", max((item.near for item in benign), default=0.0)
    yield "shaming_families", len({item.family for item in shaming if item.weight > 0.3}) / 6
    yield "benign_families", len({item.family for item in benign if item.weight > 0.3}) / 6
    yield "strong_near_families", len({item.family for item in shaming if item.near > 0.3}) / 4
    yield "only_weak", float(bool(shaming) and all(item.weight < 0.3 for item in shaming))
    yield "no_cue", float(not shaming)
    yield "quoted_share", sum(item.is_quoted for item in shaming) / (len(shaming) or 1)
    yield "negated_near", max((item.near for item in shaming if item.is_negated), default=0.0)
    strength = dict.fromkeys(BENIGN_FAMILIES, 0.0)
    for item in benign:
        strength[item.family] = max(strength[item.family], item.weight)
    self_before, self_after = scene.touching("self_reference")
    speaks = self_before or scene.is_signed or scene.by_subject
    yield "shaming_near_by_self", near * speaks
    for name in ("joke", "news", "plea", "fiction", "acquittal", "roster"):
        yield f"shaming_near_by_{name}", near * strength[name]
    yield from _charge_values(scene, shaming, strength)
    yield "shaming_near_by_thanks", near * strength["thanks_sale"]
    yield "shaming_near_by_legal", near * strength["legal_question"]
    yield "self_before", float(self_before)
    yield "self_after", float(self_after)
    sexual = max((item.weight for item in shaming if item.family == "sexual"), default=0.0)
    yield "sexual_with_number", sexual * any(place.kind in NUMBER_KINDS for place in scene.places)


def _charge_values(
    scene: Scene, shaming: Sequence[_Weighed], strength: Mapping[str, float]
) -> Iterator[tuple[str, float]]:
    """What speaks for a harmless post where no word of the author's own charges anybody."""
    charge = max((item.weight for item in shaming if not item.is_quoted), default=0.0)
    harmless = 1.0 - min(1.0, charge)
    yield "charge", charge
    yield "list_without_charge", harmless * scene.is_list
    yield "thanks_without_charge", harmless * strength["thanks_sale"]
    yield "roster_without_charge", harmless * strength["roster"]
    has_number = any(place.kind in NUMBER_KINDS for place in scene.places)
    yield "biography_name_only", strength["biography"] * (not has_number)
    near = max((item.near for item in shaming if not item.is_quoted), default=0.0)
    yield "shaming_near_by_role", near * any(scene.touching("professional_role", reach_chars=2))


def _structure_values(scene: Scene) -> Iterator[tuple[str, float]]:
    yield "is_list", float(scene.is_list)
    caption = [
        cue.weight for cue in scene.cues if cue.begin < scene.head_end and cue.family in SHAMING_FAMILIES
    ]
    yield "list_caption", max(caption, default=0.0) * scene.is_list
    yield "is_signed", float(scene.is_signed)
    yield "by_subject", float(scene.by_subject)
    role_before, role_after = scene.touching("professional_role", reach_chars=2)
    yield "role_before", float(role_before)
    yield "role_after", float(role_after)
    second_before, second_after = scene.touching("second_person", reach_chars=3)
    yield "second_touch_before", float(second_before)
    yield "second_touch_after", float(second_after)
    yield "hashtags", min(scene.text.count("#"), 4) / 4
    yield "at_signs", min(scene.text.count("@"), 4) / 4
    yield "exclaims", min(scene.text.count("!"), 4) / 4
    yield "questions", min(scene.text.count("?"), 3) / 3
    yield "money_line", float(any(_MONEY.search(scene.lines[line]) for line in scene.mention_lines))


def _mention_values(scene: Scene) -> Iterator[tuple[str, float]]:
    kinds = {place.kind for place in scene.places}
    has_name, has_number = bool(kinds & NAME_KINDS), bool(kinds & NUMBER_KINDS)
    yield "has_name", float(has_name)
    yield "has_number", float(has_number)
    yield "number_only", float(has_number and not has_name)
    yield "handle_only", float(not has_number and not has_name)
    yield "has_place", float(TermKind.PLACE in scene.support)
    yield "has_employer", float(TermKind.EMPLOYER in scene.support)
    yield "many_mentions", min(len(scene.places), 4) / 4
    title_end = scene.text.find("\x1e")
    yield "in_title", float(any(place.end <= title_end for place in scene.places))
    yield "disguised", float(any(place.is_disguised for place in scene.places))
    yield "identity", scene.identity
    yield (
        "colon_after",
        float(any(scene.text[place.end : place.end + 2].strip().startswith(":") for place in scene.places)),
    )


def _grams(scene: Scene) -> Iterator[tuple[Buckets, float]]:
    """Groups of n-grams: the whole text, the surroundings of mentions, and right before and after them."""
    ranges = list(scene.around(FAR_CHARS))
    if scene.is_list and ranges and ranges[0][0] >= scene.head_end:
        ranges.insert(0, (0, scene.head_end))
    whole = " ".join(_masked(scene, begin, end) for begin, end in ranges)
    near = " ".join(_masked(scene, begin, end) for begin, end in scene.around(NEAR_CHARS))
    yield _group(_character_grams(whole, salt=1))
    yield _group(_character_grams(near, salt=2))
    yield _group(_sided_grams(near))


def _group(buckets: Buckets) -> tuple[Buckets, float]:
    unique = np.unique(buckets)
    return unique, 1.0 / float(np.sqrt(len(unique) or 1))


def _masked(scene: Scene, begin: int, end: int) -> str:
    pieces: list[str] = []
    done = begin
    for place in sorted(scene.places):
        if place.begin >= begin and place.end <= end:
            pieces.append(scene.text[done : place.begin])
            pieces.append(_mark(place))
            done = place.end
    pieces.append(scene.text[done:end])
    text = _FIGURES.sub(_figure, "".join(pieces))
    return _SPACES.sub(" ", text)


def _mark(place: Place) -> str:
    return _NUMBER_MARK if place.kind in NUMBER_KINDS else _NAME_MARK


def _figure(match: re.Match[str]) -> str:
    return _LONG_FIGURE if len(match.group()) > 6 else _FIGURE


def _character_grams(text: str, *, salt: int) -> Buckets:
    """Buckets of all 1- to 4-grams: a multiplicative hash over code points, the same on every machine."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    found: list[npt.NDArray[np.uint64]] = []
    hashes = np.full(len(codes), salt * 0x9E3779B97F4A7C15 % (1 << 64), dtype=np.uint64)
    for size in range(1, 5):
        if len(codes) < size:
            break
        hashes = (hashes[: len(codes) - size + 1] ^ codes[size - 1 :]) * np.uint64(0xD6E8FEB86659FD93)
        hashes ^= hashes >> np.uint64(29)
        found.append(hashes)
    joined = np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)
    return ((joined * np.uint64(0x9FB21C651E98DF25)) >> np.uint64(64 - HASH_BITS)).astype(np.int64)


def _sided_grams(near: str) -> Buckets:
    """N-grams of the nearest 20 characters before and after each mention, each side by itself."""
    found: list[Buckets] = []
    for match in re.finditer(f"[{_NAME_MARK}{_NUMBER_MARK}]", near):
        found.append(_character_grams(near[max(0, match.start() - 20) : match.start() + 1], salt=6))
        found.append(_character_grams(near[match.start() : match.end() + 20], salt=7))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
