"""The outbox of alerts: each topic once per channel and kind; claimed under a lease, so that one worker sends."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import or_
from sqlmodel import col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.errors import NotFoundError
from storage.models import AlertRow, ChannelRow, DeliveryRow, HitRow
from storage.models.base import new_id
from storage.repositories.base import Repository, known, place

OUTCOMES = ("delivered", "failed", "retry")
STATES = ("due", "delivered", "failed")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """One message to send. ``state``: due, delivered, or failed for good. ``attempts`` counts the sendings."""

    id: str
    subject_id: str
    channel_id: str
    hit_id: str | None
    kind: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    claimed_until: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt to deliver, and what came of it."""

    number: int
    at: datetime
    outcome: str
    reason: str


class AlertRepository(Repository):
    def enqueue(
        self, hit_id: str, channel_id: str, kind: str = "hit", *, due_at: datetime | None = None
    ) -> AlertRecord | None:
        """Put an alert about a hit in the outbox, due now or later. None where it is there already.

        Raises NotFoundError, also where the channel is not the hit's subject's own.
        """
        subject_id = self._session.exec(
            select(HitRow.subject_id).where(
                col(HitRow.id) == hit_id, self._scope.owns(col(HitRow.subject_id))
            )
        ).first()
        if subject_id is None:
            raise NotFoundError("hit", hit_id)
        channel = select(ChannelRow.id).where(
            col(ChannelRow.id) == channel_id, col(ChannelRow.subject_id) == subject_id
        )
        if self._session.exec(channel).first() is None:
            raise NotFoundError("channel", channel_id)
        now = self._context.now()
        row = AlertRow(
            id=new_id("a"),
            subject_id=subject_id,
            channel_id=channel_id,
            hit_id=hit_id,
            topic=f"hit:{hit_id}",
            kind=kind,
            state="due",
            created_at=now,
            next_attempt_at=due_at or now,
        )
        made = self._session.execute(
            self._insert(AlertRow)
            .values(row.model_dump())
            .on_conflict_do_nothing(index_elements=["topic", "channel_id", "kind"])
            .returning(col(AlertRow.id))
        ).first()
        return _record(row) if made else None

    def owed(self, look_back: timedelta, limit: int = 500, *, kind: str = "hit") -> Sequence[tuple[str, str]]:
        """(hit id, channel id) of what should be in the outbox and is not, oldest first.

        Owed are hits that are not dismissed and whose evidence is settled, to every channel of their
        subject; to a channel that was added later only those found within ``look_back`` before it.
        """
        query = (
            select(HitRow.id, ChannelRow.id, HitRow.found_at, ChannelRow.created_at)
            .join(ChannelRow, col(ChannelRow.subject_id) == col(HitRow.subject_id))
            .outerjoin(
                AlertRow,
                (col(AlertRow.hit_id) == HitRow.id)
                & (col(AlertRow.channel_id) == ChannelRow.id)
                & (col(AlertRow.kind) == kind),
            )
            .where(
                col(AlertRow.id).is_(None),
                col(HitRow.evidence_at).is_not(None),
                col(HitRow.disposition) != "dismissed",
                self._scope.owns(col(HitRow.subject_id)),
            )
            .order_by(col(HitRow.found_at), col(HitRow.id), col(ChannelRow.id))
        )
        with self._session.exec(query) as rows:
            wanted = (
                (hit_id, channel_id)
                for hit_id, channel_id, found_at, added_at in rows
                if found_at >= added_at - look_back
            )
            return list(islice(wanted, limit))

    def get(self, alert_id: str) -> AlertRecord:
        """Raises NotFoundError."""
        return _record(self._row(alert_id))

    def list(
        self,
        *,
        subject_id: str | None = None,
        hit_id: str | None = None,
        state: str | None = None,
        limit: int = 100,
    ) -> Sequence[AlertRecord]:
        """Newest first."""
        query = select(AlertRow).where(self._scope.owns(col(AlertRow.subject_id)))
        if subject_id is not None:
            query = query.where(col(AlertRow.subject_id) == subject_id)
        if hit_id is not None:
            query = query.where(col(AlertRow.hit_id) == hit_id)
        if state is not None:
            query = query.where(col(AlertRow.state) == known("state of an alert", state, STATES))
        query = query.order_by(col(AlertRow.created_at).desc(), col(AlertRow.id)).limit(limit)
        return [_record(row) for row in self._session.exec(query).all()]

    def due(self, now: datetime, limit: int = 50) -> Sequence[AlertRecord]:
        """What should be sent and is in nobody's hands, longest waiting first. Takes nothing."""
        return [_record(row) for row in self._session.exec(self._due(now).limit(limit)).all()]

    def claim(self, now: datetime, limit: int = 50, *, lease_s: float = 300.0) -> Sequence[AlertRecord]:
        """Take due alerts for ``lease_s`` seconds. Nobody else gets them meanwhile.

        A worker that dies loses its lease, and the alert is due again: sending it a second time then
        carries the same id.
        """
        query = self._due(now).limit(limit).with_for_update(skip_locked=True)
        rows = self._session.exec(query).all()
        for row in rows:
            row.claimed_until = now + timedelta(seconds=lease_s)
        self._session.flush()
        return [_record(row) for row in rows]

    def release_claims(self) -> int:
        """Let go of every claim: for a worker that knows itself to be the only one. How many there were."""
        self._scope.require_operator("let go of claims")
        return self._run(
            update(AlertRow).where(col(AlertRow.claimed_until).is_not(None)).values(claimed_until=None)
        )

    def record_attempt(
        self,
        alert_id: str,
        at: datetime,
        outcome: str,
        reason: str = "",
        next_attempt_at: datetime | None = None,
    ) -> AlertRecord:
        """Note an attempt and let go of the claim. "retry" makes the alert due again at ``next_attempt_at``.

        A delivered alert stays delivered, whatever a late attempt says. Raises NotFoundError, BadValueError.
        """
        row = self._row(alert_id, is_locked=True)
        outcome = known("outcome", outcome, OUTCOMES)
        row.attempts += 1
        row.claimed_until = None
        if row.state != "delivered":
            row.state = "due" if outcome == "retry" else outcome
            row.next_attempt_at = (next_attempt_at or at) if outcome == "retry" else None
        sealed = self._keys.of(row.subject_id).seal(
            place("delivery", row.id, row.attempts), {"reason": reason}
        )
        self._session.add(
            DeliveryRow(alert_id=row.id, number=row.attempts, at=at, outcome=outcome, sealed=sealed)
        )
        self._session.flush()
        return _record(row)

    def attempts(self, alert_id: str) -> Sequence[AttemptRecord]:
        """Every attempt of one alert, oldest first. Raises NotFoundError."""
        row = self._row(alert_id)
        secret = self._keys.of(row.subject_id)
        query = select(DeliveryRow).where(col(DeliveryRow.alert_id) == row.id)
        return [
            AttemptRecord(
                number=attempt.number,
                at=attempt.at,
                outcome=attempt.outcome,
                **secret.unseal(place("delivery", row.id, attempt.number), attempt.sealed),
            )
            for attempt in self._session.exec(query.order_by(col(DeliveryRow.number))).all()
        ]

    def _due(self, now: datetime) -> SelectOfScalar[AlertRow]:
        return (
            select(AlertRow)
            .where(
                col(AlertRow.state) == "due",
                col(AlertRow.next_attempt_at) <= now,
                or_(col(AlertRow.claimed_until).is_(None), col(AlertRow.claimed_until) <= now),
                self._scope.owns(col(AlertRow.subject_id)),
            )
            .order_by(col(AlertRow.next_attempt_at), col(AlertRow.id))
        )

    def _row(self, alert_id: str, *, is_locked: bool = False) -> AlertRow:
        query = select(AlertRow).where(
            col(AlertRow.id) == alert_id, self._scope.owns(col(AlertRow.subject_id))
        )
        if is_locked:
            query = query.with_for_update().execution_options(populate_existing=True)
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("alert", alert_id)
        return row


def _record(row: AlertRow) -> AlertRecord:
    return AlertRecord(**{field.name: getattr(row, field.name) for field in dataclasses.fields(AlertRecord)})
