"""A message cannot carry an id that breaks a header line."""

from __future__ import annotations

import pytest

from monitor.alerts.message import OutgoingMessage


@pytest.mark.parametrize(
    "alert_id", ["", "a b", "a\r\nBcc: x@example.org", "ä", "x" * 65, "-x", "a/b", "../x"]
)
def test_an_id_that_could_break_a_header_or_a_file_name_is_refused(alert_id: str) -> None:
    with pytest.raises(ValueError, match="an alert id is"):
        OutgoingMessage(alert_id=alert_id, title="t", body="b")


def test_what_was_said_does_not_show_in_a_repr() -> None:
    assert "private words" not in repr(OutgoingMessage(alert_id="a-1", title="t", body="private words"))
