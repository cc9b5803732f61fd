"""Tells what our own filtering proxy said in a site's place from what sites said; pure."""

from __future__ import annotations

import dataclasses

from monitor.evidence.exchange import Exchange, Recording
from spiders.proxy_http import FAILED_HEADER, REFUSED_HEADER

_OURS = frozenset({REFUSED_HEADER.lower(), FAILED_HEADER.lower()})


def without_our_own_answers(recording: Recording) -> Recording:
    """What the filtering proxy answered in a site's place was no site's answer: it is told as what is missing.

    Over plain http only: in a tunnel nothing is ours, and the proxy strips forged headers of this kind.
    """
    exchanges = tuple(
        dataclasses.replace(
            one,
            status=0,
            reason="",
            response_headers=(),
            untrusted_body=b"",
            missing="the tool's own proxy did not let it through; see refused_connections",
        )
        if _is_our_own(one)
        else one
        for one in recording.exchanges
    )
    return dataclasses.replace(recording, exchanges=exchanges)


def _is_our_own(exchange: Exchange) -> bool:
    names = {name.lower() for name, _ in exchange.response_headers}
    return exchange.untrusted_url.startswith("http:") and not _OURS.isdisjoint(names)
