from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from monitor.evidence import launch

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another user id")


def test_chromium_gets_no_secret_and_no_proxy_from_our_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHAMEWATCH_SMTP_URL", "smtp://user:secret@mail.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://elsewhere.example")
    given = launch.environment(tmp_path)
    assert not {"SHAMEWATCH_SMTP_URL", "HTTPS_PROXY", "HOME"} & set(given)
    assert given["TMPDIR"] == str(tmp_path)


def test_an_id_in_use_is_not_taken() -> None:
    everything_but_one = frozenset(range(61184, 65520)) - {63000}
    assert launch.free_uid(everything_but_one) == 63000


@needs_root
def test_the_wrapper_becomes_an_unprivileged_user_who_owns_only_the_profile(tmp_path: Path) -> None:
    """The descriptors of Playwright's pipe survive, and nothing of root's is left."""
    profile = tmp_path / "profile"
    profile.mkdir()
    (profile / "file").write_text("x")
    program = Path("/tmp") / f"shamewatch-test-{os.getpid()}"
    program.write_text(
        "#!/bin/sh\nid -u; id -G; echo $HOME; umask; cat <&3; ls -ln $HOME/file; cat /etc/shadow || echo closed\n"
    )
    program.chmod(0o755)
    try:
        wrapper = launch.write_wrapper(tmp_path, program, 63001)
        done = subprocess.run(
            ["sh", "-c", f"exec 3<&0; exec {wrapper} --user-data-dir={profile} </dev/null"],
            capture_output=True, text=True, check=False, input="from the pipe\n", env=launch.environment(tmp_path), timeout=20,
        )  # fmt: skip
    finally:
        program.unlink()
    lines = done.stdout.splitlines()
    assert lines[:5] == ["63001", "63001", str(profile), "0077", "from the pipe"], done.stderr
    assert lines[-1] == "closed"


@needs_root
def test_the_wrapper_does_nothing_without_a_profile(tmp_path: Path) -> None:
    wrapper = launch.write_wrapper(tmp_path, Path("/bin/true"), 63002)
    done = subprocess.run([wrapper], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode != 0
    assert "no profile folder" in done.stderr


def test_a_program_below_a_closed_folder_is_not_reachable(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    program = folder / "chrome"
    program.write_text("")
    program.chmod(0o755)
    assert not launch.is_reachable_by_others(program)
    assert launch.is_reachable_by_others(Path("/bin/sh"))
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
