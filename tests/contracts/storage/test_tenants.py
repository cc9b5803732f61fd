"""Another account sees, changes and decrypts nothing, whichever repository it asks; on both engines."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from storage import Scope, Storage, UnitOfWork
from storage.database import open_engine
from storage.errors import NotAllowedError, NotFoundError
from storage.models import SubjectRow
from storage.repositories.base import KeyChain, Repository
from storage.repositories.evidence import EvidenceFile
from storage.repositories.hit_records import HitPost
from storage.vault.custody import Action

POST = HitPost(site="https://board.test", id="x", url="https://board.test/x", untrusted_text="x")

# What another account gets for each public method, called with the ids of a stranger: refused means
# NotFoundError or NotAllowedError; otherwise nothing of the stranger may come back.
CALLS: dict[str, Callable[[UnitOfWork, object, object], object]] = {
    "subjects.get": lambda u, p, c: u.subjects.get(p.subject_id),
    "subjects.list": lambda u, p, c: u.subjects.list(),
    "subjects.set_state": lambda u, p, c: u.subjects.set_state(p.subject_id, "paused"),
    "subjects.erase": lambda u, p, c: u.subjects.erase(p.subject_id),
    "terms.add": lambda u, p, c: u.terms.add(p.subject_id, "name", "x", "x"),
    "terms.get": lambda u, p, c: u.terms.get(p.term_id),
    "terms.list": lambda u, p, c: [*u.terms.list(), *u.terms.list(p.subject_id)],
    "terms.changed_at": lambda u, p, c: u.terms.changed_at(),
    "terms.set_state": lambda u, p, c: u.terms.set_state(p.term_id, "paused"),
    "terms.remove": lambda u, p, c: u.terms.remove(p.term_id),
    "consents.add": lambda u, p, c: u.consents.add(p.subject_id, "self", "", ""),
    "consents.list": lambda u, p, c: u.consents.list(p.subject_id),
    "audit.list": lambda u, p, c: [*u.audit.list(), *u.audit.list(subject_id=p.subject_id)],
    "audit.verify": lambda u, p, c: u.audit.verify(),
    "audit.count": lambda u, p, c: u.audit.count(),
    "sources.add": lambda u, p, c: u.sources.add(
        "https://x.test", platform="", start_url="", will_read="", cannot_see="", interval_s=1
    ),
    "sources.make_due": lambda u, p, c: u.sources.make_due(),
    "sources.remove": lambda u, p, c: u.sources.remove("src-22222222"),
    "sources.mark_read": lambda u, p, c: u.sources.mark_read("src-22222222", c.now, 0, 0),
    "pages.states": lambda u, p, c: u.pages.states("src-22222222"),
    "pages.save": lambda u, p, c: u.pages.save("src-22222222", []),
    "pages.forget": lambda u, p, c: u.pages.forget(),
    "seen.compare": lambda u, p, c: u.seen.compare("https://board.test", [("x", "x")]),
    "seen.remember": lambda u, p, c: u.seen.remember("https://board.test", [("x", "x")]),
    "seen.forget_before": lambda u, p, c: u.seen.forget_before(c.now),
    "hits.record": lambda u, p, c: u.hits.record(
        p.subject_id, post=POST, body_sha256="x", score=1, severity="low"
    ),
    "hits.get": lambda u, p, c: u.hits.get(p.hit_id),
    "hits.list": lambda u, p, c: [*u.hits.list(), *u.hits.list(subject_id=p.subject_id)],
    "hits.of_post": lambda u, p, c: u.hits.of_post("https://board.test", "Belinda Quillory"),
    "hits.revisions": lambda u, p, c: u.hits.revisions(p.hit_id),
    "hits.set_disposition": lambda u, p, c: u.hits.set_disposition(p.hit_id, "dismissed", "stranger"),
    "hits.expire_dismissed": lambda u, p, c: u.hits.expire_dismissed(c.forward(days=9)),
    "hits.capture_due": lambda u, p, c: u.hits.capture_due(c.forward(days=9)),
    "hits.put_off_capture": lambda u, p, c: u.hits.put_off_capture(p.hit_id, c.now),
    "hits.count_capture_due": lambda u, p, c: u.hits.count_capture_due(c.forward(days=9)),
    "hits.count_by": lambda u, p, c: {
        **u.hits.count_by("severity"),
        **u.hits.count_by("disposition", subject_id=p.subject_id),
    },
    "evidence.add": lambda u, p, c: u.evidence.add(
        hit_id=p.hit_id,
        url="",
        verdict="ok",
        reason="",
        captured_at=c.now,
        manifest={},
        files=[EvidenceFile(name="x", media_type="", size_bytes=0, sha256="", vault_address=p.address)],
    ),
    "evidence.get": lambda u, p, c: u.evidence.get(p.evidence_id),
    "evidence.of_hit": lambda u, p, c: u.evidence.of_hit(p.hit_id),
    "evidence.latest": lambda u, p, c: u.evidence.latest(p.hit_id),
    "evidence.list": lambda u, p, c: [*u.evidence.list(), *u.evidence.list(subject_id=p.subject_id)],
    "evidence.addresses": lambda u, p, c: u.evidence.addresses(p.subject_id),
    "evidence.add_files": lambda u, p, c: u.evidence.add_files(p.evidence_id, []),
    "evidence.stamp_due": lambda u, p, c: u.evidence.stamp_due(c.forward(days=9), 100),
    "evidence.set_stamped": lambda u, p, c: u.evidence.set_stamped(p.evidence_id, c.now),
    "evidence.put_off_stamp": lambda u, p, c: u.evidence.put_off_stamp(p.evidence_id, c.now),
    "custody.record": lambda u, p, c: u.custody.record(p.evidence_id, Action.ACCESSED, "stranger"),
    "custody.entries": lambda u, p, c: u.custody.entries(p.evidence_id),
    "custody.verify": lambda u, p, c: u.custody.verify(p.evidence_id),
    "custody.proof": lambda u, p, c: u.custody.proof(p.evidence_id),
    "custody.due_for_root": lambda u, p, c: u.custody.due_for_root(c.now),
    "custody.make_root": lambda u, p, c: u.custody.make_root(c.now),
    "custody.roots_unstamped": lambda u, p, c: u.custody.roots_unstamped(),
    "custody.add_stamp": lambda u, p, c: u.custody.add_stamp("r-222222222222", "x", b""),
    "rehashes.due": lambda u, p, c: u.rehashes.due(100),
    "rehashes.health": lambda u, p, c: u.rehashes.health().items,
    "rehashes.total_bytes": lambda u, p, c: u.rehashes.total_bytes(),
    "channels.add": lambda u, p, c: u.channels.add(p.subject_id, "email", {}),
    "channels.get": lambda u, p, c: u.channels.get(p.channel_id),
    "channels.list": lambda u, p, c: [*u.channels.list(), *u.channels.list(p.subject_id)],
    "channels.remove": lambda u, p, c: u.channels.remove(p.channel_id),
    "alerts.enqueue": lambda u, p, c: u.alerts.enqueue(p.hit_id, p.channel_id, "again"),
    "alerts.owed": lambda u, p, c: u.alerts.owed(timedelta(days=9), kind="digest"),
    "alerts.get": lambda u, p, c: u.alerts.get(p.alert_id),
    "alerts.list": lambda u, p, c: [*u.alerts.list(), *u.alerts.list(hit_id=p.hit_id)],
    "alerts.count_failed": lambda u, p, c: u.alerts.count_failed(p.channel_id),
    "alerts.requeue": lambda u, p, c: u.alerts.requeue(p.channel_id),
    "alerts.due": lambda u, p, c: u.alerts.due(c.forward(days=9)),
    "alerts.claim": lambda u, p, c: u.alerts.claim(c.forward(days=9)),
    "alerts.release_claims": lambda u, p, c: u.alerts.release_claims(),
    "alerts.record_attempt": lambda u, p, c: u.alerts.record_attempt(p.alert_id, c.now, "failed"),
    "alerts.attempts": lambda u, p, c: u.alerts.attempts(p.alert_id),
    "accounts.add": lambda u, p, c: u.accounts.add("x@x.test"),
    "accounts.get": lambda u, p, c: u.accounts.get(p.account_id),
    "accounts.find": lambda u, p, c: u.accounts.find("owner@x.test"),
    "accounts.list": lambda u, p, c: u.accounts.list(),
    "tombstones.list": lambda u, p, c: u.tombstones.list(),
    "tombstones.finish": lambda u, p, c: u.tombstones.finish(p.subject_id),
    "vault.put": lambda u, p, c: u.vault.put(p.subject_id, b"x"),
    "vault.get": lambda u, p, c: u.vault.get(p.subject_id, p.address),
    "vault.has": lambda u, p, c: u.vault.has(p.subject_id, p.address),
}
# Open to every account: adding to oneself, appending to the audit log, what is public anyway, and whether there is room.
OPEN = {
    "vault.require_room", "subjects.add", "audit.record", "sources.get", "sources.find", "sources.list", "sources.due", "sources.recent_refusals"
}  # fmt: skip


class _Stranger:
    """The ids of somebody else's data, with the account that they belong to."""

    def __init__(self, person: object, **more: str) -> None:
        self.__dict__.update(vars_of(person), **more)


def vars_of(person: object) -> dict[str, object]:
    return {name: getattr(person, name) for name in person.__dataclass_fields__}


@pytest.fixture
def setting(storage: Storage, operator: Scope, populate):
    with storage.begin(operator) as unit:
        owner, other = unit.accounts.add("owner@x.test"), unit.accounts.add("other@x.test")
        source = unit.sources.add(
            "https://board.test", platform="", start_url="", will_read="", cannot_see="", interval_s=1
        )
        person = populate(unit, account_id=owner.id, source_id=source.id)
        unit.evidence.put_off_stamp(person.evidence_id, source.added_at)
        unit.custody.make_root(source.added_at)
    return (
        _Stranger(person, account_id=owner.id, source_id=source.id),
        Scope.account(owner.id),
        Scope.account(other.id),
    )


def test_every_public_method_of_every_repository_is_in_the_list() -> None:
    methods = set()
    for name, member in inspect.getmembers(UnitOfWork):
        kind = inspect.signature(member.func).return_annotation if hasattr(member, "func") else ""
        if name.startswith("_") or not kind:
            continue
        cls = getattr(inspect.getmodule(UnitOfWork), kind)
        assert issubclass(cls, Repository) or name == "vault"
        methods |= {
            f"{name}.{method}"
            for method, _ in inspect.getmembers(cls, inspect.isfunction)
            if method[0] != "_"
        }
    assert methods == CALLS.keys() | OPEN


def test_another_account_gets_nothing_and_changes_nothing(
    storage: Storage, operator: Scope, setting, clock
) -> None:
    stranger, _, other = setting
    with storage.begin(operator) as unit:
        again, _ = unit.hits.record(stranger.subject_id, post=POST, body_sha256="x", score=1, severity="low")
        unit.hits.set_disposition(again.id, "dismissed", "operator")
    with storage.read(operator) as unit:
        before = _everything(unit, stranger)
    leaks = []
    for name, call in CALLS.items():
        try:
            with storage.begin(other) as unit:
                result = call(unit, stranger, clock)
        except (NotFoundError, NotAllowedError):
            continue
        if result:
            leaks.append(name)
    assert leaks == []
    with storage.read(operator) as unit:
        assert _everything(unit, stranger) == before


def test_the_owner_gets_what_the_stranger_does_not(storage: Storage, setting, clock) -> None:
    """Proves that the calls above fail because of the tenant filter and not because they are wrong."""
    stranger, owner, _ = setting
    for name in ("subjects.get", "terms.list", "hits.list", "hits.count_by", "evidence.of_hit", "evidence.addresses",
                 "evidence.stamp_due", "rehashes.due", "rehashes.health", "rehashes.total_bytes", "custody.entries", "custody.verify", "custody.proof",
                 "channels.list", "alerts.list", "alerts.attempts", "alerts.due", "vault.get", "vault.has", "audit.list",
                 "consents.list", "accounts.get", "terms.changed_at", "hits.revisions", "hits.of_post", "alerts.owed"):  # fmt: skip
        with storage.read(owner) as unit:
            assert CALLS[name](unit, stranger, clock), name


def test_an_account_adds_subjects_to_itself_only(storage: Storage, operator: Scope, setting) -> None:
    stranger, owner, other = setting
    with storage.begin(other) as unit:
        added = unit.subjects.add("Mine", account_id=stranger.account_id)
        assert [subject.id for subject in unit.subjects.list()] == [added.id]
    with storage.read(owner) as unit:
        assert added.id not in {subject.id for subject in unit.subjects.list()}


def test_a_query_without_the_filter_could_still_not_decrypt(
    storage: Storage, url: str, setting, clock
) -> None:
    """The second fence: keys are asked for within the scope."""
    stranger, _, other = setting
    engine = open_engine(url)
    with Session(engine) as session:
        row = session.exec(select(SubjectRow).where(SubjectRow.id == stranger.subject_id)).one()
        with pytest.raises(NotFoundError):
            KeyChain(session, other, storage.keyring).of(row.id)
    engine.dispose()


def test_a_scope_of_no_account_is_refused() -> None:
    with pytest.raises(NotAllowedError):
        Scope.account("")


def _everything(unit: UnitOfWork, person) -> list[object]:
    return [
        unit.subjects.list(),
        unit.terms.list(),
        unit.consents.list(person.subject_id),
        unit.audit.list(),
        unit.sources.list(),
        unit.hits.list(),
        unit.hits.revisions(person.hit_id),
        unit.evidence.list(),
        unit.custody.entries(person.evidence_id),
        unit.channels.list(),
        unit.alerts.list(),
        unit.alerts.attempts(person.alert_id),
        unit.accounts.list(),
        unit.tombstones.list(),
    ]
