"""Alerts in a folder: whole files, for the owner only, once."""

from __future__ import annotations

import stat
from pathlib import Path

from monitor.alerts.folder import write_to_folder
from monitor.alerts.message import Attachment, DeliveryStatus, OutgoingMessage

MESSAGE = OutgoingMessage(
    alert_id="a-1",
    title="A new notice",
    body="Reference: a-1",
    attachments=(Attachment(name="notice-1.png", media_type="image/png", content=b"\x89PNG..."),),
)


def test_a_message_and_its_picture_lie_side_by_side(tmp_path: Path) -> None:
    outcome = write_to_folder(MESSAGE, tmp_path / "inbox")
    assert outcome.status is DeliveryStatus.DELIVERED
    assert (tmp_path / "inbox/a-1.txt").read_text() == "A new notice\n\nReference: a-1\n"
    assert (tmp_path / "inbox/a-1-notice-1.png").read_bytes() == b"\x89PNG..."


def test_a_repeat_of_the_same_alert_leaves_one(tmp_path: Path) -> None:
    for _ in range(2):
        write_to_folder(MESSAGE, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-1-notice-1.png", "a-1.txt"]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    write_to_folder(MESSAGE, tmp_path / "inbox")
    assert stat.S_IMODE((tmp_path / "inbox").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "inbox/a-1.txt").stat().st_mode) == 0o600


def test_the_name_of_an_attachment_cannot_leave_the_folder(tmp_path: Path) -> None:
    hostile = OutgoingMessage(
        alert_id="a-2",
        title="t",
        body="b",
        attachments=(Attachment(name="../../x.png", media_type="image/png", content=b"x"),),
    )
    write_to_folder(hostile, tmp_path / "deep" / "inbox")
    assert (tmp_path / "deep/inbox/a-2-x.png").exists()
    assert not (tmp_path / "x.png").exists()


def test_a_folder_that_cannot_be_is_tried_again_later_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = write_to_folder(MESSAGE, tmp_path / "file" / "inbox")
    assert outcome.status is DeliveryStatus.RETRY
    assert "cannot be written: Not a directory" in outcome.reason
