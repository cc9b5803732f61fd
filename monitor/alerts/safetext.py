"""Makes text and addresses of strangers harmless inside a message; never decides whether they are shown.

What is read by a mail client, a chat or a lock screen must not link, call a group, format itself, hide
characters or turn the reading direction round.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

# Full-width twins look alike to people and mean nothing to any markup.
_MARKUP = str.maketrans(
    {
        "@": "＠", "#": "＃", "*": "＊", "_": "＿", "~": "～", "`": "｀", "[": "［", "]": "］",
        "<": "＜", ">": "＞", "|": "｜", "\\": "＼", "&": "＆",
    }
)  # fmt: skip
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DOTTED_NAME = re.compile(r"(?<=[^\W_])[.．。｡](?=[^\W\d_]{2})")
_SCHEME = re.compile(r"(?i)\b(h)tt(ps?)(?=[:：])")
_LETTER_LIMIT = 4  # combining marks on one letter; more is a tower of marks that covers other lines


def safe_text(untrusted_text: str, *, max_chars: int = 300) -> str:
    """Plain text on one paragraph: no controls, no invisible characters, no links, mentions or markup.

    Bidirectional controls become U+FFFD, so that a trick is seen; zero-width characters vanish.
    """
    kept: list[str] = []
    marks = 0
    for char in untrusted_text[: max_chars * 8]:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if char in _BIDI:
            kept.append("\ufffd")
        elif category in ("Cc", "Zl", "Zp", "Zs"):
            kept.append(" ")
        elif category not in ("Cf", "Cs", "Co", "Cn") and marks <= _LETTER_LIMIT and not _is_invisible(char):
            kept.append(char)
    text = " ".join("".join(kept).split())
    if len(text) > max_chars:
        text = text[: max_chars - 1].rstrip() + "…"
    return _without_links(text.translate(_MARKUP))


def safe_address(untrusted_url: str, *, max_chars: int = 300) -> str:
    """An address to read and type, not to touch: ``hxxps[:]//forum.example`` with ``[.]`` for dots.

    A name outside ASCII is shown in its encoded form, so that look-alike letters are seen.
    """
    try:
        parts = urlsplit(untrusted_url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return safe_text(untrusted_url, max_chars=max_chars)
    if not host:
        return safe_text(untrusted_url, max_chars=max_chars)
    scheme = "hxxp" + parts.scheme.removeprefix("http")
    # RFC 3986 §6.2.2.2: an encoded unreserved character is the same address, and no markup.
    rest = quote(parts.path, safe="/;:,+=%-.") + (
        f"?{quote(parts.query, safe='/?=&;:,+%-.')}" if parts.query else ""
    )
    if len(rest) > max_chars:
        rest = rest[: max_chars - 1] + "…"
    return f"{scheme}[:]//{host[:253].replace('.', '[.]')}{port}{_DOTTED_NAME.sub('[.]', rest)}"


def _is_invisible(char: str) -> bool:
    """Variation selectors, fillers and the combining grapheme joiner: no format characters, but unseen."""
    code = ord(char)
    return (
        0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE0FFF
        or code in (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2800)
    )


def _without_links(text: str) -> str:
    text = _SCHEME.sub(r"\1xx\2", text)
    text = text.replace("://", "[:]//")
    return _DOTTED_NAME.sub("[.]", text)
