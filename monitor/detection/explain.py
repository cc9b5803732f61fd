"""Says in plain English why a post was judged as it was, from fixed sentences; never judges anything.

Whatever a stranger wrote is quoted, cut to 60 characters and freed of control and direction characters,
so that no post can write a sentence of its own into a reason.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from monitor.detection.lexicon import BENIGN_FAMILIES, SHAMING_FAMILIES
from monitor.detection.model import Cue, Mention, TermKind

MAX_QUOTE_CHARS = 60
_MOST_CUES = 4
_NEAR_CHARS = 80

FAMILY_WORDS = {
    "debt_default": "a claim about unpaid debt",
    "accusation": "an accusation",
    "wanted": "wording of a manhunt",
    "exposure": "a call to expose or spread",
    "contact_blast": "a demand passed on through others",
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
    "legal_question": "a legal question",
    "thanks_sale": "thanks, praise or a sale",
    "self_reference": "somebody speaking of themselves",
    "professional_role": "a profession",
    "acquittal": "words that take a charge back",
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
_READS_AS_KINDS = frozenset({TermKind.PHONE, TermKind.ASSOCIATE_PHONE, TermKind.NATIONAL_ID})


def reasons_from_evidence(
    mentions: Sequence[Mention], cues: Sequence[Cue], *, is_list: bool, by_subject: bool
) -> list[str]:
    """Whole sentences, the most telling first. ``mentions`` is not empty."""
    shaming = [cue for cue in cues if cue.family in SHAMING_FAMILIES]
    benign = [cue for cue in cues if cue.family in _TELLING_BENIGN]
    return [
        *_mention_sentences(mentions),
        *_shaming_sentences(shaming, mentions),
        *(["It is one entry in a list of people."] if is_list else []),
        *_benign_sentences(benign),
        *(["It seems to be written by you."] if by_subject else []),
        *([] if shaming else ["It uses none of the known phrases; the wording as a whole was weighed."]),
    ]


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


def _shaming_sentences(cues: Sequence[Cue], mentions: Sequence[Mention]) -> Iterator[str]:
    told: set[str] = set()
    for distance, cue, mention in sorted(
        (_distance(cue, mentions) for cue in cues), key=lambda item: (item[0], item[1].start)
    ):
        if cue.family in told or len(told) >= _MOST_CUES:
            continue
        told.add(cue.family)
        words = FAMILY_WORDS[cue.family]
        if distance <= _NEAR_CHARS:
            yield f"Your {_KIND_WORDS[mention.kind]} stands next to {quoted(cue.text)} ({words})."
        else:
            where = {"title": "The title", "quoted": "The quoted text"}.get(cue.field, "The post")
            yield f"{where} says {quoted(cue.text)} ({words})."


def _benign_sentences(cues: Iterable[Cue]) -> Iterator[str]:
    told: set[str] = set()
    for cue in cues:
        if cue.family not in told and len(told) < 2:
            told.add(cue.family)
            yield f"It also says {quoted(cue.text)} ({FAMILY_WORDS[cue.family]}), which speaks against shaming."


def _distance(cue: Cue, mentions: Sequence[Mention]) -> tuple[int, Cue, Mention]:
    def gap(mention: Mention) -> int:
        if mention.field != cue.field:
            return 10_000
        return max(0, cue.start - mention.end, mention.start - cue.end)

    nearest = min(mentions, key=gap)
    return gap(nearest), cue, nearest
