"""Who is asked for timestamps, and which roots they may chain to."""

from pathlib import Path

import certifi
import pytest
from cryptography import x509

from monitor.config import Settings
from monitor.errors import BadInputError
from monitor.evidence.tsa import (
    pem_from_certificates,
    trust_from_settings,
    tsas_from_settings,
    well_known_roots,
)
from tests.tsa.local_tsa import make_pki


def tsas(urls: str) -> list[tuple[str, str]]:
    settings = Settings(tsa_urls=urls)  # type: ignore[arg-type]  # as the environment gives it
    return [(tsa.name, tsa.url) for tsa in tsas_from_settings(settings)]


def test_without_a_setting_public_authorities_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHAMEWATCH_TSA_URLS", raising=False)
    assert len(tsas_from_settings(Settings())) == 2


def test_none_means_none() -> None:
    assert tsas("none") == []


def test_each_authority_has_a_name_of_its_own_for_its_files() -> None:
    urls = "http://tsa.example/a, https://tsa.example/b,http://127.0.0.1:8318/x,http://[::1]:9/"
    assert [name for name, _ in tsas(urls)] == ["tsa.example", "tsa.example.n2", "127.0.0.1-8318", "1-9"]


@pytest.mark.parametrize("url", ["ftp://tsa.example", "tsa.example", "http://", "http://me:pw@tsa.example"])
def test_what_is_no_address_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(BadInputError, match="no address of a timestamping authority"):
        tsas(url)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_roots_that_ship_are_in_mozillas_list() -> None:
    mozillas = set(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))
    assert len(well_known_roots()) == 3
    assert set(well_known_roots()) <= mozillas


def test_a_file_of_roots_adds_to_them(tmp_path: Path) -> None:
    make_pki(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes((tmp_path / "root.pem").read_bytes() + (tmp_path / "leaf.pem").read_bytes())
    trust = trust_from_settings(Settings(tsa_roots=(both,)))
    root, leaf = x509.load_pem_x509_certificates(both.read_bytes())
    assert trust.roots[-1] == root
    assert len(trust.roots) == 4
    assert trust.chain == (leaf,)
    assert x509.load_pem_x509_certificates(pem_from_certificates(trust.roots)) == list(trust.roots)


def test_a_file_without_a_certificate_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.pem"
    path.write_text("nothing")
    with pytest.raises(BadInputError, match="holds no certificate"):
        trust_from_settings(Settings(tsa_roots=(path,)))
    with pytest.raises(BadInputError, match="cannot be read: No such file"):
        trust_from_settings(Settings(tsa_roots=(tmp_path / "missing.pem",)))
