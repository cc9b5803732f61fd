"""What a visit amounts to: one word and one sentence; pure. Never "ok" unless the mention is in visible text.

For a page that was captured without a mention: never "ok" unless its main text is there and nothing
says that the page is a wall.
"""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from urllib.parse import urlsplit

from monitor.evidence.observation import Trouble, Visit
from monitor.evidence.signs import Sign, sign_from_visit
from spiders.items import RefusalKind
from spiders.proxy_http import FAILED_HEADER, REFUSED_HEADER
from spiders.proxy_ledger import Denial

# Fewer visible characters than this are a shell, an error line or a consent box, not a page.
MIN_MAIN_TEXT_CHARS = 120


class Verdict(StrEnum):
    """What a capture is worth. Shown to people as it stands."""

    OK = "ok"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    LOGIN_WALL = "login wall"
    CAPTCHA = "captcha"
    GONE = "gone"
    TLS_ERROR = "tls error"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    ADDRESS_REFUSED = "address refused"
    MENTION_NOT_FOUND = "mention not found"
    SERVER_ERROR = "server error"
    PAGE_CRASHED = "page crashed"
    UNREADABLE = "unreadable"
    NOT_CAPTURED = "not captured"
    """No browser visited the page. Never the verdict of a capture: it is for a record that says so."""

    @property
    def shows_mention(self) -> bool:
        """Whether the capture proves that the mention stood on the page."""
        return self in (Verdict.OK, Verdict.PARTIAL)

    @property
    def is_transient(self) -> bool:
        """Whether another visit soon may well succeed: it failed, and the site neither refused us nor answered for good."""
        return self in _TRANSIENT


_TRANSIENT = frozenset(
    {
        Verdict.TIMED_OUT,
        Verdict.UNREACHABLE,
        Verdict.SERVER_ERROR,
        Verdict.PAGE_CRASHED,
        Verdict.NOT_CAPTURED,
    }
)


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason, a whole sentence."""

    verdict: Verdict
    reason: str


_DENIALS = {
    Denial.ADDRESS_REFUSED: Verdict.ADDRESS_REFUSED,
    Denial.UNKNOWN_NAME: Verdict.UNREACHABLE,
    Denial.UNREACHABLE: Verdict.UNREACHABLE,
    Denial.TIMED_OUT: Verdict.TIMED_OUT,
    Denial.LIMIT: Verdict.UNREACHABLE,
    Denial.BAD_REQUEST: Verdict.ADDRESS_REFUSED,
}
_SIGNS = {
    RefusalKind.CAPTCHA: Verdict.CAPTCHA,
    RefusalKind.LOGIN_WALL: Verdict.LOGIN_WALL,
    RefusalKind.GONE: Verdict.GONE,
    RefusalKind.FORBIDDEN: Verdict.BLOCKED,
}


def judge(
    visit: Visit, *, expected: tuple[str, ...], context_text: str = "", is_in_post: bool = True
) -> Judgement:
    """The verdict on a visit that looked for ``expected`` (empty: for nothing in particular).

    ``is_in_post``: whether the mention is to stand in the post's own text. Where it is not, because it
    stands in the thread's title or in words that the post quotes, it counts wherever it is visible.
    """
    return (
        _failure_of_transport(visit)
        or _failure_of_browser(visit)
        or _failure_of_status(visit)
        or (_of_mention(visit, context_text, is_in_post=is_in_post) if expected else _of_page(visit))
    )


def _failure_of_transport(visit: Visit) -> Judgement | None:
    last = visit.hops[-1] if visit.hops else None
    if visit.trouble is Trouble.NAVIGATION_FAILED:
        return _from_code(visit, last.url if last else visit.requested_url, visit.trouble_detail)
    if last is not None and last.error and visit.final_url.startswith("chrome-error:"):
        return _from_code(visit, last.url, last.error)
    names = {name.lower() for name, _ in visit.headers}
    # Forged ones never get here over plain http: the proxy strips them. Over https they are the site's own.
    if (
        last is not None
        and last.url.startswith("http:")
        and names & {REFUSED_HEADER.lower(), FAILED_HEADER.lower()}
    ):
        return _from_code(visit, last.url, "")
    return None


def _from_code(visit: Visit, url: str, code: str) -> Judgement:
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for refusal in visit.refusals:
        if (refusal.host, refusal.port) == (host, port):
            return Judgement(_DENIALS[refusal.kind], refusal.reason)
    return _from_net_error(host, code)


def _from_net_error(host: str, code: str) -> Judgement:
    if code.startswith(("net::ERR_CERT_", "net::ERR_SSL_", "net::ERR_BAD_SSL_")):
        reason = f"The certificate or TLS connection of {host} is not valid ({code})."
        return Judgement(Verdict.TLS_ERROR, reason)
    if code in ("net::ERR_TIMED_OUT", "net::ERR_CONNECTION_TIMED_OUT"):
        return Judgement(Verdict.TIMED_OUT, f"{host} did not answer in time ({code}).")
    if code in ("net::ERR_UNSAFE_PORT", "net::ERR_UNSAFE_REDIRECT", "net::ERR_UNKNOWN_URL_SCHEME"):
        return Judgement(Verdict.ADDRESS_REFUSED, f"The page led to an address that is not read ({code}).")
    if code == "net::ERR_TOO_MANY_REDIRECTS":
        return Judgement(Verdict.UNREADABLE, f"{host} redirects in a circle.")
    if code == "net::ERR_ABORTED" or "Download" in code:
        reason = "The address answers with a download or with nothing, not with a page."
        return Judgement(Verdict.UNREADABLE, reason)
    return Judgement(Verdict.UNREACHABLE, f"{host} could not be reached ({code or 'no answer'}).")


def _failure_of_browser(visit: Visit) -> Judgement | None:
    match visit.trouble:
        case Trouble.TIMED_OUT:
            kept = "what stood there was saved" if visit.untrusted_dom else "nothing could be saved"
            return Judgement(Verdict.TIMED_OUT, f"The page did not come to rest in time; {kept}.")
        case Trouble.CRASHED:
            return Judgement(Verdict.PAGE_CRASHED, "The page crashed the browser's tab.")
        case Trouble.BROWSER_LOST:
            return Judgement(Verdict.PAGE_CRASHED, f"The browser lost the page: {visit.trouble_detail[:200]}")
        case _:
            return None


def _failure_of_status(visit: Visit) -> Judgement | None:
    status = visit.status
    if status < 400:
        return None
    kind = (sign_from_visit(visit) or (None, ""))[0]
    if kind is RefusalKind.CAPTCHA:
        return Judgement(Verdict.CAPTCHA, f"The site asks for a CAPTCHA (HTTP {status}).")
    if status in (404, 410):
        return Judgement(Verdict.GONE, f"The site says that there is no such page (HTTP {status}).")
    if status == 401 or (status == 403 and kind is RefusalKind.LOGIN_WALL):
        return Judgement(Verdict.LOGIN_WALL, f"The site asks for a login (HTTP {status}).")
    if status >= 500:
        return Judgement(Verdict.SERVER_ERROR, f"The site answered with an error (HTTP {status}).")
    return Judgement(Verdict.BLOCKED, f"The site refused the page (HTTP {status}).")


def _of_mention(visit: Visit, context_text: str, *, is_in_post: bool) -> Judgement:
    found = visit.search
    if not found.matches:
        sign = sign_from_visit(visit)
        if sign is not None:
            return _from_sign(sign)
        if found.hidden:
            reason = "The mention is in the page's source but not in its visible text."
        else:
            reason = f"The page came, but the mention is not in its text{_of_frames(found.foreign_frames)}."
        return Judgement(Verdict.MENTION_NOT_FOUND, reason)
    lacking = _lacking(visit, context_text, is_in_post=is_in_post)
    if lacking:
        return Judgement(Verdict.PARTIAL, f"The mention is on the page, but {'; '.join(lacking)}.")
    return Judgement(Verdict.OK, "The mention is in the visible text of the page.")


def _lacking(visit: Visit, context_text: str, *, is_in_post: bool) -> list[str]:
    """What a page with the mention does not prove."""
    found, lacking = visit.search, []
    if found.missing or found.hidden:
        lacking.append(
            f"{len(found.missing) + len(found.hidden)} of the expected strings are not in visible text"
            + _of_frames(found.foreign_frames)
        )
    if context_text and not found.is_post_found:
        lacking.append("the post's own text was not found")
    elif is_in_post and found.is_post_found and not found.matches[0].is_in_post:
        lacking.append("the mention stands elsewhere on the page than in the post")
    if visit.is_mention_covered:
        lacking.append("something lies over the mention")
    if not visit.screenshot or not visit.mention_view:
        lacking.append("a picture is missing")
    return lacking


def _of_frames(count: int) -> str:
    """What was not looked at where something was not found."""
    return f" ({count} frame(s) of other sites could not be searched)" if count else ""


def _of_page(visit: Visit) -> Judgement:
    sign = sign_from_visit(visit)
    if sign is not None:
        return _from_sign(sign)
    if visit.search.visible_chars < MIN_MAIN_TEXT_CHARS:
        return Judgement(Verdict.UNREADABLE, "The page shows almost no text.")
    if not visit.screenshot:
        return Judgement(Verdict.PARTIAL, "The page's text is there, but its picture is missing.")
    return Judgement(Verdict.OK, "The page's main text is there; no mention was looked for.")


def _from_sign(sign: Sign) -> Judgement:
    kind, sentence = sign
    return Judgement(_SIGNS[kind], sentence)
