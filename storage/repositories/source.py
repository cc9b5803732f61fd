"""Sources: what is read, when it is due, how the last reading went. Readable by all, changed by the operator."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update

from storage.crypto import Secret
from storage.errors import DuplicateError, NotFoundError
from storage.models import RefusalRow, SourceRow
from storage.models.base import new_id
from storage.repositories.base import Repository, place

_LONGEST_BACKOFF_S = 86_400.0
_LONGEST_RETRY_AFTER_S = 7 * 86_400.0
_REFUSALS_KEPT_FOR = timedelta(days=30)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """One source and how it fares. ``last_success_at``: when something was last read without a doubt."""

    id: str
    url: str
    host: str
    platform: str
    start_url: str
    will_read: str
    cannot_see: str
    interval_s: int
    added_at: datetime
    next_due_at: datetime
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    failures_in_row: int
    is_cut: bool
    last_posts: int
    posts_total: int
    requests_total: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRecord:
    """A page that was not read, and why. ``at`` is filled in when it is stored."""

    url: str
    kind: str
    status: int = 0
    detail: str = ""
    retry_after_s: float | None = None
    at: datetime | None = None


class SourceRepository(Repository):
    def add(
        self,
        url: str,
        *,
        platform: str,
        start_url: str,
        will_read: str,
        cannot_see: str,
        interval_s: int,
    ) -> SourceRecord:
        """Store a source, due at once. Raises DuplicateError for an address that is there already."""
        self._scope.require_operator("add a source")
        now = self._context.now()
        row = SourceRow(
            id=new_id("src", 8),
            url=url,
            url_sha256=_url_sha256(url),
            host=urlsplit(start_url).hostname or "",
            platform=platform,
            start_url=start_url,
            will_read=will_read,
            cannot_see=cannot_see,
            interval_s=interval_s,
            added_at=now,
            next_due_at=now,
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError as error:
            found = self.find(url)
            raise DuplicateError("source", found.id if found else "") from error
        return _record(row)

    def get(self, source_id: str) -> SourceRecord:
        """Raises NotFoundError."""
        return _record(self._row(source_id))

    def find(self, url: str) -> SourceRecord | None:
        """The source with exactly this address."""
        query = select(SourceRow).where(col(SourceRow.url_sha256) == _url_sha256(url))
        row = self._session.exec(query).first()
        return _record(row) if row else None

    def list(self) -> Sequence[SourceRecord]:
        """All sources, oldest first."""
        query = select(SourceRow).order_by(col(SourceRow.added_at), col(SourceRow.id))
        return [_record(row) for row in self._session.exec(query).all()]

    def due(self, now: datetime, limit: int | None = None) -> Sequence[SourceRecord]:
        """The sources whose time has come, longest waiting first."""
        query = (
            select(SourceRow)
            .where(col(SourceRow.next_due_at) <= now)
            .order_by(col(SourceRow.next_due_at), col(SourceRow.id))
            .limit(limit)
        )
        return [_record(row) for row in self._session.exec(query).all()]

    def make_due(self) -> int:
        """Let every source be read in the next round, but those that asked to be left alone. How many."""
        self._scope.require_operator("make sources due")
        now = self._context.now()
        return self._run(update(SourceRow).where(col(SourceRow.failures_in_row) == 0).values(next_due_at=now))

    def remove(self, source_id: str) -> None:
        """Forget the source and its pages; hits found there stay. Raises NotFoundError."""
        self._scope.require_operator("remove a source")
        self._run(delete(SourceRow).where(col(SourceRow.id) == self._row(source_id).id))

    def mark_read(
        self,
        source_id: str,
        at: datetime,
        posts: int,
        requests: int,
        *,
        is_cut: bool = False,
        refusals: Sequence[RefusalRecord] = (),
        is_success: bool | None = None,
    ) -> SourceRecord:
        """Note how a reading went, and when the next is due.

        ``is_success`` None: it was one if posts came or nothing was refused; in doubt it was none.
        After failures the interval doubles up to a day; a Retry-After is waited for in any case.
        """
        self._scope.require_operator("note how a source was read")
        row = self._row(source_id)
        if is_success is None:
            is_success = posts > 0 or not refusals
        row.last_attempt_at = at
        row.last_posts = posts
        row.posts_total += posts
        row.requests_total += requests
        row.is_cut = is_cut
        row.failures_in_row = 0 if is_success else row.failures_in_row + 1
        if is_success:
            row.last_success_at = at
        row.next_due_at = at + timedelta(seconds=_wait_s(row.interval_s, row.failures_in_row, refusals))
        secret = self._secret(row.id)
        self._session.add_all(_refusal_row(secret, row.id, at, refusal) for refusal in refusals)
        self._run(
            delete(RefusalRow).where(
                col(RefusalRow.source_id) == row.id, col(RefusalRow.at) < at - _REFUSALS_KEPT_FOR
            )
        )
        self._session.flush()
        return _record(row)

    def recent_refusals(self, source_id: str, limit: int = 20) -> Sequence[RefusalRecord]:
        """What was refused lately, newest first."""
        query = (
            select(RefusalRow)
            .where(col(RefusalRow.source_id) == source_id)
            .order_by(col(RefusalRow.at).desc(), col(RefusalRow.id))
            .limit(limit)
        )
        secret = self._secret(source_id)
        return [
            RefusalRecord(
                kind=row.kind,
                status=row.status,
                at=row.at,
                **secret.unseal(place("refusal", row.id), row.sealed),
            )
            for row in self._session.exec(query).all()
        ]

    def _secret(self, source_id: str) -> Secret:
        return self._context.instance.child(f"refusals {source_id}")

    def _row(self, source_id: str) -> SourceRow:
        row = self._session.exec(select(SourceRow).where(col(SourceRow.id) == source_id)).first()
        if row is None:
            raise NotFoundError("source", source_id)
        return row


def _wait_s(interval_s: int, failures_in_row: int, refusals: Sequence[RefusalRecord]) -> float:
    """Seconds until the next reading. Pure."""
    wait_s = float(interval_s)
    if failures_in_row:
        wait_s = max(wait_s, min(interval_s * 2.0 ** min(failures_in_row, 16), _LONGEST_BACKOFF_S))
    asked_s = max((refusal.retry_after_s or 0.0 for refusal in refusals), default=0.0)
    return max(wait_s, min(asked_s, _LONGEST_RETRY_AFTER_S))


def _refusal_row(secret: Secret, source_id: str, at: datetime, refusal: RefusalRecord) -> RefusalRow:
    row_id = new_id("r")
    fields = {"url": refusal.url, "detail": refusal.detail, "retry_after_s": refusal.retry_after_s}
    return RefusalRow(
        id=row_id,
        source_id=source_id,
        at=at,
        kind=str(refusal.kind),
        status=refusal.status,
        sealed=secret.seal(place("refusal", row_id), fields),
    )


def _url_sha256(url: str) -> bytes:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()


def _record(row: SourceRow) -> SourceRecord:
    return SourceRecord(
        **{field.name: getattr(row, field.name) for field in dataclasses.fields(SourceRecord)}
    )
