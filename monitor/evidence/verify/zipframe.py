"""What is odd about a zip file: all that lets two programs read different things out of it. Unpacks nothing.

A zip file has two lists of its members, one before each member and one at the end. Programs that read
one of them see other files than those that read the other, if whoever made it wants so. Ours agree,
and their members stand side by side with nothing before, between or after them.
"""

from __future__ import annotations

import dataclasses
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from monitor.evidence.sums import is_safe_name

_LOCAL = struct.Struct("<4s5H3L2H")  # APPNOTE.TXT 4.3.7
_END = b"PK\x05\x06"
_END_BYTES = 22
_HAS_DESCRIPTOR = 0x08
_DESCRIPTOR_BYTES = (12, 16, 20, 24)  # 4.3.9: with or without a signature, 32 or 64 bits
_UNICODE_PATH = 0x7075  # 4.6.9: some programs take this name instead of the member's
_IN_ZIP64 = 0xFFFFFFFF
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclasses.dataclass(slots=True)
class _Local:
    """A member's own header: what programs see that do not look at the list at the end."""

    flags: int
    method: int
    crc: int
    sizes: tuple[int, int]
    extra: bytes
    data_at: int


def odd_frame(file: BinaryIO, archive: zipfile.ZipFile) -> Iterator[str]:
    """Sentences on bytes outside of the members, and on members that overlap."""
    members = sorted(archive.infolist(), key=lambda one: one.header_offset)
    if members and members[0].header_offset:
        yield "There are bytes before its first file."
    file.seek(-_END_BYTES, 2)
    if file.read(4) != _END or archive.comment:
        yield "There are bytes after its last file."
    ends = [*(one.header_offset for one in members[1:]), archive.start_dir]
    for member, end in zip(members, ends, strict=False):
        local = _local(file, member)
        if local is None:
            yield "It is not laid out as zip files are."
            return
        gap = end - (local.data_at + member.compress_size)
        if gap and not (local.flags & _HAS_DESCRIPTOR and gap in _DESCRIPTOR_BYTES):
            yield "There are bytes between its files, or its files overlap."
            return


def odd_member(file: BinaryIO, member: zipfile.ZipInfo, names: set[str]) -> str:
    """A sentence on a member that not every program unpacks alike; empty where there is nothing to say.

    ``names``: those of the members before, as ``folded`` gives them.
    """
    name = member.filename
    if member.orig_filename != name or not is_safe_name(name.rstrip("/")):
        return f"It holds a file with an unsafe name: {ascii(name)[:100]}."
    if folded(name) in names:
        return f"It holds {name} twice."
    odd = _odd_kind(member)
    if odd:
        return f"{name} {odd}."
    local = _local(file, member)
    if local is None or not _agree(member, local):
        return f"{name} is described in two ways that do not agree."
    return ""


def _odd_kind(member: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (member.is_dir() and member.file_size):
        return "is a link or a device"
    if member.flag_bits & 1:
        return "is encrypted"
    return "" if member.compress_type in _METHODS else "is packed in a way that few programs unpack"


def folded(name: str) -> str:
    """The same for names that some system takes for one: other case, other form of the same characters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).rstrip("/")


def _local(file: BinaryIO, member: zipfile.ZipInfo) -> _Local | None:
    file.seek(member.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        return None
    _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(head)
    extra = file.read(name_bytes + extra_bytes)[name_bytes:]
    data_at = member.header_offset + _LOCAL.size + name_bytes + extra_bytes
    return _Local(flags, method, crc, (packed, size), extra, data_at)


def _agree(member: zipfile.ZipInfo, local: _Local) -> bool:
    if (local.flags, local.method) != (member.flag_bits, member.compress_type):
        return False
    if _has_unicode_path(local.extra) or _has_unicode_path(member.extra):
        return False
    if local.flags & _HAS_DESCRIPTOR:
        return True  # its digest and sizes come after the data, and are those of the list
    wanted = (member.compress_size, member.file_size)
    return local.crc == member.CRC and all(
        have in (want, _IN_ZIP64) for have, want in zip(local.sizes, wanted, strict=True)
    )


def _has_unicode_path(extra: bytes) -> bool:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == _UNICODE_PATH:
            return True
        extra = extra[4 + size :]
    return False
