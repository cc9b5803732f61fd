"""How the command speaks: tables for people, JSON for programs, hostile text made harmless for terminals."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# What is piped into a file or another program is not cut to the width of a terminal.
_PIPED_WIDTH = None if sys.stdout.isatty() else 160
out = Console(highlight=False, soft_wrap=False, width=_PIPED_WIDTH)
err = Console(stderr=True, highlight=False)

_UNSAFE_IN_JSON = re.compile(
    "[\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def shown(untrusted_text: str, limit: int = 0) -> str:
    """Page text as it may stand in a terminal: escapes, controls and bidi marks become visible signs.

    A terminal obeys escape sequences in what it prints (CWE-150).
    """
    safe = "".join(
        " " if char in "\t\r\n" else "\N{REPLACEMENT CHARACTER}" if _is_unsafe(char) else char
        for char in untrusted_text
    )
    return safe if not limit or len(safe) <= limit else safe[: limit - 1] + "…"


def _is_unsafe(char: str) -> bool:
    # Zl and Zp end lines; tag characters (Cf of plane 14) hide text.
    is_tag = 0xE0000 <= ord(char) <= 0xE007F
    return char in _BIDI or is_tag or unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp")


def print_json(value: Any) -> None:
    """One JSON value a line. ASCII only where the output cannot carry more.

    What a reader could take for the end of the line, or a terminal for a command, is escaped.
    """
    encoding = (sys.stdout.encoding or "ascii").lower()
    line = json.dumps(value, ensure_ascii=not encoding.startswith("utf"), default=str)
    line = _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", line)
    sys.stdout.write(line + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table, or the sentence ``empty`` where there is no row. Cells are never read as markup."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
        count += 1
    if count:
        out.print(table)
    else:
        say(empty)


def say(sentence: str, style: str = "") -> None:
    """A sentence for people on standard output."""
    out.print(Text(sentence, style=style))


def warn(sentence: str) -> None:
    """A sentence for people on standard error."""
    err.print(Text(sentence, style="yellow"))
