"""When two addresses are one page: fragments and session ids do not make a difference. Fetches nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

# Session ids that forums put into links for visitors without cookies. A bare ``s`` is also a search
# word or a page size elsewhere, so it is a session id only where it looks like a digest.
_SESSION_PARAMETER = re.compile(
    r"(?i)^(?:(?:phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id|zenid|oscsid)=|(?:sid|s)=[0-9a-f]{16,64}$)"
)
_SESSION_PATH = re.compile(r"(?i);(?:jsessionid|phpsessid|sid)=[^/?;]*")
_SEPARATORS = re.compile(r"([&;])")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def page_url(url: str) -> str:
    """The address of a page without fragment, session ids and default port; host and scheme in lower case.

    Unreadable addresses come back unchanged: the gate refuses them with a reason.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    netloc = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, "\0"))
    return urlunsplit(
        (parts.scheme, netloc, _SESSION_PATH.sub("", parts.path) or "/", _without_sessions(parts.query), "")
    )


def host_key(url: str) -> str:
    """Host and port, under which a server's behaviour is remembered during one crawl."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _without_sessions(query: str) -> str:
    if not query:
        return ""
    pieces = _SEPARATORS.split(query)
    kept = ""
    for position in range(0, len(pieces), 2):
        if not _SESSION_PARAMETER.match(pieces[position]):
            kept += (pieces[position - 1] if kept else "") + pieces[position]
    return kept
