"""Which timestamping authorities are asked, and which roots their stamps may chain to. Asks nobody.

Defaults are three public authorities whose roots Mozilla's list holds as well. An operator's own list
(``SHAMEWATCH_TSA_URLS``) replaces them; ``SHAMEWATCH_TSA_ROOTS`` adds roots and intermediates.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from monitor.config import Settings
from monitor.errors import BadInputError
from monitor.evidence.timestamp import TsaTrust

DEFAULT_URLS = ("http://timestamp.digicert.com", "http://timestamp.globalsign.com/tsa/r6advanced1")
_NO_TSA = "none"


@dataclasses.dataclass(frozen=True, slots=True)
class Tsa:
    """A timestamping authority. ``name`` stands in the file names of its stamps."""

    name: str
    url: str


def tsas_from_settings(settings: Settings) -> tuple[Tsa, ...]:
    """The authorities to ask, each under a name of its own. Raises BadInputError for what is no address."""
    urls = settings.tsa_urls or DEFAULT_URLS
    if [url.lower() for url in urls] == [_NO_TSA]:
        return ()
    tsas: list[Tsa] = []
    for url in urls:
        name = _name_from_url(url)
        taken = sum(tsa.name == name or tsa.name.startswith(f"{name}.n") for tsa in tsas)
        tsas.append(Tsa(f"{name}.n{taken + 1}" if taken else name, url))
    return tuple(tsas)


def trust_from_settings(settings: Settings, further: Sequence[Path] = ()) -> TsaTrust:
    """The well-known roots and the operator's. Raises BadInputError for a file that holds no certificate."""
    own = [
        certificate
        for path in (*settings.tsa_roots, *further)
        for certificate in certificates_from_file(path)
    ]
    return TsaTrust(
        roots=tuple(dict.fromkeys([*well_known_roots(), *filter(_is_root, own)])),
        chain=tuple(dict.fromkeys(one for one in own if not _is_root(one))),
    )


@functools.cache
def well_known_roots() -> tuple[x509.Certificate, ...]:
    """The roots of the public authorities that are asked by default, and of one more."""
    pem = resources.files("monitor.evidence").joinpath("data/tsa_roots.pem").read_bytes()
    return tuple(x509.load_pem_x509_certificates(pem))


def certificates_from_file(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises BadInputError."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BadInputError(why=f"the file of TSA roots {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise BadInputError(
            why=f"{path} holds no certificate in PEM form: name a file of TSA roots."
        ) from None


def pem_from_certificates(certificates: Sequence[x509.Certificate]) -> bytes:
    """One PEM file, each certificate under a line that names it."""
    return b"".join(
        f"# {one.subject.rfc4514_string()}\n".encode() + one.public_bytes(Encoding.PEM)
        for one in certificates
    )


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def _name_from_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or parts.scheme not in ("http", "https") or parts.username is not None:
        raise BadInputError(
            why=f"{url!r} is no address of a timestamping authority: write it as http://timestamp.example.org."
        )
    is_usual = port in (None, 80, 443)
    return re.sub(r"[^a-z0-9.]+", "-", host.lower() if is_usual else f"{host.lower()}-{port}").strip("-.")
