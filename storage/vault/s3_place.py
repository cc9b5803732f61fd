"""Where an S3-compatible vault lies, read from one URL. Decides which host and port may be spoken to; opens nothing."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from storage.errors import BadValueError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
_FORM = "write SHAMEWATCH_VAULT_URL as s3://bucket/prefix?endpoint=https://host:port&region=name"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """``endpoint`` is scheme, host and port and nothing else; empty: Amazon's own for the region.

    ``ca``: a file with the certificates (PEM) that a private server's certificate chains to.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    ca: Path | None = None

    @property
    def origin(self) -> str:
        """The only scheme, host and port that are ever connected to."""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"

    @property
    def base(self) -> str:
        """What the name of every object begins with."""
        return f"{self.prefix}/" if self.prefix else ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.base} at {self.origin}"


def s3_place_from_url(url: str) -> S3Place:
    """Parse ``s3://bucket/prefix?endpoint=https://host:port&region=…&ca=FILE``. Raises BadValueError with a sentence."""
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _refused("it cannot be read") from None
    if parts.scheme != "s3" or parts.fragment or not _BUCKET.fullmatch(parts.netloc):
        raise _refused("it names no bucket (3 to 63 of a-z, 0-9, dot and hyphen)")
    prefix = parts.path.strip("/")
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise _refused("its prefix may have letters, digits, dot, hyphen and underscore only")
    region = options.pop("region", "us-east-1")
    if not _REGION.fullmatch(region):
        raise _refused("its region is none")
    ca = options.pop("ca", "")
    endpoint = _endpoint(options.pop("endpoint", ""))
    if options:
        raise _refused(f"it has the unknown option {min(options)!r}")
    return S3Place(
        bucket=parts.netloc,
        prefix=prefix,
        endpoint=endpoint,
        region=region,
        ca=Path(ca).expanduser().absolute() if ca else None,
    )


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL. Raises ValueError."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _endpoint(text: str) -> str:
    """Checked by its parsed host: ``http://127.0.0.1.example`` begins like this machine and is another."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        scheme, host, _ = origin_of(text)
    except ValueError:
        raise _refused("its endpoint cannot be read") from None
    if not host or parts.username or parts.password or parts.path.strip("/") or parts.query or parts.fragment:
        raise _refused("its endpoint is no scheme, host and port alone")
    if scheme != "https" and not (scheme == "http" and host in _THIS_MACHINE):
        raise _refused("its endpoint needs https; http is for a server on this machine only")
    return f"{scheme}://{parts.netloc}"


def _refused(why: str) -> BadValueError:
    return BadValueError(f"The vault's address cannot be used, {why}: {_FORM}.")
