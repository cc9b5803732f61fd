"""What is watched is what was registered, proved where proof is asked, and not paused."""

import dataclasses
from datetime import UTC, datetime

from monitor.detection.model import Associate
from monitor.stages.watch_subjects import watched_subjects
from storage.repositories.subject import SubjectRecord
from storage.repositories.term import TermRecord

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANA = SubjectRecord(
    id="s-1",
    label="Case 1",
    language="tl",
    timezone="UTC",
    region="PH",
    state="active",
    account_id=None,
    created_at=NOW,
)


def term(
    kind: str, value: str, normal: str = "", state: str = "verified", of: str | None = None
) -> TermRecord:
    return TermRecord(
        id=f"t-{value}", subject_id="s-1", kind=kind, value=value, normal=normal or value, state=state,
        associate_of=of, created_at=NOW, changed_at=NOW,
    )  # fmt: skip


def test_every_kind_of_term_reaches_its_field() -> None:
    terms = [
        term("name", "Ana Reyes"), term("alias", "Anning"), term("phone", "0917 000 4417", "+639170004417"),
        term("id", "1234-567"), term("email", "ana@mail.example"), term("handle", "@ana"), term("place", "Lipa"),
        term("employer", "Sari Shop"),
    ]  # fmt: skip
    (watched,) = watched_subjects([ANA], terms)
    assert watched.names == ("Ana Reyes",)
    assert watched.aliases == ("Anning",)
    assert watched.phones == ("+639170004417",)
    assert watched.ids == ("1234-567",)
    assert watched.emails == ("ana@mail.example",)
    assert watched.handles == ("@ana",)
    assert watched.places == ("Lipa",)
    assert watched.employers == ("Sari Shop",)


def test_names_and_numbers_of_one_associate_stay_together() -> None:
    terms = [
        term("name", "Ana Reyes"),
        term("associate_name", "Ben Reyes", of="brother", state="declared"),
        term("associate_phone", "0917 000 4418", "+639170004418", of="brother", state="declared"),
        term("associate_name", "Cora Cruz", of="guarantor"),
    ]
    (watched,) = watched_subjects([ANA], terms)
    assert set(watched.associates) == {
        Associate(name="Ben Reyes", phones=("+639170004418",)),
        Associate(name="Cora Cruz"),
    }


def test_a_number_that_is_not_proved_is_not_watched() -> None:
    assert watched_subjects([ANA], [term("phone", "0917", "+639170004417", state="declared")]) == []


def test_a_paused_person_is_not_watched() -> None:
    assert watched_subjects([dataclasses.replace(ANA, state="paused")], [term("name", "Ana Reyes")]) == []
