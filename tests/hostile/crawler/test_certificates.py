"""Certificates are always checked, for their issuer and for their name."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from spiders.items import RefusalKind

NOW = dt.datetime.now(dt.UTC)


def certificate(subject_address, issuer=None, *, expired=False):
    """A key and a certificate for an address, signed by ``issuer`` (key, certificate) or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    issuer_key, issuer_name = (issuer[0], issuer[1].subject) if issuer else (key, name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name if issuer else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test ca")]))
        .issuer_name(
            issuer_name if issuer else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test ca")])
        )
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=10))
        .not_valid_after(NOW + dt.timedelta(days=-1 if expired else 10))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if subject_address:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(subject_address))]),
            critical=False,
        )
    return key, builder.sign(issuer_key, hashes.SHA256())


def serve_tls(site, folder, key, cert):
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + cert.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    site.server.handle_error = lambda *_: None
    site.url = f"https://127.0.0.1:{site.port}"


@pytest.fixture
def public_folder():
    """A folder that the crawl process can read after it has given up root; pytest's own are private."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def trust(monkeypatch, folder, cert):
    path = folder / "trusted.pem"
    path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


def test_a_certificate_that_nobody_vouches_for_is_a_tls_error(site, crawl_sites, tmp_path):
    site.pages["/"] = '<p id="p1">text</p>'
    serve_tls(site, tmp_path, *certificate("127.0.0.1"))

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.TLS_ERROR]
    assert result.posts == []
    assert site.asked == []


@pytest.mark.parametrize(
    ("address", "expired", "is_read"),
    [("127.0.0.1", False, True), ("127.0.0.2", False, False), ("127.0.0.1", True, False)],
)
def test_a_vouched_certificate_is_good_for_its_own_name_and_time_only(
    site, crawl_sites, tmp_path, public_folder, monkeypatch, address, expired, is_read
):
    authority = certificate(None)
    trust(monkeypatch, public_folder, authority[1])
    site.pages["/"] = '<p id="p1">text</p>'
    serve_tls(site, tmp_path, *certificate(address, authority, expired=expired))

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == (["text"] if is_read else [])
    assert [refusal.kind for refusal in result.refusals] == ([] if is_read else [RefusalKind.TLS_ERROR])
