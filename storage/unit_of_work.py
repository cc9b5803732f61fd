"""One transaction with all repositories: whatever is done in it is stored together or not at all."""

from __future__ import annotations

from functools import cached_property

from storage.repositories.account import AccountRepository
from storage.repositories.alert import AlertRepository
from storage.repositories.audit import AuditRepository
from storage.repositories.base import Context
from storage.repositories.channel import ChannelRepository
from storage.repositories.consent import ConsentRepository
from storage.repositories.custody import CustodyRepository
from storage.repositories.evidence import EvidenceRepository
from storage.repositories.hit import HitRepository
from storage.repositories.page import PageRepository
from storage.repositories.rehash import RehashRepository
from storage.repositories.seen import SeenRepository
from storage.repositories.source import SourceRepository
from storage.repositories.subject import SubjectRepository
from storage.repositories.term import TermRepository
from storage.repositories.tombstone import TombstoneRepository
from storage.scope import Scope
from storage.vault.blobs import Blobs
from storage.vault.vault import Vault


class UnitOfWork:
    """Made by `Storage.begin` or `Storage.read`; of no use after its ``with`` block.

    Files put into ``vault`` are durable at once, in a reading unit too, and stay where the transaction
    fails; a sweep removes what never got a row. Put large files in a reading unit before the writing one
    that names them: on SQLite that holds the only write lock. For one thread at a time.
    """

    def __init__(self, context: Context, blobs: Blobs) -> None:
        self._context = context
        self._blobs = blobs
        self.erased_ids: list[str] = []

    @property
    def scope(self) -> Scope:
        return self._context.scope

    @cached_property
    def subjects(self) -> SubjectRepository:
        return SubjectRepository(self._context, self.erased_ids.append)

    @cached_property
    def terms(self) -> TermRepository:
        return TermRepository(self._context)

    @cached_property
    def consents(self) -> ConsentRepository:
        return ConsentRepository(self._context)

    @cached_property
    def audit(self) -> AuditRepository:
        return AuditRepository(self._context)

    @cached_property
    def sources(self) -> SourceRepository:
        return SourceRepository(self._context)

    @cached_property
    def pages(self) -> PageRepository:
        return PageRepository(self._context)

    @cached_property
    def seen(self) -> SeenRepository:
        return SeenRepository(self._context)

    @cached_property
    def hits(self) -> HitRepository:
        return HitRepository(self._context)

    @cached_property
    def evidence(self) -> EvidenceRepository:
        return EvidenceRepository(self._context)

    @cached_property
    def custody(self) -> CustodyRepository:
        return CustodyRepository(self._context)

    @cached_property
    def rehashes(self) -> RehashRepository:
        return RehashRepository(self._context)

    @cached_property
    def channels(self) -> ChannelRepository:
        return ChannelRepository(self._context)

    @cached_property
    def alerts(self) -> AlertRepository:
        return AlertRepository(self._context)

    @cached_property
    def accounts(self) -> AccountRepository:
        return AccountRepository(self._context)

    @cached_property
    def tombstones(self) -> TombstoneRepository:
        return TombstoneRepository(self._context)

    @cached_property
    def vault(self) -> Vault:
        return Vault(self._blobs, self._context.keys.of)
