from __future__ import annotations

import re
import signal
import subprocess
import sys
import time

import pytest

from spiders.isolation import ReadingTooLongError, reading_time_limit, scrubbed_environment


def test_nothing_of_the_environment_is_kept_but_where_authorities_lie(monkeypatch):
    monkeypatch.setenv("SHAMEWATCH_KEY_FILE", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test")
    monkeypatch.setenv("SSL_CERT_FILE", "/ca.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)

    assert set(scrubbed_environment()) == {"LANG", "LC_ALL", "TZ", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE"}


@pytest.mark.parametrize(
    "spin",
    [lambda: all(iter(int, 1)) or [None for _ in iter(int, 1)], lambda: re.match(r"(a+)+$", "a" * 40 + "b")],
)
def test_reading_that_spins_is_stopped(spin):
    started_s = time.monotonic()

    with pytest.raises(ReadingTooLongError), reading_time_limit(0.2):
        spin()

    assert time.monotonic() - started_s < 5


def test_reading_in_time_is_left_alone_and_the_alarm_is_off_afterwards():
    with reading_time_limit(0.1):
        pass
    time.sleep(0.2)

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_memory_and_core_dumps_are_limited():
    program = (
        "import resource; from spiders.isolation import limit_resources; limit_resources();"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], resource.getrlimit(resource.RLIMIT_AS)[0])"
    )

    printed = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    ).stdout

    core, memory = map(int, printed.split())
    assert core == 0
    assert 0 < memory <= 4 * 1024**3
