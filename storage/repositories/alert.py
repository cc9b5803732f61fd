"""The outbox of alerts: each topic once per channel and kind; claimed under a lease, so that one worker sends."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Interval, func, literal, or_
from sqlmodel import col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.errors import NotFoundError
from storage.models import AlertRow, ChannelRow, DeliveryRow, HitRow
from storage.models.base import new_id
from storage.repositories.base import Repository, known, place

OUTCOMES = ("delivered", "failed", "retry", "cancelled")
STATES = ("due", "delivered", "failed", "cancelled")
_BEGUN = "unknown"
# Not sealed: a claim must not need the key of a subject, so that one damaged key stops nobody else's alerts.
_BEGUN_REASON = "Sending began; whether it arrived is not known."


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """One message to send. ``state``: due, delivered, cancelled, or failed for good.

    ``attempts`` counts the sendings begun; ``forgiven`` of them were made before it was put back in the queue.
    """

    id: str
    subject_id: str
    channel_id: str
    hit_id: str | None
    kind: str
    state: str
    attempts: int
    forgiven: int
    created_at: datetime
    next_attempt_at: datetime | None
    claimed_until: datetime | None

    @property
    def counted_attempts(self) -> int:
        """The sendings begun since the alert was last put in the queue."""
        return self.attempts - self.forgiven


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt to deliver, and what came of it. "unknown": it was begun, and nobody came back to tell."""

    number: int
    at: datetime
    outcome: str
    reason: str


class AlertRepository(Repository):
    def enqueue(
        self, hit_id: str, channel_id: str, kind: str = "hit", *, due_at: datetime | None = None
    ) -> AlertRecord | None:
        """Put an alert about a hit in the outbox, due now or later. None where it is there already.

        One that was cancelled is due again. Raises NotFoundError, also where the channel is not the hit's
        subject's own.
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
        made = self._session.scalars(
            self._insert(AlertRow)
            .values(row.model_dump())
            .on_conflict_do_update(
                index_elements=["topic", "channel_id", "kind"],
                set_={"state": "due", "next_attempt_at": row.next_attempt_at},
                where=col(AlertRow.state) == "cancelled",
            )
            .returning(col(AlertRow.id))
        ).first()
        return self.get(made) if made else None

    def owed(self, look_back: timedelta, limit: int = 500, *, kind: str = "hit") -> Sequence[tuple[str, str]]:
        """(hit id, channel id) of what should be in the outbox and is not, oldest first. Decrypts nothing.

        Owed are hits that are not dismissed and whose evidence is settled, to every channel of their
        subject; to a channel that was added later only those found within ``look_back`` before it.
        """
        in_outbox = select(AlertRow.hit_id).where(
            col(AlertRow.hit_id) == HitRow.id,
            col(AlertRow.channel_id) == ChannelRow.id,
            col(AlertRow.kind) == kind,
            col(AlertRow.state) != "cancelled",
        )
        query = (
            select(HitRow.id, ChannelRow.id)
            .join(
                ChannelRow,
                (col(ChannelRow.subject_id) == col(HitRow.subject_id))
                & (col(HitRow.found_at) >= self._heard_since(look_back)),
            )
            .where(
                ~in_outbox.exists(),
                col(HitRow.evidence_at).is_not(None),
                col(HitRow.disposition) != "dismissed",
                self._scope.owns(col(HitRow.subject_id)),
            )
            .order_by(col(HitRow.found_at), col(HitRow.id), col(ChannelRow.id))
            .limit(limit)
        )
        return [(hit_id, channel_id) for hit_id, channel_id in self._session.exec(query).all()]

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

    def count_failed(self, channel_id: str) -> int:
        """How many alerts to a channel were given up: what ``requeue`` would put back."""
        query = select(func.count()).select_from(AlertRow).where(*self._failed(channel_id))
        return self._session.exec(query).one()

    def requeue(self, channel_id: str) -> int:
        """Make the given-up alerts to a channel due now, with all their patience again. How many there were.

        Raises NotFoundError.
        """
        channel = select(ChannelRow.id).where(
            col(ChannelRow.id) == channel_id, self._scope.owns(col(ChannelRow.subject_id))
        )
        if self._session.exec(channel).first() is None:
            raise NotFoundError("channel", channel_id)
        return self._run(
            update(AlertRow)
            .where(*self._failed(channel_id))
            .values(state="due", forgiven=col(AlertRow.attempts), next_attempt_at=self._context.now())
        )

    def due(self, now: datetime, limit: int = 50) -> Sequence[AlertRecord]:
        """What should be sent and is in nobody's hands, longest waiting first. Takes nothing."""
        return [_record(row) for row in self._session.exec(self._due(now).limit(limit)).all()]

    def claim(self, now: datetime, limit: int = 50, *, lease_s: float = 300.0) -> Sequence[AlertRecord]:
        """Take due alerts for ``lease_s`` seconds, and note for each that an attempt has begun.

        Nobody else gets them meanwhile. A worker that dies loses its lease, and the alert is due again:
        the begun attempt stays in its history as "unknown", and sending it again carries the same id.
        """
        rows = self._session.exec(self._due(now).limit(limit).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.claimed_until = now + timedelta(seconds=lease_s)
            # Whatever ends the worker that sends it must not come first again after every restart.
            row.next_attempt_at = now
            row.attempts += 1
            begun = DeliveryRow(alert_id=row.id, number=row.attempts, at=now, outcome=_BEGUN, sealed=b"")
            self._session.add(begun)
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
        *,
        number: int | None = None,
    ) -> AlertRecord:
        """Note what came of an attempt and let go of the claim. "retry": due again at ``next_attempt_at``.

        ``number`` is the attempt's, as ``claim`` counted it; by default the newest, or a new one where the
        newest has its outcome. An outcome that comes after another worker took over settles nothing but a
        delivery, and a delivered alert stays delivered. A reason is sealed with the subject's key: raises
        CorruptError or WrongKeyError where that is damaged; without a reason no key is needed. Raises
        NotFoundError, BadValueError.
        """
        row = self._row(alert_id, is_locked=True)
        outcome = known("outcome", outcome, OUTCOMES)
        delivery = self._delivery(row, number)
        delivery.at, delivery.outcome = at, outcome
        if reason:
            where = place("delivery", row.id, delivery.number)
            delivery.sealed = self._keys.of(row.subject_id).seal(where, {"reason": reason})
        is_newest = delivery.number == row.attempts
        if is_newest:
            row.claimed_until = None
        if row.state != "delivered" and (is_newest or outcome == "delivered"):
            row.state = "due" if outcome == "retry" else outcome
            row.next_attempt_at = (next_attempt_at or at) if outcome == "retry" else None
        self._session.flush()
        return _record(row)

    def attempts(self, alert_id: str) -> Sequence[AttemptRecord]:
        """Every attempt of one alert, oldest first. Raises NotFoundError."""
        row = self._row(alert_id)
        query = select(DeliveryRow).where(col(DeliveryRow.alert_id) == row.id)
        return [
            AttemptRecord(
                number=delivery.number,
                at=delivery.at,
                outcome=delivery.outcome,
                reason=self._reason(row.subject_id, delivery),
            )
            for delivery in self._session.exec(query.order_by(col(DeliveryRow.number))).all()
        ]

    def _delivery(self, row: AlertRow, number: int | None) -> DeliveryRow:
        """The attempt that an outcome belongs to."""
        begun = self._session.get(DeliveryRow, (row.id, number or row.attempts))
        if begun is not None and (number is not None or begun.outcome == _BEGUN):
            return begun
        row.attempts += 1
        added = DeliveryRow(
            alert_id=row.id, number=row.attempts, at=self._context.now(), outcome=_BEGUN, sealed=b""
        )
        self._session.add(added)
        return added

    def _reason(self, subject_id: str, delivery: DeliveryRow) -> str:
        if not delivery.sealed:
            return _BEGUN_REASON if delivery.outcome == _BEGUN else ""
        where = place("delivery", delivery.alert_id, delivery.number)
        return str(self._keys.of(subject_id).unseal(where, delivery.sealed)["reason"])

    def _heard_since(self, look_back: timedelta) -> ColumnElement[datetime]:
        """How old a hit may be for a channel to hear of it; in the database, so that the index bounds the search."""
        added_at = col(ChannelRow.created_at)
        if self._session.get_bind().dialect.name == "postgresql":
            return added_at - literal(look_back, Interval())
        # SQLite keeps times as text, which sorts by time; milliseconds are all that its arithmetic has.
        return func.strftime("%Y-%m-%d %H:%M:%f", added_at, f"{-look_back.total_seconds():+.3f} seconds")

    def _failed(self, channel_id: str) -> tuple[ColumnElement[bool], ...]:
        return (
            col(AlertRow.channel_id) == channel_id,
            col(AlertRow.state) == "failed",
            self._scope.owns(col(AlertRow.subject_id)),
        )

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
