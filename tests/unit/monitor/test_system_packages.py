"""No package manager is run here: a program on PATH stands where apt-get would, and writes down how it was called."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor import system_packages
from monitor.system_packages import Need, State, ensure


@pytest.fixture
def fake_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ``apt-get`` that notes its arguments and policy-rc.d, and makes the file ``done`` on install."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "apt-get"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$DEBIAN_FRONTEND $*" >> {tmp_path}/calls\n'
        f"[ -e {tmp_path}/policy ] && echo policy >> {tmp_path}/calls\n"
        f'[ -e {tmp_path}/broken ] && {{ echo "E: Unable to locate package" >&2; exit 100; }}\n'
        f'[ "$1" = install ] && : > {tmp_path}/done\n'
        "exit 0\n"
    )
    program.chmod(0o755)
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "mirror_Packages").touch()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(system_packages, "_APT_LISTS", lists)
    monkeypatch.setattr(system_packages, "_POLICY", tmp_path / "policy")
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 0)
    return tmp_path


def _need(place: Path, **more: object) -> Need:
    return Need(
        name="A thing", why="it is needed", packages={"apt-get": ("thing", "thing-data")}, is_met=(place / "done").exists, **more
    )  # type: ignore[arg-type]  # fmt: skip


def _calls(place: Path) -> list[str]:
    path = place / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_what_is_there_is_neither_installed_nor_mentioned(fake_apt: Path) -> None:
    (fake_apt / "done").touch()
    said: list[str] = []
    (outcome,) = ensure([_need(fake_apt)], said.append)
    assert outcome.state is State.PRESENT
    assert outcome.is_met
    assert said == []
    assert _calls(fake_apt) == []


def test_root_installs_after_saying_which_and_why(fake_apt: Path) -> None:
    said: list[str] = []
    (outcome,) = ensure([_need(fake_apt)], said.append)
    assert outcome.state is State.INSTALLED
    assert said == ["Installing thing, thing-data with apt-get: it is needed."]
    assert _calls(fake_apt) == ["noninteractive install -y -qq --no-install-recommends thing thing-data"]


def test_without_root_the_exact_command_is_said_and_nothing_run(
    fake_apt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 1000)
    said: list[str] = []
    (outcome,) = ensure([_need(fake_apt)], said.append)
    assert outcome.state is State.BY_HAND
    assert said[0].endswith("sudo apt-get install --no-install-recommends thing thing-data")
    assert _calls(fake_apt) == []


def test_a_machine_without_package_lists_fetches_them_first(fake_apt: Path) -> None:
    (fake_apt / "lists/mirror_Packages").unlink()
    ensure([_need(fake_apt)], lambda line: None)
    assert [call.split()[1] for call in _calls(fake_apt)] == ["update", "install"]


def test_a_failed_installation_is_tried_once_more_and_then_reported(fake_apt: Path) -> None:
    (fake_apt / "broken").touch()
    said: list[str] = []
    (outcome,) = ensure([_need(fake_apt)], said.append)
    assert outcome.state is State.FAILED
    assert "Unable to locate package" in outcome.detail
    assert said[-1] == outcome.detail
    assert [call.split()[1] for call in _calls(fake_apt)] == ["install", "update", "install"]


def test_a_server_is_kept_from_starting_and_the_switch_is_undone(fake_apt: Path) -> None:
    ensure([_need(fake_apt, has_server=True)], lambda line: None)
    assert "policy" in _calls(fake_apt)
    assert not (fake_apt / "policy").exists()


def test_somebody_elses_switch_is_left_alone(fake_apt: Path) -> None:
    (fake_apt / "policy").write_text("#!/bin/sh\nexit 101\n")
    ensure([_need(fake_apt, has_server=True)], lambda line: None)
    assert (fake_apt / "policy").read_text() == "#!/bin/sh\nexit 101\n"


def test_an_unknown_system_gets_a_plain_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    (outcome,) = ensure([_need(tmp_path)], said.append)
    assert outcome.state is State.BY_HAND
    assert "install it by hand" in said[0]
