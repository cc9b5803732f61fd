"""Puts an evidence pack together: sealed folders as they are, custody logs, report, drafts, instructions, and a seal over all."""

from __future__ import annotations

import dataclasses
import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import BadInputError
from monitor.evidence.instructions import ItemFacts, PackFacts, instructions
from monitor.evidence.seal import CHAIN_CERTS, Seal, Sealing, seal_folder
from monitor.evidence.sums import files_of_folder, tsa_from_stamp_name
from monitor.evidence.timestamp import stated_time
from storage.files import sync_folder
from storage.vault.custody import Entry, Proof, jsonl_from_entries, proof_to_json

REPORT = "report.pdf"
ROOTS = "custody-roots"
_PACKED = frozenset({".png", ".wacz", ".pdf", ".jpg", ".zip", ".mp3", ".m4a", ".mp4", ".ogg"})


@dataclasses.dataclass(frozen=True, slots=True)
class CustodyRoot:
    """A root over all custody logs: what was stamped, and the stamps by their authorities' names."""

    id: str
    document: bytes
    stamps: Mapping[str, bytes]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PackItem:
    """One item of evidence. ``folder``: its files exactly as they were sealed."""

    evidence_id: str
    kind: str
    made_at: datetime
    folder: Path
    entries: Sequence[Entry]
    proof: Proof | None
    root: CustodyRoot | None

    @property
    def folder_name(self) -> str:
        """The name of its folder in the pack."""
        return f"{'imported' if self.kind == 'import' else 'capture'}-{self.evidence_id}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PackContents:
    """Everything that goes in. ``drafts``: file name -> bytes, below ``certificates/``. ``language``: of who will read it."""

    items: Sequence[PackItem]
    report_pdf: bytes
    drafts: Mapping[str, bytes]
    language: str = "en"


@dataclasses.dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was written."""

    path: Path
    seal: Seal


def build_pack(contents: PackContents, out: Path, sealing: Sealing, scratch: Path) -> Pack:
    """Write the pack to the new file ``out``, whole or not at all. Raises BadInputError where it is there already.

    ``scratch``: a private folder in which everything is laid out; nothing but the finished file comes near ``out``,
    which may be on a borrowed stick. Raises OSError and StorageError where it cannot be written.
    """
    if out.exists():
        raise _taken(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    top = scratch / f"shamewatch-pack-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3)}"
    top.mkdir(mode=0o700)
    partial = out.parent / f".{out.name}-{secrets.token_hex(4)}"
    try:
        _lay_out(contents, top, sealing)
        seal = seal_folder(top, sealing)
        _zip(top, partial)
        _put_in_place(partial, out)
        sync_folder(out.parent)
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(top, ignore_errors=True)
    return Pack(out, seal)


def _put_in_place(partial: Path, out: Path) -> None:
    """In one step, and never over a file that is there."""
    try:
        out.hardlink_to(partial)  # refuses to overwrite, unlike a rename
    except FileExistsError:
        raise _taken(out) from None
    except OSError:
        # The file systems of sticks know no second name: take the name first, then put the file under it.
        try:
            out.open("xb").close()
        except FileExistsError:
            raise _taken(out) from None
        partial.replace(out)


def _taken(out: Path) -> BadInputError:
    return BadInputError(why=f"{out} is there already. Name a new file.")


def _lay_out(contents: PackContents, top: Path, sealing: Sealing) -> None:
    facts = []
    for item in contents.items:
        shutil.copytree(item.folder, top / item.folder_name)
        (top / f"custody-{item.evidence_id}.jsonl").write_bytes(jsonl_from_entries(item.entries))
        if item.proof is not None and item.root is not None:
            (top / f"custody-{item.evidence_id}.proof.json").write_bytes(proof_to_json(item.proof))
            _write_root(top / ROOTS, item.root)
        facts.append(_facts(item))
    (top / REPORT).write_bytes(contents.report_pdf)
    (top / "certificates").mkdir()
    for name, content in contents.drafts.items():
        (top / "certificates" / name).write_bytes(content)
    trust = sealing.stamper.trust
    pack = PackFacts(
        fingerprint=sealing.signer.fingerprint,
        tsa_names=[tsa.name for tsa in sealing.stamper.tsas],
        has_chain=bool(trust.chain),
        root_stamps=_root_stamps(contents.items),
        language=contents.language,
    )
    (top / "VERIFY.txt").write_text(instructions(facts, pack), encoding="utf-8")


def _root_stamps(items: Sequence[PackItem]) -> list[tuple[str, str, datetime]]:
    roots = {item.root.id: item.root for item in items if item.root is not None and item.proof is not None}
    return [
        (f"{ROOTS}/{root.id}.json", f"{ROOTS}/{root.id}.{name}.tsr", stated_time(response_der))
        for root in roots.values()
        for name, response_der in sorted(root.stamps.items())
    ]


def _write_root(folder: Path, root: CustodyRoot) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{root.id}.json").write_bytes(root.document)
    for name, response_der in root.stamps.items():
        (folder / f"{root.id}.{name}.tsr").write_bytes(response_der)


def _facts(item: PackItem) -> ItemFacts:
    names = sorted(path.name for path in item.folder.iterdir())
    stamps = [
        (tsa, stated_time((item.folder / name).read_bytes()))
        for name in names
        if (tsa := tsa_from_stamp_name(name)) is not None
    ]
    return ItemFacts(
        folder=item.folder_name,
        made_at=item.made_at,
        stamps=stamps,
        has_chain=(item.folder / CHAIN_CERTS).exists(),
        has_archive=(item.folder / "capture.wacz").exists(),
        log=f"custody-{item.evidence_id}.jsonl",
    )


def _zip(top: Path, out: Path) -> None:
    """Sorted, private modes; what is packed already is only stored."""
    descriptor = os.open(out, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "r+b") as written, zipfile.ZipFile(written, "w") as archive:  # noqa: PTH123  # private from its birth
        for name, path in files_of_folder(top):
            info = zipfile.ZipInfo.from_file(path, f"{top.name}/{name}")
            info.external_attr = 0o100600 << 16
            is_packed = path.suffix in _PACKED
            info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    with out.open("rb") as file:
        os.fsync(file.fileno())
