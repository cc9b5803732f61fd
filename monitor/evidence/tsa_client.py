"""Asks a timestamping authority over HTTP (RFC 3161 §3.4): exactly the operator's address, nothing else; trusts no answer."""

from __future__ import annotations

import requests

from monitor.evidence.timestamp import StampError
from monitor.evidence.tsa import Tsa

_CONNECT_TIMEOUT_S = 5.0
_READ_TIMEOUT_S = 10.0
_MAX_BYTES = 200_000


def ask_tsa(tsa: Tsa, request_der: bytes) -> bytes:
    """The authority's answer. Only a digest leaves the house. Raises StampError where none comes.

    No redirect is followed and no proxy of the environment is used: the operator named this address.
    """
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.post(
                tsa.url,
                data=request_der,
                headers=headers,
                timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code != 200:
                    raise StampError(f"{tsa.name} answers with status {response.status_code}.")
                body = response.raw.read(_MAX_BYTES + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise StampError(f"{tsa.name} cannot be reached ({type(error).__name__}).") from None
    if len(body) > _MAX_BYTES:
        raise StampError(f"{tsa.name} answers with more than a timestamp.")
    return bytes(body)
