"""What an S3 server and the surroundings can do wrong: it is told in a sentence, tried again, or has no effect at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storage import Keyring, Scope, Storage
from storage.errors import (
    BadValueError,
    CorruptError,
    DiskFullError,
    ErasureUnfinishedError,
    StorageError,
    UnreachableError,
    VaultRefusedError,
)
from storage.vault.s3 import S3Blobs
from storage.vault.s3_place import S3Place, s3_place_from_url
from tests.contracts.vault.front import Fault, Front, s3_error

ONE, TWO = "ab" * 32, "cd" * 32
ADA = "s-22222222"
Open = Callable[..., S3Blobs]


class Trap:
    """A listening port that nobody may connect to."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self.count = 0
        self._is_over = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._is_over:
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.count += 1
            connection.close()

    def stop(self) -> None:
        self._is_over = True
        self._thread.join()
        self._socket.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    running = Trap()
    yield running
    running.stop()


REFUSALS = [
    (403, "InvalidAccessKeyId", VaultRefusedError, "check SHAMEWATCH_VAULT_KEY_ID and SHAMEWATCH_VAULT_SECRET"),
    (403, "SignatureDoesNotMatch", VaultRefusedError, "check SHAMEWATCH_VAULT_KEY_ID"),
    (403, "AccessDenied", VaultRefusedError, "need to list 'vault', and to get, put and delete"),
    (403, "RequestTimeTooSkewed", VaultRefusedError, "clock .* differ too much"),
    (400, "AuthorizationHeaderMalformed", VaultRefusedError, "correct endpoint or region"),
    (404, "NoSuchBucket", VaultRefusedError, "has no bucket 'vault'"),
    (507, "XMinioStorageFull", DiskFullError, "no room left"),
    (503, "SlowDown", UnreachableError, "does not answer as it should"),
    (400, "InvalidRequest", VaultRefusedError, r"refused a request \(InvalidRequest\)"),
]  # fmt: skip


def test_what_the_server_refuses_is_told_with_what_to_do(
    front: Front, front_place: S3Place, open_s3: Open
) -> None:
    blobs = open_s3(front_place, owner="", attempts=1)
    calls = (
        lambda: blobs.put(ADA, ONE, b"x", is_replacing=True),
        lambda: blobs.get(ADA, ONE),
        blobs.subjects,
    )
    for status, code, kind, words in REFUSALS:
        front.always = s3_error(status, code)
        for call in calls:
            with pytest.raises(kind, match=words):
                call()


def test_a_wrong_bucket_and_a_dead_server_are_told(s3_place: S3Place, open_s3: Open) -> None:
    with pytest.raises(VaultRefusedError, match="has no bucket 'nowhere'"):
        open_s3(dataclasses.replace(s3_place, bucket="nowhere")).check()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    dead = open_s3(dataclasses.replace(s3_place, endpoint=f"http://127.0.0.1:{port}"), attempts=1)
    for call in (lambda: dead.get(ADA, ONE), lambda: dead.require_room(1), dead.check):
        with pytest.raises(UnreachableError, match="cannot be reached"):
            call()


def test_a_server_that_speaks_no_s3_is_told(front: Front, front_place: S3Place, open_s3: Open) -> None:
    front.always = Fault(body=b"<html>Welcome to nginx!", headers=(("Content-Type", "text/html"),))
    with pytest.raises(StorageError, match="does not answer as it should"):
        open_s3(front_place, owner="", attempts=1).subjects()


def test_what_fails_for_a_moment_is_tried_again(front: Front, front_place: S3Place, open_s3: Open) -> None:
    blobs = open_s3(front_place)
    blobs.check()
    for fault in (s3_error(503, "SlowDown"), s3_error(500, "InternalError"), Fault(is_unheard=True)):
        front.faults = [fault]
        blobs.put(ADA, ONE, b"x" * 1000, is_replacing=True)
        assert front.faults == []
    for fault in (s3_error(503, "SlowDown"), Fault(is_cut=True), Fault(is_flipped=True)):
        front.faults = [fault]
        assert blobs.get(ADA, ONE) == b"x" * 1000
        assert front.faults == []


def test_an_upload_whose_answer_was_lost_is_found_to_be_there(
    front: Front, front_place: S3Place, open_s3: Open, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    keyring = Keyring.create(tmp_path / "keys" / "key", away_from=[home])
    opened = Storage.initialise(home=home, keyring=keyring, blobs=open_s3(front_place))
    opened.check_vault()
    with opened.begin(Scope.operator()) as unit:
        subject = unit.subjects.add("Ada").id
        front.faults = [None, Fault(is_unheard=True)]
        address = unit.vault.put(subject, b"picture")
        assert front.faults == []
        assert unit.vault.get(subject, address) == b"picture"
    opened.close()


def test_bytes_that_are_not_those_of_their_checksum_are_never_given_out(
    front: Front, front_place: S3Place, open_s3: Open
) -> None:
    blobs = open_s3(front_place)
    blobs.put(ADA, ONE, b"x" * 1000)
    front.always = Fault(is_flipped=True)
    with pytest.raises(CorruptError, match="backup"):
        blobs.get(ADA, ONE)


def test_uploads_carry_their_digests_and_the_condition_to_write_once(
    front: Front, front_place: S3Place, open_s3: Open
) -> None:
    blobs = open_s3(front_place)
    blobs.check()
    front.seen.clear()
    assert blobs.put(ADA, ONE, b"hello")
    ((method, path, headers),) = front.seen
    assert (method, path) == ("PUT", f"/vault/{front_place.prefix}/{ADA}/ab/{ONE}")
    assert headers["If-None-Match"] == "*"
    assert headers["x-amz-checksum-sha256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert (
        headers["X-Amz-Content-SHA256"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    )
    assert not blobs.put(ADA, ONE, b"other")


def test_a_server_that_ignores_conditions_is_asked_before_each_write(
    front: Front, front_place: S3Place, open_s3: Open
) -> None:
    """Some S3-compatible servers take If-None-Match, and overwrite all the same."""
    blobs = open_s3(front_place)
    # Who owns it? – written – read back – written again on condition, and the server says it was.
    front.faults = [None, None, None, Fault(status=200)]
    assert blobs.put(ADA, ONE, b"first")
    front.seen.clear()
    assert not blobs.put(ADA, ONE, b"second")
    assert [method for method, _, _ in front.seen] == ["HEAD"]
    assert blobs.get(ADA, ONE) == b"first"


def test_one_place_belongs_to_one_installation(s3_place: S3Place, open_s3: Open) -> None:
    """A second one would take the first one's files for orphans, and sweep them away."""
    open_s3(s3_place, owner="first").put(ADA, ONE, b"x")
    second = open_s3(s3_place, owner="second")
    for change in (
        lambda: second.put(ADA, TWO, b"x"),
        lambda: second.refresh(ADA, ONE),
        lambda: second.remove(ADA, ONE, written_before=dt.datetime.now(dt.UTC) + dt.timedelta(days=1)),
        lambda: second.remove_all(ADA),
        second.check,
    ):
        with pytest.raises(VaultRefusedError, match="belongs to another installation"):
            change()
    again = open_s3(s3_place, owner="first")
    assert again.get(ADA, ONE) == b"x"
    assert again.check()


def test_no_redirect_is_followed(front: Front, front_place: S3Place, open_s3: Open, trap: Trap) -> None:
    blobs = open_s3(front_place, owner="", attempts=1)
    away = f"http://127.0.0.1:{trap.port}/vault"
    body = f"<Error><Code>PermanentRedirect</Code><Endpoint>127.0.0.1:{trap.port}</Endpoint></Error>".encode()
    headers = (("Location", away), ("x-amz-bucket-region", "eu-west-9"))
    calls = (lambda: blobs.put(ADA, ONE, b"x", is_replacing=True), lambda: blobs.get(ADA, ONE), lambda: blobs.has(ADA, ONE))  # fmt: skip
    for status in (301, 302, 307, 308):
        front.always = Fault(status=status, body=body, headers=headers)
        for call in calls:
            with pytest.raises(VaultRefusedError, match="is not followed"):
                call()
    assert trap.count == 0


@pytest.fixture
def hostile_surroundings(monkeypatch: pytest.MonkeyPatch, trap: Trap, tmp_path: Path) -> Trap:
    """An environment that points everywhere else."""
    url = f"http://127.0.0.1:{trap.port}"
    config = tmp_path / "aws-config"
    config.write_text(
        f"[default]\nendpoint_url = {url}\ns3 =\n  use_accelerate_endpoint = true\n  addressing_style = virtual\n"
        "[broken"
    )
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "AWS_ENDPOINT_URL",
                 "AWS_ENDPOINT_URL_S3", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):  # fmt: skip
        monkeypatch.setenv(name, url)
    for name, value in {
        "NO_PROXY": "", "no_proxy": "", "AWS_PROFILE": "no-such-profile", "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(config), "AWS_CA_BUNDLE": "/nonexistent", "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ACCESS_KEY_ID": "stranger", "AWS_SECRET_ACCESS_KEY": "stranger",
        "AWS_SESSION_TOKEN": "stranger", "AWS_CSM_ENABLED": "true", "AWS_DATA_PATH": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return trap


def test_no_proxy_profile_or_endpoint_of_the_environment_has_a_say(
    front: Front, front_place: S3Place, open_s3: Open, hostile_surroundings: Trap
) -> None:
    blobs = open_s3(front_place)
    blobs.put(ADA, ONE, b"x")
    assert blobs.get(ADA, ONE) == b"x"
    blobs.remove_all(ADA)
    assert hostile_surroundings.count == 0
    assert front.seen
    for _, _, headers in front.seen:
        assert "Credential=key/" in headers["Authorization"]
        assert "X-Amz-Security-Token" not in headers
        assert headers["Host"] == f"127.0.0.1:{front.port}"


@pytest.mark.parametrize(("key_id", "secret"), [("", ""), ("key", ""), ("", "secret")])
def test_without_credentials_nobody_is_asked_for_some(
    s3_place: S3Place, hostile_surroundings: Trap, key_id: str, secret: str
) -> None:
    with pytest.raises(BadValueError, match="SHAMEWATCH_VAULT_KEY_ID and SHAMEWATCH_VAULT_SECRET"):
        S3Blobs(s3_place, key_id, secret)
    assert hostile_surroundings.count == 0


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault.test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "vault.pem", folder / "vault.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_pem)
    return pem, context


def test_a_private_certificate_is_refused_until_it_is_named(
    s3_port: int, s3_place: S3Place, open_s3: Open, tmp_path: Path
) -> None:
    pem, context = _certificate(tmp_path)
    front = Front(s3_port, context)
    try:
        place = dataclasses.replace(s3_place, endpoint=f"https://127.0.0.1:{front.port}")
        with pytest.raises(VaultRefusedError, match="&ca=FILE"):
            open_s3(place, attempts=1).check()
        assert front.seen == []
        trusting = open_s3(dataclasses.replace(place, ca=pem), attempts=1)
        assert trusting.put(ADA, ONE, b"x")
        assert trusting.get(ADA, ONE) == b"x"
    finally:
        front.stop()
    with pytest.raises(BadValueError, match="no file"):
        open_s3(dataclasses.replace(place, ca=tmp_path / "none.pem"))


def test_an_erasure_is_finished_when_the_store_answers_again(
    front: Front, front_place: S3Place, open_s3: Open, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    keyring = Keyring.create(tmp_path / "keys" / "key", away_from=[home])
    blobs = open_s3(front_place, attempts=1)
    opened = Storage.initialise(home=home, keyring=keyring, blobs=blobs)
    with opened.begin(Scope.operator()) as unit:
        ada = unit.subjects.add("Ada").id
        unit.vault.put(ada, b"picture")
    front.always = s3_error(503, "SlowDown")
    with pytest.raises(ErasureUnfinishedError, match="sealed files still lie in the vault"), opened.begin(Scope.operator()) as unit:  # fmt: skip
        unit.subjects.erase(ada)
    opened.tidy_vault()
    opened.close()
    offline = Storage.open(home=home, keyring=keyring, blobs=blobs)
    offline.close()
    front.always = None
    Storage.open(home=home, keyring=keyring, blobs=blobs).close()
    assert blobs.subjects() == []


def test_addresses_of_vaults_are_read() -> None:
    place = s3_place_from_url("s3://evidence/clinic/one/?endpoint=https://s3.example:9000/&region=eu-1&ca=/etc/ca.pem")  # fmt: skip
    assert place == S3Place(
        bucket="evidence", prefix="clinic/one", endpoint="https://s3.example:9000", region="eu-1", ca=Path("/etc/ca.pem")
    )  # fmt: skip
    assert s3_place_from_url("s3://bucket?region=ap-southeast-1").origin == "https://s3.ap-southeast-1.amazonaws.com"  # fmt: skip
    assert s3_place_from_url("s3://bucket?endpoint=http://[::1]:9000").origin == "http://[::1]:9000"


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket/x", "s3://", "s3:///x", "s3://Bucket", "s3://b", "s3://bucket:99", "s3://me:pw@bucket/x",
        "s3://bucket/../x", "s3://bucket/a//b", "s3://bucket/a b", "s3://bucket#x", "s3://bucket?colour=red",
        "s3://bucket?endpoint", "s3://bucket?region=a/b", "s3://bucket?endpoint=far.example:9000",
        "s3://bucket?endpoint=http://far.example", "s3://bucket?endpoint=http://127.0.0.1.far.example",
        "s3://bucket?endpoint=http://127.0.0.1@far.example", "s3://bucket?endpoint=https://far.example/path",
        "s3://bucket?endpoint=https://far.example:port", "s3://bucket?endpoint=ftp://far.example",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_vault_is_told(url: str) -> None:
    with pytest.raises(BadValueError, match="s3://bucket/prefix"):
        s3_place_from_url(url)
