"""What can break, how fast it must be seen to, and why it broke: the tables behind the rules.

Rules
- A category names the thing and what is wrong with it (`lift.trapped`). It brings the least urgency it is treated
  with: nobody can ask for less than `life_safety` when it smells of gas.
- Five promises run apart (`Clock`), each in minutes by the stricter of two tables: by urgency, and by category where
  the category sets one. Only what endangers life has to be made safe.
- What is not urgent is promised in working time (`WORKING`), by the community's standard calendar; what a category sets
  is in natural time.
- Work takes time. Whatever is finished in less than its category's least minutes is flagged, never refused.
- The tables are rules: changing them is a new release. Cases keep the deadlines that they were given.

    limits(Category.LIFT_TRAPPED, Urgency.LIFE_SAFETY)   ->  Limits(respond=5, arrive=20, safe=25, finish=30, …)
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from linlian.community.staff import LicenceKind

MINUTE_MS = 60_000
HOUR = 60
DAY = 24 * HOUR
WORKDAY = 8 * HOUR
"""The working time of an ordinary day, by which promises in working time are made."""
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


class Part(StrEnum):
    """Whose part of the house is broken."""

    UNDECIDED = "undecided"
    PRIVATE = "private"
    COMMON = "common"
    UTILITY = "utility"
    NEIGHBOUR = "neighbour"


class Party(StrEnum):
    """Who must have it repaired."""

    UNDECIDED = "undecided"
    PROPERTY = "property"
    DEVELOPER = "developer"
    SUPPLIER = "supplier"
    CONTRACTOR = "contractor"
    OWNER = "owner"


class Payer(StrEnum):
    """Who bears the cost. GUARANTEE: whoever did the work before, out of their own pocket."""

    UNDECIDED = "undecided"
    FEE = "fee"
    OWNER = "owner"
    OCCUPIER = "occupier"
    DEVELOPER = "developer"
    FUND = "fund"
    INSURER = "insurer"
    SUPPLIER = "supplier"
    GUARANTEE = "guarantee"


class PauseReason(StrEnum):
    """For what the clocks may stand still; for nothing else."""

    RESIDENT = "resident"
    PARTS = "parts"
    ACCESS = "access"
    WEATHER = "weather"
    APPROVAL = "approval"
    AUTHORITY = "authority"


class Clock(StrEnum):
    """A promise that can run out: somebody accepts it, is there, has made it safe, is done, has told the reporter.

    REVIEW is the one promise of what is put off for long: that somebody looks at it again.
    """

    RESPOND = "respond"
    ARRIVE = "arrive"
    SAFE = "safe"
    FINISH = "finish"
    REPLY = "reply"
    REVIEW = "review"


class Limits(NamedTuple):
    """Minutes from the opening until a promise must be kept, natural or working ones; 0 is no such promise."""

    respond: int
    arrive: int
    safe: int
    finish: int
    reply: int


class Licences(NamedTuple):
    """What the repairer must hold, and what their organisation; None is nothing."""

    person: LicenceKind | None
    firm: LicenceKind | None


UNLICENSED = Licences(None, None)
LIFTS = Licences(LicenceKind.LIFT_REPAIR, LicenceKind.LIFT_FIRM)
GAS = Licences(LicenceKind.GAS_FITTING, LicenceKind.GAS_FIRM)


class Warranty(NamedTuple):
    """For homes handed over from this day (YYYYMMDD) on: so many years, or so many heating seasons, by what it is."""

    since: int
    years: dict[str, int]
    seasons: dict[str, int]


WARRANTIES = (Warranty(20000130, years={"water": 5, "pipes": 2}, seasons={"heating": 2}),)
"""Regulation on the Quality Management of Construction Projects (State Council order 279), article 40; latest first."""
SEASON_BEGINS, SEASON_ENDS = 1115, 315
"""Month and day of a heating season, 15 November to 15 March."""


class Terms(NamedTuple):
    """What a category brings. Minutes; zero leaves the deadline to the urgency.

    guarantee   days for which a repair holds good: the same again within them is free
    warranty    what of the building it is, for which the developer answers for some time: see `WARRANTIES`
    licences    what whoever does it must hold
    """

    urgency: Urgency
    respond: int = 0
    finish: int = 0
    work_min: int = 10
    guarantee: int = 30
    warranty: str = ""
    licences: Licences = UNLICENSED


LIMITS = {
    Urgency.LIFE_SAFETY: Limits(10, 20, 30, finish=4 * HOUR, reply=8 * HOUR),
    Urgency.URGENT: Limits(30, 2 * HOUR, 0, finish=1 * DAY, reply=2 * DAY),
    Urgency.ORDINARY: Limits(4 * HOUR, 2 * WORKDAY, 0, finish=3 * WORKDAY, reply=5 * WORKDAY),
    Urgency.MINOR: Limits(1 * DAY, 10 * WORKDAY, 0, finish=15 * WORKDAY, reply=17 * WORKDAY),
}

_BY_WORKDAY = (Clock.ARRIVE, Clock.FINISH, Clock.REPLY)
WORKING: dict[Urgency, tuple[Clock, ...]] = {
    Urgency.LIFE_SAFETY: (),
    Urgency.URGENT: (),
    Urgency.ORDINARY: _BY_WORKDAY,
    Urgency.MINOR: _BY_WORKDAY,
}
"""Which promises are counted in working time. Somebody is always there to accept."""

TERMS = {
    Category.WATER_LEAK: Terms(Urgency.URGENT, guarantee=90, warranty="pipes"),
    Category.WATER_NONE: Terms(Urgency.URGENT, warranty="pipes"),
    Category.WATER_BLOCKED: Terms(Urgency.ORDINARY, finish=1 * DAY, warranty="pipes"),
    Category.WATER_DIRTY: Terms(Urgency.URGENT),
    Category.SEWAGE_OVERFLOW: Terms(Urgency.URGENT, finish=8 * HOUR, warranty="pipes"),
    Category.POWER_OUTAGE: Terms(Urgency.URGENT, finish=8 * HOUR, warranty="pipes"),
    Category.POWER_FAULT: Terms(Urgency.ORDINARY, warranty="pipes"),
    Category.POWER_SPARKS: Terms(Urgency.LIFE_SAFETY, warranty="pipes"),
    Category.GAS_SMELL: Terms(Urgency.LIFE_SAFETY, respond=5, finish=2 * HOUR, licences=GAS),
    Category.HEATING_COLD: Terms(Urgency.ORDINARY, finish=1 * DAY, warranty="heating"),
    Category.HEATING_LEAK: Terms(Urgency.URGENT, guarantee=90, warranty="heating"),
    Category.LIFT_TRAPPED: Terms(Urgency.LIFE_SAFETY, respond=5, finish=30, warranty="pipes", licences=LIFTS),
    Category.LIFT_STOPPED: Terms(Urgency.URGENT, guarantee=90, warranty="pipes", licences=LIFTS),
    Category.LIFT_FAULT: Terms(Urgency.ORDINARY, guarantee=90, warranty="pipes", licences=LIFTS),
    Category.DOOR_LOCK: Terms(Urgency.ORDINARY),
    Category.DOOR_ENTRANCE: Terms(Urgency.ORDINARY, warranty="pipes"),
    Category.INTERCOM_FAULT: Terms(Urgency.ORDINARY, warranty="pipes"),
    Category.WINDOW_BROKEN: Terms(Urgency.ORDINARY),
    Category.WALL_DAMP: Terms(Urgency.ORDINARY, work_min=30, guarantee=180, warranty="water"),
    Category.WALL_FALLING: Terms(Urgency.LIFE_SAFETY, warranty="pipes"),
    Category.ROOF_LEAK: Terms(Urgency.ORDINARY, work_min=30, guarantee=180, warranty="water"),
    Category.LIGHTING_COMMON: Terms(Urgency.ORDINARY, finish=2 * DAY),
    Category.FIRE_EQUIPMENT: Terms(Urgency.URGENT, warranty="pipes"),
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

PAYS = {
    Part.PRIVATE: (Party.OWNER, Payer.OCCUPIER),
    Part.COMMON: (Party.PROPERTY, Payer.FEE),
    Part.UTILITY: (Party.SUPPLIER, Payer.SUPPLIER),
    Part.NEIGHBOUR: (Party.OWNER, Payer.OWNER),
}
"""Part → who usually must see to it, and who bears the cost. A proposal: triage may say otherwise, and it shows."""

_RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}
_TERMS_BY_LABEL = {category.value: terms for category, terms in TERMS.items()}


def terms_of(category: str) -> Terms:
    """The terms of a category of ours, or those of categories from elsewhere."""
    return _TERMS_BY_LABEL.get(category, ELSEWHERE)


def urgency_of(category: str, asked: Urgency | None) -> Urgency:
    """The more urgent of what is asked and what the category demands."""
    least = terms_of(category).urgency
    return least if asked is None or _RANK[least] <= _RANK[asked] else asked


def limits(category: str, urgency: Urgency) -> Limits:
    """The minutes of each promise, in an order that can be kept: nobody is done before they had to be there."""
    given, terms = LIMITS[urgency], terms_of(category)
    respond = min(given.respond, terms.respond or given.respond)
    arrive, finish = given.arrive, min(given.finish, terms.finish or given.finish)
    if terms.finish and WORKING[urgency]:  # natural time, which has other days than the working time of the urgency
        arrive, finish = given.arrive // WORKDAY * DAY, terms.finish
    return Limits(respond, min(arrive, finish), min(given.safe, finish), finish, given.reply)


def in_working_time(category: str, urgency: Urgency) -> tuple[Clock, ...]:
    """Which promises are counted in working time: none that hangs on what the category sets."""
    working = WORKING[urgency]
    return (Clock.REPLY,) if working and terms_of(category).finish else working


def guarantee_ms(category: str) -> int:
    """For how long a repair of this category holds good."""
    return terms_of(category).guarantee * DAY_MS


def in_warranty(category: str, handover: int, day: int) -> bool:
    """Whether the developer still answers, on a day, for what is broken at a home handed over on another; 0: unknown.

    A season counts whole: one that had begun when the home was handed over is not the first.
    """
    what = terms_of(category).warranty
    table = next((table for table in WARRANTIES if handover >= table.since), None)
    if table is None or not handover <= day:
        return False
    if what in table.years:
        return day < handover + 10_000 * table.years[what]
    if what in table.seasons:
        first, month_and_day = divmod(handover, 10_000)
        began_before = 1 if month_and_day > SEASON_BEGINS else 0
        return day <= (first + began_before + table.seasons[what]) * 10_000 + SEASON_ENDS
    return False


def is_instant(category: str, began_at: int, ended_at: int) -> bool:
    """Whether the time between is less than any work of this category takes."""
    return ended_at - began_at < terms_of(category).work_min * MINUTE_MS
