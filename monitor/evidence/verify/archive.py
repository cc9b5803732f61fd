"""The web archive in a capture: is it whole, do its digests hold, does it claim a signature that we never make?

Digests inside of an archive prove nothing to a stranger, for whoever changes it can write new ones. They show
that it is whole; SHA256SUMS shows that it is the one that was sealed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from monitor.evidence.verify.findings import Finding, altered, verified
from monitor.evidence.verify.zipframe import folded, odd_frame, odd_member

_WARC = "archive/data.warc.gz"
_INDEX = "indexes/index.cdx"
_PACKAGE = "datapackage.json"
_DIGEST = "datapackage-digest.json"
_MAX_FILES = 100
# A visit is cut off at 64 MB of bodies; pictures and requests come on top.
_MAX_TEXT_BYTES = 50_000_000
_MAX_UNPACKED_BYTES = 2_000_000_000
_CHUNK_BYTES = 1 << 16
# Records that the archive took from files that lie beside it.
_BESIDE = {"view": "screenshot.png", "dom": "dom.html"}
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ArchiveLoadFailed, OSError, ValueError, LookupError, TypeError, AttributeError,
    EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip


class _BrokenArchiveError(Exception):
    """The message is the finding's sentence."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Record:
    """What a line of the index may say of one record."""

    url: str
    kind: str
    length: int
    digest: str


def check_archive(path: Path, part: str, beside: Mapping[str, str]) -> Finding:
    """WACZ 1.1.1: every digest of the package, every record's digests, every line of the index.

    ``beside``: SHA-256 of the files in the same folder, of which the archive holds copies.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(path) as archive:
            _check_frame(file, archive)
            _check_package(archive)
            with archive.open(_WARC) as warc:
                records = _records(warc, archive.getinfo(_WARC).file_size)
            _check_index(_text(archive, _INDEX), records)
            _check_copies(records, beside)
    except _BrokenArchiveError as error:
        return altered(part, str(error))
    except _BROKEN:
        return altered(part, "The web archive cannot be read whole.")
    return verified(part, f"The web archive's {len(records)} records have the digests that they name.")


def _check_frame(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > _MAX_FILES:
        raise _BrokenArchiveError("The web archive holds more files than any of ours.")
    names: set[str] = set()
    for odd in (*odd_frame(file, archive), *(odd_member(file, one, _seen(names, one)) for one in members)):
        if odd:
            raise _BrokenArchiveError(f"In the web archive: {odd}")
    if any(one.compress_type != zipfile.ZIP_STORED for one in members):
        raise _BrokenArchiveError("The web archive packs what viewers need unpacked. Ours never does.")


def _seen(names: set[str], member: zipfile.ZipInfo) -> set[str]:
    """The names before this member's, which is among them from the next call on."""
    before = set(names)
    names.add(folded(member.filename))
    return before


def _check_package(archive: zipfile.ZipFile) -> None:
    description = _text(archive, _PACKAGE)
    package: dict[str, Any] = json.loads(description)
    digest: dict[str, Any] = json.loads(_text(archive, _DIGEST))
    if digest.keys() - {"path", "hash"}:
        raise _BrokenArchiveError(
            "The web archive brings a signature of its own. This software makes none there, whatever a viewer says of it."
        )
    if digest["hash"] != f"sha256:{hashlib.sha256(description).hexdigest()}":
        raise _BrokenArchiveError("The web archive's description was changed.")
    listed = {resource["path"]: (resource["hash"], resource["bytes"]) for resource in package["resources"]}
    if listed.keys() | {_PACKAGE, _DIGEST} != set(archive.namelist()):
        raise _BrokenArchiveError("The web archive holds other files than it lists.")
    for name, stated in listed.items():
        if stated != (_sha256(archive, name), archive.getinfo(name).file_size):
            raise _BrokenArchiveError(f"{name} in the web archive was changed.")


def _records(warc: IO[bytes], warc_bytes: int) -> dict[int, _Record]:
    """By their offsets. warcio's own check takes a record without a digest; here each needs one."""
    found: dict[int, _Record] = {}
    left, end = _MAX_UNPACKED_BYTES, 0
    records = ArchiveIterator(warc, check_digests=True)
    for record in records:
        head = record.rec_headers
        url = head.get_header("WARC-Target-URI") or ""
        digests = [head.get_header(f"WARC-{what}-Digest") for what in ("Payload", "Block")]
        if not all(str(one).startswith("sha256:") for one in digests if one) or not digests[1]:
            raise _BrokenArchiveError("A record of the web archive has another digest than SHA-256, or none.")
        while chunk := record.raw_stream.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise _BrokenArchiveError("The web archive would unpack to more than any of ours holds.")
        if not record.digest_checker.passed:
            raise _BrokenArchiveError(f"The record of {url or 'the archive'} was changed.")
        if records.get_record_offset() != end:
            raise _BrokenArchiveError("There are bytes between the records of the web archive.")
        length = records.get_record_length()
        found[end] = _Record(url, record.rec_type, length, digests[0] or digests[1])
        end += length
    if not found or end != warc_bytes:
        raise _BrokenArchiveError("The web archive's records end too early or too late.")
    return found


def _check_index(index: bytes, records: Mapping[int, _Record]) -> None:
    """A viewer sees what the index leads to, and nothing else."""
    indexed = set()
    for line in filter(None, index.decode().split("\n")):
        fields = json.loads(line[line.index(" {") :])
        offset = int(fields["offset"])
        record = records.get(offset)
        stated = (fields["url"], int(fields["length"]), fields["digest"])
        if record is None or stated != (record.url, record.length, record.digest):
            raise _BrokenArchiveError("The index of the web archive leads astray.")
        indexed.add(offset)
    shown = {at for at, record in records.items() if record.kind in ("response", "resource")}
    if indexed != shown:
        raise _BrokenArchiveError("The index of the web archive leaves records out.")


def _check_copies(records: Mapping[int, _Record], beside: Mapping[str, str]) -> None:
    for record in records.values():
        kind = record.url.removeprefix("urn:").partition(":")[0] if record.kind == "resource" else ""
        name = _BESIDE.get(kind, "")
        if name and record.digest != f"sha256:{beside.get(name)}":
            raise _BrokenArchiveError(f"{name} is not the one that is in the web archive.")


def _text(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MAX_TEXT_BYTES:
        raise _BrokenArchiveError(f"{name} in the web archive is larger than any of ours.")
    return archive.read(name)


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
