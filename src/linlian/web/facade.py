"""The façade: a community as its buildings at dusk, drawn as SVG; what goes on in them is light in the windows.

Rules
- Amber is something that waits to be repaired, red an alarm. Warm light is decoration: which windows have it follows
  from the building's id and a seed that changes by the hour, never from anybody being at home.
- In which window of a floor an amber light stands says nothing either: its place is drawn from the same seed.
- Lift shafts, stairs, the gate and a strip below ground are drawn too, for that is where most things break.
- Each building is one link with a sentence; a list stands behind the picture for keyboard and screen reader. Figures in
  words, legend and picture come from one value.

    svg = facade_svg([Building(...)], Sky(seed=b"2026-11-28T19"), "今晚有 23 件事等着修好")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import NamedTuple

WIDTH = 1000
HEIGHT = 440
GROUND = 366
"""Where the street lies; what is below stands under it."""
_WINDOW, _PITCH_X, _PITCH_Y = 11, 17, 23
_BUILDING_GAP_MIN = 18
NAME_SIZE = 17
SCALE_MAX = 1.15
"""A few houses are drawn a little larger, never so large that they reach the sky's end."""
_SKY_MIN = 40
_NAMES_AT = HEIGHT - 12
_LETTER, _HAN = 10, NAME_SIZE
"""How broad a letter of a name is at most, and how broad a Chinese character is."""
_MANY = 5
"""With more houses a narrow screen shows a part and scrolls, instead of showing all too small."""
_FLOORS_SHOWN_MAX = 13
_COLUMNS_MAX = 5


class Light(NamedTuple):
    """How many lights a floor has. `floor` counts from 1, 0 is below ground; `shaft` puts them in the lift shaft."""

    floor: int
    waiting: int = 0
    alarms: int = 0
    shaft: bool = False


@dataclass(frozen=True, slots=True)
class Building:
    """One building: `name` and `said` are for people, `href` leads to its page; homes on a floor give its breadth.

    `short` stands in the name's place where there are many.
    """

    identifier: bytes
    name: str
    said: str
    href: str
    floors: int
    homes_on_floor: int
    lights: Sequence[Light] = ()
    short: str = ""


@dataclass(frozen=True, slots=True)
class Sky:
    """What is decoration: `seed` decides which windows are warm."""

    seed: bytes


def facade_svg(buildings: Sequence[Building], sky: Sky, title: str) -> str:
    """All buildings side by side, scaled to fit; `title` is the sentence that the page says about them."""
    widths = [_breadth(building) for building in buildings]
    natural = sum(widths) + _BUILDING_GAP_MIN * (len(widths) + 1)
    tallest = max((_height(building) for building in buildings), default=1)
    scale = min(SCALE_MAX, WIDTH / natural, (GROUND - _SKY_MIN) / tallest)
    gap = (WIDTH - scale * sum(widths)) / (len(widths) + 1)
    parts, left = [], gap
    short = any(_name_breadth(each.name) > scale * width + gap for each, width in zip(buildings, widths, strict=True))
    for building, width in zip(buildings, widths, strict=True):
        parts.append(_building(building, left, width, scale, sky))
        parts.append(_name(building, left + scale * width / 2, short))
        left += scale * width + gap
    many = ' class="many"' if len(buildings) > _MANY else ""
    return (
        f'<svg{many} viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{escape(title)}">{_SKY}{"".join(parts)}'
        f'<rect x="0" y="{GROUND}" width="{WIDTH}" height="3" fill="#1c2230"/></svg>'
    )


_SKY = (
    '<defs><linearGradient id="dusk" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#1f2f4a"/>'
    '<stop offset=".55" stop-color="#54496d"/><stop offset="1" stop-color="#c4866a"/></linearGradient></defs>'
    f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#dusk)"/><circle cx="760" cy="52" r="22" fill="#e4d4b4"/>'
)
_WARM, _DARK, _AMBER, _RED = "#f3d591", "#38435a", "#f0a53c", "#e5503f"


def _columns(building: Building) -> int:
    return max(2, min(_COLUMNS_MAX, building.homes_on_floor))


def _breadth(building: Building) -> int:
    return (_columns(building) + 1) * _PITCH_X + 14


def _storeys(building: Building) -> int:
    return max(1, min(_FLOORS_SHOWN_MAX, building.floors))


def _building(building: Building, left: float, width: int, scale: float, sky: Sky) -> str:
    """One building standing on the street, its lift shaft in the middle and a room below."""
    height = _height(building)
    windows = "".join(_windows(building, sky))
    place = f"translate({left:.1f} {GROUND}) scale({scale:.3f})"
    return (
        f'<a class="building" href="{escape(building.href)}" aria-label="{escape(building.said)}">'
        f'<g transform="{place}">'
        f'<rect class="wall" x="0" y="{-height}" width="{width}" height="{height}" fill="#242c3b"/>'
        f'<rect x="-2" y="{-height - 5}" width="{width + 4}" height="6" fill="#171d29"/>'
        f'<rect x="{_shaft_left(_columns(building)):g}" y="{-height + 14}" width="{_WINDOW}" height="{height - 20}" '
        'fill="#1a212e"/>'
        f'<rect x="7" y="6" width="{width - 14}" height="24" rx="2" fill="#2b2430"/>{windows}'
        "</g></a>"
    )


def _height(building: Building) -> int:
    return _storeys(building) * _PITCH_Y + 20


def _name_breadth(name: str) -> int:
    return sum(_LETTER if ord(sign) < 0x2E80 else _HAN for sign in name)


def _name(building: Building, middle: float, short: bool) -> str:
    """What a building is called, beneath it; where not all names have room, each bears its number alone."""
    name = building.short if short and building.short else building.name
    return (
        f'<text x="{middle:.1f}" y="{_NAMES_AT}" text-anchor="middle" aria-hidden="true" fill="#fdf3e4" '
        f'font-size="{NAME_SIZE}">{escape(name)}</text>'
    )


def _windows(building: Building, sky: Sky) -> list[str]:
    """Every window as a rectangle. Floors beyond what is shown are folded into the nearest one."""
    columns, storeys = _columns(building), _storeys(building)
    drawn = []
    for storey in range(1, storeys + 1):
        here = [light for light in building.lights if _storey_of(light.floor, building.floors, storeys) == storey]
        waiting = sum(light.waiting for light in here if not light.shaft)
        alarms = sum(light.alarms for light in here if not light.shaft)
        order = _shuffled(columns, building.identifier, sky.seed, storey)
        bottom = -storey * _PITCH_Y
        for number, column in enumerate(order):
            kind = "alarm" if number < alarms else "waiting" if number < alarms + waiting else "calm"
            drawn.append(_window(_window_left(column, columns), bottom, kind, _is_warm(building, sky, storey, column)))
        shaft = [light for light in here if light.shaft and light.waiting + light.alarms]
        if shaft:
            kind = "alarm" if any(light.alarms for light in shaft) else "waiting"
            drawn.append(_window(_shaft_left(columns), bottom, kind, warm=False))
    below = [light for light in building.lights if light.floor <= 0 and light.waiting + light.alarms]
    if below:
        kind = "alarm" if any(light.alarms for light in below) else "waiting"
        drawn.append(_window(_breadth(building) / 2 - _WINDOW / 2, 12, kind, warm=False))
    return drawn


def _storey_of(floor: int, floors: int, storeys: int) -> int:
    """The storey of the picture in which a floor lies; 0 for what is below ground."""
    return 0 if floor <= 0 else min(storeys, -(-floor * storeys // max(floors, 1)))


def _window_left(column: int, columns: int) -> float:
    """Windows keep clear of the shaft in the middle."""
    return 9 + column * _PITCH_X + (_PITCH_X if column >= _before_shaft(columns) else 0)


def _before_shaft(columns: int) -> int:
    """So many windows of a floor stand left of the lift shaft."""
    return (columns + 1) // 2


def _shaft_left(columns: int) -> float:
    return 9 + _before_shaft(columns) * _PITCH_X


def _window(left: float, top: float, kind: str, warm: bool) -> str:
    fill = {"alarm": _RED, "waiting": _AMBER}.get(kind) or (_WARM if warm else _DARK)
    glow = (
        f'<rect x="{left - 3:g}" y="{top - 3:g}" width="17" height="17" fill="{fill}" opacity=".35"/>'
        if kind != "calm"
        else ""
    )
    return f'{glow}<rect class="{kind}" x="{left:g}" y="{top:g}" width="{_WINDOW}" height="{_WINDOW}" fill="{fill}"/>'


def _shuffled(columns: int, *seed: bytes | int) -> list[int]:
    """The columns in an order that follows from the seed."""
    return sorted(range(columns), key=lambda column: _chance(*seed, column))


def _is_warm(building: Building, sky: Sky, storey: int, column: int) -> bool:
    return _chance(b"warm", building.identifier, sky.seed, storey, column)[0] < 100


def _chance(*seed: bytes | int) -> bytes:
    return sha256(b"\0".join(part if isinstance(part, bytes) else str(part).encode() for part in seed)).digest()
