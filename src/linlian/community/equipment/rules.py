"""Equipment: when it was inspected, when it must be again, and whether it is out of service.

Rules
- Equipment is a place of a kind in `EQUIPMENT`; a lift's registration number is the public code of its place.
- Lifts and boilers are special equipment: a licensed firm (service provider) or the government writes down their
  inspections and lets them run again, never the company that is paid for running them. The rest the company may too.
- Any of the three takes a thing out of service, with a reason. Back it comes by the same or a higher hand: what a firm
  has stopped the company does not start, what the government has stopped nobody else does.
- What did not pass its inspection is out of service with it; and special equipment whose inspection is overdue is not
  returned to service (Law on the Safety of Special Equipment, art. 40).
- The clock warns 30 days before an inspection is due, and says when it is overdue. It stops no lift by itself.

    record_inspection(lift, inspected_at, due_at, passed=True) → … 30 days before: InspectionDueSoon → InspectionOverdue
"""

from __future__ import annotations

from enum import StrEnum

from linlian.community import identity, places
from linlian.community.identity import NOBODY, Member, OrganisationId, OrganisationKind, Role
from linlian.community.places import Place, PlaceId, PlaceKind, PlaceStatus
from linlian.kernel.contract import (
    Command,
    Content,
    Context,
    Contract,
    Event,
    Id,
    Int,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    replace,
)

DAY_MS = 24 * 3600 * 1000
WARNING_MS = 30 * DAY_MS

contract = Contract("equipment", needs=(identity.contract, places.contract))

EQUIPMENT = (
    *(PlaceKind.BARRIER, PlaceKind.BOILER, PlaceKind.CAMERA, PlaceKind.DOOR, PlaceKind.FIRE_EQUIPMENT),
    *(PlaceKind.LAMP, PlaceKind.LIFT, PlaceKind.PUMP, PlaceKind.SWITCHGEAR),
)
SPECIAL = (PlaceKind.BOILER, PlaceKind.LIFT)
HANDS = (OrganisationKind.PROPERTY_COMPANY, OrganisationKind.SERVICE_PROVIDER, OrganisationKind.GOVERNMENT)
"""Who takes a thing out of service and returns it, the lowest hand first."""
WORKING = (
    *(Role.OFFICER, Role.CLERK, Role.DESK, Role.DISPATCHER, Role.REPAIRER, Role.SUPERVISOR),
    *(Role.AUDITOR, Role.GRID_WORKER),
)


class Stopped(StrEnum):
    """Why something is out of service."""

    FAULT = "fault"
    DAMAGE = "damage"
    ENTRAPMENT = "entrapment"
    MAINTENANCE = "maintenance"
    REPLACEMENT = "replacement"
    NOT_PASSED = "not_passed"
    ORDERED = "ordered"


class Equipment(Row):
    """Keyed by place. 0: never inspected, in service. `stopped_by` is the organisation, `hand` its rank."""

    inspected_at: Millis = 0
    due_at: Millis = 0
    inspected_by: Id = NOBODY
    overdue: bool = False
    stopped_at: Millis = 0
    stopped_by: Id = NOBODY
    hand: Int = 0


equipments = contract.table("equipment", Equipment)


class RecordInspection(Command):
    """`report` is the inspector's paper, sealed."""

    place: PlaceId
    inspected_at: Millis
    due_at: Millis
    passed: bool
    report: Content | None = None


class TakeOutOfService(Command):
    place: PlaceId
    reason: Stopped


class ReturnToService(Command):
    """`report` is what was done, sealed."""

    place: PlaceId
    report: Content | None = None


class NoticeInspection(Command):
    place: PlaceId


@contract.event
class InspectionRecorded(Event):
    place: PlaceId
    organisation: OrganisationId
    inspected_at: Millis
    due_at: Millis
    passed: bool
    report: Content | None = None


@contract.event
class InspectionDueSoon(Event):
    place: PlaceId
    due_at: Millis


@contract.event
class InspectionOverdue(Event):
    place: PlaceId
    due_at: Millis


@contract.event
class TakenOutOfService(Event):
    place: PlaceId
    organisation: OrganisationId
    reason: Stopped


@contract.event
class ReturnedToService(Event):
    """`stopped_at`: since when it stood still."""

    place: PlaceId
    organisation: OrganisationId
    stopped_at: Millis
    report: Content | None = None


# --- the front door: what neighbours ask ---


def equipment(reader: Reader, place: bytes) -> Equipment:
    """What is known of a piece of equipment; nothing, if nothing has been written down."""
    return equipments.get(reader, place) or Equipment()


def is_out_of_service(reader: Reader, place: bytes) -> bool:
    return equipment(reader, place).stopped_at > 0


# --- commands ---


@contract.command
def record_inspection(ctx: Context, cmd: RecordInspection) -> None:
    """An inspector was there: what came of it, and by when the next must be."""
    found, member, hand = _require(ctx, cmd.place)
    if found.kind in SPECIAL and hand == 0:
        raise Refused("equipment.licensed_only", about=(cmd.place,))
    if cmd.inspected_at > ctx.time:
        raise Refused("equipment.inspected_in_future", about=(cmd.place,))
    if cmd.due_at <= cmd.inspected_at:
        raise Refused("equipment.due_before_inspected", about=(cmd.place,), inspected_at=cmd.inspected_at)
    before = equipment(ctx, cmd.place)
    if cmd.inspected_at < before.inspected_at:
        raise Refused("equipment.inspected_since", about=(cmd.place,), inspected_at=before.inspected_at)
    row = replace(
        before,
        inspected_at=cmd.inspected_at,
        due_at=cmd.due_at,
        inspected_by=member.organisation,
        overdue=False,
    )
    ctx.schedule("equipment.inspection", cmd.place, cmd.due_at - WARNING_MS, NoticeInspection(place=cmd.place))
    ctx.emit(
        InspectionRecorded(
            place=cmd.place,
            organisation=member.organisation,
            inspected_at=cmd.inspected_at,
            due_at=cmd.due_at,
            passed=cmd.passed,
            report=cmd.report,
        )
    )
    equipments.put(
        ctx, cmd.place, row if cmd.passed else _stop(ctx, cmd.place, row, Stopped.NOT_PASSED, (member, hand))
    )


@contract.command
def take_out_of_service(ctx: Context, cmd: TakeOutOfService) -> None:
    """It must not be used. A higher hand may stop again what a lower one stopped."""
    _, member, hand = _require(ctx, cmd.place)
    row = equipment(ctx, cmd.place)
    if row.stopped_at and hand <= row.hand:
        raise Refused("equipment.out_of_service", about=(cmd.place,), since=row.stopped_at)
    equipments.put(ctx, cmd.place, _stop(ctx, cmd.place, row, cmd.reason, (member, hand)))


@contract.command
def return_to_service(ctx: Context, cmd: ReturnToService) -> None:
    """It may be used again."""
    found, member, hand = _require(ctx, cmd.place)
    row = equipment(ctx, cmd.place)
    if not row.stopped_at:
        raise Refused("equipment.in_service", about=(cmd.place,))
    if found.kind in SPECIAL and hand == 0:
        raise Refused("equipment.licensed_only", about=(cmd.place,))
    if hand < row.hand:
        raise Refused("equipment.stopped_by_another", about=(cmd.place,), organisation=row.stopped_by)
    if found.kind in SPECIAL and row.due_at and row.due_at <= ctx.time:
        raise Refused("equipment.inspection_overdue", about=(cmd.place,), due_at=row.due_at)
    equipments.put(ctx, cmd.place, replace(row, stopped_at=0, stopped_by=NOBODY, hand=0))
    ctx.emit(
        ReturnedToService(
            place=cmd.place, organisation=member.organisation, stopped_at=row.stopped_at, report=cmd.report
        )
    )


@contract.timer
def notice_inspection(ctx: Context, cmd: NoticeInspection) -> None:
    """An inspection is due in 30 days, or was due just now."""
    found, row = places.place(ctx, cmd.place), equipment(ctx, cmd.place)
    if found is None or found.status is PlaceStatus.RETIRED:
        return
    if ctx.time < row.due_at:
        ctx.schedule("equipment.inspection", cmd.place, row.due_at, NoticeInspection(place=cmd.place))
        ctx.emit(InspectionDueSoon(place=cmd.place, due_at=row.due_at))
    else:
        equipments.put(ctx, cmd.place, replace(row, overdue=True))
        ctx.emit(InspectionOverdue(place=cmd.place, due_at=row.due_at))


def _require(ctx: Context, place: bytes) -> tuple[Place, Member, int]:
    """A piece of equipment in use, the signer's membership, and how high its hand is."""
    member = identity.require_office(ctx, HANDS, *WORKING)
    found = places.require_place(ctx, place)
    if found.kind not in EQUIPMENT:
        raise Refused("equipment.no_equipment", about=(place,))
    return found, member, HANDS.index(identity.require_active(ctx, member.organisation).kind)


def _stop(ctx: Context, place: bytes, row: Equipment, reason: Stopped, by: tuple[Member, int]) -> Equipment:
    """The row out of service; since the first time, if it was stopped before."""
    member, hand = by
    ctx.emit(TakenOutOfService(place=place, organisation=member.organisation, reason=reason))
    return replace(row, stopped_at=row.stopped_at or ctx.time, stopped_by=member.organisation, hand=max(row.hand, hand))


@contract.invariant
def equipment_is_whole(rows: Rows) -> None:
    """What was inspected is due after it; what stands still was stopped by somebody."""
    for key, row in rows(equipments):
        assert (row.inspected_at > 0) == (row.due_at > row.inspected_at), key.hex()
        assert (row.stopped_at > 0) == (row.stopped_by != NOBODY), key.hex()
        assert row.stopped_at or row.hand == 0
        assert row.due_at or not row.overdue
