"""Counts false alarms on ordinary public posts for an invented watch list of a thousand common names.

The posts are read from the folder in ``SHAMEWATCH_CORPORA`` (``*.txt.gz``, one post a line) and are never
copied. Nobody on the list is a real person that the posts could be about, so every hit is a false alarm.
``python benchmarks/ordinary_posts.py [--show N]``
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from monitor.detection.detect import Detector
from monitor.detection.model import Document, WatchedSubject
from monitor.detection.watchlist import Watchlist, compile_watchlist

_HAN_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
_HAN_GIVEN = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "丽",
    "婷",
    "鑫",
    "鹏",
    "斌",
    "波",
    "辉",
    "玲",
    "燕",
    "秀英",
    "桂英",
    "建华",
    "建国",
    "国庆",
    "志强",
    "晓明",
    "海燕",
    "文静",
    "雪梅",
    "志伟",
    "淑芬",
    "家豪",
    "雅婷",
    "怡君",
    "俊杰",
    "子轩",
    "思远",
]
_LATIN_GIVEN = [
    "James",
    "John",
    "Michael",
    "David",
    "Mary",
    "Jennifer",
    "Sarah",
    "Jessica",
    "Ashley",
    "Emily",
    "Christopher",
    "Brandon",
    "Tyler",
    "Jordan",
    "Peter",
    "Daniel",
    "Kevin",
    "Brian",
    "Faith",
    "Mercy",
    "Samuel",
    "Joseph",
    "Ali",
    "Hassan",
    "Amina",
    "Fatima",
    "Maria",
    "Jose",
    "Juan",
    "Carlos",
    "Ana",
    "Paulo",
    "Chinedu",
    "Ngozi",
    "Emeka",
    "Blessing",
    "Sunday",
    "Tunde",
    "Funke",
    "Usman",
    "Aisha",
    "Ibrahim",
    "Musa",
    "Juma",
    "Asha",
    "Neema",
    "Baraka",
    "Siti",
    "Budi",
    "Agus",
    "Dewi",
    "Rizky",
    "Usama",
    "Bilal",
    "Zainab",
]
_LATIN_FAMILY = [
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "Garcia",
    "Miller",
    "Davis",
    "Lopez",
    "Wilson",
    "Anderson",
    "Thomas",
    "Okafor",
    "Eze",
    "Mwangi",
    "Otieno",
    "Wanjiru",
    "Khan",
    "Ahmed",
    "Malik",
    "Silva",
    "Santos",
    "Reis",
    "Bello",
    "Adeyemi",
    "Balogun",
    "Hamisi",
    "Juma",
    "Hassan",
    "Saputra",
    "Wijaya",
    "Reyes",
    "Cruz",
    "Flores",
    "Macamo",
    "Machava",
    "Sitoe",
    "Abubakar",
    "Sani",
    "Nwosu",
    "Obi",
    "Raza",
    "Butt",
    "Hussain",
    "Rojas",
    "Mendoza",
    "Torres",
    "Dos-Santos",
    "Bautista",
]
_THAI = ["สมชาย", "สมหญิง", "ณัฐพล", "วิชัย", "สมศักดิ์", "ปราณี", "มานี", "อนันต์", "นภา", "ศิริพร"]
_THAI_FAMILY = ["ใจดี", "แสงทอง", "ศรีสุข", "ทองดี", "บุญมา", "วงศ์ไทย"]


def common_names(seed: int, count: int = 1_000) -> list[str]:
    """Invented full names as they are common in the regions of the posts; another list for every seed."""
    rng = random.Random(seed)
    han = [family + given for family, given in itertools.product(_HAN_FAMILY, _HAN_GIVEN)]
    latin = [f"{given} {family}" for given, family in itertools.product(_LATIN_GIVEN, _LATIN_FAMILY)]
    thai = [f"{given} {family}" for given, family in itertools.product(_THAI, _THAI_FAMILY)]
    return [
        *rng.sample(han, count * 45 // 100),
        *rng.sample(latin, count // 2),
        *rng.sample(thai, count // 20),
    ]


def watchlist_of_names(names: list[str]) -> Watchlist:
    return compile_watchlist([WatchedSubject(id=name, names=(name,)) for name in names])


def ordinary_posts(folder: Path) -> Iterator[Document]:
    """Every line of every corpus as a document, numbered."""
    for file in sorted(folder.glob("*.txt.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield Document(
                    id=f"{file.name.removesuffix('.txt.gz')}-{number}", untrusted_text=line.rstrip("\n")
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", type=int, default=0, help="print the ids of this many false alarms")
    options = parser.parse_args()
    posts = list(ordinary_posts(Path(os.environ["SHAMEWATCH_CORPORA"])))
    watchlist = watchlist_of_names(common_names(seed=2))
    began = time.perf_counter()
    mentioned = sum(1 for _ in watchlist.find(posts))
    identity_s = time.perf_counter() - began
    began = time.perf_counter()
    findings = list(Detector(watchlist).detect(posts, with_non_hits=True))
    whole_s = time.perf_counter() - began
    hits = [finding for finding in findings if finding.is_hit]
    print(
        f"{len(posts)} posts, {mentioned} mentions, {len(hits)} false alarms: {1e5 * len(hits) / len(posts):.1f} per 100,000"
    )
    print(
        f"identity {len(posts) / identity_s:,.0f} posts/s; wording {1e3 * (whole_s - identity_s) / max(1, mentioned):.2f} ms a post with a mention"
    )
    for finding in hits[: options.show]:
        print(
            f"  {finding.score:.2f}  {finding.document_id}  {[mention.text for mention in finding.mentions]}"
        )


if __name__ == "__main__":
    main()
