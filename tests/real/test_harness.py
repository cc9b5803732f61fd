"""Where the real software cannot be had, the tests say so and do not pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real import wordpress
from tests.real.processes import RealSoftwareError, Server


def test_missing_packages_are_named_with_the_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wordpress, "_program", {"mariadb": "/usr/bin/mariadb"}.get)
    with pytest.raises(
        RealSoftwareError, match=r"mariadbd, mariadb-install-db, php.*apt-get install .*php-mysql"
    ):
        wordpress.start_wordpress(tmp_path)


def test_a_server_that_ends_at_once_is_an_error_with_its_log(tmp_path: Path) -> None:
    server = Server.start(["sh", "-c", "echo no such disk; exit 3"], tmp_path / "log", tmp_path)
    with pytest.raises(RealSoftwareError, match="no such disk"):
        server.wait_until(lambda: False)


def test_a_server_that_stays_silent_is_ended(tmp_path: Path) -> None:
    server = Server.start(["sleep", "300"], tmp_path / "log", tmp_path)
    with pytest.raises(RealSoftwareError, match="did not start"):
        server.wait_until(lambda: False, timeout_s=0.3)
    assert server.process.poll() is not None
