"""Whatever is done to a pack is seen by `verify`, and by the third-party commands that docs/evidence-format.md says."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.errors import BadInputError
from monitor.evidence.browser import Browser
from monitor.evidence.signing import fingerprint_of
from monitor.evidence.timestamp import TsaTrust
from monitor.evidence.verify import Status, Trusted, Verification, verify
from tests.integration.evidence.conftest import Site
from tests.integration.evidence.packs import (
    CMS,
    FASTWARC,
    PDF,
    PYHANKO,
    SHA,
    TAMPERINGS,
    TOOLS,
    TS,
    WACZ,
    WARC,
    Made,
    item,
    made_packs,
    root_of,
    stamp,
)

DOCS = Path(__file__).parents[3] / "docs" / "evidence-format.md"
VENV = Path(sys.executable).parent


@pytest.fixture(scope="module")
def made(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with made_packs(tmp_path_factory.mktemp("packs"), site, browser) as packs:
        yield packs


@pytest.fixture
def pack(made: Made, tmp_path: Path) -> Path:
    """A copy of the first pack to do something to."""
    return Path(shutil.copytree(made.first, tmp_path / made.first.name))


def trusted(made: Made, *signers: str) -> Trusted:
    return Trusted(TsaTrust(roots=(root_of(made),)), frozenset(signers))


def told(verification: Verification) -> str:
    return "\n".join(f"{one.status} {one.part}: {one.sentence}" for one in verification.findings)


def test_an_untouched_pack_is_verified_in_every_part(made: Made, pack: Path) -> None:
    for path in (pack, made.zip_file):
        verification = verify(path, trusted(made))
        assert verification.status is Status.VERIFIED, told(verification)
        assert len(verification.findings) == 5 + 2 * 7


@pytest.mark.parametrize("name", TAMPERINGS)
def test_what_was_done_to_a_pack_is_seen(made: Made, pack: Path, name: str) -> None:
    TAMPERINGS[name][0](pack, made)
    verification = verify(pack, trusted(made))
    assert verification.status is Status.ALTERED, told(verification)


@pytest.mark.slow
@pytest.mark.parametrize("name", TAMPERINGS)
def test_third_party_commands_see_what_the_page_says(made: Made, pack: Path, name: str) -> None:
    change, seen_by = TAMPERINGS[name]
    change(pack, made)
    assert refusing_tools(pack, made) == seen_by


def test_third_party_commands_accept_an_untouched_pack(made: Made, pack: Path) -> None:
    assert refusing_tools(pack, made) == set()


def test_the_page_says_which_command_sees_what() -> None:
    rows = {
        cells[0]: {tool for tool, cell in zip(TOOLS, cells[2:], strict=True) if cell == "yes"}
        for line in DOCS.read_text("utf-8").splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")]) and len(cells) == 2 + len(TOOLS)
    }
    assert {name: rows.get(name) for name in TAMPERINGS} == {n: seen for n, (_, seen) in TAMPERINGS.items()}
    assert len(TAMPERINGS) >= 30


@pytest.mark.slow
def test_a_byte_anywhere_in_any_file_is_seen(made: Made, pack: Path) -> None:
    dice = random.Random(20311)
    for path in sorted(one for one in pack.rglob("*") if one.is_file()) * 3:
        whole = path.read_bytes()
        at = dice.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << dice.randrange(8))]) + whole[at + 1 :])
        verification = verify(pack, trusted(made))
        # A bit of a signature's or token's padding may carry no meaning; nothing else may pass.
        if path.suffix not in (".p7s", ".tsr"):
            assert verification.status is Status.ALTERED, f"{path.name} at {at}"
        path.write_bytes(whole)
    assert verify(pack, trusted(made)).status is Status.VERIFIED


def test_a_pack_sealed_by_another_key_is_seen_where_the_reader_names_the_signer(made: Made) -> None:
    ours = fingerprint_of(made.sealing.signer.certificate)
    assert verify(made.first, trusted(made, ours)).status is Status.VERIFIED
    strange = verify(made.first, trusted(made, "ab" * 32))
    assert strange.status is Status.ALTERED
    assert "a key that you did not name" in told(strange)


def test_without_the_authoritys_root_the_time_is_not_checkable_and_nothing_is_called_altered(
    made: Made,
) -> None:
    verification = verify(made.first, Trusted(TsaTrust()))
    assert verification.status is Status.NOT_CHECKABLE
    assert "only the pack itself names" in told(verification)


def test_a_folder_without_stamps_is_not_called_verified(made: Made, pack: Path) -> None:
    folder = item(pack)
    stamp(folder).unlink()
    verification = verify(folder, trusted(made))
    assert verification.status is Status.NOT_CHECKABLE
    assert "Not stamped" in told(verification)


def zipped(pack: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(one for one in pack.rglob("*") if one.is_file()):
            archive.write(path, path.relative_to(pack.parent))
    return out


def _trailing(path: Path, pack: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def _leading(path: Path, pack: Path) -> None:
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def _twice(path: Path, pack: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{pack.name}/VERIFY.txt", "other")


def _case(path: Path, pack: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{pack.name}/verify.TXT", "other")


def _outside(path: Path, pack: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{pack.name}/../../../outside.txt", "other")


def _second_folder(path: Path, pack: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("another/file", "other")


def _link(path: Path, pack: Path) -> None:
    info = zipfile.ZipInfo(f"{pack.name}/link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("change", [_trailing, _leading, _twice, _case, _outside, _second_folder, _link])
def test_what_unpacking_programs_disagree_on_is_seen(
    made: Made, pack: Path, tmp_path: Path, change: object
) -> None:
    path = zipped(pack, tmp_path / "pack.zip")
    assert verify(path, trusted(made)).status is Status.VERIFIED
    change(path, pack)  # type: ignore[operator]
    verification = verify(path, trusted(made))
    assert verification.status is Status.ALTERED, told(verification)
    assert not (tmp_path / "outside.txt").exists()


def test_what_is_no_pack_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no zip")
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    for path, what in (
        (tmp_path / "missing.zip", "does not exist"),
        (tmp_path / "text", "is no zip file"),
        (tmp_path / "empty.zip", "no sealed evidence"),
        (tmp_path, "no sealed evidence"),
    ):
        with pytest.raises(BadInputError, match=what):
            verify(path, Trusted(TsaTrust()))


# What a command said of the same bytes it says again.
_said: dict[tuple[str, ...], bool] = {}


def refusing_tools(pack: Path, made: Made) -> set[str]:
    """Which of the commands of VERIFY.txt refuse something of this pack; roots come from the authority, not the pack."""
    refused = set()
    for folder in [pack, *pack.glob("capture-*")]:
        if not ran(folder, "sha256sum", "--strict", "-c", "SHA256SUMS"):
            refused.add(SHA)
        cms = "openssl cms -verify -binary -content SHA256SUMS -in SHA256SUMS.p7s -inform DER -CAfile certs/signer.pem -purpose any -out /dev/null"
        if not ran(folder, *cms.split()):
            refused.add(CMS)
        for token in folder.glob("SHA256SUMS.*.tsr"):
            ts = f"openssl ts -verify -data SHA256SUMS -in {token.name} -CAfile"
            if not ran(folder, *ts.split(), str(made.tsa.root)):
                refused.add(TS)
    for wacz in pack.glob("capture-*/capture.wacz"):
        refused |= {tool for tool in (WACZ, WARC, FASTWARC) if not said(tool, made, wacz)}
    return refused | {
        tool
        for tool in (PDF, PYHANKO)
        if not said(tool, made, pack / "report.pdf", pack / "certs" / "signer.pem")
    }


def said(tool: str, made: Made, *files: Path) -> bool:
    """Whether the tool accepts the first file; the others are what it is told to trust."""
    key = (tool, *(hashlib.sha256(path.read_bytes()).hexdigest() for path in files))
    if key not in _said:
        _said[key] = CHECKS[tool](made, *files)
    return _said[key]


def _wacz(made: Made, wacz: Path) -> bool:
    return ran(wacz.parent, str(VENV / "wacz"), "validate", "-f", str(wacz))


def _in_warc(wacz: Path, *command: str) -> bool:
    with zipfile.ZipFile(wacz) as archive, tempfile.TemporaryDirectory() as folder:
        try:
            warc = archive.read("archive/data.warc.gz")
        except zipfile.BadZipFile:
            return False
        path = Path(folder) / "data.warc.gz"
        path.write_bytes(warc)
        return ran(path.parent, *command, path.name)


def _warcio(made: Made, wacz: Path) -> bool:
    return _in_warc(wacz, str(VENV / "warcio"), "check")


def _fastwarc(made: Made, wacz: Path) -> bool:
    # Without -p: block digests cover payloads, and -p fails every record that holds no HTTP, the picture's say.
    return _in_warc(wacz, str(VENV / "fastwarc"), "check", "-q")


def _pdfsig(made: Made, report: Path, signer: Path) -> bool:
    done = subprocess.run(["pdfsig", "-nocert", report], capture_output=True, text=True, check=False)
    return "Signature is Valid." in done.stdout and "Total document signed" in done.stdout


def _pyhanko(made: Made, report: Path, signer: Path) -> bool:
    command = [VENV / "pyhanko", "sign", "validate", "--no-revocation-check", "--trust-replace"]
    roots = ["--trust", signer, "--trust", made.tsa.root]
    done = subprocess.run([*command, *roots, report], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode == 0 and ":INTACT:TRUSTED," in done.stdout


CHECKS: dict[str, Callable[..., bool]] = {
    WACZ: _wacz, WARC: _warcio, FASTWARC: _fastwarc, PDF: _pdfsig, PYHANKO: _pyhanko,
}  # fmt: skip


def ran(folder: Path, *command: str) -> bool:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60)
    return done.returncode == 0
