"""All tables. Importing this package registers them on `metadata`; rows never leave `storage`."""

from storage.models.account import AccountRow
from storage.models.alert import AlertRow, DeliveryRow
from storage.models.audit import AuditRow
from storage.models.base import metadata
from storage.models.channel import ChannelRow
from storage.models.consent import ConsentRow
from storage.models.custody import CustodyEntryRow, CustodyLeafRow, CustodyRootRow, CustodyStampRow
from storage.models.evidence import EvidenceFileRow, EvidenceRow
from storage.models.hit import HitRevisionRow, HitRow
from storage.models.instance import InstanceRow
from storage.models.page_state import PageStateRow
from storage.models.seen_post import SeenPostRow
from storage.models.source import RefusalRow, SourceRow
from storage.models.subject import SubjectKeyRow, SubjectRow
from storage.models.tombstone import TombstoneRow
from storage.models.watch_term import WatchTermRow

__all__ = [
    "AccountRow",
    "AlertRow",
    "AuditRow",
    "ChannelRow",
    "ConsentRow",
    "CustodyEntryRow",
    "CustodyLeafRow",
    "CustodyRootRow",
    "CustodyStampRow",
    "DeliveryRow",
    "EvidenceFileRow",
    "EvidenceRow",
    "HitRevisionRow",
    "HitRow",
    "InstanceRow",
    "PageStateRow",
    "RefusalRow",
    "SeenPostRow",
    "SourceRow",
    "SubjectKeyRow",
    "SubjectRow",
    "TombstoneRow",
    "WatchTermRow",
    "metadata",
]
