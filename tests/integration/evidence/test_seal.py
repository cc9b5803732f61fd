"""A sealed folder holds under the commands that a stranger would check it with: sha256sum, openssl cms, openssl ts."""

import datetime as dt
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from monitor.evidence.seal import Seal, Sealing, Stamper, seal_folder, stamp_folder
from monitor.evidence.signing import SigningKeys
from monitor.evidence.sums import SumsError
from monitor.evidence.timestamp import StampError, TsaTrust, accept_stamp, check_stamp, stamp_request
from monitor.evidence.tsa import Tsa
from monitor.evidence.tsa_client import ask_tsa
from tests.tsa.local_tsa import LocalTsa, serving_tsa

DATA = b"0" * 64 + b"  a\n"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTsa]:
    with serving_tsa(tmp_path_factory.mktemp("tsa")) as served:
        yield served


def trust_in(*tsas: LocalTsa) -> TsaTrust:
    return TsaTrust(roots=tuple(x509.load_pem_x509_certificate(tsa.root.read_bytes()) for tsa in tsas))


@pytest.fixture
def sealing(tsa: LocalTsa, tmp_path: Path) -> Sealing:
    tsa.is_down = False
    stamper = Stamper([Tsa("local", tsa.url)], trust_in(tsa), ask_tsa)
    return Sealing(SigningKeys(tmp_path / "keys").signer(), stamper)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "capture-1"
    (folder / "tls").mkdir(parents=True)
    (folder / "dom.html").write_bytes(b"<p>page")
    (folder / "tls" / "forum.example_443.pem").write_bytes(b"pem")
    return folder


def run(folder: Path, *command: str) -> bool:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode == 0


def openssl_accepts(folder: Path, seal: Seal) -> list[bool]:
    at = str(int(seal.stamps[0].generated_at.timestamp()))
    return [
        run(folder, "sha256sum", "--strict", "-c", "SHA256SUMS"),
        run(folder, *["openssl", "ts", "-verify", "-data", "SHA256SUMS", "-in", "SHA256SUMS.local.tsr", "-CAfile", "certs/tsa-root.pem"], "-attime", at),
        run(folder, *["openssl", "cms", "-verify", "-binary", "-content", "SHA256SUMS", "-in", "SHA256SUMS.p7s", "-inform", "DER", "-CAfile", "certs/signer.pem", "-purpose", "any", "-out", "/dev/null"]),
    ]  # fmt: skip


def test_strangers_commands_accept_a_sealed_folder(folder: Path, sealing: Sealing) -> None:
    seal = seal_folder(folder, sealing)
    assert openssl_accepts(folder, seal) == [True, True, True]
    assert (folder / "SHA256SUMS").read_text().splitlines()[-1].endswith("  tls/forum.example_443.pem")


def test_the_same_commands_refuse_what_was_changed(folder: Path, sealing: Sealing) -> None:
    seal = seal_folder(folder, sealing)
    (folder / "dom.html").write_bytes(b"<p>other")
    assert openssl_accepts(folder, seal) == [False, True, True]
    (folder / "SHA256SUMS").write_bytes(DATA)
    assert openssl_accepts(folder, seal) == [False, False, False]


def test_a_folder_is_sealed_once(folder: Path, sealing: Sealing) -> None:
    seal_folder(folder, sealing)
    with pytest.raises(SumsError, match="sealed already"):
        seal_folder(folder, sealing)


def test_an_authority_that_is_down_leaves_no_stamp_and_is_asked_again_later(
    folder: Path, sealing: Sealing, tsa: LocalTsa
) -> None:
    tsa.is_down = True
    seal = seal_folder(folder, sealing)
    assert seal.stamped_at is None
    assert [one.why for one in seal.unstamped] == ["local answers with status 503."]
    assert not list(folder.glob("*.tsr"))
    tsa.is_down = False
    stamps, unstamped = stamp_folder(folder, sealing.stamper)
    assert not unstamped
    assert openssl_accepts(folder, Seal("", "", tuple(stamps), ()))[1]
    assert stamp_folder(folder, sealing.stamper) == ([], [])


def test_nobody_answers_at_an_address_of_nobody(folder: Path, sealing: Sealing, tsa: LocalTsa) -> None:
    stamper = Stamper([Tsa("gone", "http://127.0.0.1:9/")], trust_in(tsa), ask_tsa)
    seal = seal_folder(folder, Sealing(sealing.signer, stamper))
    assert [one.why for one in seal.unstamped] == ["gone cannot be reached (ConnectionError)."]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def test_a_stamp_to_another_request_is_refused(tsa: LocalTsa) -> None:
    other = tsa.reply(stamp_request(DATA).as_bytes())
    with pytest.raises(StampError, match="nonce is another"):
        accept_stamp(stamp_request(DATA), other, DATA, trust_in(tsa), now())


def test_a_stamp_over_other_bytes_is_refused(tsa: LocalTsa) -> None:
    request = stamp_request(DATA)
    answer = tsa.reply(request.as_bytes())
    with pytest.raises(StampError, match="does not hold"):
        accept_stamp(request, answer, DATA + b"x", trust_in(tsa), now())


def test_a_stamp_far_from_our_clock_is_refused(tsa: LocalTsa) -> None:
    request = stamp_request(DATA)
    answer = tsa.reply(request.as_bytes())
    with pytest.raises(StampError, match="set the clock"):
        accept_stamp(request, answer, DATA, trust_in(tsa), now() + dt.timedelta(hours=2))


def test_a_stamp_by_a_stranger_is_refused(tsa: LocalTsa, tmp_path: Path) -> None:
    with serving_tsa(tmp_path / "stranger", name="Stranger") as stranger:
        token = stranger.stamp(DATA)
    with pytest.raises(StampError, match="does not hold"):
        check_stamp(token, DATA, trust_in(tsa))


def test_a_certificate_that_had_expired_stamps_nothing(tmp_path: Path) -> None:
    valid = (dt.timedelta(days=-20), dt.timedelta(days=-10))
    with serving_tsa(tmp_path / "expired", valid=valid) as expired:
        token = expired.stamp(DATA)
        with pytest.raises(StampError, match="does not hold"):
            check_stamp(token, DATA, trust_in(expired))


def test_openssl_itself_stamps_nothing_with_a_certificate_that_is_not_for_stamping_alone(
    tmp_path: Path,
) -> None:
    with (
        serving_tsa(tmp_path / "lax", is_critical=False) as lax,
        pytest.raises(subprocess.CalledProcessError),
    ):
        lax.stamp(DATA)


@pytest.mark.parametrize("answer", [b"", b"no DER", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_answer_is_told(answer: bytes, tsa: LocalTsa) -> None:
    with pytest.raises(StampError, match="no answer of a timestamping authority"):
        check_stamp(answer, DATA, trust_in(tsa))
