"""One building, enlarged: every window is a target of 44 px, and says in words what is behind it.

    elevation_svg([Storey(2, "2 层", [Window("waiting", "2 层：1 件等待修好", "/repairs?…")]), …], title)

Amber waits, red is an alarm; a mark stands in the window besides, for state is never colour alone. What a window shows
is decided by whoever draws it: outsiders get as many lit windows as wait on the floor, in places that say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

WINDOW, GAP, LABEL = 44, 10, 64
PITCH = WINDOW + GAP


@dataclass(frozen=True, slots=True)
class Window:
    """A window: what is behind it, the sentence that says so, the number in it (0: none), and its link ("": none)."""

    kind: Literal["calm", "waiting", "alarm"]
    said: str
    count: int = 0
    href: str = ""


@dataclass(frozen=True, slots=True)
class Storey:
    """A floor with its windows from the left."""

    label: str
    windows: Sequence[Window]


def elevation_svg(storeys: Sequence[Storey], title: str) -> str:
    """The storeys, the first at the bottom. As large in px as its numbers say, so that a window is a target."""
    widest = max((len(storey.windows) for storey in storeys), default=1)
    width, height = LABEL + widest * PITCH + GAP, len(storeys) * PITCH + GAP
    parts = [f'<rect class="wall" x="{LABEL}" y="0" width="{width - LABEL}" height="{height}"/>']
    for number, storey in enumerate(storeys):
        top = height - (number + 1) * PITCH
        parts.append(f'<text x="{LABEL - 8}" y="{top + 28}" text-anchor="end">{escape(storey.label)}</text>')
        parts += [_window(window, LABEL + GAP + place * PITCH, top) for place, window in enumerate(storey.windows)]
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="group" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _window(window: Window, left: int, top: int) -> str:
    told = escape(window.said)
    pane = f'<rect class="window {window.kind}" x="{left}" y="{top}" width="{WINDOW}" height="{WINDOW}" rx="4"/>'
    if window.count:
        mark = "!" if window.kind == "alarm" else ""
        pane += f'<text class="inside" x="{left + 22}" y="{top + 28}" text-anchor="middle">{mark}{window.count}</text>'
    if window.href:
        return f'<a href="{escape(window.href)}" aria-label="{told}">{pane}</a>'
    return f"<g><title>{told}</title>{pane}</g>"
