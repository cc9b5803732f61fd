from __future__ import annotations

import pytest
from OpenSSL import SSL
from scrapy.exceptions import CannotResolveHostError, DownloadFailedError, DownloadTimeoutError
from service_identity import VerificationError

from spiders.gate import GateRefusedError
from spiders.items import RefusalKind
from spiders.refusals import PageRefusedError, kind_from_status, refusal_from_exception


class WrapperError(Exception):
    """As Twisted wraps: failures in a list."""

    def __init__(self, *causes):
        self.reasons = [type("Failure", (), {"value": cause}) for cause in causes]
        super().__init__("wrapped")


def wrapped(*causes):
    error = DownloadFailedError("failed")
    error.__cause__ = WrapperError(*causes)
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (GateRefusedError("No."), RefusalKind.ADDRESS_REFUSED),
        (PageRefusedError(RefusalKind.ROBOTS, "No."), RefusalKind.ROBOTS),
        (CannotResolveHostError(), RefusalKind.UNREACHABLE),
        (DownloadTimeoutError(), RefusalKind.TIMED_OUT),
        (wrapped(ValueError()), RefusalKind.UNREACHABLE),
        (wrapped(SSL.Error([("SSL routines", "", "certificate verify failed")])), RefusalKind.TLS_ERROR),
        (wrapped(VerificationError([])), RefusalKind.TLS_ERROR),
        (wrapped(SSL.Error()), RefusalKind.TLS_ERROR),
        (KeyError("text of a page"), RefusalKind.UNREADABLE),
    ],
)
def test_a_failure_is_told_as_what_it_is(error, kind):
    refusal = refusal_from_exception(error)

    assert refusal.kind is kind
    assert refusal.detail.endswith(".")
    assert "text of a page" not in refusal.detail


def test_wrapped_failures_that_wrap_each_other_end():
    one, two = WrapperError(), WrapperError()
    one.reasons, two.reasons = [type("F", (), {"value": two})], [type("F", (), {"value": one})]

    assert refusal_from_exception(one).kind is RefusalKind.UNREADABLE


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, None), (206, None), (304, None), (401, RefusalKind.FORBIDDEN), (429, RefusalKind.RATE_LIMITED), (410, RefusalKind.GONE),
     (503, RefusalKind.SERVER_ERROR), (302, RefusalKind.UNREADABLE), (451, RefusalKind.UNREADABLE)],
)  # fmt: skip
def test_statuses(status, kind):
    assert kind_from_status(status) is kind
