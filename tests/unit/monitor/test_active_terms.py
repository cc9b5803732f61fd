"""Which terms are matched: proof is asked of what could be somebody else's."""

import pytest

from monitor.active_terms import is_active
from monitor.detection.model import TermKind


@pytest.mark.parametrize("kind", list(TermKind))
def test_a_verified_term_is_matched_and_a_paused_or_refused_one_is_not(kind: TermKind) -> None:
    assert is_active(kind, "verified")
    assert not is_active(kind, "paused")
    assert not is_active(kind, "refused")


def test_a_declared_number_or_mailbox_waits_for_its_proof_and_nothing_else_does() -> None:
    waiting = {kind for kind in TermKind if not is_active(kind, "declared")}
    assert waiting == {TermKind.PHONE, TermKind.EMAIL}
