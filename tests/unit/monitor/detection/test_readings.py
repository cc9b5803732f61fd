from __future__ import annotations

import subprocess
import sys

from monitor.detection.readings import all_readings, bopomofo_readings, usual_reading


def test_every_reading_of_a_surname_is_known():
    assert {"shan", "dan"} <= set(all_readings("单"))


def test_a_phrase_is_read_one_syllable_a_hanzi():
    assert usual_reading("老赖") == ["lao", "lai"]


def test_bopomofo_is_bopomofo():
    assert any("ㄌ" in reading for reading in bopomofo_readings("老"))


def test_what_is_no_hanzi_has_no_reading():
    assert all_readings("x") == bopomofo_readings("x") == ()


def test_importing_detection_does_not_load_the_phrase_dictionary():
    """Every command that merely knows terms would pay 0.13 s for it."""
    program = (
        "import sys, monitor.detection.detect, monitor.detection.preview; print('pypinyin' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
