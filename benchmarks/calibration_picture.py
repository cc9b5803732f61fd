"""Draws how often posts of a score are shaming: a calibrated detector lies on the diagonal."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

BINS = 10
_SIZE, _MARGIN = 320, 48


@dataclasses.dataclass(frozen=True, slots=True)
class Bin:
    """The cases of one tenth of the scores."""

    mean_score: float
    share: float
    count: int


def calibration_bins(pairs: Sequence[tuple[float, bool]]) -> list[Bin]:
    """(score, is shaming) in up to ten bins of equal width, empty ones left out."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, is_shaming in pairs:
        bins[min(BINS - 1, int(score * BINS))].append((score, is_shaming))
    return [
        Bin(
            mean_score=sum(score for score, _ in found) / len(found),
            share=sum(is_shaming for _, is_shaming in found) / len(found),
            count=len(found),
        )
        for found in bins
        if found
    ]


def draw(bins: Sequence[Bin], path: Path) -> None:
    """An SVG with the diagonal, the curve, and a dot per bin whose area shows how many cases it holds."""
    most = max(item.count for item in bins)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE + 2 * _MARGIN} {_SIZE + 2 * _MARGIN}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_SIZE + 2 * _MARGIN}" height="{_SIZE + 2 * _MARGIN}" fill="white"/>',
    ]
    for step in range(6):
        value = step / 5
        x, y = _place(value, value)
        parts.append(
            f'<path d="M{_MARGIN} {y:.1f}H{_SIZE + _MARGIN}M{x:.1f} {_MARGIN}V{_SIZE + _MARGIN}" stroke="#ddd"/>'
            f'<text x="{x:.1f}" y="{_SIZE + _MARGIN + 18}" text-anchor="middle">{value:.1f}</text>'
            f'<text x="{_MARGIN - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.1f}</text>'
        )
    (left, bottom), (right, top) = _place(0, 0), _place(1, 1)
    parts.append(
        f'<path d="M{left} {bottom}L{right} {top}" stroke="#888" stroke-dasharray="5 4" fill="none"/>'
    )
    line = " ".join("{:.1f},{:.1f}".format(*_place(item.mean_score, item.share)) for item in bins)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    for item in bins:
        x, y = _place(item.mean_score, item.share)
        radius = 3 + 9 * (item.count / most) ** 0.5
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#1f5fa8" fill-opacity="0.55"/>'
        )
    middle = _MARGIN + _SIZE / 2
    parts.append(
        f'<text x="{middle}" y="{_SIZE + 2 * _MARGIN - 8}" text-anchor="middle">{escape("score")}</text>'
    )
    parts.append(
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">{escape("share that is shaming")}</text>'
    )
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", "utf-8")


def _place(score: float, share: float) -> tuple[float, float]:
    return _MARGIN + score * _SIZE, _MARGIN + (1 - share) * _SIZE
