"""Turns subjects into what the search looks for; searches nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from monitor.detection.folding import FoldedBatch, skeleton_term
from monitor.detection.identifiers import (
    IdentifierForm,
    email_certainty,
    email_forms,
    handle_certainty,
    handle_forms,
    id_certainty,
    national_id_form,
)
from monitor.detection.model import FIELD_OF_KIND, TermKind, WatchedSubject
from monitor.detection.nameform import NameForm
from monitor.detection.nameforms import name_forms
from monitor.detection.names import View, certainty_of_find
from monitor.detection.phones import PhonePattern, number_pattern, phone_patterns
from monitor.detection.terms import term_from_text

Form = NameForm | IdentifierForm
Check = Callable[[FoldedBatch, View, int, int, Form], float]


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Whose term a pattern belongs to: the index of the subject, the kind, the term as registered."""

    subject: int
    kind: TermKind
    term: str


@dataclasses.dataclass(frozen=True, slots=True)
class TextPattern:
    """Something to find in the skeleton, and how to tell whether a find counts."""

    owner: Owner
    form: Form
    check: Check


@dataclasses.dataclass(frozen=True, slots=True)
class DigitPattern:
    """Something to find in the stream of digits."""

    owner: Owner
    number: PhonePattern


_NAME_KINDS = frozenset({TermKind.NAME, TermKind.ALIAS, TermKind.ASSOCIATE_NAME})
_PHONE_KINDS = frozenset({TermKind.PHONE, TermKind.ASSOCIATE_PHONE})


def grouped_terms_of(subject: WatchedSubject) -> Iterator[tuple[TermKind, str, int]]:
    """Every term of a subject with the number of the associate whose it is, 0 for the subject's own."""
    for kind, field in FIELD_OF_KIND.items():
        for term in dict.fromkeys(getattr(subject, field)):
            yield kind, term, 0
    for number, associate in enumerate(subject.associates, start=1):
        if associate.name:
            yield TermKind.ASSOCIATE_NAME, associate.name, number
        for phone in associate.phones:
            yield TermKind.ASSOCIATE_PHONE, phone, number


def terms_of(subject: WatchedSubject) -> Iterator[tuple[TermKind, str]]:
    """Every term of a subject, associates included."""
    for kind, term, _ in grouped_terms_of(subject):
        yield kind, term


def forms_of_term(kind: TermKind, term: str) -> Sequence[Form]:
    """What to find in the skeleton for a term. Raises InvalidTermError if it cannot be watched for."""
    term_from_text(kind, term)
    if kind in _NAME_KINDS:
        return name_forms(term)
    if kind is TermKind.NATIONAL_ID:
        return [] if skeleton_term(term).isdecimal() else [national_id_form(term)]
    if kind is TermKind.EMAIL:
        return email_forms(term)
    return handle_forms(term) if kind is TermKind.HANDLE else []


def numbers_of_term(kind: TermKind, term: str) -> Sequence[PhonePattern]:
    """What to find in the stream of digits for a term. Raises InvalidTermError if it cannot be watched for."""
    if kind in _PHONE_KINDS:
        return phone_patterns(term_from_text(kind, term).normal)
    if kind is TermKind.NATIONAL_ID and (digits := skeleton_term(term)).isdecimal():
        return [number_pattern(digits)]
    return []


def check_of_kind(kind: TermKind) -> Check:
    """How a find of a term of this kind is checked where it stands."""
    return _CHECKS.get(kind, _check_name)


def patterns_of(index: int, subject: WatchedSubject) -> Iterator[TextPattern | DigitPattern]:
    """All patterns of a subject's terms. Raises InvalidTermError for a term that cannot be watched for."""
    for kind, term in terms_of(subject):
        owner = Owner(index, kind, term)
        for form in forms_of_term(kind, term):
            yield TextPattern(owner, form, check_of_kind(kind))
        for number in numbers_of_term(kind, term):
            yield DigitPattern(owner, number)


def _check_name(batch: FoldedBatch, view: View, first: int, last: int, form: Form) -> float:
    assert isinstance(form, NameForm)
    return certainty_of_find(batch, view, first, last, form)


def _check_id(batch: FoldedBatch, view: View, first: int, last: int, form: Form) -> float:
    assert isinstance(form, IdentifierForm)
    return id_certainty(batch, view, first, last, form)


def _check_email(batch: FoldedBatch, view: View, first: int, last: int, form: Form) -> float:
    assert isinstance(form, IdentifierForm)
    return email_certainty(batch, view, first, last, form)


def _check_handle(batch: FoldedBatch, view: View, first: int, last: int, form: Form) -> float:
    assert isinstance(form, IdentifierForm)
    return handle_certainty(batch, view, first, last, form)


_CHECKS: dict[TermKind, Check] = {
    TermKind.NATIONAL_ID: _check_id,
    TermKind.EMAIL: _check_email,
    TermKind.HANDLE: _check_handle,
}
