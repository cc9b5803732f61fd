"""A monitor is made once, opened as often as one likes, used by one at a time, and its lost key can be restored."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.bootstrap import (
    initialise,
    is_initialised,
    key_file,
    monitor_from_settings,
    only_one,
    recover_key,
)
from monitor.config import Settings
from monitor.errors import AlreadyRunningError
from storage import Scope
from storage.errors import KeyMissingError, KeyRefusedError, NotInitialisedError, StorageError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "data", key_file=tmp_path / "key" / "instance.key")


def test_the_recovery_code_is_shown_once(settings: Settings) -> None:
    made = initialise(settings)
    assert made.is_new
    assert len(made.recovery_code.split("-")) == 14
    again = initialise(settings)
    assert (again.recovery_code, again.is_new) == ("", False)
    assert is_initialised(settings)


def test_before_init_there_is_nothing_to_open(settings: Settings) -> None:
    with pytest.raises(NotInitialisedError, match="shamewatch init"), monitor_from_settings(settings):
        pass
    assert not settings.home.exists(), "asking makes nothing"


def test_a_lost_key_is_written_again_from_its_code(settings: Settings) -> None:
    code = initialise(settings).recovery_code
    with monitor_from_settings(settings) as monitor, monitor.storage.begin(Scope.operator()) as work:
        subject = work.subjects.add("Case 1").id
    key_file(settings).unlink()
    with pytest.raises(KeyMissingError), monitor_from_settings(settings):
        pass
    recover_key(settings, code)
    with monitor_from_settings(settings) as monitor, monitor.storage.read(Scope.operator()) as work:
        assert work.subjects.get(subject).label == "Case 1"


def test_the_code_of_another_installation_leaves_no_key_behind(settings: Settings, tmp_path: Path) -> None:
    initialise(settings)
    other = Settings(home=tmp_path / "other", key_file=tmp_path / "other-key" / "instance.key")
    code = initialise(other).recovery_code
    key_file(settings).unlink()
    with pytest.raises(StorageError):
        recover_key(settings, code)
    assert not key_file(settings).exists()


def test_a_key_beside_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError):
        initialise(Settings(home=tmp_path, key_file=tmp_path / "instance.key"))


def test_a_second_monitor_on_the_folder_is_refused_and_the_lock_goes_with_its_process(
    settings: Settings,
) -> None:
    settings.home.mkdir()
    hold = (
        "import sys, time; from pathlib import Path; from monitor.bootstrap import only_one; "
        "from monitor.config import Settings\n"
        "with only_one(Settings(home=Path(sys.argv[1]))): print('held', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", hold, str(settings.home)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunningError, match=str(other.pid)), only_one(settings):
            pass
    finally:
        other.kill()
        other.communicate()
    with only_one(settings):
        assert (settings.home / "monitor.pid").exists()
    assert not (settings.home / "monitor.pid").exists()
