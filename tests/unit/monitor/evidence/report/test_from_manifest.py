"""An item is told from its own sealed folder, whichever kind and version its manifest has."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from monitor.evidence.report.from_manifest import item_from_folder
from monitor.evidence.seal import Sealing, Stamper, seal_folder
from monitor.evidence.signing import Signer, SigningKeys
from monitor.evidence.sums import sums_of_folder
from monitor.evidence.timestamp import StampError, TsaTrust
from monitor.evidence.tsa import Tsa

AT = datetime(2031, 3, 4, tzinfo=UTC)


def nobody(tsa: Tsa, request: bytes) -> bytes:
    raise StampError("nobody")


def sealed(folder: Path, manifest: dict[str, object], **files: bytes) -> Signer:
    folder.mkdir()
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    signer = SigningKeys(folder.parent / "keys").signer()
    seal_folder(folder, Sealing(signer, Stamper((), TsaTrust(), nobody)))
    return signer


def test_a_capture_is_told_with_every_file_and_its_kind(tmp_path: Path) -> None:
    manifest: dict[str, object] = {
        "requested_url": "http://a.example/1", "final_url": "http://a.example/2", "verdict": "partial", "reason": "A picture is missing.",
        "server_address": "203.0.113.4:80", "tls": None, "browser": {"name": "Chromium", "version": "156"}, "page": {"title": "T"},
        "files": [{"name": "dom.html", "media_type": "text/html", "origin": "original"}, {"name": "mention.png", "media_type": "image/png", "origin": "derived"}],
        "notes": ["Cut."], "modifications": ["Decoded."], "missing_pictures": ["http://a.example/p.png"], "unknown_field": 1,
    }  # fmt: skip
    signer = sealed(tmp_path / "item", manifest, dom_html=b"<p>", mention_png=b"png")
    item = item_from_folder("e-1", tmp_path / "item", kind="capture", made_at=AT, stamps=())
    origins = {file.name: file.origin for file in item.files}
    assert origins == {
        "dom.html": "original", "mention.png": "derived", "manifest.json": "record", "SHA256SUMS": "seal", "SHA256SUMS.p7s": "seal",
        "certs/signer.pem": "seal",
    }  # fmt: skip
    sums = sums_of_folder(tmp_path / "item")
    assert {file.name: file.sha256 for file in item.files}.items() >= sums.items()
    assert item.signer_fingerprint == signer.fingerprint
    assert item.limits == ["Cut.", "Decoded.", "A picture of the page is missing: http://a.example/p.png"]
    assert [path.name for path in item.pictures] == ["mention.png"]
    assert (item.verdict, item.browser, item.shows_post) == ("partial", "Chromium 156", True)


def test_a_manifest_of_an_early_version_is_told_as_far_as_it_goes(tmp_path: Path) -> None:
    sealed(tmp_path / "item", {"verdict": "gone", "files": []})
    item = item_from_folder("e-1", tmp_path / "item", kind="capture", made_at=AT, stamps=())
    assert (item.untrusted_url, item.tls, item.browser, item.shows_post) == ("", "", "", False)


def test_a_handed_in_file_says_what_it_says_of_itself(tmp_path: Path) -> None:
    manifest: dict[str, object] = {
        "name": "call.mp3", "media_type": "audio/mpeg", "modified_at": "2031-02-01T10:00:00Z", "metadata": {"Duration": "12 s"}, "note": "At six.",
        "reading_failure": "It could not be read in full.", "files": [],
    }  # fmt: skip
    sealed(tmp_path / "item", manifest)
    item = item_from_folder("e-1", tmp_path / "item", kind="import", made_at=AT, stamps=())
    assert item.untrusted_facts == [
        ("name", "call.mp3"),
        ("type", "audio/mpeg"),
        ("modified", "2031-02-01 10:00:00 UTC"),
        ("Duration", "12 s"),
    ]
    assert item.limits == ["It could not be read in full."]
    assert (item.untrusted_note, item.verdict) == ("At six.", "imported")
