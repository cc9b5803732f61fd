"""Shows a reviewer what every phrase of the lexicon really catches; development only, decides nothing.

For every phrase: how many ordinary posts of each corpus (the folder in ``SHAMEWATCH_CORPORA``), how many benign
and how many shaming cases of ``tests/corpus`` hold it. All packs always run, so a phrase must be telling in its own
language and harmless in every other: the collisions are the corpora of other languages in which it occurs.
``python benchmarks/lexicon_review.py [--collisions] [--lonely] [--language es] [--family threat]`` prints
tab-separated lines, the most frequent first.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import gzip
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from monitor.detection.cues import entries_in
from monitor.detection.folding import fold_batch
from monitor.detection.lexicon import Entry, Lexicon, load_lexicon

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
CORPUS_LANGUAGES = {
    "en_davidson_tweets": "en",
    "ha_hausa_afrisenti": "ha",
    "ig_igbo_afrisenti": "ig",
    "pcm_nigerian_pidgin_afrisenti": "pcm",
    "pt_mz_afrisenti": "pt",
    "sw_afrisenti": "sw",
    "th_wisesight": "th",
    "ur_roman_urdu": "hi-Latn",
    "yo_yoruba_afrisenti": "yo",
    "zh_COLDataset": "zh-Hans",
}
BATCH = 2_000


@dataclasses.dataclass
class Tally:
    """What one phrase caught: posts per corpus, cases per (language, label)."""

    posts: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    cases: collections.Counter[tuple[str, str]] = dataclasses.field(default_factory=collections.Counter)
    subjects: set[str] = dataclasses.field(default_factory=set)

    def labelled(self, label: str) -> int:
        return sum(count for (_, name), count in self.cases.items() if name == label)


def corpora(folder: Path) -> Iterator[tuple[str, str]]:
    """(language of the corpus, post) of every ordinary post."""
    for file in sorted(folder.glob("*.txt.gz")):
        language = CORPUS_LANGUAGES.get(file.name.removesuffix(".txt.gz"), file.name[:2])
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield language, line.rstrip("\n")


def cases(corpus: Path) -> Iterator[dict[str, str]]:
    for file in [*sorted(corpus.glob("cases-dev-*.jsonl")), *sorted(corpus.glob("own/*.jsonl"))]:
        yield from map(json.loads, file.read_text("utf-8").splitlines())


def tallies(lexicon: Lexicon, folder: Path | None) -> dict[int, Tally]:
    """By number of the entry, for entries that occur anywhere."""
    found: dict[int, Tally] = collections.defaultdict(Tally)
    posts = list(corpora(folder)) if folder else []
    for (language, _), entries in zip(posts, _entries([post for _, post in posts], lexicon), strict=True):
        for entry in entries:
            found[entry].posts[language] += 1
    labelled = list(cases(CORPUS))
    texts = [f"{case.get('title') or ''}\n{case['text']}" for case in labelled]
    for case, entries in zip(labelled, _entries(texts, lexicon), strict=True):
        for entry in entries:
            found[entry].cases[case["lang"], case["label"]] += 1
            found[entry].subjects.add(case["subject"])
    return found


def _entries(texts: list[str], lexicon: Lexicon) -> Iterator[frozenset[int]]:
    for begin in range(0, len(texts), BATCH):
        yield from entries_in(fold_batch(texts[begin : begin + BATCH]), lexicon)


def is_related(entry: Entry, language: str) -> bool:
    """Whether a text of this language may well hold words of the pack."""
    families = ({"zh-Hans", "zh-Hant"}, {"en", "pcm"}, {"hi", "hi-Latn"})
    return entry.language == language or any({entry.language, language} <= family for family in families)


def collisions(entry: Entry, tally: Tally) -> dict[str, int]:
    """Counts in corpora and cases of languages that the pack is not made for."""
    counts = collections.Counter({k: n for k, n in tally.posts.items() if not is_related(entry, k)})
    for (language, _), count in tally.cases.items():
        if not is_related(entry, language):
            counts[f"case:{language}"] += count
    return dict(counts.most_common())


def lines(lexicon: Lexicon, found: dict[int, Tally], chosen: Iterable[int]) -> Iterator[str]:
    for number in chosen:
        entry, tally = lexicon.entries[number], found[number]
        phrase = f" {{{entry.gap_chars}}} ".join(entry.parts)
        clash = " ".join(f"{language}:{count}" for language, count in collisions(entry, tally).items())
        yield "\t".join(
            (
                entry.language, entry.family, f"{entry.weight:g}", phrase, f"posts {sum(tally.posts.values())}",
                f"shaming {tally.labelled('shaming')}", f"benign {tally.labelled('benign')}", clash,
            )
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", default="", help="only this pack")
    parser.add_argument("--family", default="", help="only this family")
    parser.add_argument("--collisions", action="store_true", help="only phrases found in other languages")
    parser.add_argument("--lonely", action="store_true", help="only phrases found in cases of one subject")
    options = parser.parse_args()
    lexicon = load_lexicon()
    folder = os.environ.get("SHAMEWATCH_CORPORA")
    found = tallies(lexicon, Path(folder) if folder else None)
    chosen = [
        number
        for number, tally in found.items()
        if options.language in {"", lexicon.entries[number].language}
        and options.family in {"", lexicon.entries[number].family}
        and (not options.collisions or collisions(lexicon.entries[number], tally))
        and (not options.lonely or len(tally.subjects) == 1)
    ]
    chosen.sort(key=lambda n: (-sum(found[n].posts.values()), -sum(found[n].cases.values()), n))
    for line in lines(lexicon, found, chosen):
        print(line)


if __name__ == "__main__":
    main()
