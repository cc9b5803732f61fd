"""Writes alerts into a folder of the operator's, one text file and its picture each; sends nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from monitor.alerts.message import DeliveryOutcome, DeliveryStatus, OutgoingMessage


def write_to_folder(message: OutgoingMessage, folder: Path) -> DeliveryOutcome:
    """Write the message, its picture first. The file names come from the alert's id, so a repeat changes nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for attachment in message.attachments:
            _write_whole(folder / f"{message.alert_id}-{Path(attachment.name).name}", attachment.content)
        text = f"{message.title}\n\n{message.body.rstrip()}\n"
        _write_whole(folder / f"{message.alert_id}.txt", text.encode())
    except OSError as error:
        reason = f"The folder {folder} cannot be written: {error.strerror or error}."
        return DeliveryOutcome(status=DeliveryStatus.RETRY, reason=reason)
    return DeliveryOutcome(status=DeliveryStatus.DELIVERED, reason="Written.")


def _write_whole(path: Path, content: bytes) -> None:
    """All or nothing, readable by the owner only."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
