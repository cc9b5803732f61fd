"""A person's own material is kept byte for byte, whatever is in it, and looked into by a process that may die of it."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import wave
import zipfile
import zlib
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from monitor.evidence.import_manifest import ImportManifest
from monitor.evidence.imported import ImportRefusedError, import_folder, read_original, safe_name
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.media import read_media

NOBODY = OperatorEntry(name="", role="", device="")
SCHEMA = Path(__file__).parents[3] / "docs" / "import-manifest.schema.json"
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
        archive.writestr("_chat.txt", "01/03/31, 12:00 - Collector: pay")
    return buffer.getvalue()


def made(tmp_path: Path, name: str, content: bytes) -> tuple[ImportManifest, Path]:
    path = tmp_path / name
    path.write_bytes(content)
    into = tmp_path / "imported"
    return import_folder(path, read_original(path), into, note="From my phone", imported_by="cli:ada", operator=NOBODY), into  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "media_type", "metadata", "has_picture"),
    [
        ("photo.jpg", photo(), "image/jpeg", {"Model": "Rekaan Phone 7", "DateTime": "2031:03:01 12:00:00"}, True),
        ("call.wav", recording(), "audio/vnd.wave", {"Audio sampling rate": "8000", "duration": "1000"}, False),
        ("letter.pdf", pdf(), "application/pdf", {"Title": "Demand letter", "Pages": "1"}, True),
        ("sms.xml", SMS, "application/xml", {}, False),
        ("chat.zip", chat(), "application/zip", {"Files": "1", "First files": "_chat.txt"}, False),
        ("notes.txt", "他们打电话给我的老板".encode(), "text/plain", {}, False),
        ("page.html", b"<!doctype html><script>alert(1)</script>", "text/html", {}, False),
        ("lies.pdf", photo(), "image/jpeg", {}, True),
        ("odd.bin", b"\x00\x01\x02\xff" * 50, "application/octet-stream", {}, False),
    ],
)  # fmt: skip
def test_each_kind_of_file_is_kept_and_known_by_its_content(
    tmp_path: Path, name: str, content: bytes, media_type: str, metadata: dict[str, str], has_picture: bool
) -> None:
    manifest, folder = made(tmp_path, name, content)
    assert (folder / "original" / name).read_bytes() == content
    assert manifest.media_type == media_type
    assert metadata.items() <= manifest.metadata.items(), manifest.metadata
    assert manifest.reading_failure == ""
    assert (folder / "thumbnail.png").exists() is has_picture
    if has_picture:
        with Image.open(folder / "thumbnail.png") as picture:
            assert max(picture.size) == 600
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads((folder / "manifest.json").read_text()))


@pytest.mark.parametrize(
    ("name", "content"),
    [("bomb.png", bomb()), ("cut.jpg", photo()[:2000]), ("cut.pdf", pdf()[:200]), ("locked.pdf", b"%PDF-1.7\n" + b"\xff" * 500)],
)  # fmt: skip
def test_a_broken_or_hostile_file_is_kept_and_the_failure_said(
    tmp_path: Path, name: str, content: bytes
) -> None:
    manifest, folder = made(tmp_path, name, content)
    assert (folder / "original" / name).read_bytes() == content
    assert "kept as it is" in manifest.reading_failure


def test_a_reader_that_hangs_or_dies_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    run = subprocess.run

    def hanging(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        return run(["sleep", "5"], **{**options, "timeout": 0.1})

    monkeypatch.setattr("monitor.evidence.media.subprocess.run", hanging)
    assert "took too long" in read_media(path).failure
    monkeypatch.setattr("monitor.evidence.media.subprocess.run", lambda command, **o: run(["false"], **o))
    assert "kept as it is" in read_media(path).failure


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("录音 2031.amr", "录音 2031.amr"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("x\n.txt", "x_.txt"),
        (".hidden", "hidden"),
        ("...", "file"),
        ("a" * 300 + ".mp3", "a" * 80 + ".mp3"),
    ],
)
def test_names_are_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_what_cannot_be_imported_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path, what in (
        (tmp_path / "empty", "is empty"),
        (tmp_path, "is no file"),
        (tmp_path / "gone", "no file"),
    ):
        with pytest.raises(ImportRefusedError, match=what):
            read_original(path)
