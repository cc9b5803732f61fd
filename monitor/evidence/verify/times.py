"""Whether the times in a sealed folder can be: what the manifest says against what authorities state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from monitor.evidence.verify.findings import Finding, altered, not_checkable

# A machine's clock may be off by so much before a stamp says something else than the manifest.
CLOCK_TOLERANCE = timedelta(minutes=10)
# Stamps come within seconds. What comes later leaves time in which something could have been made up.
_LATE_AFTER = timedelta(hours=1)


def check_times(
    part: str, began_at: datetime, ended_at: datetime, stamped_at: datetime | None
) -> Iterator[Finding]:
    """Nothing where the times fit. ``stamped_at``: the earliest trusted one."""
    if began_at > ended_at + CLOCK_TOLERANCE:
        yield altered(part, "The manifest says that it ended before it began.")
    if stamped_at is None:
        return
    if ended_at > stamped_at + CLOCK_TOLERANCE:
        yield altered(part, "The manifest says that it ended after it was stamped.")
    elif stamped_at - ended_at > _LATE_AFTER:
        yield not_checkable(
            part,
            f"It was stamped {_span(stamped_at - ended_at)} after the time that the manifest names. That it "
            "is older than the stamp is the installation's word.",
        )


def _span(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
