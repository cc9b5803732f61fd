"""Compiles the phrases of `lexicons/<lang>.toml` into one automaton over folded text; never reads a post.

A phrase is plain words in any spelling that `folding` folds. Three marks are allowed and nothing else, so
that no entry can be slow: a leading or trailing ``*`` lets up to six more letters stand there, and one
``{n}`` is a gap of at most n characters (n up to 40). Phrases in alphabets keep to word boundaries;
hanzi and Thai match anywhere. Every language is always compiled in: guessing the language of a post
fails too often on short lines.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

import daachorse

from monitor.detection.folding import fold_terms
from monitor.detection.readings import usual_reading

SHAMING_FAMILIES = (
    "debt_default",
    "accusation",
    "wanted",
    "exposure",
    "contact_blast",
    "threat",
    "sexual",
    "death",
    "disease_drug",
    "insult",
    "family_targeting",
    "impersonated_authority",
)
BENIGN_FAMILIES = (
    "plea",
    "news",
    "advert",
    "review",
    "fiction",
    "joke",
    "legal_question",
    "thanks_sale",
    "self_reference",
    "professional_role",
    "acquittal",
    "roster",
    "biography",
)
ADDRESS_FAMILIES = ("first_person", "second_person", "third_person", "negation")
FAMILIES = (*SHAMING_FAMILIES, *BENIGN_FAMILIES)

WEIGHTS = {"strong": 1.0, "plain": 0.6, "weak": 0.25}
MAX_INFLECTION_CHARS = 6
MAX_GAP_CHARS = 40

_LEAST_DISGUISED_CHARS = 4  # "xxx" must not become "x"
_LEAST_PINYIN_LETTERS = 6  # "tama" is a word of Tagalog
_GAP = re.compile(r"\{(\d{1,2})\}")
_DOUBLED_LETTER = re.compile(r"([a-z])\1+")
_HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


class LexiconError(ValueError):
    """A lexicon file has an entry that this module does not understand."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One phrase. ``parts`` are folded; two of them where there is a gap of ``gap_chars`` between."""

    family: str
    weight: float
    language: str
    parts: tuple[str, ...]
    gap_chars: int = 0
    opens_left: bool = False
    opens_right: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Pattern:
    """What a string in the automaton stands for: part ``part`` of entry ``entry``."""

    entry: int
    part: int


@dataclasses.dataclass(frozen=True, slots=True)
class Lexicon:
    """All entries, and the automaton whose value v stands for ``patterns[v]``."""

    entries: tuple[Entry, ...]
    patterns: tuple[tuple[Pattern, ...], ...]
    automaton: daachorse.CharwiseDoubleArrayAhoCorasick

    def languages(self) -> frozenset[str]:
        return frozenset(entry.language for entry in self.entries)


@functools.cache
def load_lexicon() -> Lexicon:
    """The lexicon that ships with the package, compiled once a process (about 1.3 s)."""
    folder = resources.files("monitor.detection") / "lexicons"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)
    return compile_lexicon(
        itertools.chain.from_iterable(entries_from_toml(file.read_text("utf-8")) for file in files)
    )


def entries_from_toml(text: str) -> Iterator[Entry]:
    """The entries of one lexicon file. Raises LexiconError for an unknown family, weight or mark."""
    data = tomllib.loads(text)
    language, provenance = data.get("language"), data.get("provenance")
    if not language or not provenance:
        raise LexiconError("A lexicon needs a language and a provenance.")
    phrases: list[_Phrase] = []
    for family, weights in data.get("families", {}).items():
        if family not in FAMILIES:
            raise LexiconError(f"{language}: there is no family {family!r}. Known: {', '.join(FAMILIES)}.")
        for name, written in weights.items():
            if name not in WEIGHTS:
                raise LexiconError(f"{language}, {family}: a weight is strong, plain or weak, not {name!r}.")
            phrases.extend(_Phrase(phrase, family, WEIGHTS[name], language) for phrase in written)
    for family, written in data.get("address", {}).items():
        if family not in ADDRESS_FAMILIES:
            raise LexiconError(f"{language}: there is no kind of address {family!r}.")
        phrases.extend(_Phrase(phrase, family, 1.0, language) for phrase in written)
    return _entries(phrases)


def entry_from_phrase(phrase: str, *, family: str, weight: float, language: str) -> Entry:
    """Parse one phrase. Raises LexiconError where nothing is left of it or its marks are not allowed."""
    return next(_entries([_Phrase(phrase, family, weight, language)]))


@dataclasses.dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase as it is written in a lexicon file."""

    written: str
    family: str
    weight: float
    language: str

    @property
    def bare(self) -> str:
        return self.written.removeprefix("*").removesuffix("*") if len(self.written) > 1 else self.written


def _entries(phrases: Sequence[_Phrase]) -> Iterator[Entry]:
    """The entries of the phrases, all folded together."""
    pieces = [_GAP.split(phrase.bare) for phrase in phrases]
    folded = iter(fold_terms([part for split in pieces for part in split[::2]]))
    for phrase, split in zip(phrases, pieces, strict=True):
        parts = tuple(part for part in itertools.islice(folded, (len(split) + 1) // 2) if part)
        gaps = split[1::2]
        gap_chars = int(gaps[0]) if gaps else 0
        if len(gaps) > 1 or len(parts) != len(gaps) + 1 or gap_chars > MAX_GAP_CHARS:
            raise LexiconError(
                f"{phrase.language}, {phrase.family}: {phrase.written!r} is not a phrase with at most one gap."
            )
        yield Entry(
            family=phrase.family,
            weight=phrase.weight,
            language=phrase.language,
            parts=parts,
            gap_chars=gap_chars,
            opens_left=phrase.written.startswith("*"),
            opens_right=phrase.written.endswith("*"),
        )


def compile_lexicon(entries: Iterable[Entry]) -> Lexicon:
    """One automaton over all entries and their disguised spellings."""
    kept: dict[tuple[str, tuple[str, ...]], Entry] = {}
    for entry in entries:
        key = (entry.family, entry.parts)
        if key not in kept or kept[key].weight < entry.weight:
            kept[key] = entry
    table: dict[str, list[Pattern]] = {}
    for index, entry in enumerate(kept.values()):
        for number, part in enumerate(entry.parts):
            for spelling in {part, *_disguises(entry, part)}:
                table.setdefault(spelling, []).append(Pattern(entry=index, part=number))
    if not table:
        raise LexiconError("A lexicon without phrases cannot be compiled.")
    return Lexicon(
        entries=tuple(kept.values()),
        patterns=tuple(tuple(patterns) for patterns in table.values()),
        automaton=daachorse.CharwiseDoubleArrayAhoCorasick(list(table)),
    )


def _disguises(entry: Entry, part: str) -> Iterator[str]:
    """Spellings beside the plain one: doubled letters made single, hanzi written in pinyin."""
    single = _DOUBLED_LETTER.sub(r"\1", part)
    if len(single) >= _LEAST_DISGUISED_CHARS:
        yield single
    if entry.family in SHAMING_FAMILIES and entry.weight >= WEIGHTS["plain"]:
        yield from _pinyin_spellings(part)


def _pinyin_spellings(part: str) -> Iterator[str]:
    """lao赖, 老lai, laolai and "lao lai" for 老赖; longer phrases with one hanzi spelled, or all."""
    if not _HANZI.fullmatch(part) or not 2 <= len(part) <= 4:
        return
    sounds = usual_reading(part)
    if len(sounds) != len(part):
        return
    for place, sound in enumerate(sounds):
        yield f"{part[:place]}{sound}{part[place + 1 :]}"
    if sum(map(len, sounds)) >= _LEAST_PINYIN_LETTERS:
        yield " ".join(sounds)
        if len(part) <= 3:
            yield "".join(sounds)
