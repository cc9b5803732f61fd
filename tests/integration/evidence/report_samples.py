"""Contents of a report that could be: fictional people on fictional sites, in any of the languages, tricks of strangers included."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from monitor.evidence.report.contents import (
    CustodyLine,
    ReportContents,
    ReportedFile,
    ReportedHit,
    ReportedItem,
    Sign,
    Span,
    TimelineEntry,
)

BEGAN_AT = datetime(2031, 3, 4, 13, 5, 9, tzinfo=UTC)
ZONES = {
    "en": "Africa/Nairobi", "zh-Hans": "Asia/Shanghai", "zh-Hant": "Asia/Taipei", "id": "Asia/Jakarta", "tl": "Asia/Manila",
    "hi": "Asia/Kolkata", "es": "America/Bogota", "vi": "Asia/Ho_Chi_Minh", "pt": "America/Sao_Paulo",
}  # fmt: skip
# Language: name of the person, a post about them with {0} for the name, and words in it that shame.
POSTS = {
    "en": ("Wanjiru Odhambi", "Everybody look at {0}! She took our money and hides like a thief. Share this until she pays, her children go to school in Kasarani.", ("thief", "Share this until she pays")),
    "zh-Hans": ("云小舟", "大家注意，{0}是老赖，借钱不还，电话一三八零零零一三八零零。转发到她单位群里，让她没脸见人！骨头都给她敲碎，直到还钱为止。", ("老赖", "借钱不还", "让她没脸见人")),
    "zh-Hant": ("雲小舟", "大家注意，{0}欠錢不還，是個騙子。請轉發到她公司，讓她沒臉見人！骨頭都給她敲碎，直到還錢為止。", ("欠錢不還", "騙子")),
    "id": ("Laras Wibisana", "Hati-hati dengan {0}, penipu yang kabur bawa uang pinjaman. Viralkan sampai dia bayar!", ("penipu", "Viralkan sampai dia bayar")),
    "tl": ("Analyn Dimasupil", "Mag-ingat kayo kay {0}, manloloko at hindi nagbabayad ng utang. I-share nyo sa pamilya niya!", ("manloloko", "hindi nagbabayad ng utang")),
    "hi": ("आरोही दीपांकर", "सब लोग देखो, {0} ने क़र्ज़ लेकर पैसे नहीं लौटाए। यह ठग है, इसकी फ़ोटो सबको भेजो जब तक यह पैसे नहीं देती।", ("ठग", "पैसे नहीं लौटाए")),
    "es": ("Marisol Quintanar", "¡Ojo con {0}! Es una estafadora y una ladrona; no paga lo que debe. Compártanlo con su familia y en su trabajo.", ("estafadora", "ladrona", "no paga lo que debe")),
    "vi": ("Lạc Thị Vân Khê", "Mọi người cẩn thận với {0}, kẻ lừa đảo vay tiền rồi bỏ trốn. Chia sẻ để cả xóm biết mặt!", ("lừa đảo", "vay tiền rồi bỏ trốn")),
    "pt": ("Iracema Valdoura", "Cuidado com {0}: caloteira, não paga ninguém. Compartilhem com a família dela até ela pagar!", ("caloteira", "não paga ninguém")),
}  # fmt: skip
TRICKS = (
    "{0} \u202egnp.exe\u202c p\u200ba\u200by\u200bs nobody\u00ad! <script>alert(1)</script> &amp; 😀👩‍👩‍👧🏽🇰🇪 ❤️\n\n\n\n\n\n\n"
    "هذه المرأة لا تدفع دينها {0} أبداً (١٢٣).\nZ̷̧̢̛̛̼̣̫̭͇̗̖͓̪̠ͫ͐̉̓̌͗͋͐ͭ̏a marks \u3164 \ue000 \x07 \u2067end\n" + "Verylongword" * 30
)


def rant(name: str) -> str:
    """2,500 characters of one angry person."""
    line = f"{name} owes us and laughs at us. Day after day we wait at the gate and nobody opens. "
    return (line * 40)[:2500]


def screenshot(path: Path, height_px: int, width_px: int = 1280) -> Path:
    """Lines of small text on a page, and photographs that a JPEG cannot make small. Drawn once."""
    if path.exists():
        return path
    picture = Image.new("RGB", (width_px, height_px), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(16)
    draw.rectangle((0, 0, width_px, 60), fill="#234")
    for top in range(90, height_px - 20, 26):
        draw.text(
            (90, top),
            f"{top:>6}  Ordinary talk about the weather, the harvest, and the price of rice.",
            "#222",
            font,
        )
    noise = Image.effect_noise((380, 280), 60)
    for top in range(200, height_px - 300, 900):
        picture.paste(noise.convert("RGB"), (820, top))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, compress_level=1)
    return path  # fmt: skip


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def item(
    folder: Path, number: int, *, verdict: str = "ok", days: int = 0, height_px: int = 2200
) -> ReportedItem:
    """One capture with pictures of its own."""
    name = f"e-{number:012d}"
    made_at = BEGAN_AT + timedelta(days=days, minutes=3 * number)
    pictures = [screenshot(folder / str(height_px) / "screenshot.png", height_px)]
    if verdict == "ok":
        pictures.insert(0, screenshot(folder / str(height_px) / "mention.png", 620))
    listed = (
        ("screenshot.png", "image/png", "original"), ("mention.png", "image/png", "derived"), ("dom.html", "text/html", "original"),
        ("page.mhtml", "multipart/related", "original"), ("capture.wacz", "application/wacz", "original"),
        ("tls/forum.example_443.pem", "application/x-pem-file", "original"), ("manifest.json", "", "record"), ("SHA256SUMS", "", "seal"),
        ("SHA256SUMS.p7s", "", "seal"), ("SHA256SUMS.freetsa.tsr", "", "seal"), ("certs/signer.pem", "", "seal"),
    )  # fmt: skip
    return ReportedItem(
        id=name,
        kind="capture",
        untrusted_url=f"https://forum.example/t/{number}?page=2",
        untrusted_final_url=f"https://www.forum.example/t/{number}-neighbours?page=2",
        untrusted_title="Neighbours · Forum",
        case_reference="LA-2031-0117",
        verdict=verdict,
        reason="The mention is in visible text." if verdict == "ok" else "The post is not there.",
        made_at=made_at,
        browser="Chromium 156.0.7000.10",
        server_address="203.0.113.17:443",
        tls="TLS 1.3, forum.example, Example CA R3",
        signer_fingerprint=digest("signer"),
        stamps=(
            [("freetsa", made_at + timedelta(seconds=4)), ("digicert", made_at + timedelta(seconds=5))]
            if days == 0
            else []
        ),
        files=[
            ReportedFile(
                name=one,
                sha256=digest(f"{one} {number}"),
                size_bytes=31_415 * (index + 1),
                media_type=media,
                origin=origin,
            )
            for index, (one, media, origin) in enumerate(listed)
        ],
        pictures=pictures,
        limits=[
            "capture.wacz: bodies are as the browser decoded them.",
            "mention.png: the outline was drawn on the picture after it was taken.",
        ],
    )


def handed_in(folder: Path) -> ReportedItem:
    """A recording that the person handed in, with a name that plays tricks."""
    made_at = BEGAN_AT + timedelta(days=9)
    return dataclasses.replace(
        item(folder, 900, days=9, height_px=400),
        kind="import",
        untrusted_url="",
        untrusted_final_url="",
        untrusted_title="",
        verdict="imported",
        reason="",
        made_at=made_at,
        browser="",
        server_address="",
        tls="",
        limits=(),
        pictures=[screenshot(folder / "import" / "thumbnail.png", 420, 600)],
        untrusted_note="He rang at six in the morning. हिन्दी 中文 \u202eevil",
        untrusted_facts=[
            ("name", "call 2031-03-12 \u202efdp.mp3"),
            ("type", "audio/mpeg"),
            ("Duration", "184 s"),
        ],
    )


def hit(
    folder: Path, language: str, number: int, text: str = "", height_px: int = 2200, **more: object
) -> ReportedHit:
    """One post about the person of this language, with two captures."""
    name, pattern, cues = POSTS[language]
    untrusted_text = text or pattern.format(name)
    spans = [
        Span(start=at, end=at + len(word), is_mention=word == name)
        for word in (name, *cues)
        for at in places(untrusted_text, word)
    ]
    first = item(folder, 2 * number, height_px=height_px)
    second = item(folder, 2 * number + 1, verdict="gone", days=5, height_px=height_px)
    made = ReportedHit(
        id=f"h-{number:012d}",
        site="forum.example",
        source="https://forum.example/new",
        untrusted_text=untrusted_text,
        untrusted_title=f"Neighbours: {name}",
        untrusted_author="lender_88",
        untrusted_url=f"https://forum{'2' if number % 3 == 0 else ''}.example/t/{number}?page=2",
        published_at=BEGAN_AT - timedelta(hours=7 * number),
        found_at=BEGAN_AT + timedelta(minutes=3 * number),
        severity=("critical", "high", "medium", "low")[number % 4],
        spans=spans,
        signs=[
            Sign(what="name", untrusted_text=name.upper(), is_person=True, reads_as=name),
            *(Sign(what="accusation", untrusted_text=cue, is_person=False) for cue in cues),
            Sign(what="plea", untrusted_text="please help", is_person=False, is_against=True),
        ],
        items=[first, second],
    )
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def places(text: str, word: str) -> list[int]:
    found = []
    at = text.find(word)
    while at >= 0:
        found.append(at)
        at = text.find(word, at + 1)
    return found


def sample(folder: Path, language: str, hits: int = 2, height_px: int = 2200) -> ReportContents:
    """A whole report: ordinary posts, one full of tricks, one long, one handed-in file."""
    name = POSTS[language][0]
    found = [hit(folder, language, number, height_px=height_px) for number in range(1, hits + 1)]
    found.append(hit(folder, language, 50, TRICKS.format(name), untrusted_quoted=f"“{name}” was quoted here"))
    found.append(hit(folder, language, 51, rant(name), untrusted_author="", published_at=None))
    loose = [handed_in(folder)]
    items = [*(one for each in found for one in each.items), *loose]
    timeline = [
        TimelineEntry(
            at=one.made_at,
            item_id=one.id,
            key={"ok": "present", "gone": "absent", "imported": "imported"}[one.verdict],
            before=BEGAN_AT if one.verdict == "gone" else None,
            untrusted_page=one.untrusted_url,
        )
        for one in items
    ]
    return ReportContents(
        language=language,
        label=name,
        timezone=ZONES[language],
        made_at=BEGAN_AT + timedelta(days=12),
        fingerprint=digest("signer"),
        tool="Shamewatch 0.1.0",
        operator="Debtors' Law Clinic",
        operator_role="legal-aid clinic",
        hits=found,
        loose_items=loose,
        timeline=sorted(timeline, key=lambda one: one.at),
        custody=[
            CustodyLine(
                item_id=one.id,
                number=number,
                at=(one.made_at + timedelta(minutes=number)).isoformat(),
                action=act,
                actor=actor,
                detail=detail,
                hash=digest(f"{one.id} {number}"),
            )
            for one in items
            for number, (act, actor, detail) in enumerate(
                [("captured", "shamewatch", f"ok {digest(one.id)}"), ("stamped", "shamewatch", "freetsa digicert"),
                 ("accessed", "cli:ada", ""), ("exported", "cli:ada", "into an evidence pack")], 1)
        ],
    )  # fmt: skip
