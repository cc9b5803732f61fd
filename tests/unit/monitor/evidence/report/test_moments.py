"""Times are written as people of a language do, in the person's own time, with UTC beside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.evidence.report.moments import Moments, zone_of
from monitor.evidence.report.wording import wording

AT = datetime(2031, 3, 4, 20, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "written"),
    [("en", "Africa/Nairobi", "4 March 2031, 23:05:09 (UTC+3)"), ("zh-Hans", "Asia/Shanghai", "2031年3月5日 04:05:09 (UTC+8)"),
     ("zh-Hant", "Asia/Taipei", "2031年3月5日 04:05:09 (UTC+8)"), ("id", "Asia/Jakarta", "5 Maret 2031, 03:05:09 (UTC+7)"),
     ("tl", "Asia/Manila", "Marso 5, 2031, 04:05:09 (UTC+8)"), ("hi", "Asia/Kolkata", "5 मार्च 2031, 01:35:09 (UTC+5:30)"),
     ("es", "America/Bogota", "4 de marzo de 2031, 15:05:09 (UTC−5)"), ("vi", "Asia/Ho_Chi_Minh", "03:05:09 ngày 5 tháng 3 năm 2031 (UTC+7)"),
     ("pt", "America/Sao_Paulo", "4 de março de 2031, 17:05:09 (UTC−3)")],
)  # fmt: skip
def test_a_time_is_written_as_people_do(language: str, zone: str, written: str) -> None:
    moments = Moments(wording(language), zone_of(zone))
    assert moments.local(AT) == written
    assert moments.utc(AT) == "2031-03-04 20:05:09 UTC"


@pytest.mark.parametrize("name", ["", "No/Where", "../../etc/passwd", "UTC"])
def test_a_zone_that_is_none_is_utc(name: str) -> None:
    moments = Moments(wording("en"), zone_of(name))
    assert moments.is_utc
    assert moments.local(AT) == "4 March 2031, 20:05:09 (UTC)"
