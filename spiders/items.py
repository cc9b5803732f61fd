"""What a crawl hands over: posts, and what it reports beside posts.

Everything here crosses the pipe between the blind crawl process and the worker as one JSON object a
line, so every class has a closed set of plain fields. Text that strangers wrote is named
``untrusted_…`` inside the program and loses the prefix on the wire only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import Any


class RefusalKind(StrEnum):
    """Why a page was not read. Shown to people as such, never as "nothing found"."""

    ROBOTS = "robots"  # robots.txt forbids the page, or could not be read (RFC 9309 §2.3.1.4)
    FORBIDDEN = "forbidden"  # 401 or 403
    RATE_LIMITED = "rate limited"  # 429 or 503 with Retry-After
    LOGIN_WALL = "login wall"
    CAPTCHA = "captcha"
    GONE = "gone"  # 404 or 410
    SERVER_ERROR = "server error"
    UNREACHABLE = "unreachable"  # DNS, connection refused, reset
    TLS_ERROR = "tls error"
    TIMED_OUT = "timed out"
    TOO_LARGE = "too large"
    REDIRECT_LOOP = "redirect loop"
    ADDRESS_REFUSED = "address refused"  # the gate: private address, scheme, port
    UNREADABLE = "unreadable"  # the page came but no post could be read from it


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One public message.

    ``id`` is stable over edits and unique within ``site`` (scheme://host[:port]). ``url`` opens at
    the post itself. Times are aware and in UTC. ``untrusted_text`` holds the author's own words,
    ``untrusted_quoted`` what they quote. ``is_generic`` marks posts read by guessed structure.
    """

    platform: str
    source_url: str
    site: str
    id: str
    url: str
    untrusted_text: str
    thread_url: str = ""
    untrusted_title: str = ""
    untrusted_quoted: str = ""
    untrusted_author: str = ""
    published_at: datetime | None = None
    edited_at: datetime | None = None
    images: tuple[str, ...] = ()
    parent_id: str = ""
    reply_count: int | None = None
    is_generic: bool = False

    @property
    def body_sha256(self) -> str:
        """Digest of what an edit could change: title, own words, quoted words, pictures."""
        parts = (self.untrusted_title, self.untrusted_text, self.untrusted_quoted, *self.images)
        digest = hashlib.sha256()
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big"))
            digest.update(encoded)
        return digest.hexdigest()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """What is remembered of one page between two crawls, so that the next one reads only what is new.

    ``marker`` is what the listing said of a thread (reply count, time of the last reply) when it was
    last read whole, or a platform's own watermark. ``last_page_url`` is where a thread ended then.
    Emitted only after every post of the page has been emitted. ``source_url`` is set on the wire only.
    """

    url: str
    kind: str
    source_url: str = ""
    marker: str = ""
    last_page_url: str = ""
    etag: str = ""
    last_modified: str = ""
    read_at: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A page that was not read, and why. ``status`` is the HTTP status, 0 where there was none."""

    source_url: str
    url: str
    kind: RefusalKind
    status: int = 0
    detail: str = ""
    retry_after_s: float | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """One page was fetched and read: for progress, and for counting seen against promised."""

    source_url: str
    url: str
    kind: str
    status: int
    posts: int = 0
    promised: int | None = None
    size_bytes: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceDone:
    """A source has been read to its end. ``is_cut`` says that a stated limit ended it early."""

    source_url: str
    platform: str
    requests: int
    posts: int
    is_cut: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecognised:
    """What a page belongs to: the answer to the question how a source would be read (platforms/base.py)."""

    source_url: str
    platform: str
    start_url: str
    will_read: str
    cannot_see: str
    interval_s: int


Record = Post | PageState | Refusal | PageRead | SourceDone | SourceRecognised

_CLASSES: dict[str, type[Any]] = {
    "post": Post,
    "page_state": PageState,
    "refusal": Refusal,
    "page_read": PageRead,
    "source_done": SourceDone,
    "source_recognised": SourceRecognised,
}
_NAMES = {cls: name for name, cls in _CLASSES.items()}
_TIMES = {"published_at", "edited_at", "read_at"}
_PREFIX = "untrusted_"


def fields_from_record(record: Record) -> dict[str, Any]:
    """The record as plain JSON values, without the ``untrusted_`` prefix and without empty optional fields."""
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value in (None, "", ()) and field.default is not dataclasses.MISSING:
            continue
        if isinstance(value, datetime):
            value = value.isoformat().replace("+00:00", "Z")
        fields[field.name.removeprefix(_PREFIX)] = value
    return fields


def line_from_record(record: Record) -> str:
    """One line for the pipe, without the newline. ASCII, so that no decoder can split it."""
    return json.dumps({"record": _NAMES[type(record)], **fields_from_record(record)})


def record_from_line(line: str | bytes) -> Record:
    """Parse one line from the pipe.

    Raises ValueError for anything that is not exactly one of our records: the crawl process has
    parsed hostile pages and is not trusted.
    """
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError("a line of the crawl is no JSON object")
    cls = _CLASSES.get(fields.pop("record", ""))
    if cls is None:
        raise ValueError("a line of the crawl is of no known kind")
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        wire_name = field.name.removeprefix(_PREFIX)
        if wire_name in fields:
            values[field.name] = _typed(field.name, field.type, fields.pop(wire_name))
    if fields:
        raise ValueError(f"a line of the crawl has an unknown field {min(fields)!r}")
    try:
        record = cls(**values)
    except TypeError as error:
        raise ValueError("a line of the crawl lacks a field") from error
    return record  # type: ignore[no-any-return]


def _typed(name: str, annotation: Any, value: Any) -> Any:
    if name in _TIMES:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(f"{name} has no time zone")
        return moment
    if name == "images":
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError("images must be a list of strings")
        return tuple(value)
    if annotation == "RefusalKind":
        return RefusalKind(value)
    wanted: tuple[type, ...] = {
        "str": (str,),
        "bool": (bool,),
        "int": (int,),
        "int | None": (int,),
        "float | None": (int, float),
    }[annotation]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ValueError(f"{name} is of the wrong type")
    return value
