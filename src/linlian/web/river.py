"""What flows from hand to hand as a picture: broad where it is much. On a desk from left to right, on a phone downward.

    river_svg("Where it is", banks, [Stream(0, 1, 50_000, "well")], downward=True)

Banks stand in layers, by their order; each has room for its name, however little flows by. Colours are classes of the
style sheet, and a table with the same numbers stands behind each picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

WIDE, THICK = 960, 14
NARROW, STEP = 360, 128
LETTERS_MAX = 14
"""Of a name on a phone; a Chinese one counts twice."""
_SLOT = 46
_SIDE = 150


@dataclass(frozen=True, slots=True)
class Bank:
    """A place where it rests or passes: `said` is its amount in words, `layer` how far down the river it is."""

    name: str
    said: str
    layer: int
    amount: int
    shade: str = "moving"


@dataclass(frozen=True, slots=True)
class Stream:
    """So much from one bank to another, both by their number."""

    giver: int
    taker: int
    amount: int
    shade: str
    told: str = ""


@dataclass(slots=True)
class _Spot:
    """Where a bank lies across the river, how broad it is, and how much of either side is taken."""

    along: float
    start: float
    broad: float
    out: float = 0.0
    into: float = 0.0


def river_svg(title: str, banks: Sequence[Bank], streams: Sequence[Stream], downward: bool = False) -> str:
    """The picture; empty where nothing flows."""
    if not banks or not any(stream.amount for stream in streams):
        return ""
    layers = max(bank.layer for bank in banks) + 1
    deepest = max(sum(1 for bank in banks if bank.layer == layer) for layer in range(layers))
    across = NARROW if downward else max(220, 76 * deepest)
    spots = _spots(banks, layers, float(across), downward)
    scale = _scale(banks, spots)
    ribbons = [_ribbon(banks, spots, stream, scale, downward) for stream in streams if stream.amount]
    marks = [_mark(bank, spot, layers, downward) for bank, spot in zip(banks, spots, strict=True)]
    width, height = (NARROW, (layers - 1) * STEP + 100) if downward else (WIDE, across)
    return (
        f'<svg class="{"down" if downward else "across"}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(ribbons)}{"".join(marks)}</svg>'
    )


def _spots(banks: Sequence[Bank], layers: int, across: float, downward: bool) -> list[_Spot]:
    """Each bank in a slot of its own; slots of a layer share the breadth by what flows there, none is too small."""
    spots: list[_Spot] = []
    totals = [sum(bank.amount for bank in banks if bank.layer == layer) for layer in range(layers)]
    least = NARROW / 3 if downward else float(_SLOT)
    taken = [0.0] * layers
    for bank in banks:
        count = sum(1 for other in banks if other.layer == bank.layer)
        small = min(least, across / count)
        share = bank.amount / totals[bank.layer] if totals[bank.layer] else 1 / count
        slot = small + (across - small * count) * share
        if downward:
            along = bank.layer * STEP + 40.0
        else:
            along = 2.0 + bank.layer * (WIDE - _SIDE - THICK) / max(1, layers - 1)
        spots.append(_Spot(along, taken[bank.layer] + slot / 2, slot))
        taken[bank.layer] += slot
    return spots


def _scale(banks: Sequence[Bank], spots: Sequence[_Spot]) -> float:
    """Breadth for each unit: so that every bank fits into its slot with room between."""
    room = [(spot.broad - 10) / bank.amount for bank, spot in zip(banks, spots, strict=True) if bank.amount]
    scale = min(room, default=1.0)
    for bank, spot in zip(banks, spots, strict=True):
        spot.broad = max(2.0, bank.amount * scale)
        spot.start -= spot.broad / 2
    return scale


def _ribbon(banks: Sequence[Bank], spots: Sequence[_Spot], stream: Stream, scale: float, downward: bool) -> str:
    giver, taker = spots[stream.giver], spots[stream.taker]
    broad = max(1.5, stream.amount * scale)
    one, two = giver.start + giver.out, taker.start + taker.into
    giver.out += broad
    taker.into += broad
    begin, end = giver.along + THICK, taker.along
    middle = (begin + end) / 2
    corners = ((begin, one), (middle, one), (middle, two), (end, two))
    back = ((end, two + broad), (middle, two + broad), (middle, one + broad), (begin, one + broad))
    points = [f"{y:.1f} {x:.1f}" if downward else f"{x:.1f} {y:.1f}" for x, y in (*corners, *back)]
    told = stream.told or f"{banks[stream.giver].name} → {banks[stream.taker].name}"
    return (
        f'<path class="stream {stream.shade}" d="M{points[0]} C{points[1]} {points[2]} {points[3]} '
        f'L{points[4]} C{points[5]} {points[6]} {points[7]} Z"><title>{escape(told)}</title></path>'
    )


def _mark(bank: Bank, spot: _Spot, layers: int, downward: bool) -> str:
    if downward:
        x = spot.start + spot.broad / 2
        edge = min(max(x, 60.0), NARROW - 60.0)
        last = bank.layer == layers - 1
        y = spot.along + THICK + 18 if last else spot.along - 22
        name = escape(_short(bank.name))
        return (
            f'<rect class="{bank.shade}" x="{spot.start:.1f}" y="{spot.along:.1f}" width="{spot.broad:.1f}" '
            f'height="{THICK}" rx="3"/><text x="{edge:.1f}" y="{y:.1f}" text-anchor="middle">{name}</text>'
            f'<text class="said" x="{edge:.1f}" y="{y + 16:.1f}" text-anchor="middle">{escape(bank.said)}</text>'
        )
    y = spot.start + spot.broad / 2
    return (
        f'<rect class="{bank.shade}" x="{spot.along:.1f}" y="{spot.start:.1f}" width="{THICK}" '
        f'height="{spot.broad:.1f}" rx="3"/><text x="{spot.along + THICK + 8:.1f}" y="{y - 3:.1f}">'
        f'{escape(bank.name)}</text><text class="said" x="{spot.along + THICK + 8:.1f}" y="{y + 15:.1f}">'
        f"{escape(bank.said)}</text>"
    )


def _short(name: str) -> str:
    """As much of a name as fits beside its neighbour's on a phone; the table behind has it whole."""
    taken = 0
    for at, letter in enumerate(name):
        taken += 2 if east_asian_width(letter) in "WF" else 1
        if taken > LETTERS_MAX:
            return f"{name[: at - 1]}…"
    return name
