"""Outages: what is known to be out, where and until when, and the reports that belong to it.

Rules
- The desk of a property company or of the government publishes it: what is out, in which common parts (and so in all
  that stands in them), from when until when, as a planned outage or as a fault. No home is named.
- A planned one is announced ahead (`rules_ahead`); what was announced too late says so for ever. Nobody stops it.
- It ends when its publisher says so, for a reason. At the time that was promised the clock says that it overran, and a
  week later, if nobody has said anything, that it lapsed: nobody knows.
- A report made there, of what is out, is joined to it by its reporter or by the desk, and keeps reporter, basis, words
  and photographs. While it is joined the outage is followed in its place.
- Once it is over, its reporter may say that theirs is still out. Then their own case goes on where it stood, and so it
  does without a reason at any other time: its promises never stopped. Those who say so are counted.
- What endangers life is nobody's known outage.

    publish_outage → extend_outage → end_outage | overrun, lapsed          join_outage → leave_outage
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity, joint_reports, places, repairs
from linlian.community.identity import Basis, OrganisationId, OrganisationKind, Role
from linlian.community.joint_reports import Page
from linlian.community.outages.rules_ahead import HOUR_MS, Utility
from linlian.community.places import PlaceId
from linlian.community.repairs import CaseId, Standing
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Count,
    Event,
    Id,
    Meta,
    Millis,
    Reader,
    Row,
    Subject,
)

DAY_MS = 24 * HOUR_MS
PLACES_MAX = 64
WINDOW_MS_MAX = 30 * DAY_MS
PLANNED_AHEAD_MS_MAX = 180 * DAY_MS
LAPSE_MS = 7 * DAY_MS
OBJECTION_MS = 30 * DAY_MS
PUBLISHERS = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.GOVERNMENT)
DESKS = (Role.DESK, Role.DISPATCHER)

OutageId: TypeAlias = Annotated[Id, Subject("outage")]


class Nature(StrEnum):
    PLANNED = "planned"
    FAULT = "fault"


class OutageState(StrEnum):
    """announced → over; what nobody spoke of any more has lapsed."""

    ANNOUNCED = "announced"
    OVER = "over"
    CALLED_OFF = "called_off"
    LAPSED = "lapsed"


class OutageLabel(StrEnum):
    """What people should know at a glance; everything else stands in the sealed notice."""

    STORE_WATER = "store_water"
    WATER_TRUCK = "water_truck"
    RUN_TAP_AFTERWARDS = "run_tap_afterwards"
    LIFTS_STAND_STILL = "lifts_stand_still"
    SWITCH_OFF_DEVICES = "switch_off_devices"
    CLOSE_GAS_VALVE = "close_gas_valve"
    KEEP_CLEAR = "keep_clear"
    NOISE = "noise"
    PARTLY = "partly"


class ExtendReason(StrEnum):
    MORE_DAMAGE = "more_damage"
    PARTS = "parts"
    WEATHER = "weather"
    UTILITY = "utility"
    SAFETY = "safety"


class EndReason(StrEnum):
    RESTORED = "restored"
    CALLED_OFF = "called_off"
    MISTAKEN = "mistaken"


class LeaveReason(StrEnum):
    """Whether the reporter says that theirs is still out, or that it was something else."""

    STILL_OUT = "still_out"
    NOT_THIS = "not_this"


Places = Annotated[tuple[PlaceId, ...], Meta(min_length=1, max_length=PLACES_MAX)]
Labels = Annotated[tuple[OutageLabel, ...], Meta(max_length=len(OutageLabel))]


class Outage(Row):
    """`late`: planned, and announced too late. `overran`: it was not over when it was promised to be.

    `joined` cases follow it; `objections` counts the reporters who said, once it was over, that theirs was not.
    """

    state: OutageState
    nature: Nature
    utility: Utility
    organisation: Id
    places: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=PLACES_MAX)]
    starts: Millis
    until: Millis
    announced_at: Millis
    late: bool
    overran: bool = False
    extended: Count = 0
    ended_at: Millis = 0
    joined: Count = 0
    objections: Count = 0


class Following(Row):
    """Which outage a case follows, keyed by the case, and the page on which it stands there."""

    outage: Id
    page: Count


contract = Contract("outages", needs=(identity.contract, places.contract, repairs.contract, joint_reports.contract))
outages = contract.table("outage", Outage, refused="outages.unknown")
followings = contract.table("following", Following)
pages = contract.table("page", Page)


class PublishOutage(Command):
    """`starts` 0 is now. `notice` is the text at the door, sealed."""

    nature: Nature
    utility: Utility
    places: Places
    until: Millis
    starts: Millis = 0
    labels: Labels = ()
    notice: Content | None = None


class ExtendOutage(Command):
    outage: OutageId
    until: Millis
    reason: ExtendReason
    notice: Content | None = None


class EndOutage(Command):
    outage: OutageId
    reason: EndReason
    notice: Content | None = None


class JoinOutage(Command):
    outage: OutageId
    case: CaseId


class LeaveOutage(Command):
    case: CaseId
    reason: LeaveReason
    words: Content | None = None


class WatchOutage(Command):
    outage: OutageId


class TellCases(Command):
    outage: OutageId
    page: Count


@contract.event
class OutagePublished(Event):
    """`places` are no subjects of this one event: a story of a place begins with each report there."""

    outage: OutageId
    organisation: OrganisationId
    nature: Nature
    utility: Utility
    places: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=PLACES_MAX)]
    starts: Millis
    until: Millis
    late: bool
    hours_ahead: Count
    labels: Labels = ()
    notice: Content | None = None


@contract.event
class OutageExtended(Event):
    outage: OutageId
    until: Millis
    was: Millis
    reason: ExtendReason
    notice: Content | None = None


@contract.event
class OutageEnded(Event):
    """`overran_ms`: how long after the promised time."""

    outage: OutageId
    reason: EndReason
    overran_ms: Millis
    notice: Content | None = None


@contract.event
class OutageOverran(Event):
    """The promised time has come, and nobody has said that it is over."""

    outage: OutageId
    organisation: OrganisationId
    until: Millis


@contract.event
class OutageLapsed(Event):
    """A week after the promised time nobody has said anything: nobody knows."""

    outage: OutageId
    organisation: OrganisationId


@contract.event
class OutageJoined(Event):
    """In the case's own history. The outage is no subject: whoever follows it is not told who else does."""

    case: CaseId
    outage: Id
    standing: Standing
    basis: Basis


@contract.event
class OutageLeft(Event):
    """The case goes on by itself. `objection`: once it was over, the reporter said that theirs is still out."""

    case: CaseId
    outage: Id
    standing: Standing
    basis: Basis
    reason: LeaveReason
    objection: bool
    words: Content | None = None


@contract.event
class ObjectionsCounted(Event):
    """In the outage's history: one more said that theirs is still out."""

    outage: OutageId
    objections: Count


@contract.event
class CaseTold(Event):
    """In the history of a case that follows it: it is over, or has lapsed; whose is still out may say so until then."""

    case: CaseId
    outage: Id
    state: OutageState
    objections_until: Millis


# --- the front door, and what the parts of this business share ---


def outage(reader: Reader, identifier: bytes) -> Outage | None:
    """The outage's row."""
    return outages.get(reader, identifier)


require_outage = outages.require


def following(reader: Reader, case_id: bytes) -> Following | None:
    """Which outage a case follows; None if it stands for itself."""
    return followings.get(reader, case_id)


def owns(reader: Reader, row: Outage, place: bytes) -> bool:
    """Whether a place is one of an outage's, or stands in one."""
    found = places.place(reader, place)
    return found is not None and any(where in row.places for where in (place, *found.path))


def watch(ctx: Context, identifier: bytes, due: int) -> None:
    """Look at it again at a time."""
    ctx.schedule("outages.watch", identifier, due, WatchOutage(outage=identifier))


def tell_cases(ctx: Context, identifier: bytes, before: int = -1) -> None:
    """Set the timer that tells the cases on the page after this one that it is over."""
    number = joint_reports.page_after(ctx, pages, identifier, before)
    if number is not None:
        ctx.schedule("outages.tell", identifier, ctx.time, TellCases(outage=identifier, page=number))
