"""A real storage on SQLite with one watched person, and the detector for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.bootstrap import initialise
from monitor.config import Settings
from monitor.judging.panel import Panel
from monitor.judging.semantic_reader import semantic_reader
from monitor.practice.timestamps import PracticeTsa
from monitor.progress import RoundReport
from monitor.stages.watch_subjects import watch_from_storage
from storage import Scope, Storage


@dataclasses.dataclass(frozen=True)
class Watch:
    """What the stages need: storage, detector, ids, and counts of what happened."""

    storage: Storage
    detector: Panel
    subject_id: str
    source_id: str
    report: RoundReport = dataclasses.field(default_factory=RoundReport)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    home = tmp_path / "data"
    (tmp_path / "key").mkdir()
    keyring = Storage.create_keyring(tmp_path / "key" / "instance.key", home=home)
    storage = Storage.initialise(home=home, keyring=keyring)
    with storage.begin(Scope.operator()) as work:
        subject = work.subjects.add("Case 1", "en", "UTC", "PH")
        work.terms.add(subject.id, "name", "Analyn Dimasupil", "analyn dimasupil", "declared")
        work.terms.add(subject.id, "phone", "0917 000 4417", "+639170004417", "verified")
        source = work.sources.add(
            "https://forum.example/", platform="generic", start_url="https://forum.example/", will_read="",
            cannot_see="", interval_s=900,
        )  # fmt: skip
    watch = watch_from_storage(storage)
    assert watch.subjects == 1
    yield Watch(storage, Panel(watch.detector, reader=semantic_reader()), subject.id, source.id)
    storage.close()


@pytest.fixture(scope="package")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeTsa]:
    """A timestamping authority on loopback."""
    with PracticeTsa(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, tsa: PracticeTsa) -> Settings:
    """An installation that asks it."""
    made = Settings(
        home=tmp_path / "data", key_file=tmp_path / "key" / "k", tsa_urls=(tsa.url,), tsa_roots=(tsa.root,)
    )
    initialise(made)
    return made
