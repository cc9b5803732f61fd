"""Which watch terms are matched, by kind and state. Proof is asked of what could be somebody else's."""

from __future__ import annotations

from monitor.detection.model import TermKind

# A number or mailbox is proved to be the subject's before it is watched; an associate is never
# messaged, so theirs cannot be, and counts only where a post ties it to the subject.
_NEEDS_PROOF = frozenset({TermKind.PHONE, TermKind.EMAIL})


def is_active(kind: TermKind, state: str) -> bool:
    """Whether a term of this kind in this state is matched."""
    return state == "verified" or (state == "declared" and kind not in _NEEDS_PROOF)
