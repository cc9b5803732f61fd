"""A person's own material is kept byte for byte, whatever is in it, and looked into by a process that may die of it."""

from __future__ import annotations

import io
import json
import os
import socket
import struct
import subprocess
import sys
import wave
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from monitor.evidence.import_manifest import ImportManifest
from monitor.evidence.imported import ImportRefusedError, import_folder, read_original, safe_name
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.media import read_media
from monitor.evidence.sums import is_safe_name

NOBODY = OperatorEntry(name="", role="", device="")
SCHEMA = Path(__file__).parents[3] / "docs" / "import-manifest.schema.json"
MATERIAL = Path(__file__).parent / "material"
SMS = b'<?xml version="1.0"?><smses count="1"><sms address="+630000" body="Pay or we tell all"/></smses>'


def photo() -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0110] = "Rekaan Phone 7"
    exif[0x0132] = "2031:03:01 12:00:00"
    Image.new("RGB", (1200, 800), "white").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def recording() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 8000)
    return buffer.getvalue()


def pdf() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(buffer, "PDF", title="Demand letter")
    return buffer.getvalue()


def bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 7501))
        + chunk(b"IEND", b"")
    )


def chat() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("_chat.txt"), "01/03/31, 12:00 - Collector: pay")
    return buffer.getvalue()


def office() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
        archive.writestr(zipfile.ZipInfo("word/document.xml"), "<document/>")
    return buffer.getvalue()


def made(tmp_path: Path, name: str, content: bytes) -> tuple[ImportManifest, Path]:
    path = tmp_path / name
    path.write_bytes(content)
    into = tmp_path / "imported"
    return import_folder(read_original(path), into, note="From my phone", imported_by="cli:ada", operator=NOBODY), into  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "media_type", "metadata", "has_picture"),
    [
        ("photo.jpg", photo(), "image/jpeg", {"Model": "Rekaan Phone 7", "DateTime": "2031:03:01 12:00:00"}, True),
        ("call.wav", recording(), "audio/vnd.wave", {"Audio sampling rate": "8000", "duration": "1000"}, False),
        ("letter.pdf", pdf(), "application/pdf", {"Title": "Demand letter", "Pages": "1"}, True),
        ("sms.xml", SMS, "application/xml", {}, False),
        ("voice.silk", b"\x02#!SILK_V3" + b"\x11\x00" * 40, "audio/x-silk", None, False),
        ("chat.zip", chat(), "application/zip", {"Files": "1", "First files": "_chat.txt"}, False),
        ("lies.pdf", photo(), "image/jpeg", {}, True),
        ("letter.docx", office(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", {}, False),
        ("odd.bin", b"\x00\x01\x02\xff" * 50, "application/octet-stream", {}, False),
    ],
)  # fmt: skip
def test_each_kind_of_file_is_kept_and_known_by_its_content(
    tmp_path: Path,
    name: str,
    content: bytes,
    media_type: str,
    metadata: dict[str, str] | None,
    has_picture: bool,
) -> None:
    manifest, folder = made(tmp_path, name, content)
    assert (folder / "original" / name).read_bytes() == content
    assert manifest.media_type == media_type
    assert (metadata or {}).items() <= manifest.metadata.items(), manifest.metadata
    assert (manifest.reading_failure == "") is (metadata is not None)
    assert (folder / "thumbnail.png").exists() is has_picture
    if has_picture:
        with Image.open(folder / "thumbnail.png") as picture:
            assert max(picture.size) == 600
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads((folder / "manifest.json").read_text()))


@pytest.mark.parametrize(
    ("name", "media_type", "metadata"),
    [
        ("call.mp3", "audio/mpeg", {"Audio sampling rate": "16000"}),
        ("call.m4a", "audio/mp4", {"Audio format": "AAC", "duration": "960"}),
        ("call.amr", "audio/AMR", {"Audio format": "AMR", "Audio sampling rate": "8000"}),
        ("call.ogg", "audio/ogg", {"Audio format": "Opus"}),
        ("call.3gp", "audio/3gpp", {"Audio format": "AMR"}),
        ("clip.mp4", "video/mp4", {"Video width": "64", "Video height": "48", "duration": "1000"}),
        ("clip.webm", "video/webm", {"Video format": "VP8"}),
    ],
)
def test_recordings_of_phones_are_known_with_their_length(
    tmp_path: Path, name: str, media_type: str, metadata: dict[str, str]
) -> None:
    path = tmp_path / "no suffix"
    path.write_bytes((MATERIAL / name).read_bytes())
    media = read_media(path)
    assert (media.media_type, media.failure) == (media_type, "")
    assert metadata.items() <= media.untrusted_metadata.items(), media.untrusted_metadata


def test_a_picture_that_cannot_be_shown_is_known_all_the_same() -> None:
    media = read_media(MATERIAL / "photo.heic")
    assert media.media_type == "image/heic"
    assert media.thumbnail_png == b""
    assert "kept as it is" in media.failure


def test_a_photo_stands_upright_and_says_whether_it_tells_a_place(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the phone was held upright
    exif.get_ifd(0x8825)[1] = "N"
    path = tmp_path / "upright.jpg"
    Image.new("RGB", (1200, 800), "white").save(path, "JPEG", exif=exif)
    media = read_media(path)
    with Image.open(io.BytesIO(media.thumbnail_png)) as picture:
        assert picture.size == (400, 600)
    assert media.untrusted_metadata["GPS"] == "the file says where it was made"


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    path = tmp_path / "sticker.png"
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(path)
    with Image.open(io.BytesIO(read_media(path).thumbnail_png)) as picture:
        assert picture.getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("bomb.png", bomb(), "image/png"),
        ("cut.jpg", photo()[:2000], "image/jpeg"),
        ("cut.pdf", pdf()[:200], "application/pdf"),
        ("locked.pdf", b"%PDF-1.7\n" + b"\xff" * 500, "application/pdf"),
        ("cut.zip", chat()[:60], "application/zip"),
        ("cut.mp4", (MATERIAL / "clip.mp4").read_bytes()[:40], "video/mp4"),
    ],
)
def test_a_broken_or_hostile_file_is_kept_and_the_failure_said(
    tmp_path: Path, name: str, content: bytes, media_type: str
) -> None:
    manifest, folder = made(tmp_path, name, content)
    assert (folder / "original" / name).read_bytes() == content
    assert manifest.media_type == media_type
    assert "kept as it is" in manifest.reading_failure


def test_a_file_that_names_others_leads_nowhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        for name, text in (
            ("list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{url}a.ts\n#EXT-X-ENDLIST\n"),
            ("entity.xml", f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]><a>&x;</a>'),
            ("drawing.svg", f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}i.png"/></svg>'),
            ("page.html", f'<!doctype html><img src="{url}"><script src="{url}"></script>'),
        ):
            (tmp_path / name).write_text(text)
            read_media(tmp_path / name)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_no_program_is_started_for_a_file(tmp_path: Path) -> None:
    """Pillow would start Ghostscript for PostScript."""
    trace = tmp_path / "trace"
    bait = tmp_path / "bin" / "gs"
    bait.parent.mkdir()
    bait.write_text(f"#!/bin/sh\ntouch {trace}\n")
    bait.chmod(0o755)
    tmp_path.chmod(0o777)
    letter = tmp_path / "letter"
    for begin in (b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xc5\xd0\xd3\xc6\x20\0\0\0"):
        letter.write_bytes(begin + b"%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n")
        with letter.open("rb") as file:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "monitor.evidence.media_reader", "8000000"],
                cwd=Path(__file__).parents[3], env={"PATH": f"{bait.parent}:{os.defpath}"},
                stdin=file, capture_output=True, check=True,
            )  # fmt: skip
        assert json.loads(done.stdout)["thumbnail"] == ""
    assert not trace.exists()


def test_the_reader_gives_up_root_and_processes_and_memory() -> None:
    probe = (
        "import os, resource\n"
        "from monitor.evidence import media_reader\n"
        "media_reader._confine(1000)\n"
        "print(os.getuid() != 0, resource.getrlimit(resource.RLIMIT_AS)[1] <= 1_500_000_000)\n"
        "try:\n os.fork()\nexcept OSError:\n print('no process')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == ["True True", "no process", ""]


def test_a_reader_that_hangs_dies_or_talks_nonsense_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(photo())
    run = subprocess.run

    def instead(*command: str, timeout_s: float = 10) -> None:
        monkeypatch.setattr(
            "monitor.evidence.media.subprocess.run",
            lambda _, **options: run(command, **{**options, "timeout": timeout_s}),
        )

    instead("sleep", "5", timeout_s=0.1)
    assert "took too long" in read_media(path).failure
    for command in (("false",), ("true",), ("echo", "{}"), ("sh", "-c", "kill -SEGV $$")):
        instead(*command)
        media = read_media(path)
        assert (media.media_type, media.thumbnail_png) == ("image/jpeg", b"")
        assert "could not be read" in media.failure


def test_a_reader_that_was_taken_over_gets_no_picture_of_its_own_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    run = subprocess.run
    for thumbnail in ("PHNjcmlwdD4=", "not base64", "iVBORw0KGgoAAAANSUhEUgAAJxAAACcQ"):
        said = json.dumps(
            {"media_type": "text/plain\ud800", "metadata": {"a\0": "b" * 999}, "thumbnail": thumbnail}
        )
        monkeypatch.setattr(
            "monitor.evidence.media.subprocess.run",
            lambda _, said=said, **options: run(["echo", said], **options),
        )
        media = read_media(path)
        assert media.thumbnail_png == b""
        assert all(len(value) <= 300 for value in media.untrusted_metadata.values())


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("录音 2031.amr", "录音 2031.amr"),
        ("कॉल रिकॉर्डिंग.mp3", "कॉल रिकॉर्डिंग.mp3"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("x\n.txt", "x_.txt"),
        (".hidden", "hidden"),
        ("...", "file"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("concert.mp3", "concert.mp3"),
        ("a\udcff.txt", "a_.txt"),
        ("a" * 300 + ".mp3", "a" * 176 + ".mp3"),
    ],
)
def test_names_are_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(min_size=1, max_size=300))
def test_every_name_becomes_one_that_every_system_takes(name: str) -> None:
    safe = safe_name(name)
    assert is_safe_name(f"original/{safe}")
    assert 0 < len(safe.encode()) <= 255
    assert safe == safe.strip(" .")


def test_a_name_that_is_no_text_is_taken(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.txt"))
    path.write_bytes(b"Pay now")
    os.utime(path, (2**33, 2**33))
    original = read_original(path)
    manifest = import_folder(
        original, tmp_path / "imported", note="\udcff", imported_by="cli", operator=NOBODY
    )
    assert (tmp_path / "imported" / "original" / "__.txt").read_bytes() == b"Pay now"
    assert (manifest.name, manifest.note) == ("??.txt", "?")
    assert manifest.modified_at == datetime(2242, 3, 16, 12, 56, 32, tzinfo=UTC)


def test_what_cannot_be_imported_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"x" * 2000)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr("monitor.evidence.imported.MAX_BYTES", 1999)
    for path, what in (
        (tmp_path / "empty", "is empty"),
        (tmp_path / "large", "Cut it into parts"),
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "no file of that name"),
        (tmp_path / "gone", "no file of that name"),
    ):
        with pytest.raises(ImportRefusedError, match=what):
            read_original(path)
