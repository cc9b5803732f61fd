"""Wording and picture belong together, and a bad picture costs only itself."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from monitor.alerts.compose import compose_alert
from monitor.alerts.message import ChannelKind, Discretion
from monitor.alerts.phrases import wording_for
from monitor.alerts.render import AlertFacts
from monitor.detection.model import Severity

FACTS = AlertFacts(
    alert_id="a-9",
    severity=Severity.LOW,
    found_at=datetime(2026, 3, 1, tzinfo=UTC),
    untrusted_url="https://forum.example/t/1",
)
WORDING = wording_for("en")


@pytest.fixture(scope="module")
def capture() -> bytes:
    """A noisy full page of 1280 by 6000 pixels: more than push services take."""
    pixels = np.random.default_rng(3).integers(0, 256, (1500, 320), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels, "L").resize((1280, 6000)).convert("RGB").save(stream, "PNG")
    return stream.getvalue()


def test_a_mail_carries_the_capture_itself_under_a_neutral_name(capture: bytes) -> None:
    fitting = capture if len(capture) <= 7_000_000 else b""
    composed = compose_alert(FACTS, WORDING, kind=ChannelKind.EMAIL, picture=capture)
    (attachment,) = composed.message.attachments
    assert attachment.name.startswith("notice-1.")
    assert len(attachment.content) <= 7_000_000
    assert not fitting or attachment.content == fitting
    assert "If a picture is attached" in composed.message.body


def test_a_push_message_carries_a_cover_until_the_subject_opts_in(capture: bytes) -> None:
    discreet = compose_alert(FACTS, WORDING, kind=ChannelKind.NTFY, picture=capture)
    plain = compose_alert(FACTS, WORDING, kind=ChannelKind.NTFY, picture=capture, discretion=Discretion.PLAIN)
    assert len(discreet.message.attachments[0].content) < 20_000
    assert 100_000 < len(plain.message.attachments[0].content) <= 1_900_000


def test_a_long_page_is_scaled_to_what_telegram_shows(capture: bytes) -> None:
    composed = compose_alert(
        FACTS, WORDING, kind=ChannelKind.TELEGRAM, picture=capture, discretion=Discretion.PLAIN
    )
    size = Image.open(io.BytesIO(composed.message.attachments[0].content)).size
    assert sum(size) <= 10_000


@pytest.mark.parametrize("kind", list(ChannelKind))
def test_a_broken_picture_never_loses_the_message_and_is_noted(kind: ChannelKind) -> None:
    composed = compose_alert(FACTS, WORDING, kind=kind, picture=b"no picture")
    assert composed.message.attachments == ()
    assert "Reference: a-9" in composed.message.body
    if kind is not ChannelKind.GOTIFY:
        assert composed.note.startswith("The picture cannot be read")


def test_without_a_capture_a_mail_says_that_there_is_no_picture() -> None:
    composed = compose_alert(FACTS, WORDING, kind=ChannelKind.EMAIL)
    assert (composed.message.attachments, composed.note) == ((), "")
    assert "There is no picture with this notice." in composed.message.body


def test_gotify_never_gets_a_picture(capture: bytes) -> None:
    composed = compose_alert(
        FACTS, WORDING, kind=ChannelKind.GOTIFY, picture=capture, discretion=Discretion.PLAIN
    )
    assert composed.message.attachments == ()
