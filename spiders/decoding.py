"""Which text a page's bytes are, whatever it says about itself. Never raises, never runs a codec a page names freely.

Order: byte order mark, valid UTF-8 with enough evidence, the declared encoding (header, then meta or XML
declaration) where the bytes agree, detection, and at last the declared encoding with replacement characters.
"""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    to_unicode,
)

# Only these: a page may name any codec of Python, also "punycode" (quadratic) or "unicode_escape".
_WEB_CODECS = frozenset(
    {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5hkscs", "cp932", "euc_jp", "iso2022_jp",
     "cp949", "koi8-r", "koi8-u", "cp866", "cp874", "mac-roman", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255",
     "cp1256", "cp1257", "cp1258", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8",
     "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16"}
)  # fmt: skip
_DETECTABLE = [
    "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp874", "cp1256", "cp1258",
]  # fmt: skip
_SAMPLE_BYTES = 100_000
_EVIDENCE_CHARS = 3
_MAX_BROKEN_SHARE = 0.005


def text_from_body(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The page's text and the name of the encoding that was used."""
    bom_encoding, bom = read_bom(body)
    if bom_encoding is not None and bom is not None:
        return _decoded(body[len(bom) :], bom_encoding), bom_encoding
    utf8 = _strict(body, "utf-8")
    declared = _declared(body, content_type)
    # UTF-16 without a mark is valid UTF-8 too, and says so nowhere.
    unmarked_utf16 = _zeros_codec(body) if declared is None else None
    if utf8 is not None and unmarked_utf16 is None and (declared in (None, "utf-8") or _is_surely_utf8(body)):
        return utf8, "utf-8"
    for encoding in (declared, unmarked_utf16):
        if encoding is not None and (text := _agreeing(body, encoding)) is not None:
            return text, encoding
    detected = _detected(body)
    if detected is not None:
        return _decoded(body, detected), detected
    fallback = declared or "utf-8"
    return _decoded(body, fallback), fallback


def _declared(body: bytes, content_type: str) -> str | None:
    for encoding in (http_content_type_encoding(content_type), html_body_declared_encoding(body)):
        if encoding in _WEB_CODECS:
            return encoding
    return None


def _is_surely_utf8(body: bytes) -> bool:
    """Whether bytes that are valid UTF-8 hold so many sequences that they can be nothing else."""
    return sum(1 for byte in body[:_SAMPLE_BYTES] if byte >= 0xC0) >= _EVIDENCE_CHARS and not (
        len(body) < 64 and sum(1 for byte in body if byte >= 0xC0) < 8
    )


def _zeros_codec(body: bytes) -> str | None:
    """UTF-16 without a mark shows in the zero bytes of its ASCII characters."""
    sample = body[:1000]
    if len(sample) < 8:
        return None
    half = len(sample) // 2
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > half * 0.4 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.1:
        return "utf-16-be"
    return None


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _agreeing(body: bytes, encoding: str) -> str | None:
    """The text where the declared encoding fits: a few broken bytes are forgiven, a wrong declaration is not."""
    text = _decoded(body, encoding)
    broken = text.count("\ufffd")
    beyond_ascii = sum(1 for char in text if char > "\x7f") if broken else 1
    if broken and (broken > max(2, len(text) * _MAX_BROKEN_SHARE) and broken * 10 > beyond_ascii):
        return None
    return text


def _detected(body: bytes) -> str | None:
    best = from_bytes(_sample(body), cp_isolation=_DETECTABLE).best()
    return codecs.lookup(best.encoding).name if best is not None else None


def _sample(body: bytes) -> bytes:
    """The part with most to tell: from the first byte beyond ASCII on."""
    first = next((index for index, byte in enumerate(body) if byte > 0x7F), 0)
    return body[max(0, first - 200) : first + _SAMPLE_BYTES]


def _decoded(body: bytes, encoding: str) -> str:
    return to_unicode(body, encoding)
