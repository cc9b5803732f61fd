"""VERIFY.txt: the exact commands with which a stranger checks a pack without this software. Runs none of them.

Commands stand at the beginning of their lines, each on one line; everything else begins with a capital
letter, a digit or a blank, or is in another script.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib import resources

from monitor.evidence.sums import stamp_name

_INDENT = "   "
_HEAD = """\
HOW TO CHECK THIS PACK WITHOUT THE SOFTWARE THAT MADE IT

   Linux:   open a terminal. sha256sum and openssl are there.
   macOS:   open the program Terminal. Where there is no sha256sum, write "shasum -a 256" in its place.
   Windows: install WSL (in PowerShell: wsl --install), and open the program Ubuntu.

   Unpack the zip file, go to the folder with this file (cd FOLDER), and run each command.
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

{command}
   It says "CMS Verification successful". Compare the fingerprint of the signer with the one that
   the installation's operator tells you, by telephone say:

openssl x509 -in certs/signer.pem -noout -fingerprint -sha256

   It must be {fingerprint}

"""
_CMS = """\
openssl cms -verify -binary -content {folder}SHA256SUMS -in {folder}SHA256SUMS.p7s -inform DER -CAfile {folder}certs/signer.pem -purpose any -out /dev/null
"""
_STAMP = """\
openssl ts -verify -data {data} -in {stamp} -CAfile {root}{chain}{attime}
"""
# What the token states, as seconds since 1970, by GNU's date.
_STATED = """ -attime "$(date -u -d "$(openssl ts -reply -in {stamp} -text 2>&1 | sed -n 's/^Time stamp: //p')" +%s)\""""
_STAMPS = """\
{number}. Since when has the pack existed?

{commands}
   It says "Verification: OK". The time is shown by: openssl ts -reply -in FILE.tsr -text
   Where a .tsr file is missing, that authority did not answer when the pack was made.
   File certs/tsa-root.pem holds the roots that the installation trusts. Get them from the
   authorities themselves (their web sites) rather than from here, if it matters.
   Authorities change their certificates every few years. When that has happened, check as of the
   time that the stamp states (Linux and Windows; for macOS, write the seconds since 1970 yourself):

{later}
"""
_ITEM = """\
{number}. Folder {folder} (made {made_at:%Y-%m-%d %H:%M:%S} UTC): sealed when it was made, before this pack

(cd {folder} && sha256sum --strict -c SHA256SUMS)
{signature}{stamps}
"""
_NO_STAMP = """\
   Not yet stamped when this pack was made: nothing but the signature says when it was made.
"""
_LOGS = """\
{number}. Are the custody logs unbroken? (python3)

{commands}
   Each says "linked". Every entry's hash is SHA-256 of the entry without it, and names the hash before.
   How each log's proof leads to its root in custody-roots is RFC 9162, section 2.1.3.2.
{roots}
"""
_LOG = (
    "python3 -c \"import json,hashlib; E=[json.loads(l) for l in open('{log}',encoding='utf-8')]; "
    "H=[e.pop('hash') for e in E]; assert H==[hashlib.sha256(json.dumps(e,ensure_ascii=False,sort_keys=True,"
    "separators=(',',':')).encode()).hexdigest() for e in E] and [e['previous'] for e in E]==['0'*64]+H[:-1]; "
    "print('{log}: linked')\"\n"
)
_ROOTS = """\
   Since when have the roots over all logs existed?

"""
_REPORT = """\
{number}. Is the report unchanged since it was signed? (pdfsig, in the package poppler-utils)

pdfsig -nocert report.pdf

   It says "Signature is Valid." and "Total document signed".

"""
_ARCHIVES = """\
{number}. Are the web archives whole? (unzip, and warcio: pip install warcio)

{commands}
   Each line says "digest pass". To look at a page as it was, open capture.wacz in ReplayWeb.page.
   That is a viewer: it shows false signatures as valid, so do not rely on what it says of them.

"""
_ARCHIVE = """\
unzip -p {folder}/capture.wacz archive/data.warc.gz > "${{TMPDIR:-/tmp}}/{folder}.warc.gz" && warcio check -v "${{TMPDIR:-/tmp}}/{folder}.warc.gz"
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """One sealed folder in the pack. ``stamps``: authority and stated time. ``log``: file name of its custody log."""

    folder: str
    made_at: datetime
    stamps: Sequence[tuple[str, datetime]]
    has_chain: bool
    has_archive: bool
    log: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """The pack around them. ``tsa_names``: who is about to stamp it; ``root_stamps``: file of the root, its stamp, stated time."""

    fingerprint: str
    tsa_names: Sequence[str]
    has_chain: bool
    root_stamps: Sequence[tuple[str, str, datetime]]
    language: str = "en"


def instructions(items: Sequence[ItemFacts], pack: PackFacts) -> str:
    """The text of VERIFY.txt: English, after a few sentences in the reader's language."""
    numbers = itertools.count(1)
    grouped = ":".join(pack.fingerprint[at : at + 2] for at in range(0, len(pack.fingerprint), 2)).upper()
    title, _, rest = _introductions().get(pack.language, "").strip().partition("\n")
    return "".join(
        [
            f"{title}\n{textwrap.indent(rest, _INDENT)}\n\n" if title else "",
            _HEAD,
            _FILES.format(number=next(numbers)),
            _SIGNATURE.format(number=next(numbers), command=_CMS.format(folder=""), fingerprint=grouped),
            *_own_stamps(pack, numbers),
            *(_item(item, numbers) for item in items),
            _logs(items, pack, numbers),
            _REPORT.format(number=next(numbers)),
            *_archives(items, numbers),
        ]
    )


def _own_stamps(pack: PackFacts, numbers: Iterator[int]) -> Iterator[str]:
    """The stamps come after this text, which they cover: only whoever checks knows their times."""
    if not pack.tsa_names:
        return
    names = [stamp_name(name) for name in pack.tsa_names]
    plain = "".join(_stamp("", "SHA256SUMS", name, pack.has_chain, "") for name in names)
    later = "".join(
        _stamp("", "SHA256SUMS", name, pack.has_chain, _STATED.format(stamp=name)) for name in names
    )
    yield _STAMPS.format(number=next(numbers), commands=plain, later=later)


def _item(item: ItemFacts, numbers: Iterator[int]) -> str:
    folder = f"{item.folder}/"
    stamps = "".join(
        _stamp(folder, f"{folder}SHA256SUMS", f"{folder}{stamp_name(name)}", item.has_chain, _at(moment))
        for name, moment in item.stamps
    )
    return _ITEM.format(
        number=next(numbers), folder=item.folder, made_at=item.made_at,
        signature=_CMS.format(folder=folder), stamps=stamps or _NO_STAMP,
    )  # fmt: skip


def _logs(items: Sequence[ItemFacts], pack: PackFacts, numbers: Iterator[int]) -> str:
    commands = "".join(_LOG.format(log=item.log) for item in items)
    roots = "".join(
        _stamp("", document, stamp, pack.has_chain, _at(moment))
        for document, stamp, moment in pack.root_stamps
    )
    return _LOGS.format(number=next(numbers), commands=commands, roots=_ROOTS + roots if roots else "")


def _archives(items: Sequence[ItemFacts], numbers: Iterator[int]) -> Iterator[str]:
    commands = "".join(_ARCHIVE.format(folder=item.folder) for item in items if item.has_archive)
    if commands:
        yield _ARCHIVES.format(number=next(numbers), commands=commands)


def _stamp(folder: str, data: str, stamp: str, has_chain: bool, attime: str) -> str:
    return _STAMP.format(
        data=data,
        stamp=stamp,
        root=f"{folder}certs/tsa-root.pem",
        chain=f" -untrusted {folder}certs/tsa-chain.pem" if has_chain else "",
        attime=attime,
    )


def _at(moment: datetime) -> str:
    return f" -attime {int(moment.timestamp())}"


@functools.cache
def _introductions() -> Mapping[str, str]:
    text = resources.files("monitor.evidence").joinpath("introductions.toml").read_text("utf-8")
    return {language: str(words) for language, words in tomllib.loads(text).items()}
