"""What a round tells whoever watches it: counts and events without personal data."""

from __future__ import annotations

import dataclasses
from collections import Counter
from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """What may happen in a round, in the order of the flow."""

    SOURCE = "source"
    PAGE = "page"
    POST = "post"
    REFUSAL = "refusal"
    HIT = "hit"
    CAPTURE = "capture"
    STAMP = "stamp"
    DELIVERY = "delivery"


class Watcher(Protocol):
    """Told of each step as it happens. ``outcome`` is a verdict, a refusal's kind, a delivery's status."""

    def happened(self, step: Step, *, outcome: str = "", where: str = "") -> None: ...


@dataclasses.dataclass(slots=True)
class RoundReport:
    """Counts of one round; also the plainest Watcher."""

    steps: Counter[Step] = dataclasses.field(default_factory=Counter)
    outcomes: Counter[tuple[Step, str]] = dataclasses.field(default_factory=Counter)

    def happened(self, step: Step, *, outcome: str = "", where: str = "") -> None:  # noqa: ARG002 - the protocol
        self.steps[step] += 1
        if outcome:
            self.outcomes[step, outcome] += 1

    def as_json(self) -> dict[str, object]:
        """Counts for ``--json``."""
        result: dict[str, object] = {}
        for step in Step:
            result[f"{step}s" if step is not Step.DELIVERY else "deliveries"] = self.steps[step]
        result["outcomes"] = {
            f"{step}: {name}": count for (step, name), count in sorted(self.outcomes.items())
        }
        return result
