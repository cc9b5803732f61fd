"""Real S3 servers for the vault's suites: moto's on loopback, and a front before it that fails in chosen ways."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from storage.vault.s3 import S3Blobs
from storage.vault.s3_client import open_client
from storage.vault.s3_place import S3Place
from tests.contracts.vault.front import Front

KEY_ID, SECRET = "key", "secret"
BUCKET = "vault"


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    """The port of an S3 server with the bucket ``vault``."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        place = S3Place(bucket=BUCKET, endpoint=f"http://127.0.0.1:{port}")
        client = open_client(place, KEY_ID, SECRET, attempts=1)
        client.create_bucket(Bucket=BUCKET)
        yield port
    finally:
        server.stop()


@pytest.fixture
def s3_place(s3_port: int, tmp_path: Path) -> S3Place:
    """A place that no other test uses."""
    return S3Place(bucket=BUCKET, prefix=f"tests/{tmp_path.name}", endpoint=f"http://127.0.0.1:{s3_port}")


@pytest.fixture
def open_s3() -> Callable[..., S3Blobs]:
    """Opens a place as an installation does, with two attempts only."""

    def _open(place: S3Place, *, owner: str = "this installation", attempts: int = 2) -> S3Blobs:
        blobs = S3Blobs(place, KEY_ID, SECRET, attempts=attempts)
        blobs.own(owner)
        return blobs

    return _open


@pytest.fixture
def front(s3_port: int) -> Iterator[Front]:
    running = Front(s3_port)
    yield running
    running.stop()


@pytest.fixture
def front_place(front: Front, s3_place: S3Place) -> S3Place:
    """The same place, reached through the front."""
    return dataclasses.replace(s3_place, endpoint=f"http://127.0.0.1:{front.port}")
