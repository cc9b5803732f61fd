from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.evidence.observation import Box, Hop, Match, TextSearch, Trouble, Visit
from monitor.evidence.verdict import MIN_MAIN_TEXT_CHARS, Verdict, judge
from spiders.proxy_ledger import Denial, ProxyRefusal

URL = "https://forum.example/t/1"
NAME = "Amina Mfano"
MATCH = Match(
    expected=NAME, untrusted_text=NAME, dom_path="html > body", boxes=(Box(x=1, y=1, width=9, height=9),), is_in_post=False
)  # fmt: skip


def _visit(**changes: Any) -> Visit:
    now = datetime.now(UTC)
    visit = Visit(
        requested_url=URL,
        started_at=now,
        ended_at=now,
        final_url=URL,
        hops=[Hop(url=URL, status=200, cause="requested")],
        status=200,
        untrusted_dom="<p>text</p>",
        search=TextSearch(visible_chars=900, matches=(MATCH,)),
        screenshot=b"png",
        mention_view=b"png",
    )
    for name, value in changes.items():
        setattr(visit, name, value)
    return visit


def _verdict(visit: Visit, *expected: str, context_text: str = "") -> Verdict:
    return judge(visit, expected=expected, context_text=context_text).verdict


def test_a_visible_mention_is_ok() -> None:
    assert _verdict(_visit(), NAME) is Verdict.OK


@pytest.mark.parametrize(
    "change",
    [
        {"search": TextSearch(visible_chars=900, matches=(MATCH,), missing=("other",))},
        {"search": TextSearch(visible_chars=900, matches=(MATCH,), hidden=("other",))},
        {"search": TextSearch(visible_chars=900, matches=(MATCH,), is_post_found=True)},
        {"is_mention_covered": True},
        {"screenshot": b""},
        {"mention_view": b""},
    ],
)
def test_whatever_is_lacking_makes_it_partial(change: dict[str, Any]) -> None:
    assert _verdict(_visit(**change), NAME) is Verdict.PARTIAL


def test_a_mention_without_its_post_is_partial() -> None:
    assert _verdict(_visit(), NAME, context_text="the post") is Verdict.PARTIAL


@pytest.mark.parametrize("trouble", list(Trouble))
def test_trouble_is_never_a_success_even_with_the_mention_in_hand(trouble: Trouble) -> None:
    assert not _verdict(_visit(trouble=trouble, trouble_detail="net::ERR_FAILED"), NAME).shows_mention


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 451, 500, 503])
def test_an_error_status_is_never_a_success_even_with_the_mention_in_hand(status: int) -> None:
    """An error page may repeat what it was asked for."""
    assert not _verdict(_visit(status=status), NAME).shows_mention


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("net::ERR_CERT_DATE_INVALID", Verdict.TLS_ERROR),
        ("net::ERR_CERT_COMMON_NAME_INVALID", Verdict.TLS_ERROR),
        ("net::ERR_SSL_PROTOCOL_ERROR", Verdict.TLS_ERROR),
        ("net::ERR_CONNECTION_TIMED_OUT", Verdict.TIMED_OUT),
        ("net::ERR_UNSAFE_PORT", Verdict.ADDRESS_REFUSED),
        ("net::ERR_TOO_MANY_REDIRECTS", Verdict.UNREADABLE),
        ("net::ERR_ABORTED", Verdict.UNREADABLE),
        ("net::ERR_EMPTY_RESPONSE", Verdict.UNREACHABLE),
        ("net::ERR_TUNNEL_CONNECTION_FAILED", Verdict.UNREACHABLE),
    ],
)
def test_chromiums_errors_are_put_into_words(code: str, verdict: Verdict) -> None:
    visit = _visit(trouble=Trouble.NAVIGATION_FAILED, trouble_detail=code, search=TextSearch())
    assert _verdict(visit, NAME) is verdict


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (Denial.ADDRESS_REFUSED, Verdict.ADDRESS_REFUSED),
        (Denial.UNKNOWN_NAME, Verdict.UNREACHABLE),
        (Denial.UNREACHABLE, Verdict.UNREACHABLE),
        (Denial.TIMED_OUT, Verdict.TIMED_OUT),
        (Denial.LIMIT, Verdict.UNREACHABLE),
        (Denial.BAD_REQUEST, Verdict.ADDRESS_REFUSED),
    ],
)
def test_the_proxys_record_explains_a_failed_tunnel(kind: Denial, verdict: Verdict) -> None:
    visit = _visit(
        trouble=Trouble.NAVIGATION_FAILED,
        trouble_detail="net::ERR_TUNNEL_CONNECTION_FAILED",
        refusals=(ProxyRefusal("forum.example", 443, kind, "Because."),),
    )
    judgement = judge(visit, expected=(NAME,))
    assert (judgement.verdict, judgement.reason) == (verdict, "Because.")


def test_a_refused_part_of_the_page_does_not_decide() -> None:
    visit = _visit(refusals=(ProxyRefusal("127.0.0.1", 9, Denial.ADDRESS_REFUSED, "Private."),))
    assert _verdict(visit, NAME) is Verdict.OK


def test_a_site_cannot_pass_its_own_header_off_as_a_refusal_over_tls() -> None:
    assert _verdict(_visit(headers=[("X-Shamewatch-Refused", "no")]), NAME) is Verdict.OK


def test_a_page_without_a_mention_needs_enough_visible_text() -> None:
    enough = TextSearch(visible_chars=MIN_MAIN_TEXT_CHARS)
    assert _verdict(_visit(search=enough)) is Verdict.OK
    too_little = dataclasses.replace(enough, visible_chars=MIN_MAIN_TEXT_CHARS - 1)
    assert _verdict(_visit(search=too_little)) is Verdict.UNREADABLE


IN_POST = dataclasses.replace(MATCH, is_in_post=True)


@pytest.mark.parametrize(
    ("search", "is_in_post", "verdict"),
    [
        (TextSearch(visible_chars=900, matches=(MATCH,), is_post_found=True), False, Verdict.OK),
        (TextSearch(visible_chars=900, matches=(MATCH,), is_post_found=True), True, Verdict.PARTIAL),
        (TextSearch(visible_chars=900, matches=(IN_POST,), is_post_found=True), False, Verdict.OK),
        (TextSearch(visible_chars=900, matches=(IN_POST,), is_post_found=True), True, Verdict.OK),
        (TextSearch(visible_chars=900, matches=(MATCH,)), False, Verdict.PARTIAL),
        (
            TextSearch(visible_chars=900, missing=(NAME,), is_post_found=True),
            False,
            Verdict.MENTION_NOT_FOUND,
        ),
    ],
)
def test_a_mention_from_the_title_or_a_quote_may_stand_outside_of_the_post(
    search: TextSearch, is_in_post: bool, verdict: Verdict
) -> None:
    """But the post itself must be there, and the mention visible."""
    visit = _visit(search=search)
    assert judge(visit, expected=(NAME,), context_text="the post", is_in_post=is_in_post).verdict is verdict


def test_only_failures_that_may_pass_are_transient() -> None:
    """A site that refused us or said that the post is gone is not asked again at once."""
    assert {verdict.value for verdict in Verdict if verdict.is_transient} == {
        "timed out",
        "unreachable",
        "server error",
        "page crashed",
        "not captured",
    }
