"""Packs that the product made of real captures, and everything that can be done to one to deceive a reader."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from pyhanko.pdf_utils.generic import (
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from monitor.bootstrap import Monitor, initialise, monitor_from_settings
from monitor.config import Settings
from monitor.evidence.browser import Browser
from monitor.evidence.report.sign import sign_report
from monitor.evidence.request import CaptureRequest
from monitor.evidence.safekeeping import put_folder
from monitor.evidence.seal import Sealing
from monitor.evidence.sealed_capture import sealed_capture
from monitor.evidence.signing import SigningKeys
from monitor.evidence.sums import sums_of_folder, text_from_sums
from monitor.stages.export_pack import PackMeans, export_pack
from storage import Scope
from storage.vault.custody import Action, entries_from_jsonl, jsonl_from_entries, linked, next_entry
from tests.integration.evidence.conftest import FILLER, Site
from tests.tsa.local_tsa import LocalTsa, serving_tsa

PAGE = f"<p>Analyn Dimasupil owes and hides. {FILLER}</p>"


@dataclasses.dataclass(frozen=True)
class Made:
    """Two packs of two people in one installation, the first of two captures, unpacked, and what they were made with."""

    first: Path
    second: Path
    zip_file: Path
    sealing: Sealing
    tsa: LocalTsa


def keep_capture(monitor: Monitor, subject_id: str, browser: Browser, url: str, folder: Path) -> str:
    """Capture, seal and keep a page; the id of the evidence."""
    request = CaptureRequest(url=url, expected=("Analyn Dimasupil",), settle_s=1.0)
    sealed = sealed_capture(request, browser, folder, monitor.open_sealing())
    assert not sealed.seal.unstamped
    with monitor.storage.read(Scope.operator()) as work:
        files = put_folder(work, subject_id, folder)
    with monitor.storage.begin(Scope.operator()) as work:
        return work.evidence.add(
            url=url, verdict=sealed.capture.verdict.value, reason=sealed.capture.reason,
            captured_at=sealed.capture.manifest.started_at, files=files, subject_id=subject_id,
            manifest=json.loads(sealed.capture.manifest.model_dump_json()),
            sums_sha256=sealed.seal.sums_sha256, stamped_at=sealed.seal.stamped_at,
        ).id  # fmt: skip


@contextmanager
def made_packs(folder: Path, site: Site, browser: Browser) -> Iterator[Made]:
    """Through the product's own stages, with a timestamping authority on loopback."""
    site.routes.clear()
    site.routes["/page"] = site.page(PAGE)
    with serving_tsa(folder / "tsa") as tsa:
        settings = Settings(
            home=folder / "data", key_file=folder / "key" / "instance.key", tsa_urls=(tsa.url,), tsa_roots=(tsa.root,)
        )  # fmt: skip
        initialise(settings)
        with monitor_from_settings(settings) as monitor:
            packs = []
            for number in (1, 2):
                with monitor.storage.begin(Scope.operator()) as work:
                    subject = work.subjects.add(f"Case {number}", "en")
                evidence = keep_capture(
                    monitor, subject.id, browser, site.url("/page"), folder / f"capture-{number}"
                )
                items = [evidence]
                if number == 1:
                    items.append(
                        keep_capture(monitor, subject.id, browser, site.url("/page"), folder / "capture-1b")
                    )
                with monitor.storage.begin(Scope.operator()) as work:
                    for one in items:
                        work.custody.record(one, Action.ACCESSED, "cli:ada")
                means = PackMeans(lambda: Shared(browser), monitor.open_sealing(), monitor.scratch, "cli:ada")
                path = folder / f"pack-{number}.zip"
                export_pack(monitor.storage, items, path, means)
                packs.append(unpacked(path, folder / f"unpacked-{number}"))
            yield Made(packs[0], packs[1], folder / "pack-1.zip", monitor.open_sealing(), tsa)


class Shared:
    """A browser that is open already and stays open."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def __enter__(self) -> Browser:
        return self._browser

    def __exit__(self, *_: object) -> None:
        pass


def unpacked(path: Path, into: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(into)
    (top,) = into.iterdir()
    return top


def item(pack: Path) -> Path:
    """The first capture by name."""
    return min(pack.glob("capture-*"))


def custody(pack: Path) -> Path:
    """The log of that capture."""
    return min(pack.glob("custody-*.jsonl"))


def stamp(folder: Path) -> Path:
    return next(folder.glob("SHA256SUMS.*.tsr"))


def flip(path: Path, at: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.write_bytes(data)


def list_again(folder: Path) -> None:
    """What somebody does who knows the format: SHA256SUMS fits again."""
    (folder / "SHA256SUMS").write_text(text_from_sums(sums_of_folder(folder)))


def strange_sealing(made: Made, pack: Path) -> Sealing:
    """Another's key, with the same authority."""
    return Sealing(SigningKeys(pack.parent / "strange").signer(), made.sealing.stamper)


def sign_again(folder: Path, sealing: Sealing) -> None:
    (folder / "certs" / "signer.pem").write_bytes(sealing.signer.certificate_pem)
    list_again(folder)
    (folder / "SHA256SUMS.p7s").write_bytes(sealing.signer.sign((folder / "SHA256SUMS").read_bytes()))


def edit_manifest(pack: Path, **fields: object) -> None:
    path = item(pack) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}, indent=2))


def rewrite_wacz(pack: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    path = item(pack) / "capture.wacz"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def _false_signature(files: dict[str, bytes]) -> None:
    """ReplayWeb.page counts what stands there as a valid signature."""
    digest = json.loads(files["datapackage-digest.json"])
    digest["signedData"] = {
        "hash": digest["hash"],
        "signature": "MEUCIQ==",
        "publicKey": "MHYw",
        "created": "2031-01-01T00:00:00Z",
        "software": "x",
    }
    files["datapackage-digest.json"] = json.dumps(digest).encode()


def _shorter_index(files: dict[str, bytes]) -> None:
    lines = files["indexes/index.cdx"].splitlines(keepends=True)
    files["indexes/index.cdx"] = b"".join(line for line in lines if b"/page" not in line.split(b" ")[0])
    _package_again(files)


def _other_record(files: dict[str, bytes]) -> None:
    warc = gzip.decompress(files["archive/data.warc.gz"])
    changed = warc.replace(b"owes and hides", b"pays in time!!", 1)
    assert changed != warc
    files["archive/data.warc.gz"] = gzip.compress(changed)
    _package_again(files)


def _package_again(files: dict[str, bytes]) -> None:
    """The package's digests fit again."""
    package = json.loads(files["datapackage.json"])
    for resource in package["resources"]:
        data = files[resource["path"]]
        resource["hash"], resource["bytes"] = f"sha256:{hashlib.sha256(data).hexdigest()}", len(data)
    files["datapackage.json"] = json.dumps(package).encode()
    files["datapackage-digest.json"] = json.dumps(
        {
            "path": "datapackage.json",
            "hash": f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}",
        }
    ).encode()


def _manifest_digest_again(pack: Path) -> None:
    path = item(pack) / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["files"]:
        data = (item(pack) / entry["name"]).read_bytes()
        entry["sha256"], entry["size_bytes"] = hashlib.sha256(data).hexdigest(), len(data)
    path.write_text(json.dumps(manifest, indent=2))


Tampering = Callable[[Path, Made], None]
# name -> what is done to an unpacked copy of the first pack, and which third-party commands see it.
TAMPERINGS: dict[str, tuple[Tampering, set[str]]] = {}


def tampering(name: str, *seen_by: str) -> Callable[[Tampering], Tampering]:
    def register(function: Tampering) -> Tampering:
        TAMPERINGS[name] = (function, set(seen_by))
        return function

    return register


SHA, TS, CMS = "sha256sum", "openssl ts", "openssl cms"
WARC, FASTWARC, WACZ, PDF, PYHANKO = "warcio", "fastwarc", "wacz", "pdfsig", "pyhanko"
TOOLS = (SHA, TS, CMS, WARC, FASTWARC, WACZ, PDF, PYHANKO)


@tampering("a byte of the picture changed", SHA)
def _(pack: Path, made: Made) -> None:
    flip(item(pack) / "screenshot.png")


@tampering("a byte of the DOM changed", SHA)
def _(pack: Path, made: Made) -> None:
    flip(item(pack) / "dom.html")


@tampering("a byte of the web archive changed", SHA, WARC, FASTWARC, WACZ)
def _(pack: Path, made: Made) -> None:
    path = item(pack) / "capture.wacz"
    flip(path, path.read_bytes().index(b"\x1f\x8b") + 600)


@tampering("a byte of the report changed", SHA, PDF, PYHANKO)
def _(pack: Path, made: Made) -> None:
    flip(pack / "report.pdf", 3000)


@tampering("a byte of the instructions changed", SHA)
def _(pack: Path, made: Made) -> None:
    flip(pack / "VERIFY.txt")


@tampering("a byte of a draft changed", SHA)
def _(pack: Path, made: Made) -> None:
    flip(pack / "certificates" / "kenya-106b.txt")


@tampering("a byte of the list changed", SHA, CMS, TS)
def _(pack: Path, made: Made) -> None:
    flip(pack / "SHA256SUMS", 5)


@tampering("a byte of the signature changed", CMS)
def _(pack: Path, made: Made) -> None:
    flip(pack / "SHA256SUMS.p7s", -5)


@tampering("a byte of the timestamp changed", TS)
def _(pack: Path, made: Made) -> None:
    flip(stamp(pack), -5)


@tampering("a byte of the capture's timestamp changed", SHA, TS)
def _(pack: Path, made: Made) -> None:
    flip(stamp(item(pack)), -5)


@tampering("a file added to the pack")
def _(pack: Path, made: Made) -> None:
    (pack / "confession.pdf").write_bytes(b"%PDF-1.4")


@tampering("a file added to a capture")
def _(pack: Path, made: Made) -> None:
    (item(pack) / "extra").write_bytes(b"x")


@tampering("a file without extension added to the web archive", SHA)
def _(pack: Path, made: Made) -> None:
    rewrite_wacz(pack, lambda files: files.update({"extra": b"x"}))


@tampering("a file removed", SHA)
def _(pack: Path, made: Made) -> None:
    (item(pack) / "page.mhtml").unlink()


@tampering("a file renamed", SHA)
def _(pack: Path, made: Made) -> None:
    (item(pack) / "dom.html").rename(item(pack) / "dom.htm")


@tampering("two files swapped", SHA)
def _(pack: Path, made: Made) -> None:
    one, two, spare = item(pack) / "dom.html", item(pack) / "manifest.json", pack / "spare"
    one.rename(spare)
    two.rename(one)
    spare.rename(two)


@tampering("a file replaced by a link to it")
def _(pack: Path, made: Made) -> None:
    path = item(pack) / "dom.html"
    path.rename(pack.parent / "dom.html")
    path.symlink_to(pack.parent / "dom.html")


@tampering("a capture of another pack put in its place", SHA)
def _(pack: Path, made: Made) -> None:
    ours, name = item(pack), item(pack).name
    shutil.rmtree(ours)
    shutil.copytree(item(made.second), pack / name)


@tampering(
    "a capture of another pack put in its place, and all listed and signed by another key", TS, PYHANKO
)
def _(pack: Path, made: Made) -> None:
    name = item(pack).name
    shutil.rmtree(item(pack))
    shutil.copytree(item(made.second), pack / name)
    sign_again(pack, strange_sealing(made, pack))


@tampering("two captures of one pack swapped", SHA)
def _(pack: Path, made: Made) -> None:
    one, two = sorted(pack.glob("capture-*"))
    one.rename(pack / "spare")
    two.rename(one)
    (pack / "spare").rename(two)


@tampering("two captures of one pack swapped, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    one, two = sorted(pack.glob("capture-*"))
    one.rename(pack / "spare")
    two.rename(one)
    (pack / "spare").rename(two)
    seal_anew(pack, made)


@tampering("the timestamp of a capture removed", SHA)
def _(pack: Path, made: Made) -> None:
    stamp(item(pack)).unlink()


@tampering("the list of a capture removed", SHA, CMS, TS)
def _(pack: Path, made: Made) -> None:
    (item(pack) / "SHA256SUMS").unlink()


@tampering("the pack's timestamp put in place of the capture's", SHA, TS)
def _(pack: Path, made: Made) -> None:
    shutil.copy(stamp(pack), stamp(item(pack)))


@tampering("the timestamp of another pack", TS)
def _(pack: Path, made: Made) -> None:
    shutil.copy(stamp(made.second), stamp(pack))


@tampering("a timestamp of an authority that is nobody's", TS)
def _(pack: Path, made: Made) -> None:
    with serving_tsa(pack.parent / "nobody", name="Nobody") as nobody:
        stamp(pack).write_bytes(nobody.stamp((pack / "SHA256SUMS").read_bytes()))


@tampering("a timestamp by a certificate that had expired", SHA, TS)
def _(pack: Path, made: Made) -> None:
    valid = (dt.timedelta(days=-20), dt.timedelta(days=-10))
    with serving_tsa(pack.parent / "expired", valid=valid) as expired:
        shutil.copy(expired.root, pack / "certs" / "tsa-root.pem")
        stamp(pack).write_bytes(expired.stamp((pack / "SHA256SUMS").read_bytes()))


@tampering("the roots of the authorities replaced, with a timestamp by a new one", SHA, TS)
def _(pack: Path, made: Made) -> None:
    with serving_tsa(pack.parent / "mine", name="Mine") as mine:
        shutil.copy(mine.root, pack / "certs" / "tsa-root.pem")
        stamp(pack).write_bytes(mine.stamp((pack / "SHA256SUMS").read_bytes()))


@tampering("an empty timestamp", TS)
def _(pack: Path, made: Made) -> None:
    stamp(pack).write_bytes(b"")


@tampering("the signer's certificate replaced", SHA, CMS, PYHANKO)
def _(pack: Path, made: Made) -> None:
    other = strange_sealing(made, pack).signer
    (pack / "certs" / "signer.pem").write_bytes(other.certificate_pem)


@tampering("a certificate of the same name put beside the signer's", SHA)
def _(pack: Path, made: Made) -> None:
    path = pack / "certs" / "signer.pem"
    path.write_bytes(path.read_bytes() + strange_sealing(made, pack).signer.certificate_pem)


@tampering("the signature over another list", CMS)
def _(pack: Path, made: Made) -> None:
    shutil.copy(made.second / "SHA256SUMS.p7s", pack / "SHA256SUMS.p7s")


@tampering("the signature removed", CMS)
def _(pack: Path, made: Made) -> None:
    (pack / "SHA256SUMS.p7s").unlink()


@tampering("a file changed and listed again", CMS, TS)
def _(pack: Path, made: Made) -> None:
    flip(pack / "VERIFY.txt")
    list_again(pack)


@tampering("a file changed, listed again and signed by another key", TS, PYHANKO)
def _(pack: Path, made: Made) -> None:
    flip(pack / "VERIFY.txt")
    sign_again(pack, strange_sealing(made, pack))


@tampering("the list written with other line ends", CMS, TS)
def _(pack: Path, made: Made) -> None:
    path = pack / "SHA256SUMS"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


@tampering("the lines of the list in another order", CMS, TS)
def _(pack: Path, made: Made) -> None:
    path = pack / "SHA256SUMS"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))


@tampering("the verdict in the manifest changed, and its folder listed and signed by another key", SHA, TS)
def _(pack: Path, made: Made) -> None:
    edit_manifest(pack, verdict="gone")
    sign_again(item(pack), strange_sealing(made, pack))


@tampering("the time in the manifest moved on, and everything listed and signed by the same key", TS)
def _(pack: Path, made: Made) -> None:
    edit_manifest(pack, ended_at="2041-01-01T00:00:00Z")
    for folder in (item(pack), pack):
        sign_again(folder, made.sealing)


@tampering("a record of the web archive changed with the package's digests put right", SHA, WARC, FASTWARC)
def _(pack: Path, made: Made) -> None:
    rewrite_wacz(pack, _other_record)


@tampering(
    "a false signature in the web archive that a viewer shows as valid, all sealed anew by the same key", WACZ
)
def _(pack: Path, made: Made) -> None:
    rewrite_wacz(pack, _false_signature)
    _manifest_digest_again(pack)
    seal_anew(item(pack), made)
    seal_anew(pack, made)


@tampering("the picture replaced, with its digest in the manifest, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    shutil.copy(item(pack) / "mention.png", item(pack) / "screenshot.png")
    _manifest_digest_again(pack)
    seal_anew(item(pack), made)
    seal_anew(pack, made)


@tampering("a record left out of the web archive's index, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    rewrite_wacz(pack, _shorter_index)
    _manifest_digest_again(pack)
    seal_anew(item(pack), made)
    seal_anew(pack, made)


@tampering("a capture replaced by one that is not in its custody log, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    name = item(pack).name
    shutil.rmtree(item(pack))
    shutil.copytree(item(made.second), pack / name)
    seal_anew(pack, made)


@tampering("a document put into the pack, listed and all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    (pack / "confession.pdf").write_bytes(unsigned_pdf())
    seal_anew(pack, made)


@tampering("a capture's files left in the pack without their seal, all sealed anew by the same key", SHA, CMS)
def _(pack: Path, made: Made) -> None:
    for path in item(pack).glob("SHA256SUMS*"):
        path.unlink()
    seal_anew(pack, made)


def seal_anew(folder: Path, made: Made) -> None:
    """The installation itself, dishonest: nothing of the outer form is wrong."""
    sign_again(folder, made.sealing)
    stamp(folder).write_bytes(made.tsa.stamp((folder / "SHA256SUMS").read_bytes()))


@tampering("entries of the custody log in another order, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    path = custody(pack)
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, *rest, second]))
    seal_anew(pack, made)


@tampering("the custody log cut off at its end, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    path = custody(pack)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    seal_anew(pack, made)


@tampering("an entry of the custody log reworded and linked again, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    path = custody(pack)
    entries = entries_from_jsonl(path.read_bytes())
    changed = [entries[0], linked(dataclasses.replace(entries[1], actor="cli:eve"))]
    for entry in entries[2:]:
        changed.append(linked(dataclasses.replace(entry, previous=changed[-1].hash)))
    path.write_bytes(jsonl_from_entries(changed))
    seal_anew(pack, made)


@tampering("the custody log of another item, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    shutil.copy(custody(made.second), custody(pack))
    seal_anew(pack, made)


@tampering("a new custody log for the same item, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    path = custody(pack)
    begun = entries_from_jsonl(path.read_bytes())[0]
    fresh = next_entry(None, evidence=begun.evidence, at=dt.datetime.now(dt.UTC), action=Action.CAPTURED,
                       actor="cli:eve", detail=begun.detail)  # fmt: skip
    path.write_bytes(jsonl_from_entries([fresh] * 1))
    seal_anew(pack, made)


@tampering("the inclusion proof changed, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    path = min(pack.glob("custody-*.proof.json"))
    path.write_text(re.sub(r'"salt":"..', '"salt":"00', path.read_text().replace('"salt":"00', '"salt":"11')))
    seal_anew(pack, made)


@tampering("the root of all custody logs changed, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    path = next((pack / "custody-roots").glob("*.json"))
    path.write_text(path.read_text().replace('"root":"', '"root":"00', 1))
    seal_anew(pack, made)


@tampering("the stamp of the root from another root, all sealed anew by the same key")
def _(pack: Path, made: Made) -> None:
    ours, other = (next((one / "custody-roots").glob("*.tsr")) for one in (pack, made.second))
    shutil.copy(other, ours)
    seal_anew(pack, made)


@tampering("text added to the report after signing, all sealed anew by the same key", PDF, PYHANKO)
def _(pack: Path, made: Made) -> None:
    path = pack / "report.pdf"
    with path.open("rb+") as file:
        writer = IncrementalPdfFileWriter(file)
        writer.root["/Note"] = TextStringObject("added")
        writer.root[NameObject("/Lang")] = TextStringObject("fr")
        writer.update_root()
        writer.write_in_place()
    seal_anew(pack, made)


@tampering("the report replaced by one that another key signed, all sealed anew by the same key", PYHANKO)
def _(pack: Path, made: Made) -> None:
    path = pack / "report.pdf"
    path.write_bytes(sign_report(unsigned_pdf(), strange_sealing(made, pack).signer))
    seal_anew(pack, made)


@tampering("the report replaced by an unsigned one, all sealed anew by the same key", PDF, PYHANKO)
def _(pack: Path, made: Made) -> None:
    (pack / "report.pdf").write_bytes(unsigned_pdf())
    seal_anew(pack, made)


def unsigned_pdf() -> bytes:
    writer = PdfFileWriter()
    contents = writer.add_object(StreamObject(stream_data=b""))
    page = PageObject(contents=contents, media_box=(0, 0, 200, 200))
    page[pdf_name("/Resources")] = writer.add_object(DictionaryObject())
    writer.insert_page(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def root_of(made: Made) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.tsa.root.read_bytes())
