"""What can break, how fast it must be seen to, and why it broke: the tables behind the rules.

Rules
- A category names the thing and what is wrong with it (`lift.trapped`). It brings the least urgency it is treated
  with: nobody can ask for less than `life_safety` when it smells of gas.
- A deadline is the stricter of two tables: by urgency, and by category where the category sets one.
- Work takes time. Whatever is finished in less than its category's least minutes is flagged, never refused.
- The tables are rules: changing them is a new release. Cases keep the deadlines that they were given.

    deadlines(Category.LIFT_TRAPPED, Urgency.LIFE_SAFETY, time)   ->  (time + 5 minutes, time + 30 minutes)
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

MINUTE_MS = 60_000
HOUR = 60
DAY = 24 * HOUR
DAY_MS = DAY * MINUTE_MS


class Urgency(StrEnum):
    """From the most urgent to the least; the order of the members is the order of severity."""

    LIFE_SAFETY = "life_safety"
    URGENT = "urgent"
    ORDINARY = "ordinary"
    MINOR = "minor"


class Category(StrEnum):
    WATER_LEAK = "water.leak"
    WATER_NONE = "water.none"
    WATER_BLOCKED = "water.blocked"
    WATER_DIRTY = "water.dirty"
    SEWAGE_OVERFLOW = "sewage.overflow"
    POWER_OUTAGE = "power.outage"
    POWER_FAULT = "power.fault"
    POWER_SPARKS = "power.sparks"
    GAS_SMELL = "gas.smell"
    HEATING_COLD = "heating.cold"
    HEATING_LEAK = "heating.leak"
    LIFT_TRAPPED = "lift.trapped"
    LIFT_STOPPED = "lift.stopped"
    LIFT_FAULT = "lift.fault"
    DOOR_LOCK = "door.lock"
    DOOR_ENTRANCE = "door.entrance"
    INTERCOM_FAULT = "intercom.fault"
    WINDOW_BROKEN = "window.broken"
    WALL_DAMP = "wall.damp"
    WALL_FALLING = "wall.falling"
    ROOF_LEAK = "roof.leak"
    LIGHTING_COMMON = "lighting.common"
    FIRE_EQUIPMENT = "fire.equipment"
    FIRE_EXIT_BLOCKED = "fire.exit_blocked"
    MANHOLE_OPEN = "manhole.open"
    TREE_FALLEN = "tree.fallen"
    PAVING_BROKEN = "paving.broken"
    FENCE_BROKEN = "fence.broken"
    PLAYGROUND_BROKEN = "playground.broken"
    BARRIER_FAULT = "barrier.fault"
    CHARGER_FAULT = "charger.fault"
    CAMERA_FAULT = "camera.fault"
    RUBBISH_OVERFLOW = "rubbish.overflow"
    PESTS = "pests"
    OTHER = "other"


class Cause(StrEnum):
    WORN = "worn"
    CORRODED = "corroded"
    CRACKED = "cracked"
    CLOGGED = "clogged"
    SEAL_FAILED = "seal_failed"
    LOOSE = "loose"
    SHORT_CIRCUIT = "short_circuit"
    OVERLOAD = "overload"
    PART_FAILED = "part_failed"
    CONTROL_FAILED = "control_failed"
    WATER_INGRESS = "water_ingress"
    MISUSE = "misuse"
    DAMAGED = "damaged"
    RENOVATION = "renovation"
    BUILDING_DEFECT = "building_defect"
    WEATHER = "weather"
    ANIMALS = "animals"
    SUPPLY_CUT = "supply_cut"
    NOT_MAINTAINED = "not_maintained"
    NO_FAULT = "no_fault"
    NOT_FOUND = "not_found"


class Limits(NamedTuple):
    """Minutes until somebody has accepted it, and until it is done."""

    respond: int
    finish: int


class Terms(NamedTuple):
    """What a category brings. Minutes; zero leaves the deadline to the urgency."""

    urgency: Urgency
    respond: int = 0
    finish: int = 0
    work_min: int = 10


LIMITS = {
    Urgency.LIFE_SAFETY: Limits(respond=10, finish=4 * HOUR),
    Urgency.URGENT: Limits(respond=30, finish=1 * DAY),
    Urgency.ORDINARY: Limits(respond=4 * HOUR, finish=3 * DAY),
    Urgency.MINOR: Limits(respond=1 * DAY, finish=15 * DAY),
}

TERMS = {
    Category.WATER_LEAK: Terms(Urgency.URGENT),
    Category.WATER_NONE: Terms(Urgency.URGENT),
    Category.WATER_BLOCKED: Terms(Urgency.ORDINARY, finish=1 * DAY),
    Category.WATER_DIRTY: Terms(Urgency.URGENT),
    Category.SEWAGE_OVERFLOW: Terms(Urgency.URGENT, finish=8 * HOUR),
    Category.POWER_OUTAGE: Terms(Urgency.URGENT, finish=8 * HOUR),
    Category.POWER_FAULT: Terms(Urgency.ORDINARY),
    Category.POWER_SPARKS: Terms(Urgency.LIFE_SAFETY),
    Category.GAS_SMELL: Terms(Urgency.LIFE_SAFETY, respond=5, finish=2 * HOUR),
    Category.HEATING_COLD: Terms(Urgency.ORDINARY, finish=1 * DAY),
    Category.HEATING_LEAK: Terms(Urgency.URGENT),
    Category.LIFT_TRAPPED: Terms(Urgency.LIFE_SAFETY, respond=5, finish=30),
    Category.LIFT_STOPPED: Terms(Urgency.URGENT),
    Category.LIFT_FAULT: Terms(Urgency.ORDINARY),
    Category.DOOR_LOCK: Terms(Urgency.ORDINARY),
    Category.DOOR_ENTRANCE: Terms(Urgency.ORDINARY),
    Category.INTERCOM_FAULT: Terms(Urgency.ORDINARY),
    Category.WINDOW_BROKEN: Terms(Urgency.ORDINARY),
    Category.WALL_DAMP: Terms(Urgency.ORDINARY, work_min=30),
    Category.WALL_FALLING: Terms(Urgency.LIFE_SAFETY),
    Category.ROOF_LEAK: Terms(Urgency.ORDINARY, work_min=30),
    Category.LIGHTING_COMMON: Terms(Urgency.ORDINARY, finish=2 * DAY),
    Category.FIRE_EQUIPMENT: Terms(Urgency.URGENT),
    Category.FIRE_EXIT_BLOCKED: Terms(Urgency.URGENT),
    Category.MANHOLE_OPEN: Terms(Urgency.LIFE_SAFETY, finish=2 * HOUR),
    Category.TREE_FALLEN: Terms(Urgency.URGENT, work_min=20),
    Category.PAVING_BROKEN: Terms(Urgency.MINOR, work_min=20),
    Category.FENCE_BROKEN: Terms(Urgency.MINOR),
    Category.PLAYGROUND_BROKEN: Terms(Urgency.ORDINARY),
    Category.BARRIER_FAULT: Terms(Urgency.ORDINARY),
    Category.CHARGER_FAULT: Terms(Urgency.ORDINARY),
    Category.CAMERA_FAULT: Terms(Urgency.ORDINARY),
    Category.RUBBISH_OVERFLOW: Terms(Urgency.ORDINARY, finish=1 * DAY),
    Category.PESTS: Terms(Urgency.MINOR),
    Category.OTHER: Terms(Urgency.MINOR),
}

ELSEWHERE = Terms(Urgency.ORDINARY)
"""The terms of a category that only an imported record knows (`boston311.pothole_repair`)."""

_RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}
_TERMS_BY_LABEL = {category.value: terms for category, terms in TERMS.items()}


def terms_of(category: str) -> Terms:
    """The terms of a category of ours, or those of categories from elsewhere."""
    return _TERMS_BY_LABEL.get(category, ELSEWHERE)


def urgency_of(category: str, asked: Urgency | None) -> Urgency:
    """The more urgent of what is asked and what the category demands."""
    least = terms_of(category).urgency
    return least if asked is None or _RANK[least] <= _RANK[asked] else asked


def deadlines(category: str, urgency: Urgency, time: int) -> tuple[int, int]:
    """When it must be accepted and when it must be done, counted from `time`; all in milliseconds."""
    limits, terms = LIMITS[urgency], terms_of(category)
    respond = min(limits.respond, terms.respond or limits.respond)
    finish = min(limits.finish, terms.finish or limits.finish)
    return time + respond * MINUTE_MS, time + finish * MINUTE_MS


def is_instant(category: str, began_at: int, ended_at: int) -> bool:
    """Whether the time between is less than any work of this category takes."""
    return ended_at - began_at < terms_of(category).work_min * MINUTE_MS
