"""A timestamping authority on loopback: OpenSSL's ``ts -reply`` behind a small web server, with a PKI of its own."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# No `certs =`: the root's presence in the answer is a trap (it is no leaf).
_CONFIG = """\
[tsa]
default_tsa = local
[local]
serial = {folder}/serial
signer_cert = {folder}/leaf.pem
signer_key = {folder}/leaf.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclasses.dataclass
class LocalTsa:
    """``root``: the PEM file to trust. ``answers``: how many were given. ``is_down``: answers 503 while set."""

    folder: Path
    url: str
    answers: int = 0
    is_down: bool = False

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def reply(self, request_der: bytes) -> bytes:
        """The TimeStampResp to a request, straight from OpenSSL."""
        query, reply = self.folder / "query.tsq", self.folder / "reply.tsr"
        query.write_bytes(request_der)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "local",
             "-queryfile", query, "-out", reply],
            check=True, capture_output=True, timeout=20,
        )  # fmt: skip
        return reply.read_bytes()

    def stamp(self, data: bytes, **request: object) -> bytes:
        """A TimeStampResp over the data, without the web server."""
        file, query = self.folder / "data", self.folder / "own.tsq"
        file.write_bytes(data)
        subprocess.run(
            ["openssl", "ts", "-query", "-data", file, "-sha256", "-cert", "-out", query],
            check=True, capture_output=True, timeout=20,
        )  # fmt: skip
        return self.reply(query.read_bytes())


def make_pki(
    folder: Path,
    *,
    name: str = "Local TSA",
    is_critical: bool = True,
    valid: tuple[dt.timedelta, dt.timedelta] = (dt.timedelta(days=-30), dt.timedelta(days=3650)),
) -> None:
    """A root, a leaf for timestamping, and OpenSSL's configuration. ``valid``: the leaf's bounds from now."""
    folder.mkdir(parents=True, exist_ok=True)
    now = dt.datetime.now(dt.UTC)
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} root")])
    root = (
        _certificate(root_name, root_name, root_key.public_key(), now - dt.timedelta(days=4000), now + dt.timedelta(days=3700))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )  # fmt: skip
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} unit 1")])
    leaf = (
        _certificate(leaf_name, root_name, leaf_key.public_key(), now + valid[0], now + valid[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=is_critical)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "leaf.key").write_bytes(
        leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    begin: dt.datetime,
    end: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


@contextmanager
def serving_tsa(folder: Path, **pki: object) -> Iterator[LocalTsa]:
    """Make the PKI and answer on a free port of loopback until the end of the block."""
    make_pki(folder, **pki)  # type: ignore[arg-type]
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            if tsa.is_down:
                self.send_error(503)
                return
            with lock:
                reply = tsa.reply(request)
                tsa.answers += 1
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tsa = LocalTsa(folder, f"http://127.0.0.1:{server.server_address[1]}/tsr")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield tsa
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
