"""Watch terms → the watch list that posts are matched against. Finds nothing itself."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from monitor.active_terms import is_active
from monitor.detection.detect import Detector
from monitor.detection.model import FIELD_OF_KIND, Associate, TermKind, WatchedSubject
from monitor.detection.watchlist import compile_watchlist
from monitor.posts import WatchAge
from storage import Scope, Storage
from storage.repositories.subject import SubjectRecord
from storage.repositories.term import TermRecord


def watched_subjects(subjects: Iterable[SubjectRecord], terms: Iterable[TermRecord]) -> list[WatchedSubject]:
    """The people to look for: active subjects with their active terms. Pure."""
    of_subject: dict[str, list[TermRecord]] = defaultdict(list)
    for term in terms:
        if is_active(TermKind(term.kind), term.state):
            of_subject[term.subject_id].append(term)
    return [
        _watched(subject.id, of_subject[subject.id])
        for subject in subjects
        if subject.state == "active" and of_subject[subject.id]
    ]


def _watched(subject_id: str, terms: Iterable[TermRecord]) -> WatchedSubject:
    values: dict[str, list[str]] = defaultdict(list)
    associates: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for term in terms:
        kind = TermKind(term.kind)
        if kind is TermKind.ASSOCIATE_NAME:
            associates[term.associate_of or term.value][0].append(term.value)
        elif kind is TermKind.ASSOCIATE_PHONE:
            associates[term.associate_of or term.value][1].append(term.normal)
        else:
            values[FIELD_OF_KIND[kind]].append(term.normal if kind is TermKind.PHONE else term.value)
    return WatchedSubject(
        id=subject_id,
        **{name: tuple(found) for name, found in values.items()},
        associates=tuple(
            Associate(name=name, phones=tuple(phones))
            for names, phones in associates.values()
            for name in (names or [""])
        ),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Watch:
    """The detector for everybody who is watched, how many they are, and how old the list is."""

    detector: Detector
    subjects: int
    age: WatchAge


def watch_from_storage(storage: Storage) -> Watch:
    """The watch as it is now."""
    made_at = datetime.now(UTC)
    with storage.read(Scope.operator()) as work:
        subjects = watched_subjects(work.subjects.list(), work.terms.list())
        changed_at = work.terms.changed_at()
    return Watch(Detector(compile_watchlist(subjects)), len(subjects), WatchAge(made_at, changed_at))
