"""Reads numbers whose middle was covered (138****1234); never alone enough to say whose they are."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from monitor.detection.characters import CODE_SPACE, Kind
from monitor.detection.folding import FoldedBatch
from monitor.detection.phones import PhonePattern

_MASK_SIGNS = "*x•●○✱✕#_某"
_MASKED = re.compile(
    rf"(?<!\d)(\+?\d[\d \-]{{1,9}})(?:[ \-]?[{re.escape(_MASK_SIGNS)}]){{2,8}}[ \-]?(\d[\d \-]{{0,5}}\d)(?!\d)"
)
_MASK_REACH = 32


@dataclasses.dataclass(frozen=True, slots=True)
class MaskedNumber:
    """A number whose middle was covered: ``head`` and ``tail`` are the digits that show."""

    begin: int
    end: int
    head: str
    tail: str


@functools.cache
def mask_table() -> npt.NDArray[np.bool_]:
    table = np.zeros(CODE_SPACE, dtype=np.bool_)
    table[[ord(char) for char in _MASK_SIGNS]] = True
    return table


def masked_numbers(batch: FoldedBatch) -> Iterator[MaskedNumber]:
    """Every number of the batch whose middle is covered by stars, crosses or dots."""
    is_mask = mask_table()[batch.codes]
    is_digit = np.concatenate(([False, False], batch.kinds == Kind.DIGIT))
    done = 0
    for place in np.flatnonzero(is_mask & (is_digit[1:-1] | is_digit[:-2])).tolist():
        for match in _MASKED.finditer(batch.text, max(done, place - _MASK_REACH), place + _MASK_REACH):
            done = match.end()
            head, tail = (re.sub(r"\D", "", part) for part in match.groups())
            if len(head) >= 2 and 2 <= len(tail) <= 6 and len(head) + len(tail) >= 5:
                yield MaskedNumber(match.start(), match.end(), head, tail)


def fits_mask(pattern: PhonePattern, masked: MaskedNumber) -> bool:
    """Whether the digits that show are those of the number, with or without a prefix."""
    if (
        not pattern.digits.endswith(masked.tail)
        or len(masked.head) + len(masked.tail) > len(pattern.digits) + 5
    ):
        return False
    return any((prefix + pattern.digits).startswith(masked.head) for prefix in ("", *pattern.prefixes))
