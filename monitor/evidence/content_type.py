"""What kind of file this is, by its first bytes and never by its name. Pure; opens and unpacks nothing."""

from __future__ import annotations

import csv
import io
import re

HEAD_BYTES = 4096
OPAQUE = "application/octet-stream"
# The signature and where it stands.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/vnd.wave"),
    (8, b"AVI ", "video/vnd.avi"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR-WB\n", "audio/AMR-WB"),
    (0, b"#!AMR\n", "audio/AMR"),
    (0, b"#!SILK_V3", "audio/x-silk"),
    (0, b"\x02#!SILK_V3", "audio/x-silk"),  # as WeChat writes voice messages
    (0, b"caff", "audio/x-caf"),
    (0, b"\x1aE\xdf\xa3", "video/matroska"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),  # Word, Excel and Outlook of old
    (0, b"{\\rtf", "application/rtf"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
)
# ISO 14496-12: the brand after "ftyp".
_BRANDS = (
    (("heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"), "image/heic"),
    (("avif", "avis"), "image/avif"),
    (("M4A ", "M4B "), "audio/mp4"),
    (("3gp", "3ge", "3gg"), "video/3gpp"),
    (("3g2",), "video/3gpp2"),
    (("qt  ",), "video/quicktime"),
)
_MARKUP = (
    (re.compile(r"<\?xml\b(?:(?!<html)[\s\S]){0,400}<svg\b|<svg\b"), "image/svg+xml"),
    (re.compile(r"<!doctype html|<html\b|<\?xml\b[\s\S]{0,400}<html\b"), "text/html"),
    (re.compile(r"<\?xml\b"), "application/xml"),
    (re.compile(r"begin:vcard\b"), "text/vcard"),
)
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))
# Text of phones in East Asia that is no Unicode; nothing else is guessed, for it would fit any bytes.
_LEGACY = ("gb18030", "big5", "euc_kr", "shift_jis")
_MIN_ROWS = 2


def type_from_head(head: bytes) -> str:
    """The media type (RFC 6838) that a file's first ``HEAD_BYTES`` bytes tell of, else ``OPAQUE``."""
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    for at, signature, media_type in _SIGNATURES:
        if head.startswith(signature, at) and (at == 0 or head.startswith(b"RIFF")):
            is_webm = media_type == "video/matroska" and b"webm" in head[:64]
            return "video/webm" if is_webm else media_type
    if head[4:8] == b"ftyp":
        brand = head[8:12].decode("latin-1")
        return next((kind for brands, kind in _BRANDS if brand.startswith(brands)), "video/mp4")
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 in (0xE2, 0xE4):  # MPEG audio layers II and III
        return "audio/mpeg"
    text = text_from_head(head)
    return OPAQUE if text is None else _text_type(text)


def text_from_head(head: bytes) -> str | None:
    """The first bytes as text, None where they are none."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return _as_text(head[len(mark) :], encoding)
    text = _as_text(head, "utf-8")
    if text is not None:
        return text
    return next((found for name in _LEGACY if (found := _as_text(head, name)) is not None), None)


def _as_text(head: bytes, encoding: str) -> str | None:
    """Strict but for a character that the end of the head cuts in two."""
    for cut in range(4 if len(head) >= HEAD_BYTES - 3 else 1):
        try:
            text = head[: len(head) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        is_text = text.strip() and not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufffe\uffff]", text)  # fmt: skip
        return text if is_text else None
    return None


def _text_type(text: str) -> str:
    begin = text.lstrip("\ufeff \t\r\n")[:1000].lower()
    for pattern, media_type in _MARKUP:
        if pattern.match(begin):
            return media_type
    if re.match(r"[\[{]\s*[\"{\[\]}]", begin):
        return "application/json"
    return "text/csv" if _is_table(text) else "text/plain"


def _is_table(text: str) -> bool:
    """Whether every whole line has the same number of fields, two or more, under one separator.

    Chat exports have commas too, but not equally many in each line.
    """
    lines = text.strip().splitlines()[:20]
    whole = "\n".join(lines[:-1] if len(text) >= HEAD_BYTES // 4 and len(lines) > _MIN_ROWS else lines)
    for separator in (",", ";", "\t"):
        try:
            widths = {
                len(row) for row in csv.reader(io.StringIO(whole), delimiter=separator, strict=True) if row
            }
        except csv.Error:
            continue
        rows = whole.count("\n") + 1
        if rows >= _MIN_ROWS and len(widths) == 1 and min(widths) > 2 - (separator == "\t"):
            return True
    return False
