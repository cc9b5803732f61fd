"""How fast detection is, against named peers in the same run on the same text.

Run: SHAMEWATCH_CORPORA=… python benchmarks/matching.py [--terms 10000 100000 1000000] [--json]
Posts are lines of the gzip files in SHAMEWATCH_CORPORA, or invented ones where that is not set. Every peer
looks for the same patterns; none of them checks where words begin, reads numbers or combines evidence, so
their work is less than ours. Identity is measured as detection asks for it: every mention of those who are meant
surely enough for any words to make it a hit; finding the rest as well (initials, bare given names) is the line
"all mentions". Trust the ratios, not the seconds. Without options it takes about five minutes, most of it for
preparing lists of a million terms; `--terms 100000` takes one.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import matching_peers as peers

from monitor.detection.detect import Detector
from monitor.detection.hanzi import chinese_names
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.patterns import TextPattern, patterns_of
from monitor.detection.saved_index import KEY_BYTES
from monitor.detection.scoring import identity_of_factor
from monitor.detection.watchlist import Watchlist, compile_watchlist

_TERMS_OF_SUBJECT = 3
_SLOW_PEER_POSTS = 2_000
_RE_TERMS, _RE_POSTS = 10_000, 20
_GIVEN_NAMES = (
    "Maria Juan Siti Budi Rahul Priya Grace Kevin Amina Fatou Jose Luz Ana Dewi Agus Nur Rizky Mark Joy Pedro "
    "Chidi Ngozi Wanjiru Otieno Njeri Kamau Achieng Mutua Femi Tunde Bola Yemi Ifeoma Emeka Zainab Musa Ibrahim Halima "
    "Sanjay Anita Deepak Sunita Vikram Pooja Arjun Kavita Ramesh Lakshmi Suresh Meena Imran Ayesha Bilal Fatima "
    "Carlos Lucia Diego Sofia Miguel Elena Javier Carmen Andres Valeria Rosa Pablo Joao Beatriz Rafael Larissa "
    "Eko Putri Joko Wulan Hendra Yanti Bambang Rina Dimas Ayu Fajar Lestari Marites Rodel Jomar Analyn Rowena "
    "Arnel Cherry Noel Liza Ferdie Mercy Brian Faith Dennis Esther Collins Mehmet Elif Mustafa Zeynep Ahmet Hatice"
)
_GIVEN = _GIVEN_NAMES.split()
_SYLLABLES = re.findall("..", "baranakolomisatirudewanikamolepegohu")
_PHRASES = (
    "今天天气不错，去公园走走",
    "这家店的面条真好吃，下次再来",
    "有没有人一起拼车回老家",
    "Traffic on the bridge is terrible this morning",
    "Who has a spare ticket for Saturday?",
    "aduh hujan lagi, jemuran belum diangkat",
    "ang ganda ng sunset kanina sa may dagat",
    "¿alguien sabe a qué hora abre la panadería?",
    "order 20231104 arrived after 12 days",
    "кто знает хорошего мастера по окнам",
)


def invented_subjects(count: int, rng: random.Random) -> Iterator[WatchedSubject]:
    """People who do not exist: 40 % hanzi names, the rest Latin; one phone each, and an id or a handle."""
    names = chinese_names()
    surnames = sorted(names.surnames, key=names.ranks.__getitem__)[:150]
    given = sorted(names.given)
    return (_invented_subject(index, rng, surnames, given) for index in range(count))


def _invented_subject(
    index: int, rng: random.Random, surnames: list[str], given: list[str]
) -> WatchedSubject:
    digits = "".join(rng.choices("0123456789", k=9))
    if rng.random() < 0.4:
        name = rng.choice(surnames) + "".join(rng.sample(given, rng.choice((1, 2, 2))))
        return WatchedSubject(
            id=str(index),
            names=(name,),
            phones=(f"+861{rng.choice('3578')}{digits}",),
            ids=(f"3204041986{digits[:8]}",),
        )
    words = [rng.choice(_GIVEN)] + [
        "".join(rng.choices(_SYLLABLES, k=3)).capitalize() for _ in range(rng.choice((1, 1, 2)))
    ]
    handle = f"@{words[1].lower()}_{index}"
    return WatchedSubject(
        id=str(index), names=(" ".join(words),), phones=(f"+63917{digits[:7]}",), handles=(handle,)
    )


def posts_from_environment(count: int, rng: random.Random) -> list[str]:
    folder = os.environ.get("SHAMEWATCH_CORPORA")
    if not folder:
        return [" ".join(rng.choices(_PHRASES, k=rng.randint(1, 6))) for _ in range(count)]
    lines: list[str] = []
    for path in sorted(Path(folder).glob("*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines.extend(line.rstrip("\n") for line in file)
    rng.shuffle(lines)
    return lines[:count]


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """The best of several rounds, in seconds of this process alone: what else the machine does only adds noise."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def measure(terms: int, posts: list[str], rounds: int) -> dict[str, float]:
    """All figures for one size of the watch list."""
    count = terms // _TERMS_OF_SUBJECT
    subjects = list(invented_subjects(count, random.Random(20260101)))
    begin = time.perf_counter()
    watchlist = compile_watchlist(subjects)
    compile_s = time.perf_counter() - begin
    # A process that holds a watch list for good keeps the collector away from it.
    gc.collect()
    gc.freeze()
    figures = {"terms": terms, "posts": len(posts), "compile_s": round(compile_s, 1)}
    figures |= _saved(watchlist)
    ours_s, full_s, own = _ours(watchlist, posts, rounds)
    figures |= own | _new_terms(watchlist, posts, rounds)
    patterns = list(
        dict.fromkeys(
            pattern.form.skeleton
            for index, subject in enumerate(subjects)
            for pattern in patterns_of(index, subject)
            if isinstance(pattern, TextPattern)
        )
    )
    figures["patterns"] = len(patterns)
    del watchlist, subjects
    return figures | _against_peers(patterns, posts, rounds, ours_s=ours_s, full_s=full_s)


def _ours(watchlist: Watchlist, posts: list[str], rounds: int) -> tuple[float, float, dict[str, float]]:
    documents = [Document(id=str(index), untrusted_text=post) for index, post in enumerate(posts)]
    detector = Detector(watchlist)
    least = identity_of_factor(detector.threshold)
    found = sum(1 for _ in watchlist.find(documents))
    list(detector.detect(documents[:2_000]))
    every_s = _seconds(lambda: sum(1 for _ in watchlist.find(documents)), rounds)
    ours_s = _seconds(lambda: sum(1 for _ in watchlist.find(documents, least_identity=least)), rounds)
    full_s = _seconds(lambda: sum(1 for _ in detector.detect(documents)), rounds)
    single = documents[:2_000]
    single_s = _seconds(
        lambda: [list(watchlist.find([document], least_identity=least)) for document in single], 1
    )
    single_full_s = _seconds(lambda: [list(detector.detect([document])) for document in single], 1)
    size_mb = sum(len(post.encode()) for post in posts) / 1e6
    return (
        ours_s,
        full_s,
        {
            "mentions": found,
            "posts_per_s": round(len(posts) / ours_s),
            "all_mentions_mb_per_s": round(size_mb / every_s, 1),
            "identity_mb_per_s": round(size_mb / ours_s, 1),
            "full_mb_per_s": round(size_mb / full_s, 1),
            "batched_post_ms": round(1000 * full_s / len(posts), 4),
            "per_post_identity_ms": round(1000 * single_s / len(single), 3),
            "per_post_ms": round(1000 * single_full_s / len(single), 3),
        },
    )


def _new_terms(watchlist: Watchlist, posts: list[str], rounds: int) -> dict[str, float]:
    """How long until a new subject is found, and what a hundred of them cost the search."""
    documents = [Document(id=str(index), untrusted_text=post) for index, post in enumerate(posts)]
    grown, live_ms = watchlist, []
    for number in range(100):
        subject = WatchedSubject(
            id=f"new {number}", names=(f"Zeferino Quillo{chr(97 + number // 26)}{chr(97 + number % 26)}",)
        )
        begin = time.perf_counter()
        grown = grown.with_subject(subject)
        live_ms.append(1000 * (time.perf_counter() - begin))
        post = Document(id="d", untrusted_text=f"seen: {subject.names[0]}")
        assert subject.id in {found.subject.id for found in grown.find([post])}
    before_s = after_s = float("inf")
    for _ in range(rounds + 1):  # in turns, so that noise meets both
        before_s = min(before_s, _seconds(lambda: sum(1 for _ in watchlist.find(documents)), 1))
        after_s = min(after_s, _seconds(lambda: sum(1 for _ in grown.find(documents)), 1))
    return {
        "new_term_live_ms": round(statistics.median(live_ms), 2),
        "new_term_live_worst_ms": round(max(live_ms), 2),
        "slower_with_100_new_percent": round(100 * (after_s / before_s - 1), 1),
    }


def _saved(watchlist: Watchlist) -> dict[str, float]:
    """Saved, and loaded by a process that holds nothing else."""
    key = secrets.token_bytes(KEY_BYTES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        watchlist.save(path, key)
        command = [sys.executable, __file__, "--hold", str(path)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        held = subprocess.run(
            command, input=key.hex(), capture_output=True, text=True, check=True, env=environment
        )
        bare = subprocess.run([sys.executable, "-c", _PRINT_RSS], capture_output=True, text=True, check=True)
        load_ms, rss_mb = json.loads(held.stdout)
        return {
            "index_mb": round(path.stat().st_size / 1e6, 1),
            "index_load_ms": round(load_ms),
            "rss_over_interpreter_mb": round(rss_mb - float(bare.stdout), 1),
        }


_PRINT_RSS = "print(int(next(line for line in open('/proc/self/status') if line.startswith('VmRSS')).split()[1]) / 1024)"


def _rss_mb() -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def _hold(path: Path) -> None:
    """Load an index as a fresh process does, search one post with it, and say how long and how large."""
    key = bytes.fromhex(sys.stdin.read())
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        watchlist = Watchlist.load(path, key)
        seconds.append(time.perf_counter() - begin)
    assert list(watchlist.find([Document(id="d", untrusted_text="0917 张")])) == []
    print(json.dumps([1000 * min(seconds), _rss_mb()]))


def _against_peers(
    patterns: Sequence[str], posts: list[str], rounds: int, *, ours_s: float, full_s: float
) -> dict[str, float]:
    raw = peers.raw_scan(patterns, posts)
    raw_s = _seconds(raw, rounds)
    del raw
    some = posts[:_SLOW_PEER_POSTS]
    share = len("".join(some).encode()) / len("".join(posts).encode())
    ratios = {
        "raw_scan_mb_per_s": round(len("".join(posts).encode()) / 1e6 / raw_s, 1),
        "identity_vs_raw_scan": round(raw_s / ours_s, 3),
        "full_vs_raw_scan": round(raw_s / full_s, 3),
    }
    for name, peer in (
        ("pyahocorasick", peers.pyahocorasick),
        ("ahocorasick_rs", peers.ahocorasick_rust),
        ("flashtext", peers.flashtext),
    ):
        scan = peer(patterns, posts)
        if scan is not None:
            seconds = _seconds(lambda scan=scan: scan(some), rounds) / share
            ratios[f"identity_vs_{name}"] = round(seconds / ours_s, 2)
        del scan
    if len(patterns) >= _RE_TERMS:
        scan = peers.alternation(patterns[:_RE_TERMS], posts)
        few = posts[:_RE_POSTS]
        seconds = _seconds(lambda: scan(few), 1) * len("".join(posts)) / len("".join(few))
        ratios["identity_vs_re_at_10k"] = round(seconds / ours_s)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--terms", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--posts", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object per size instead of a table")
    parser.add_argument("--hold", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.hold:
        _hold(options.hold)
        return
    posts = posts_from_environment(options.posts, random.Random(20260102))
    for terms in options.terms:
        result = measure(terms, posts, options.rounds)
        if options.json:
            print(json.dumps(result), flush=True)
        else:
            for key, value in result.items():
                print(f"{key:30} {value:>14,}")
            print(flush=True)


if __name__ == "__main__":
    main()
