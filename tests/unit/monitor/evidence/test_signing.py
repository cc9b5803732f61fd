"""The key that evidence is signed with: made once, changed on demand, never shown."""

import stat
import threading
from pathlib import Path

import pytest

from monitor.evidence.signing import CURRENT_NAME, Signer, SigningKeyError, SigningKeys


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path / "signing")
    first = keys.signer()
    assert keys.signer().fingerprint == first.fingerprint
    assert stat.S_IMODE((tmp_path / "signing" / CURRENT_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "signing").stat().st_mode) == 0o700


def test_many_that_begin_at_once_get_the_same_key(tmp_path: Path) -> None:
    found: list[Signer] = []
    threads = [
        threading.Thread(target=lambda: found.append(SigningKeys(tmp_path / "s").signer())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({signer.fingerprint for signer in found}) == 1
    assert len(found) == 8


def test_rotation_keeps_the_certificate_and_destroys_the_key_before(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path)
    first = keys.signer()
    second = keys.rotate()
    assert second.fingerprint != first.fingerprint
    assert keys.signer().fingerprint == second.fingerprint
    assert keys.retired() == [first.certificate]
    texts = [path.read_text() for path in tmp_path.iterdir()]
    assert sum("PRIVATE KEY" in text for text in texts) == 1


def test_a_damaged_key_is_told_and_can_be_replaced(tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path)
    keys.signer()
    (tmp_path / CURRENT_NAME).write_text("no key")
    with pytest.raises(SigningKeyError, match="it is damaged"):
        keys.signer()
    keys.rotate()
    assert keys.signer().sign(b"x")
    assert [path.read_text() for path in tmp_path.glob("unreadable-*.pem")] == ["no key"]


def test_a_key_is_not_in_its_repr(tmp_path: Path) -> None:
    signer = SigningKeys(tmp_path).signer()
    assert "private" not in repr(signer).lower()
