from __future__ import annotations

import pytest

from monitor.detection.model import Cue, Mention, Severity, TermKind
from monitor.detection.severity import severity_of


def cue(family: str) -> Cue:
    return Cue(family=family, field="text", start=0, end=1, text="x")


def mention(kind: TermKind) -> Mention:
    return Mention(kind=kind, term="x", field="text", start=0, end=1, text="x", certainty=0.9)


@pytest.mark.parametrize(
    ("kinds", "families", "severity"),
    [
        ([TermKind.NAME], ["insult"], Severity.LOW),
        ([TermKind.NAME], ["debt_default", "joke"], Severity.LOW),
        ([TermKind.NAME], ["accusation"], Severity.MEDIUM),
        ([TermKind.NAME], ["contact_blast"], Severity.MEDIUM),
        ([TermKind.NAME, TermKind.PHONE], ["insult"], Severity.HIGH),
        ([TermKind.NATIONAL_ID], ["debt_default"], Severity.HIGH),
        ([TermKind.NAME, TermKind.EMPLOYER], ["accusation"], Severity.HIGH),
        ([TermKind.NAME], ["death"], Severity.HIGH),
        ([TermKind.PHONE], ["sexual"], Severity.CRITICAL),
        ([TermKind.PHONE, TermKind.NATIONAL_ID], ["debt_default"], Severity.CRITICAL),
        ([TermKind.NAME], ["sexual", "family_targeting"], Severity.CRITICAL),
        ([TermKind.NAME], ["threat"], Severity.CRITICAL),
    ],
)
def test_the_table_of_severities_holds(kinds, families, severity):
    assert severity_of(map(mention, kinds), map(cue, families)) is severity


def test_the_same_thing_shown_twice_counts_once():
    two_numbers = [mention(TermKind.PHONE), mention(TermKind.ASSOCIATE_PHONE)]
    assert severity_of(two_numbers, [cue("accusation")]) is Severity.HIGH
