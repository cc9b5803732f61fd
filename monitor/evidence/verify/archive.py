"""The web archive in a capture: is it whole, do its digests hold, does it claim a signature that we never make?"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from monitor.evidence.verify.findings import Finding, altered, verified

_WARC = "archive/data.warc.gz"
_INDEX = "indexes/index.cdx"
_PACKAGE = "datapackage.json"
_DIGEST = "datapackage-digest.json"
_MAX_BYTES = 1_000_000_000


class _BrokenArchiveError(Exception):
    """The message is the finding's sentence."""


def check_archive(path: Path, part: str) -> Finding:
    """WACZ 1.1.1: every digest of the package, every record's digests, every line of the index."""
    try:
        files = _files(path)
        _check_package(files)
        count = _check_records(files[_WARC])
        _check_index(files)
    except _BrokenArchiveError as error:
        return altered(part, str(error))
    except (zipfile.BadZipFile, ArchiveLoadFailed, OSError, ValueError, KeyError, TypeError, EOFError):
        return altered(part, "The web archive cannot be read whole.")
    return verified(part, f"The web archive's {count} records have the digests that they name.")


def _files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > _MAX_BYTES:
            raise _BrokenArchiveError("The web archive would unpack to more than any of ours holds.")
        if len({member.filename for member in members}) != len(members):
            raise _BrokenArchiveError("The web archive holds a file twice.")
        return {member.filename: archive.read(member) for member in members}


def _check_package(files: dict[str, bytes]) -> None:
    package: dict[str, Any] = json.loads(files[_PACKAGE])
    digest: dict[str, Any] = json.loads(files[_DIGEST])
    if "signedData" in digest:
        raise _BrokenArchiveError(
            "The web archive brings a signature of its own. This software makes none there, whatever a viewer says of it."
        )
    if digest["hash"] != _sha256(files[_PACKAGE]):
        raise _BrokenArchiveError("The web archive's description was changed.")
    listed = {resource["path"]: resource["hash"] for resource in package["resources"]}
    if listed.keys() | {_PACKAGE, _DIGEST} != files.keys():
        raise _BrokenArchiveError("The web archive holds other files than it lists.")
    for name, value in listed.items():
        if value != _sha256(files[name]):
            raise _BrokenArchiveError(f"{name} in the web archive was changed.")


def _check_records(warc: bytes) -> int:
    """How many. warcio's own check takes a record without a digest; here each needs one."""
    count = 0
    records = ArchiveIterator(io.BytesIO(warc), check_digests=True)
    for record in records:
        head = record.rec_headers
        record.content_stream().read()
        if not str(head.get_header("WARC-Block-Digest")).startswith("sha256:"):
            raise _BrokenArchiveError("A record of the web archive has no SHA-256 digest.")
        if record.digest_checker.passed is False:
            raise _BrokenArchiveError(
                f"The record of {head.get_header('WARC-Target-URI') or 'the archive'} was changed."
            )
        count += 1
    if not count:
        raise _BrokenArchiveError("The web archive is empty.")
    return count


def _check_index(files: dict[str, bytes]) -> None:
    warc = files[_WARC]
    for line in files[_INDEX].decode().splitlines():
        fields = json.loads(line.split(" ", 2)[2])
        begin = int(fields["offset"])
        member = io.BytesIO(warc[begin : begin + int(fields["length"])])
        record = next(iter(ArchiveIterator(member)), None)
        if record is None or record.rec_headers.get_header("WARC-Target-URI") != fields["url"]:
            raise _BrokenArchiveError("The index of the web archive leads astray.")


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
