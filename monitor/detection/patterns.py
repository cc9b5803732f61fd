"""Turns subjects into what the automata look for; searches nothing."""

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
from monitor.detection.model import TermKind, WatchedSubject
from monitor.detection.nameforms import NameForm, name_forms
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


def terms_of(subject: WatchedSubject) -> Iterator[tuple[TermKind, str]]:
    """Every term of a subject, associates included."""
    lists: tuple[tuple[TermKind, Sequence[str]], ...] = (
        (TermKind.NAME, subject.names),
        (TermKind.ALIAS, subject.aliases),
        (TermKind.PHONE, subject.phones),
        (TermKind.NATIONAL_ID, subject.ids),
        (TermKind.EMAIL, subject.emails),
        (TermKind.HANDLE, subject.handles),
        (TermKind.PLACE, subject.places),
        (TermKind.EMPLOYER, subject.employers),
    )
    for kind, terms in lists:
        for term in dict.fromkeys(terms):
            yield kind, term
    for associate in subject.associates:
        if associate.name:
            yield TermKind.ASSOCIATE_NAME, associate.name
        for phone in associate.phones:
            yield TermKind.ASSOCIATE_PHONE, phone


def patterns_of(index: int, subject: WatchedSubject) -> Iterator[TextPattern | DigitPattern]:
    """All patterns of a subject's terms. Raises InvalidTermError for a term that cannot be watched for."""
    for kind, term in terms_of(subject):
        value = term_from_text(kind, term)
        owner = Owner(index, kind, term)
        if kind in _NAME_KINDS:
            for form in name_forms(term):
                yield TextPattern(owner, form, _check_name)
        elif kind in _PHONE_KINDS:
            for number in phone_patterns(value.normal):
                yield DigitPattern(owner, number)
        elif kind is TermKind.NATIONAL_ID:
            digits = skeleton_term(term)
            if digits.isdecimal():
                yield DigitPattern(owner, number_pattern(digits))
            else:
                yield TextPattern(owner, national_id_form(term), _check_id)
        elif kind is TermKind.EMAIL:
            for address in email_forms(term):
                yield TextPattern(owner, address, _check_email)
        elif kind is TermKind.HANDLE:
            for handle in handle_forms(term):
                yield TextPattern(owner, handle, _check_handle)


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
