"""What was sent with a request as a query, by which replaying viewers tell requests to one address apart. Pure.

After https://specs.webrecorder.net/request-body-canonicalization/latest/. Touches no record: the body itself
stands in the archive as it was sent.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any
from urllib.parse import unquote_plus, urlencode

_MAX_CHARS = 4096
_MAX_DEPTH = 60


def query_from_body(media_type: str, body: bytes) -> str:
    """``media_type`` as the request's content-type said it. Empty where nothing was sent."""
    if not body:
        return ""
    kind = media_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return unquote_plus(body.decode())[:_MAX_CHARS]
        if kind in ("application/json", "text/plain"):
            return _from_json(json.loads(body))[:_MAX_CHARS]
    except (ValueError, RecursionError):
        pass  # not what it says it is: taken as bytes
    return f"__wb_post_data={base64.b64encode(body[:_MAX_CHARS]).decode()}"[:_MAX_CHARS]


def _from_json(value: Any) -> str:
    pairs: list[tuple[str, str]] = []
    seen: Counter[str] = Counter()

    def walk(part: Any, name: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ValueError(name)
        if isinstance(part, dict):
            for key, inner in part.items():
                walk(inner, key, depth + 1)
        elif isinstance(part, list):
            for inner in part:
                walk(inner, name, depth + 1)
        elif name:
            seen[name] += 1
            pairs.append((name if seen[name] == 1 else f"{name}.{seen[name]}_", _text(part)))

    walk(value, "", 0)
    return urlencode(pairs)


def _text(part: str | float | bool | None) -> str:
    """As JavaScript writes it: that is what a viewer compares with."""
    if isinstance(part, bool):
        return "true" if part else "false"
    return "" if part is None else str(part)
