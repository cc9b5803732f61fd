"""Makes `monitor/detection/data/zh_words.txt` from the dictionary of jieba; development only.

``uv pip install jieba``, then ``python benchmarks/chinese_words.py``. Traditional words are counted as their
simplified ones, as the product folds text; names of people are left out, because the product weighs those itself.
"""

from __future__ import annotations

import collections
import math
from importlib import resources
from pathlib import Path

import opencc

from monitor.detection.hanzi import chinese_names

WORDS = Path(__file__).parent.parent / "monitor" / "detection" / "data" / "zh_words.txt"
LEAST_COUNTS = {1: 41, 2: 8, 3: 20, 4: 20}
"""By the length of a word: how often it must occur in jieba's count of 60 million."""
COMMON_SURNAMES = 150
"""The dictionary counts puddings and wheat as people (布丁, 麦苗); only those with a common surname are left out."""
COST_SCALE = 5
HEAD = """\
# How common Chinese words and characters are: each line is a cost, five times the natural logarithm
# of 1/frequency, and the words that have it. Derived from dict.txt of jieba 0.42.1, Copyright (c) 2013
# Sun Junyi, MIT licence (names of people left out, words of one to four characters, common ones only).
"""


def main() -> None:
    simplified = opencc.OpenCC("t2s").convert
    lines = (resources.files("jieba") / "dict.txt").read_text("utf-8").splitlines()
    rows = [(word, int(count), tag) for word, count, tag in (line.split(" ") for line in lines)]
    total = sum(count for _, count, _ in rows)
    ranks = chinese_names().ranks
    counts: dict[str, int] = {}
    for word, count, tag in rows:
        is_hanzi = all("\u3400" <= char <= "\u9fff" for char in word)
        rank = ranks.get(simplified(word)[0], COMMON_SURNAMES)
        is_name = tag.startswith("nr") and len(word) > 1 and rank < COMMON_SURNAMES
        if is_hanzi and not is_name and count >= LEAST_COUNTS.get(len(word), math.inf):
            folded = simplified(word)
            counts[folded] = (
                counts.get(folded, 0) + count if len(word) == 1 else max(count, counts.get(folded, 0))
            )
    by_cost: dict[int, list[str]] = collections.defaultdict(list)
    for word, count in counts.items():
        by_cost[round(COST_SCALE * math.log(total / max(count, 1)))].append(word)
    body = "".join(f"{cost} {' '.join(sorted(by_cost[cost]))}\n" for cost in sorted(by_cost))
    WORDS.write_text(HEAD + body, "utf-8")
    print(f"Wrote {len(counts)} words, {WORDS.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
