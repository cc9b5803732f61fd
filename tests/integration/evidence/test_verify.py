"""Packs of imported files, which need no browser: what `verify` says of them, whatever a hostile hand put in."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import errno
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from monitor.errors import BadInputError
from monitor.evidence.imported import Original, import_folder
from monitor.evidence.instructions import PackFacts, instructions
from monitor.evidence.manifest import OperatorEntry
from monitor.evidence.pack import PackContents, PackItem, build_pack
from monitor.evidence.report.sign import sign_and_stamp
from monitor.evidence.report.wording import LANGUAGES
from monitor.evidence.seal import Sealing, Stamper, seal_folder, stamp_folder
from monitor.evidence.signing import SigningKeys
from monitor.evidence.sums import sums_of_folder, text_from_sums
from monitor.evidence.timestamp import TsaTrust
from monitor.evidence.tsa import Tsa
from monitor.evidence.tsa_client import ask_tsa
from monitor.evidence.verify import Status, Trusted, Verification, verify
from storage.vault.custody import Action, Entry, jsonl_from_entries, linked, next_entry
from tests.integration.evidence.packs import unsigned_pdf
from tests.tsa.local_tsa import LocalTsa, serving_tsa

NOBODY = OperatorEntry(name="", role="", device="")
SMS = b'<?xml version="1.0"?><smses count="1"><sms address="+630000" body="Pay or we tell all"/></smses>'
COMMAND = re.compile(r"^(sha256sum|openssl|python3|pdfsig|unzip|\(cd) ", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Made:
    """A pack with one imported file, as zip and unpacked, and what it was made with."""

    zip_file: Path
    folder: Path
    item: PackItem
    contents: PackContents
    sealing: Sealing
    keys: SigningKeys
    tsa: LocalTsa

    @property
    def root(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.tsa.root.read_bytes())

    @property
    def trusted(self) -> Trusted:
        return Trusted(TsaTrust(roots=(self.root,)))


def log_of(evidence: str, sums_sha256: str, *actions: Action) -> list[Entry]:
    entries: list[Entry] = []
    for action in (Action.IMPORTED, *actions):
        detail = f"SHA256SUMS {sums_sha256}" if action is Action.IMPORTED else ""
        entries.append(
            next_entry(entries[-1] if entries else None, evidence=evidence, at=dt.datetime.now(dt.UTC),
                       action=action, actor="cli:ada", detail=detail)
        )  # fmt: skip
    return entries


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    base = tmp_path_factory.mktemp("imports")
    with serving_tsa(base / "tsa") as tsa:
        signing = SigningKeys(base / "keys")
        root = x509.load_pem_x509_certificate(tsa.root.read_bytes())
        stamper = Stamper((Tsa("local", tsa.url),), TsaTrust(roots=(root,)), ask_tsa)
        sealing = Sealing(signing.signer(), stamper)
        folder = base / "item"
        import_folder(
            Original(untrusted_name="sms.xml", modified_at=None, content=SMS), folder, note="", imported_by="cli:ada", operator=NOBODY
        )  # fmt: skip
        seal = seal_folder(folder, sealing)
        item = PackItem(
            evidence_id="e-import", kind="import", made_at=dt.datetime.now(dt.UTC), folder=folder,
            entries=log_of("e-import", seal.sums_sha256, Action.EXPORTED), proof=None, root=None,
        )  # fmt: skip
        report = sign_and_stamp(unsigned_pdf(), sealing)
        contents = PackContents(items=[item], report_pdf=report, drafts={}, language="es")
        (base / "scratch").mkdir()
        pack = build_pack(contents, base / "pack.zip", sealing, base / "scratch")
        assert not list((base / "scratch").iterdir())
        yield Made(pack.path, unpacked(pack.path, base / "out"), item, contents, sealing, signing, tsa)


def unpacked(path: Path, into: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(into)
    (top,) = into.iterdir()
    return top


@pytest.fixture
def pack(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / made.folder.name))


def told(verification: Verification) -> str:
    return "\n".join(f"{one.status} {one.part}: {one.sentence}" for one in verification.findings)


def seal_anew(folder: Path, made: Made) -> None:
    """The installation itself, dishonest."""
    data = text_from_sums(sums_of_folder(folder)).encode()
    (folder / "SHA256SUMS").write_bytes(data)
    (folder / "SHA256SUMS.p7s").write_bytes(made.sealing.signer.sign(data))
    for path in folder.glob("*.tsr"):
        path.unlink()
    stamp_folder(folder, made.sealing.stamper)


def imported(pack: Path) -> Path:
    return next(pack.glob("imported-*"))


def test_a_pack_of_an_imported_file_holds_but_for_a_root_that_was_not_made_yet(made: Made) -> None:
    for path in (made.zip_file, made.folder):
        verification = verify(path, made.trusted)
        unproved = [one.part for one in verification.findings if one.status is not Status.VERIFIED]
        assert unproved == ["custody-e-import.proof.json"], told(verification)
        assert verification.status is Status.NOT_CHECKABLE
        assert verification.signers == (made.sealing.signer.fingerprint,)


def test_every_command_of_verify_txt_succeeds_in_a_shell(made: Made, pack: Path) -> None:
    text = (pack / "VERIFY.txt").read_text("utf-8")
    assert text.startswith("CÓMO COMPROBAR ESTE PAQUETE")
    commands = [line for line in text.splitlines() if COMMAND.match(line)]
    assert len(commands) == 10
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for command in commands:
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=pack, env={**os.environ, "PATH": tools}, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    (item,) = made.contents.items
    digest = made.sealing.signer.fingerprint
    assert ":".join(digest[at : at + 2] for at in range(0, 64, 2)).upper() in text
    assert f"-attime {int(verified_time(made, pack).timestamp())}" in text
    (pack / f"custody-{item.evidence_id}.jsonl").write_text("{}\n")
    broken = next(command for command in commands if command.startswith("python3"))
    assert subprocess.run(["/bin/sh", "-c", broken], cwd=pack, capture_output=True, check=False).returncode


def verified_time(made: Made, pack: Path) -> dt.datetime:
    (sentence,) = (
        one.sentence for one in verify(imported(pack), made.trusted).findings if one.part.endswith(".tsr")
    )
    moment = re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", sentence)
    assert moment
    return dt.datetime.fromisoformat(moment[0]).replace(tzinfo=dt.UTC)


def test_nothing_but_commands_looks_like_a_command_in_any_language() -> None:
    facts = PackFacts(fingerprint="ab" * 32, tsa_names=["local"], has_chain=True, root_stamps=[])
    texts = {
        language: instructions([], dataclasses.replace(facts, language=language)) for language in LANGUAGES
    }
    english = texts.pop("en")
    assert len(set(texts.values())) == 8
    for text in texts.values():
        assert text.endswith(english)
        starts = [line for line in text.splitlines() if re.match("[a-z(]", line)]
        assert starts == [line for line in english.splitlines() if COMMAND.match(line)]


def test_a_pack_appears_whole_or_not_at_all_and_never_over_a_file(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, scratch = tmp_path / "stick" / "pack.zip", tmp_path / "scratch"
    scratch.mkdir()
    bad = dataclasses.replace(made.item, folder=tmp_path / "nothing")
    with pytest.raises(OSError, match="nothing"):
        build_pack(dataclasses.replace(made.contents, items=[bad]), out, made.sealing, scratch)
    assert not list(out.parent.iterdir())
    # As on the file system of a stick, which knows no second name for a file.
    link = Path.hardlink_to

    def refuse(path: Path, target: Path) -> None:
        if path == out:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        link(path, target)

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    build_pack(made.contents, out, made.sealing, scratch)
    assert [path.name for path in out.parent.iterdir()] == ["pack.zip"]
    assert out.stat().st_mode & 0o777 == 0o600
    assert verify(out, made.trusted).status is Status.NOT_CHECKABLE
    before = out.read_bytes()
    with pytest.raises(BadInputError, match="is there already"):
        build_pack(made.contents, out, made.sealing, scratch)
    assert out.read_bytes() == before
    assert not list(scratch.iterdir())


def test_a_pack_by_another_key_than_its_evidence_asks_for_both_fingerprints(
    made: Made, tmp_path: Path
) -> None:
    old = made.sealing.signer.fingerprint
    keys_copy = SigningKeys(Path(shutil.copytree(made.keys.folder, tmp_path / "keys")))
    sealing = Sealing(keys_copy.rotate(), made.sealing.stamper)
    (tmp_path / "scratch").mkdir()
    report = sign_and_stamp(unsigned_pdf(), sealing)
    contents = dataclasses.replace(made.contents, report_pdf=report)
    path = build_pack(contents, tmp_path / "pack.zip", sealing, tmp_path / "scratch").path
    unnamed = verify(path, made.trusted)
    assert unnamed.status is Status.NOT_CHECKABLE
    assert "Signed by another key than the pack" in told(unnamed)
    assert unnamed.signers == (sealing.signer.fingerprint, old)
    both = verify(path, dataclasses.replace(made.trusted, signers=frozenset(unnamed.signers)))
    assert "another key" not in told(both)
    one = verify(path, dataclasses.replace(made.trusted, signers=frozenset({old})))
    assert one.status is Status.ALTERED


def test_a_stamp_that_came_late_leaves_the_time_before_to_the_installations_word(
    made: Made, pack: Path
) -> None:
    folder = imported(pack)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "imported_at": "2024-05-01T08:00:00Z"}))
    seal_anew(folder, made)
    verification = verify(folder, made.trusted)
    assert verification.status is Status.NOT_CHECKABLE
    assert "days after the time that the manifest names" in told(verification)


def test_a_stamp_by_a_certificate_that_is_not_for_stamping_alone_is_refused_though_its_root_is_trusted(
    made: Made, pack: Path, tmp_path: Path
) -> None:
    root, leaf, key = lax_authority()
    der = serialization.Encoding.DER
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(leaf.public_bytes(der)), keys.PrivateKeyInfo.load(private)
    )
    request, token, roots = tmp_path / "q.tsq", pack / "SHA256SUMS.local.tsr", tmp_path / "root.pem"
    subprocess.run(
        ["openssl", "ts", "-query", "-data", pack / "SHA256SUMS", "-sha256", "-cert", "-out", request],
        check=True, capture_output=True,
    )  # fmt: skip
    query = tsp.TimeStampReq.load(request.read_bytes())
    token.write_bytes(asyncio.run(stamper.async_request_tsa_response(query)).dump())
    roots.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    verification = verify(pack, Trusted(TsaTrust(roots=(made.root, root))))
    (finding,) = (one for one in verification.findings if one.part == token.name)
    assert finding.status is Status.ALTERED, finding
    openssl = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "SHA256SUMS", "-in", token.name, "-CAfile", roots],
        cwd=pack, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert openssl.returncode != 0
    assert "purpose" in openssl.stderr


def lax_authority() -> tuple[x509.Certificate, x509.Certificate, rsa.RSAPrivateKey]:
    """A root, and a certificate below it whose extended key usage is not critical (RFC 3161 §2.3), with its key."""
    root_key, leaf_key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    root_name, leaf_name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Lax {what}")]) for what in ("root", "unit")
    )
    made = []
    for name, key, is_root in ((root_name, root_key, True), (leaf_name, leaf_key, False)):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(root_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
            .not_valid_after(dt.datetime.now(dt.UTC) + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        )
        if not is_root:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(usage, critical=False)
        made.append(builder.sign(root_key, hashes.SHA256()))
    return made[0], made[1], leaf_key


HOSTILE = [
    b"",
    b"null\n",
    b"[]\n",
    b"\xff\xfe\n",
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"a":"\\ud800"}\n',
    b"9" * 9_000,
]


@pytest.mark.parametrize("name", ["imported-e-import/manifest.json", "custody-e-import.jsonl", "custody-e-import.proof.json"])  # fmt: skip
@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_stands_in_a_file_verification_ends_with_a_sentence(
    made: Made, pack: Path, name: str, content: bytes
) -> None:
    (pack / name).write_bytes(content)
    verification = verify(pack, made.trusted)
    assert verification.status is Status.ALTERED
    assert Status.ALTERED in {one.status for one in verification.findings if one.part.startswith(name)}


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"size_bytes": "many"}, Status.ALTERED, "does not follow its schema at: size_bytes"),
        ({"imported_at": "2041-01-01T00:00:00"}, Status.ALTERED, "The manifest is none"),
        ({"imported_at": "9999-12-31T23:59:59Z"}, Status.ALTERED, "The manifest is none"),
        ({"sha256": "0" * 64}, Status.ALTERED, "another file than the one that was handed in"),
        ({"files": []}, Status.ALTERED, "does not fit these files: original/sms.xml"),
        ({"weather": "fine"}, Status.NOT_CHECKABLE, "writes it otherwise: weather"),
        ({"schema_version": "shamewatch-import/9"}, Status.NOT_CHECKABLE, "is not known to this version"),
    ],
)  # fmt: skip
def test_a_manifest_is_held_to_its_schema_and_to_its_files(
    made: Made, pack: Path, fields: dict[str, object], status: Status, sentence: str
) -> None:
    folder = imported(pack)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **fields}))
    seal_anew(folder, made)
    verification = verify(folder, made.trusted)
    assert verification.status is status, told(verification)
    assert sentence in told(verification)


def test_pipes_links_and_giants_in_place_of_files_are_told_and_not_read(made: Made, pack: Path) -> None:
    for name in (
        "certs/signer.pem",
        "SHA256SUMS.p7s",
        "SHA256SUMS.local.tsr",
        "report.pdf",
        "custody-e-import.jsonl",
    ):
        whole = (pack / name).read_bytes()
        (pack / name).unlink()
        os.mkfifo(pack / name)
        assert verify(pack, made.trusted).status is Status.ALTERED
        (pack / name).unlink()
        (pack / name).symlink_to("/dev/zero")
        assert verify(pack, made.trusted).status is Status.ALTERED
        (pack / name).unlink()
        (pack / name).write_bytes(whole)
    os.truncate(pack / "SHA256SUMS.p7s", 50_000_000_000)  # a hole: it takes no room on the disk
    assert "SHA256SUMS.p7s is larger than any of ours" in told(verify(pack, made.trusted))


def _zip(path: Path) -> bytes:
    return path.read_bytes()


def _between(data: bytes) -> bytes:
    """A second member whose bytes are there and which only programs see that read from the front."""
    name, body = b"report.pdf", b"%PDF-1.4 another"
    local = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(body), len(body), len(body), len(name), 0
    )
    return _with_inserted(data, local + name + body)


def _with_inserted(data: bytes, more: bytes) -> bytes:
    """Before the list at the end, whose place is put right."""
    at = data.rindex(b"PK\x05\x06")
    fields = list(struct.unpack_from("<4s4H2LH", data, at))
    start = fields[6]
    fields[6] = start + len(more)
    return data[:start] + more + data[start:at] + struct.pack("<4s4H2LH", *fields) + data[at + 22 :]


def _other_flags(data: bytes) -> bytes:
    """The member's own header says stored, the list at the end says packed."""
    at = data.index(b"PK\x03\x04")
    method = struct.unpack_from("<H", data, at + 8)[0]
    return data[: at + 8] + struct.pack("<H", 0 if method else 8) + data[at + 10 :]


def _encrypted(data: bytes) -> bytes:
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + struct.pack("<H", struct.unpack_from("<H", data, at)[0] | 1) + data[at + 2 :]


def _cut(data: bytes) -> bytes:
    at = data.index(b"PK\x03\x04") + 60
    return data[:at] + b"\xff" * 40 + data[at + 40 :]


@pytest.mark.parametrize("change", [_between, _other_flags, _encrypted, _cut])
def test_a_zip_file_that_tells_two_stories_is_seen(
    made: Made, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "pack.zip"
    path.write_bytes(change(_zip(made.zip_file)))
    verification = verify(path, made.trusted)
    assert verification.status is Status.ALTERED, told(verification)
    assert any(one.part == "zip file" for one in verification.findings)


@pytest.mark.parametrize("names", [("Straße", "STRASSE"), ("caf\u00e9", "cafe\u0301"), ("a", "a/b")])
def test_names_that_some_system_takes_for_one_are_seen(
    made: Made, tmp_path: Path, names: tuple[str, str]
) -> None:
    path = Path(shutil.copy(made.zip_file, tmp_path / "pack.zip"))
    with zipfile.ZipFile(path, "a") as archive:
        for name in names:
            archive.writestr(f"{made.folder.name}/{name}", "x")
    verification = verify(path, made.trusted)
    assert any(one.part == "zip file" for one in verification.findings), told(verification)


def test_a_name_that_only_some_programs_take_is_seen(made: Made, tmp_path: Path) -> None:
    path = Path(shutil.copy(made.zip_file, tmp_path / "pack.zip"))
    name = f"{made.folder.name}/note".encode()
    other = f"{made.folder.name}/VERIFY.txt".encode()
    info = zipfile.ZipInfo(name.decode())
    info.extra = struct.pack("<2HBL", 0x7075, 5 + len(other), 1, zlib.crc32(name)) + other
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "x")
    assert any(one.part == "zip file" for one in verify(path, made.trusted).findings)


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("pack/SHA256SUMS", "w") as file,
    ):
        for _ in range(240):
            file.write(bytes(1 << 20))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(BadInputError, match="would unpack to more than any pack holds"):
        verify(path, Trusted(TsaTrust()))


def test_a_manifest_beside_a_packs_parts_does_not_make_it_a_single_capture(made: Made, pack: Path) -> None:
    shutil.copy(imported(pack) / "manifest.json", pack / "manifest.json")
    (imported(pack) / "original" / "sms.xml").write_bytes(b"other")
    seal_anew(pack, made)
    verification = verify(pack, made.trusted)
    assert verification.status is Status.ALTERED
    assert "No part of a pack is called: manifest.json" in told(verification)
    assert "Changed since it was sealed: original/sms.xml" in told(verification)


@pytest.mark.parametrize("name", ["confession.pdf", "capture-x/note.txt", "custody-e-other.jsonl", "custody-roots/r-x.json"])  # fmt: skip
def test_what_is_listed_and_signed_and_still_no_part_of_a_pack_is_seen(
    made: Made, pack: Path, name: str
) -> None:
    (pack / name).parent.mkdir(exist_ok=True)
    (pack / name).write_text("{}")
    seal_anew(pack, made)
    assert verify(pack, made.trusted).status is Status.ALTERED


def test_a_log_that_does_not_tell_of_the_export_was_cut(made: Made, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    item = dataclasses.replace(made.item, entries=made.item.entries[:1])
    contents = dataclasses.replace(made.contents, items=[item])
    path = build_pack(contents, tmp_path / "pack.zip", made.sealing, tmp_path / "scratch").path
    assert "its end is cut off" in told(verify(path, made.trusted))


@pytest.mark.parametrize(
    ("at", "status", "sentence"),
    [
        ("2024-01-01T00:00:00.000+00:00", Status.NOT_CHECKABLE, "dated before an earlier one"),
        ("2099-01-01T00:00:00.000+00:00", Status.NOT_CHECKABLE, "dated after the pack was stamped"),
        ("soon", Status.ALTERED, "An entry has no time"),
        ("2024-01-01T00:00:00", Status.ALTERED, "An entry has no time"),
    ],
)
def test_a_clock_that_was_wrong_is_told_and_not_called_a_forgery(
    made: Made, pack: Path, at: str, status: Status, sentence: str
) -> None:
    first, last = made.item.entries
    path = pack / "custody-e-import.jsonl"
    path.write_bytes(jsonl_from_entries([first, linked(dataclasses.replace(last, at=at))]))
    (finding,) = (one for one in verify(pack, made.trusted).findings if one.part == path.name)
    assert finding.status is status
    assert sentence in finding.sentence
