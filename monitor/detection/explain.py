"""Says in plain English why a post was judged as it was, from fixed sentences; never judges anything.

Whatever a stranger wrote is quoted, cut to 60 characters and freed of control and direction characters,
so that no post can write a sentence of its own into a reason.
"""

from __future__ import annotations

import dataclasses
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from monitor.detection.lexicon import BENIGN_FAMILIES, SHAMING_FAMILIES
from monitor.detection.model import Cue, Mention, TermKind

MAX_QUOTE_CHARS = 60
_MOST_CUES = 4
_NEAR_CHARS = 80
_TELLING_WEIGHT, _TELLING_BENIGN_WEIGHT = 0.6, 1.0
_FAR_CHARS = 600
_SHORT_WORD = re.compile(r"[\W\d_]*(?:[a-z\u00c0-\u024f][\W\d_]*){1,3}", re.IGNORECASE)
"""Up to three Latin letters, whatever stands between: "una" tells nobody anything."""


@dataclasses.dataclass(frozen=True, slots=True)
class Phrase:
    """A cue with the weight that the lexicon gives its phrase (0..1)."""

    cue: Cue
    weight: float


FAMILY_WORDS = {
    "debt_default": "a claim about unpaid money",
    "accusation": "an accusation",
    "wanted": "a call to find or identify somebody",
    "exposure": "a call to expose or spread",
    "contact_blast": "a demand sent through other people",
    "threat": "a threat",
    "sexual": "sexual or sex-advert wording",
    "death": "wording of a death notice or death wish",
    "disease_drug": "a claim about disease or drugs",
    "insult": "an insult",
    "family_targeting": "an attack on the family",
    "impersonated_authority": "wording of a police or court notice",
    "plea": "a plea for help",
    "news": "wording of the news or a court register",
    "advert": "wording of a lending or hiring advert",
    "review": "wording of a review",
    "fiction": "wording of fiction or a quotation",
    "joke": "joking words",
    "legal_question": "a question about the law",
    "thanks_sale": "thanks, praise or a sale",
    "self_reference": "somebody speaking of themselves",
    "professional_role": "a profession",
    "acquittal": "words that take a charge back",
    "roster": "wording of a rota or of a class, team or guest list",
    "biography": "wording about an artist, an athlete or a historical person",
}
_KIND_WORDS = {
    TermKind.NAME: "name",
    TermKind.ALIAS: "other name",
    TermKind.PHONE: "phone number",
    TermKind.NATIONAL_ID: "national id",
    TermKind.EMAIL: "e-mail address",
    TermKind.HANDLE: "handle",
    TermKind.PLACE: "place",
    TermKind.EMPLOYER: "workplace",
    TermKind.ASSOCIATE_NAME: "associate's name",
    TermKind.ASSOCIATE_PHONE: "associate's phone number",
}
_TELLING_BENIGN = frozenset(BENIGN_FAMILIES) - {"self_reference", "professional_role"}
"""Benign families worth a sentence: "I" and "teacher" occur everywhere and would explain nothing."""
_SUPPORTING = frozenset(
    {TermKind.PLACE, TermKind.EMPLOYER, TermKind.ASSOCIATE_NAME, TermKind.ASSOCIATE_PHONE}
)
_READS_AS_KINDS = frozenset({TermKind.PHONE, TermKind.ASSOCIATE_PHONE, TermKind.NATIONAL_ID})


def reasons_from_evidence(
    mentions: Sequence[Mention], phrases: Sequence[Phrase], *, is_list: bool, by_subject: bool
) -> list[str]:
    """Whole sentences: who is mentioned, then at most four telling phrases, the most telling first.

    ``mentions`` is not empty. Weak phrases and words of up to three Latin letters are never shown.
    """
    shaming = [item for item in phrases if item.cue.family in SHAMING_FAMILIES and is_telling(item)]
    benign = [
        item
        for item in phrases
        if item.cue.family in _TELLING_BENIGN and is_telling(item) and item.weight >= _TELLING_BENIGN_WEIGHT
    ]
    return [
        *_mention_sentences(mentions),
        *_shaming_sentences(shaming, mentions),
        *(["It is one entry in a list of people."] if is_list else []),
        *_benign_sentences(benign, mentions),
        *(["It seems to be written by you."] if by_subject else []),
        *([] if shaming else ["It uses none of the known phrases; the wording as a whole was weighed."]),
    ]


def is_telling(phrase: Phrase) -> bool:
    """Whether a reader would see at once why the phrase matters."""
    return phrase.weight >= _TELLING_WEIGHT and not _SHORT_WORD.fullmatch(phrase.cue.text)


def quoted(untrusted: str) -> str:
    """The text as it may stand inside a reason: one line, no controls, at most 60 characters."""
    kept = "".join(
        " " if char.isspace() else char
        for char in untrusted[: MAX_QUOTE_CHARS * 8]
        if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    line = " ".join(kept.replace('"', "'").split())
    if len(line) > MAX_QUOTE_CHARS:
        line = line[: MAX_QUOTE_CHARS - 1].rstrip() + "…"
    return f'"{line}"'


def _mention_sentences(mentions: Iterable[Mention]) -> Iterator[str]:
    told: set[TermKind] = set()
    for mention in sorted(mentions, key=lambda item: -item.certainty):
        if mention.kind in told:
            continue
        told.add(mention.kind)
        where = {"title": " in the title", "quoted": " in the quoted words"}.get(mention.field, "")
        word = _KIND_WORDS[mention.kind]
        if mention.kind in _READS_AS_KINDS:
            yield f"The number {quoted(mention.text)}{where} reads as {quoted(mention.term)[1:-1]}."
        elif mention.text == mention.term:
            yield f"Your {word} {quoted(mention.term)} is written{where or ' in the post'}."
        else:
            yield f"{quoted(mention.text)}{where} reads as your {word} {quoted(mention.term)}."


def _shaming_sentences(phrases: Sequence[Phrase], mentions: Sequence[Mention]) -> Iterator[str]:
    for distance, phrase, mention in _most_telling(phrases, mentions)[:_MOST_CUES]:
        cue, words = phrase.cue, FAMILY_WORDS[phrase.cue.family]
        if distance <= _NEAR_CHARS:
            yield f"Your {_KIND_WORDS[mention.kind]} stands next to {quoted(cue.text)} ({words})."
        else:
            where = {"title": "The title", "quoted": "The quoted text"}.get(cue.field, "The post")
            yield f"{where} says {quoted(cue.text)} ({words})."


def _benign_sentences(phrases: Sequence[Phrase], mentions: Sequence[Mention]) -> Iterator[str]:
    for _, phrase, _ in _most_telling(phrases, mentions)[:2]:
        words = FAMILY_WORDS[phrase.cue.family]
        yield f"It also says {quoted(phrase.cue.text)} ({words}), which speaks against shaming."


def _most_telling(
    phrases: Sequence[Phrase], mentions: Sequence[Mention]
) -> list[tuple[int, Phrase, Mention]]:
    """One phrase of each family with its distance in characters, the heaviest and nearest first."""
    best: dict[str, tuple[float, int, Phrase, Mention]] = {}
    for phrase in phrases:
        distance, mention = _distance(phrase.cue, mentions)
        force = phrase.weight * (1 + math.exp(-min(distance, _FAR_CHARS) / _NEAR_CHARS))
        if phrase.cue.family not in best or force > best[phrase.cue.family][0]:
            best[phrase.cue.family] = (force, distance, phrase, mention)
    ranked = sorted(best.values(), key=lambda item: (-item[0], item[2].cue.start))
    return [item[1:] for item in ranked]


def _distance(cue: Cue, mentions: Sequence[Mention]) -> tuple[int, Mention]:
    def gap(mention: Mention) -> int:
        if mention.field != cue.field:
            return 10_000
        return max(0, cue.start - mention.end, mention.start - cue.end)

    own = [mention for mention in mentions if mention.kind not in _SUPPORTING]
    nearest = min(mentions, key=gap)
    nearest_own = min(own, key=gap, default=nearest)
    if gap(nearest_own) <= _NEAR_CHARS:
        return gap(nearest_own), nearest_own
    return gap(nearest), nearest
