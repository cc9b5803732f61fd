"""The invented borrowers can be registered as they are."""

from __future__ import annotations

import phonenumbers
import pytest

from monitor.detection.model import WatchedSubject
from monitor.practice.subjects import DEMO_SUBJECTS


def phones(subject: WatchedSubject) -> list[str]:
    return [*subject.phones, *(phone for associate in subject.associates for phone in associate.phones)]


@pytest.mark.parametrize("subject", DEMO_SUBJECTS, ids=lambda subject: subject.id)
def test_every_phone_is_a_valid_number_in_e164(subject: WatchedSubject) -> None:
    assert phones(subject)
    for phone in phones(subject):
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_valid_number(number)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone


@pytest.mark.parametrize("subject", DEMO_SUBJECTS, ids=lambda subject: subject.id)
def test_every_phone_is_plainly_invented(subject: WatchedSubject) -> None:
    """A run of zeros in the middle, so that nobody takes it for a real person's."""
    assert all("000" in phone for phone in phones(subject))


def test_subjects_and_their_names_are_told_apart() -> None:
    ids = [subject.id for subject in DEMO_SUBJECTS]
    names = [name for subject in DEMO_SUBJECTS for name in subject.names]
    assert len(set(ids)) == len(ids) == 4
    assert len(set(names)) == len(names)
