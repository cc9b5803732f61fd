"""VERIFY.txt: the exact commands with which a stranger checks a pack without this software. Runs none of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from monitor.evidence.sums import stamp_name

_HEAD = """\
HOW TO CHECK THIS PACK WITHOUT THE SOFTWARE THAT MADE IT

You need a terminal (Linux, macOS, or Windows with WSL) with sha256sum and openssl; for the web
archives also warcio (pip install warcio), for the report also pdfsig (package poppler-utils).
Unpack the zip file, open a terminal in the folder with this file, and run each command.
Each must end without an error. Nothing here needs the internet.

What it shows, and what it does not: the files are unchanged since the time that the timestamping
authority states. It does not show that what the page said is true, nor who wrote it.

"""
_FILES = """\
{number}. Are all files there, and unchanged?

sha256sum --strict -c SHA256SUMS

   Every line says "OK". No file may lie in the folder that SHA256SUMS does not list,
   but itself, SHA256SUMS.p7s and SHA256SUMS.*.tsr.

"""
_SIGNATURE = """\
{number}. Is the list signed by the installation that made it?

openssl cms -verify -binary -content SHA256SUMS -in SHA256SUMS.p7s -inform DER -CAfile certs/signer.pem -purpose any -out /dev/null

   It says "CMS Verification successful". Compare the fingerprint of the signer with the one that
   the installation's operator tells you, by telephone say:

openssl x509 -in certs/signer.pem -noout -fingerprint -sha256

   It must be {fingerprint}

"""
_STAMP = """\
openssl ts -verify -data {data} -in {stamp} -CAfile {root}{chain}{attime}
"""
_STAMPS = """\
{number}. Since when has the pack existed?

{commands}
   It says "Verification: OK". The time is shown by: openssl ts -reply -in FILE.tsr -text
   certs/tsa-root.pem holds the roots that the installation trusts. Get them from the authorities
   themselves (their web sites) rather than from here, if it matters. Should the authority's
   certificate have run out since, add -attime and the stated time in seconds since 1970.

"""
_ITEM = """\
{number}. {folder} (made {made_at:%Y-%m-%d %H:%M:%S} UTC): sealed when it was made, before this pack

(cd {folder} && sha256sum --strict -c SHA256SUMS)
openssl cms -verify -binary -content {folder}/SHA256SUMS -in {folder}/SHA256SUMS.p7s -inform DER -CAfile {folder}/certs/signer.pem -purpose any -out /dev/null
{stamps}{archive}
"""
_ARCHIVE = """\
unzip -p {folder}/capture.wacz archive/data.warc.gz > /tmp/data.warc.gz && warcio check -v /tmp/data.warc.gz
"""
_REPORT = """\
{number}. Is the report unchanged since it was signed?

pdfsig -nocert report.pdf

   It says "Signature is Valid." and "Total document signed".

"""
_NO_STAMP = """\
   Not yet stamped when this pack was made: nothing but the signature says when it was made.
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """One sealed folder in the pack. ``stamps``: authority and stated time."""

    folder: str
    made_at: datetime
    stamps: Sequence[tuple[str, datetime]]
    has_chain: bool
    has_archive: bool


def instructions(
    items: Sequence[ItemFacts],
    fingerprint: str,
    tsa_names: Sequence[str],
    *,
    has_chain: bool,
    introduction: str,
) -> str:
    """The text of VERIFY.txt. ``tsa_names``: who is about to stamp the pack; ``introduction``: in the reader's language."""
    numbers = iter(range(1, 1000))
    grouped = ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)).upper()
    parts = [
        f"{introduction}\n\n" if introduction else "",
        _HEAD,
        _FILES.format(number=next(numbers)),
        _SIGNATURE.format(number=next(numbers), fingerprint=grouped),
    ]
    commands = "".join(_stamp_command("", name, None, has_chain=has_chain) for name in tsa_names)
    if commands:
        parts.append(_STAMPS.format(number=next(numbers), commands=commands))
    parts.append(_REPORT.format(number=next(numbers)))
    for item in items:
        stamps = "".join(
            _stamp_command(f"{item.folder}/", name, moment, has_chain=item.has_chain)
            for name, moment in item.stamps
        )
        archive = _ARCHIVE.format(folder=item.folder) if item.has_archive else ""
        parts.append(
            _ITEM.format(
                number=next(numbers), folder=item.folder, made_at=item.made_at,
                stamps=stamps or _NO_STAMP, archive=archive,
            )
        )  # fmt: skip
    return "".join(parts)


def _stamp_command(folder: str, tsa_name: str, moment: datetime | None, *, has_chain: bool) -> str:
    return _STAMP.format(
        data=f"{folder}SHA256SUMS",
        stamp=f"{folder}{stamp_name(tsa_name)}",
        root=f"{folder}certs/tsa-root.pem",
        chain=f" -untrusted {folder}certs/tsa-chain.pem" if has_chain else "",
        attime=f" -attime {int(moment.timestamp())}" if moment else "",
    )
