"""Files are there whole or not at all, and failures are sentences. Real limits and users, in child processes."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from storage.errors import DiskFullError, ReadOnlyError, StorageError
from storage.files import make_private_folder, storage_error_from_os, told_as_storage_errors, write_new_file

ROOT = Path(__file__).parents[3]


def run_limited(
    program: str, *arguments: object, size_bytes: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program as an unprivileged user (where we are root) or with a limit on the size of files."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size_bytes}, {size_bytes}))\n"
    drop = "import os\nif os.geteuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    code = (limit if size_bytes is not None else drop).join(program.split("#LIMIT\n"))
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_written_file_has_its_content_and_mode_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    write_new_file(tmp_path / "a", b"content", mode=0o400)
    assert (tmp_path / "a").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o400
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_existing_file_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    write_new_file(tmp_path / "a", b"old", mode=0o600)
    with pytest.raises(FileExistsError):
        write_new_file(tmp_path / "a", b"new", mode=0o600)
    assert (tmp_path / "a").read_bytes() == b"old"
    write_new_file(tmp_path / "a", b"new", mode=0o600, is_replacing=True)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_link_at_the_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"keep")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    write_new_file(tmp_path / "a", b"new", mode=0o600, is_replacing=True)
    assert (tmp_path / "victim").read_bytes() == b"keep"
    assert not (tmp_path / "a").is_symlink()


def test_where_there_is_no_room_nothing_half_written_stays_and_the_old_file_stands(tmp_path: Path) -> None:
    write_new_file(tmp_path / "a", b"old", mode=0o600)
    program = """
import sys, pathlib
from storage.files import write_new_file
#LIMIT
write_new_file(pathlib.Path(sys.argv[1]), b"x" * 100_000, mode=0o600, is_replacing=True)
"""
    done = run_limited(program, tmp_path / "a", size_bytes=50_000)
    assert "DiskFullError: There is no room left to write" in done.stderr
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_may_not_be_written_is_told() -> None:
    program = """
import sys, pathlib
from storage.files import write_new_file
#LIMIT
write_new_file(pathlib.Path(sys.argv[1]), b"x", mode=0o600)
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        done = run_limited(program, Path(folder) / "a")
    assert "ReadOnlyError" in done.stderr
    assert "Check who owns the folder" in done.stderr


def test_a_private_folder_and_its_parents_are_closed_to_others(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path / "a" / "b")
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")] == [0o700, 0o700]
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="a file in place of the folder"):
        make_private_folder(tmp_path / "file")
    with pytest.raises(StorageError):
        make_private_folder(tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFullError),
        (errno.EDQUOT, DiskFullError),
        (errno.EROFS, ReadOnlyError),
        (errno.EIO, StorageError),
    ],
)
def test_each_failure_of_the_system_is_told_with_the_place(number: int, kind: type[StorageError]) -> None:
    error = storage_error_from_os(OSError(number, os.strerror(number)), Path("/data/x"))
    assert type(error) is kind
    assert "/data/x" in str(error)
    assert str(error).endswith(".")


def test_a_missing_file_is_left_to_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), told_as_storage_errors(tmp_path):
        (tmp_path / "a").read_bytes()
