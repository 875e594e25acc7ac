"""Charts as SVG, drawn on the server; a table with the same numbers stands behind each.

    bars_svg("Done", ["2026-10", "2026-11"], [Series("in time", "well", [8, 9]), Series("late", "late", [1, 0])])

Series stand on one another and are told apart by shade and by the table; colours are classes of the style sheet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 220
_LEFT, _BOTTOM, _TOP = 40, 28, 12
_LABELS_MAX = 6


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers of one kind: `shade` is the class that colours them."""

    name: str
    shade: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Knot:
    """A point of a picture of flows."""

    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Flow:
    """So much from one knot to another, both by their number."""

    giver: int
    taker: int
    amount: int


def bars_svg(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """Bars over the labels, the series on top of one another."""
    sums = [sum(one.values[place] for one in series) for place in range(len(labels))]
    top = _round_up(max(sums, default=0))
    high = HEIGHT - _BOTTOM - _TOP
    step = (WIDTH - _LEFT) / max(1, len(labels))
    parts = [_line(top, share, high) for share in (0, 1, 2)]
    for place, label in enumerate(labels):
        left, bottom = _LEFT + place * step + step * 0.15, float(HEIGHT - _BOTTOM)
        for one in series:
            tall = high * one.values[place] / top
            bottom -= tall
            if tall:
                told = escape(f"{label} · {one.name}: {one.values[place]}")
                parts.append(
                    f'<rect class="{one.shade}" x="{left:.1f}" y="{bottom:.1f}" width="{step * 0.7:.1f}" '
                    f'height="{tall:.1f}"><title>{told}</title></rect>'
                )
        if place % math.ceil(len(labels) / _LABELS_MAX) == 0:
            middle = left + step * 0.35
            parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(label)}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'


def _line(top: int, share: int, high: int) -> str:
    height = HEIGHT - _BOTTOM - high * share / 2
    number = f"{top * share / 2:g}"
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH}" y1="{height:g}" y2="{height:g}"/>'
        f'<text x="{_LEFT - 6}" y="{height + 4:g}" text-anchor="end">{number}</text>'
    )


def _round_up(most: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, …: even, so that its half is a whole number."""
    scale = 1
    while True:
        for step in (2, 4, 10):
            if step * scale >= most:
                return step * scale
        scale *= 10


def flows_svg(title: str, knots: Sequence[Knot], flows: Sequence[Flow]) -> str:
    """Knots in a round, and an arc from each giver to its taker: the broader, the more."""
    width, height = 900, 560
    spots = [
        (width / 2 + 270 * math.sin(angle), height / 2 - 195 * math.cos(angle))
        for angle in (2 * math.pi * number / max(1, len(knots)) for number in range(len(knots)))
    ]
    most = max((flow.amount for flow in flows), default=1)
    arcs = [_arc(knots, spots, flow, 1.5 + 8.5 * flow.amount / most) for flow in flows]
    dots = [
        f'<g class="knot"><circle cx="{x:.1f}" cy="{y:.1f}" r="22"><title>{escape(knot.said)}</title></circle>'
        f"{_outside(x - width / 2, y - height / 2, x, y, knot.name)}</g>"
        for knot, (x, y) in zip(knots, spots, strict=True)
    ]
    head = (
        '<defs><marker id="taker" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="14" markerHeight="14" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>'
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"{head}{''.join(arcs)}{''.join(dots)}</svg>"
    )


def _outside(right: float, down: float, x: float, y: float, name: str) -> str:
    """A name beside its circle, away from the middle, where no arc goes: there it may be as long as it is."""
    if abs(down) < 60:
        side = 1 if right >= 0 else -1
        x, y, anchor = x + side * 30, y + 5, "start" if side > 0 else "end"
    else:
        y, anchor = y + (40 if down > 0 else -30), "middle"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(name)}</text>'


def _arc(knots: Sequence[Knot], spots: Sequence[tuple[float, float]], flow: Flow, broad: float) -> str:
    """Bent to the right of its way, so that there and back lie side by side; it begins and ends at the circles."""
    (x1, y1), (x2, y2) = spots[flow.giver], spots[flow.taker]
    long = math.hypot(x2 - x1, y2 - y1) or 1.0
    ux, uy = (x2 - x1) / long, (y2 - y1) / long
    mx, my = (x1 + x2) / 2 - uy * 34, (y1 + y2) / 2 + ux * 34
    told = escape(f"{knots[flow.giver].name} → {knots[flow.taker].name}: {flow.amount}")
    return (
        f'<path class="flow" stroke-width="{broad:.1f}" marker-end="url(#taker)" '
        f'd="M{x1 + ux * 24:.1f} {y1 + uy * 24:.1f} Q{mx:.1f} {my:.1f} {x2 - ux * 30:.1f} {y2 - uy * 30:.1f}">'
        f'<title>{told}</title></path><text class="amount" x="{(mx + (x1 + x2) / 2) / 2:.1f}" '
        f'y="{(my + (y1 + y2) / 2) / 2:.1f}" text-anchor="middle">{flow.amount}</text>'
    )
