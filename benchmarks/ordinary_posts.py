"""Counts false alarms on ordinary public posts for an invented watch list of a thousand common names.

The posts are read from the folder in ``SHAMEWATCH_CORPORA`` (``*.txt.gz``, one post a line) and are never
copied. Nobody on the list is a real person that the posts could be about, so every hit is a false alarm.
``python benchmarks/ordinary_posts.py [--show N]``
"""

from __future__ import annotations

import argparse
import dataclasses
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


@dataclasses.dataclass(frozen=True, slots=True)
class Region:
    """Common given and family names of one region, invented full names being all their pairs."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    is_family_first: bool = False


def _region(given: str, family: str, *, is_family_first: bool = False) -> Region:
    return Region(tuple(given.split()), tuple(family.split()), is_family_first)


REGIONS = {
    "Chinese": _region(
        "伟 芳 娜 敏 静 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 丽 婷 鑫 鹏 斌 波 辉 玲 燕 秀英 桂英 建华 建国 国庆"
        " 志强 晓明 海燕 文静 雪梅 志伟 淑芬 家豪 雅婷 怡君 俊杰 子轩 思远",
        "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹",
        is_family_first=True,
    ),
    "English": _region(
        "James John Michael David Mary Jennifer Sarah Jessica Ashley Emily Christopher Brandon Tyler Jordan Peter"
        " Daniel Kevin Brian Hannah Justin Megan Chris Josh Amber Taylor",
        "Smith Johnson Williams Brown Jones Garcia Miller Davis Lopez Wilson Anderson Thomas Taylor Moore Martin"
        " Jackson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams Baker Hall"
        " Rivera Campbell Mitchell Carter Roberts Evans Turner Parker",
    ),
    "Nigerian": _region(
        "Chinedu Ngozi Emeka Blessing Sunday Tunde Funke Usman Aisha Ibrahim Musa Amina Ifeanyi Chioma Yusuf Sani"
        " Bola Segun Kemi Zainab Abdullahi Nneka Uche Oluwaseun Adaeze Halima",
        "Okafor Eze Bello Adeyemi Balogun Abubakar Sani Nwosu Obi Okeke Lawal Mohammed Adebayo Okonkwo Danjuma Garba"
        " Ogunleye Umar Aliyu Nwachukwu Suleiman Adewale Oyelaran Ibe Chukwu Idris Afolabi Ojo Bala Haruna Onyeka"
        " Akinola Shehu Olawale Nnamdi Yakubu Onuoha Ajayi Isa Egwu",
    ),
    "East African": _region(
        "Juma Asha Neema Baraka Hassan Fatuma Otieno Wanjiru Kamau Achieng Faith Mercy Brian Kevin Halima Salma Omari"
        " Rehema Saidi Zuhura Mwanaidi Kelvin Joyce Peter Grace Hamisi",
        "Mwangi Otieno Wanjiru Hamisi Juma Hassan Kariuki Njoroge Odhiambo Ochieng Mushi Massawe Kimaro Ally Salum"
        " Rashid Mohamed Kiprotich Cheruiyot Mutua Musyoka Wafula Barasa Omondi Nyambura Maina Kimani Lema Shayo"
        " Mbwana Makame Ramadhani Athumani Komba Mrema Swai Kessy Temba Minja Lyimo",
    ),
    "South Asian": _region(
        "Ali Hassan Usama Bilal Zainab Fatima Ayesha Imran Asif Sana Rahul Priya Amit Neha Sunil Pooja Rajesh Sunita"
        " Vijay Anita Sanjay Kavita Hamza Saad Hira Nida",
        "Khan Ahmed Malik Raza Butt Hussain Sheikh Qureshi Mirza Chaudhry Sharma Verma Gupta Singh Kumar Patel Yadav"
        " Mishra Joshi Iqbal Aslam Akhtar Siddiqui Ansari Bhatti Rana Javed Mehmood Shah Abbasi Baig Dar Naqvi Awan"
        " Bukhari Reddy Nair Das Roy Ghosh",
    ),
    "Indonesian and Filipino": _region(
        "Siti Budi Agus Dewi Rizky Maria Jose Juan Ana Mark Nur Putri Andi Dian Eko Sri Joy Grace Angel Jenny Rina"
        " Bayu Yuni Ahmad Lestari Princess",
        "Saputra Wijaya Reyes Cruz Flores Bautista Santos Mendoza Torres Hidayat Kurniawan Setiawan Nugroho Pratama"
        " Lestari Wulandari Siregar Nasution Gunawan Susanto Garcia Ramos Villanueva Castillo Aquino Fernandez"
        " Dela-Cruz Gonzales Rivera Salazar Suryadi Halim Rahman Hakim Firmansyah Permata Utami Sari Anggraini Yusuf",
    ),
    "Lusophone and Spanish": _region(
        "Maria Jose Carlos Ana Paulo Joao Pedro Luis Antonio Francisco Fernanda Juliana Rafael Bruno Lucas Marta Rosa"
        " Sofia Diego Miguel Celso Nelson Armando Teresa Daniela Camila",
        "Silva Santos Reis Rojas Mendoza Torres Machava Macamo Sitoe Souza Oliveira Pereira Lima Costa Ferreira Alves"
        " Ribeiro Gomes Martins Rocha Nhantumbo Cossa Tembe Mondlane Ramirez Hernandez Gonzalez Martinez Perez Sanchez"
        " Diaz Vargas Castro Ortiz Morales Cardoso Barbosa Moreira Dias Teixeira",
    ),
    "Thai": _region(
        "สมชาย สมหญิง ณัฐพล วิชัย สมศักดิ์ ปราณี มานี อนันต์ นภา ศิริพร กิตติ ธนา พรทิพย์ สุดา ประเสริฐ อรุณ วันชัย มาลี ชัยวัฒน์"
        " จันทร์เพ็ญ สุรชัย วราภรณ์ ธีระ กนกวรรณ นิภา สมพร",
        "ใจดี แสงทอง ศรีสุข ทองดี บุญมา วงศ์ไทย พรหมมา สุขใจ ทองคำ แก้วมณี ศรีทอง มีสุข จันทร์ดี บุญเรือง คำแก้ว รักไทย พันธ์ดี สายทอง"
        " เพชรดี อินทร์แก้ว สมบูรณ์ ชัยชนะ วงษ์สุวรรณ์ ทองสุข ดีมาก บัวทอง สีดา แสนสุข เจริญสุข พูลสวัสดิ์ ศรีวงศ์ ปานทอง นาคทอง ชูศรี"
        " บุญชู มั่นคง ยิ้มแย้ม กล้าหาญ แก้วใส พลอยงาม",
    ),
}


def common_names(seed: int, count: int = 1_000, *, region: str = "") -> list[str]:
    """Invented full names as they are common in one region, or in all; another list for every seed."""
    rng = random.Random(seed)
    regions = [REGIONS[region]] if region else list(REGIONS.values())
    names: list[str] = []
    for number, one in enumerate(regions):
        pairs = [
            family + given if one.is_family_first else f"{given} {family.replace('-', ' ')}"
            for given, family in itertools.product(one.given, one.family)
        ]
        names += rng.sample(pairs, count // len(regions) + (number < count % len(regions)))
    return names


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
