"""Which judges may be asked: those on a private network, others only where the operator said so."""

from __future__ import annotations

import pytest

from monitor.judging.address import checked_address
from monitor.judging.errors import JudgeAddressError


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:8000/v1/",
        "http://10.3.4.5/v1",
        "http://[::1]:8080/v1",
        "https://192.168.1.9/api",
    ],
)
def test_private_addresses_may_be_asked(url: str) -> None:
    assert checked_address(url, public_allowed=False) == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["https://8.8.8.8/v1", "http://[2001:4860:4860::8888]/v1", "http://0.0.0.0/v1"]
)
def test_public_addresses_need_the_second_switch(url: str) -> None:
    with pytest.raises(JudgeAddressError, match="SHAMEWATCH_JUDGE_PUBLIC"):
        checked_address(url, public_allowed=False)


def test_the_second_switch_allows_a_public_address() -> None:
    assert checked_address("https://8.8.8.8/v1", public_allowed=True) == "https://8.8.8.8/v1"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://127.0.0.1/v1", "no address"),
        ("127.0.0.1:11434", "no address"),
        ("http://user:pw@127.0.0.1/v1", "SHAMEWATCH_JUDGE_KEY"),
        ("http://nowhere.invalid/v1", "cannot be found"),
    ],
)
def test_what_is_no_usable_address_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(JudgeAddressError, match=why):
        checked_address(url, public_allowed=False)
