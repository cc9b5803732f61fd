"""The local vault when its process is killed at any line, at any instant, or when the disk is full: whole files or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from storage.errors import DiskFullError
from storage.vault.blobs import LocalBlobs

ONE = "ab" * 32

_BEGIN = """
import hashlib, json, os, random, signal, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
import storage.files
from storage.errors import StorageError
from storage.vault.blobs import LocalBlobs

folder = Path(sys.argv[1])
ADA = "s-22222222"

def content_of(address):
    return hashlib.sha256(address.encode()).digest() * 8000  # 256 kB: written in more than one step

def whole_or_none(blobs):
    count = 0
    for address, _ in blobs.entries(ADA):
        assert blobs.get(ADA, address) == content_of(address), f"{address} is half a file"
        count += 1
    return count
"""

# A child is killed at the n-th line that is executed in storage/files.py, for every n until it gets through.
_EVERY_LINE = """
ADDRESS, OLD = "ab" * 32, b"what stood there before"

def killed_at(number, is_replacing):
    child = os.fork()
    if child == 0:
        seen = 0
        def trace(frame, event, argument):
            nonlocal seen
            if frame.f_code.co_filename != storage.files.__file__:
                return None
            if event == "line":
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace
        sys.settrace(trace)
        LocalBlobs(folder, reserve_bytes=0).put(ADA, ADDRESS, content_of(ADDRESS), is_replacing=is_replacing)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

result = {}
for is_replacing in (False, True):
    number, kinds = 0, []
    while True:
        number += 1
        blobs = LocalBlobs(folder, reserve_bytes=0)
        blobs.remove_all(ADA)
        if is_replacing:
            blobs.put(ADA, ADDRESS, OLD)
        code = killed_at(number, is_replacing)
        assert code in (0, -signal.SIGKILL), code
        there = blobs.get(ADA, ADDRESS) if blobs.has(ADA, ADDRESS) else b""
        kinds.append({content_of(ADDRESS): "new", OLD: "old", b"": "none"}.get(there, "half"))
        blobs.sweep_partial(datetime.now(UTC) + timedelta(hours=1))
        assert not list(folder.rglob(".partial-*"))
        if code == 0:
            break
    result["replacing" if is_replacing else "writing"] = kinds
print(json.dumps(result))
"""

_ANY_INSTANT = """
random.seed(4)
kills = 0
for round_number in range(25):
    child = os.fork()
    if child == 0:
        blobs = LocalBlobs(folder, reserve_bytes=0)
        for number in range(10**6):
            address = hashlib.sha256(f"{round_number} {number % 7}".encode()).hexdigest()
            blobs.put(ADA, address, content_of(address), is_replacing=True)
    time.sleep(random.uniform(0.002, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kills += 1
    whole_or_none(LocalBlobs(folder))
print(json.dumps({"kills": kills, "whole": whole_or_none(LocalBlobs(folder))}))
"""

_UNTIL_FULL = """
blobs = LocalBlobs(folder, reserve_bytes=-(10**12))  # nothing is asked before: the write itself must fail
said, kept = "", 0
if len(sys.argv) > 2:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
for number in range(40):
    address = hashlib.sha256(str(number).encode()).hexdigest()
    try:
        # Ever larger ones, so that a limit on the size of one file is met as well as one on all.
        blobs.put(ADA, address, content_of(address) if number < 2 else content_of(address) * number)
    except StorageError as error:
        said = f"{type(error).__name__}: {error}"
        break
    kept += 1
for address in (hashlib.sha256(str(n).encode()).hexdigest() for n in range(2)):
    assert blobs.get(ADA, address) == content_of(address)
print(json.dumps({"said": said, "kept": kept, "files": sum(path.is_file() for path in folder.rglob("*"))}))
"""


def _run(script: str, folder: Path, *more: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    command = [*before, sys.executable, "-c", _BEGIN + script, str(folder), *more]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(root)}
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_kill_at_any_line_leaves_the_old_file_or_the_new_one_or_none(tmp_path: Path) -> None:
    result = _run(_EVERY_LINE, tmp_path / "vault")
    for kinds, before in ((result["writing"], "none"), (result["replacing"], "old")):
        assert set(kinds) == {before, "new"}, kinds
        assert kinds == sorted(kinds, key=lambda kind: kind == "new"), (
            "once it is there it is never gone again"
        )
        assert len(kinds) > 10


def test_a_kill_at_any_instant_leaves_no_half_file(tmp_path: Path) -> None:
    result = _run(_ANY_INSTANT, tmp_path / "vault")
    assert result["kills"] == 25
    assert result["whole"] > 0


def _ways_to_be_full() -> list[str]:
    """A limit on a file's size works everywhere; a small disk of its own only where we may mount one."""
    mount = ["unshare", "-m", "true"]
    may_mount = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    return ["limited file size", "small disk"] if may_mount else ["limited file size"]


@pytest.mark.parametrize("way", _ways_to_be_full())
def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    if way == "small disk":
        mount = f'mount -t tmpfs -o size=2m tmpfs "{folder}" && exec "$@"'
        result = _run(_UNTIL_FULL, folder, before=("unshare", "-m", "sh", "-c", mount, "sh"))
    else:
        result = _run(_UNTIL_FULL, folder, "1000000")
    assert result["said"].startswith("DiskFullError: There is no room left")
    assert result["kept"] == result["files"] >= 2


def test_the_last_of_the_disk_is_left_to_the_database(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path / "vault", reserve_bytes=10**18)
    for attempt in (lambda: blobs.put("s-22222222", ONE, b"x"), lambda: blobs.require_room(1)):
        with pytest.raises(DiskFullError, match="kept for the database"):
            attempt()
    assert not list(tmp_path.rglob("*"))
