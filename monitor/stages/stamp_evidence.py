"""Sealed evidence → trusted time: asks again for stamps that did not come, and once a day for the root of all custody logs."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.evidence.safekeeping import stamp_or_put_off
from monitor.evidence.seal import Stamper
from monitor.progress import Step, Watcher
from storage import Scope, Storage


def stamp_evidence(storage: Storage, stamper: Stamper, watcher: Watcher, *, limit: int = 50) -> int:
    """Ask for the stamps of up to ``limit`` items whose turn has come. How many stamps came.

    An item whose authorities are down is put off and never given up: until a stamp is there, its
    record says that there is none.
    """
    if not stamper.tsas:
        return 0
    with storage.read(Scope.operator()) as work:
        due = [record.id for record in work.evidence.stamp_due(datetime.now(UTC), limit)]
    return sum(stamp_or_put_off(storage, evidence_id, stamper, watcher) for evidence_id in due)


def stamp_custody(storage: Storage, stamper: Stamper, watcher: Watcher) -> int:
    """Make the day's root over all custody logs where it is due, and stamp the roots that have no stamp. How many came."""
    now = datetime.now(UTC)
    with storage.begin(Scope.operator()) as work:
        if work.custody.due_for_root(now):
            work.custody.make_root(now)
    if not stamper.tsas:
        return 0
    with storage.read(Scope.operator()) as work:
        roots = work.custody.roots_unstamped()
    count = 0
    for root in roots:
        stamps, unstamped = stamper.stamps(root.document)
        with storage.begin(Scope.operator()) as work:
            for stamp in stamps:
                work.custody.add_stamp(root.id, stamp.tsa, stamp.response_der)
        count += len(stamps)
        for outcome in (*("stamped" for _ in stamps), *("not yet stamped" for _ in unstamped)):
            watcher.happened(Step.STAMP, outcome=outcome)
    return count
