"""Decides what an address on a page means: absolute, on the same site, without session ids. Never fetches one."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

MAX_URL_CHARS = 2000

# phpBB's sid, PHP's PHPSESSID and vBulletin's s give one page a new address on every visit.
_SESSION_NAMES = frozenset({"sid", "phpsessid", "s", "jsessionid", "zenid", "osclid"})
_SESSION_VALUE = re.compile(r"^[0-9A-Za-z,-]{16,128}$")
_SESSION_QUERY = re.compile(r"(?i)(?:^|[?&;])(?:sid|phpsessid|s|jsessionid|zenid|osclid)=[0-9a-z,-]{16,128}")
_PATH_SESSION = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute_url(base_url: str, untrusted_href: str) -> str:
    """The http(s) address that ``untrusted_href`` means on the page ``base_url``, else an empty string."""
    href = "".join(char for char in untrusted_href.strip() if char not in "\t\r\n")
    if not href or len(href) > MAX_URL_CHARS:
        return ""
    try:
        parts = urlsplit(urljoin(base_url, href))
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.port == 0:
            return ""
    except ValueError:
        return ""
    if parts.username is not None or parts.password is not None:
        return ""
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._") or "/"
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|")
    fragment = quote(parts.fragment, safe="/%:@!$&'()*+,;=~-._?[]|")
    return without_session(urlunsplit((parts.scheme, parts.netloc.lower(), path, query, fragment)))


def without_session(url: str) -> str:
    """The address without a visitor's session id, so that one page has one address."""
    if not _SESSION_QUERY.search(url) and ";jsessionid=" not in url.lower():
        return url
    parts = urlsplit(url)
    separator = ";" if ";" in parts.query and "&" not in parts.query else "&"
    kept = [
        pair
        for pair in parts.query.split(separator)
        if not (
            pair.partition("=")[0].lower() in _SESSION_NAMES and _SESSION_VALUE.match(pair.partition("=")[2])
        )
    ]
    path = _PATH_SESSION.sub("", parts.path)
    return urlunsplit((parts.scheme, parts.netloc, path, separator.join(kept), parts.fragment))


def without_fragment(url: str) -> str:
    """The address of the whole page."""
    return url.partition("#")[0]


def site_of(url: str) -> str:
    """``scheme://host[:port]`` of an address, lower case, without a default port."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if ":" in host:
        host = f"[{host}]"
    if port is None or port == _DEFAULT_PORTS.get(parts.scheme):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def is_same_site(url: str, other_url: str) -> bool:
    """Whether two addresses are of one host, whichever of http and https they use."""
    return site_of(url).partition("://")[2] == site_of(other_url).partition("://")[2] != ""


def query_value(url: str, name: str) -> str:
    """The last value of a query parameter, empty where there is none."""
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return ""
    return dict(pairs).get(name, "")


def with_query(url: str, **values: str) -> str:
    """The address with some query parameters set anew and without its fragment; empty values go."""
    parts = urlsplit(url)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in values]
    pairs += [(name, value) for name, value in values.items() if value]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(pairs), ""))
