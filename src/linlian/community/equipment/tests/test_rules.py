"""Equipment: who may inspect, stop and start what, and what the clock says of inspections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from linlian.community import equipment
from linlian.community.equipment import views as ask
from linlian.community.equipment.rules import (
    DAY_MS,
    EQUIPMENT,
    SPECIAL,
    InspectionDueSoon,
    InspectionOverdue,
    RecordInspection,
    ReturnToService,
    Stopped,
    TakeOutOfService,
)
from linlian.community.identity import OrganisationKind, Role
from linlian.community.identity.tests.village import Village, content, found_village, organisation_id
from linlian.community.identity.views import views as identity_views
from linlian.community.places import PlaceKind, contract
from linlian.community.places.rules import PlaceRegistered, RegisterPlace, RetirePlace
from linlian.community.places.views import views as places_views
from linlian.kernel.contract import Command
from linlian.testing.rows import reading

YEAR = 365 * DAY_MS
HANDS = ("handyman", "firm", "street")
"""From the lowest to the highest."""


@dataclass
class Yard:
    village: Village
    lift: bytes
    pump: bytes
    stair: bytes

    @property
    def now(self) -> int:
        return self.village.town.time

    def inspect(self, place: bytes, passed: bool = True, ago: int = 0, due_in: int = YEAR) -> RecordInspection:
        return RecordInspection(
            place=place,
            inspected_at=self.now - ago,
            due_at=self.now + due_in,
            passed=passed,
            report=content("report"),
        )

    def stands_still(self, place: bytes) -> bool:
        return equipment.is_out_of_service(self.village.town.state, place)


@pytest.fixture
def yard() -> Yard:
    village = found_village(
        contract,
        equipment.contract,
        street=OrganisationKind.GOVERNMENT,
        harmony=OrganisationKind.PROPERTY_COMPANY,
        swift=OrganisationKind.SERVICE_PROVIDER,
        owners=OrganisationKind.OWNERS_COMMITTEE,
    )
    village.hire("harmony", "clerk", Role.CLERK, Role.DESK)
    village.hire("harmony", "handyman", Role.REPAIRER)
    village.hire("swift", "firm", Role.REPAIRER)
    village.settle("anna", invited_by="clerk")

    def place(kind: PlaceKind, parent: bytes | None = None) -> bytes:
        found = village.do("clerk", RegisterPlace(kind=kind, parent=parent)).the(PlaceRegistered).place
        assert isinstance(found, bytes)
        return found

    building = place(PlaceKind.BUILDING, place(PlaceKind.COMMUNITY))
    lift, pump, stair = (place(kind, building) for kind in (PlaceKind.LIFT, PlaceKind.PUMP, PlaceKind.STAIR))
    return Yard(village, lift, pump, stair)


@pytest.mark.parametrize("stopper", HANDS)
@pytest.mark.parametrize("starter", HANDS)
@pytest.mark.parametrize("special", [True, False])
def test_it_comes_back_by_the_same_or_a_higher_hand(yard: Yard, stopper: str, starter: str, special: bool) -> None:
    place = yard.lift if special else yard.pump
    yard.village.do(stopper, TakeOutOfService(place=place, reason=Stopped.FAULT))
    assert yard.stands_still(place)
    back = ReturnToService(place=place, report=content("mended"))
    if special and starter == "handyman":
        assert yard.village.refusal(starter, back) == "equipment.licensed_only"
    elif HANDS.index(starter) < HANDS.index(stopper):
        assert yard.village.refusal(starter, back) == "equipment.stopped_by_another"
    else:
        yard.village.do(starter, back)
        assert not yard.stands_still(place)
        assert yard.village.refusal(starter, back) == "equipment.in_service"
    yard.village.town.check_invariants()


def test_a_higher_hand_stops_again_what_a_lower_one_stopped(yard: Yard) -> None:
    stop = TakeOutOfService(place=yard.pump, reason=Stopped.FAULT)
    yard.village.do("handyman", stop)
    since = equipment.equipment(yard.village.town.state, yard.pump).stopped_at
    assert yard.village.refusal("handyman", stop) == "equipment.out_of_service"
    yard.village.town.advance(days=1)
    yard.village.do("street", TakeOutOfService(place=yard.pump, reason=Stopped.ORDERED))
    row = equipment.equipment(yard.village.town.state, yard.pump)
    assert (row.stopped_at, row.stopped_by) == (since, organisation_id("street"))
    back = ReturnToService(place=yard.pump)
    for who in ("handyman", "firm"):
        assert yard.village.refusal(who, back) == "equipment.stopped_by_another"
    yard.village.do("street", back)


def test_the_clock_warns_and_then_says_that_it_is_overdue(yard: Yard) -> None:
    yard.village.do("firm", yard.inspect(yard.lift, due_in=YEAR))
    due = equipment.equipment(yard.village.town.state, yard.lift).due_at
    assert yard.village.town.advance(ms=due - 31 * DAY_MS - yard.now) == []
    assert yard.village.town.advance(days=2) == [InspectionDueSoon(place=yard.lift, due_at=due)]
    assert yard.village.town.advance(days=40) == [InspectionOverdue(place=yard.lift, due_at=due)]
    assert equipment.equipment(yard.village.town.state, yard.lift).overdue
    assert not yard.stands_still(yard.lift), "the clock stops no lift"
    yard.village.do("handyman", TakeOutOfService(place=yard.lift, reason=Stopped.MAINTENANCE))
    back = ReturnToService(place=yard.lift)
    assert yard.village.refusal("firm", back) == "equipment.inspection_overdue"
    yard.village.do("street", yard.inspect(yard.lift))
    yard.village.do("firm", back)
    yard.village.town.check_invariants()


def test_an_inspection_written_down_late_is_overdue_at_once(yard: Yard) -> None:
    yard.village.do("firm", yard.inspect(yard.lift, ago=2 * YEAR, due_in=-YEAR))
    (event,) = yard.village.town.advance(ms=10)
    assert isinstance(event, InspectionOverdue)


def test_what_does_not_pass_stands_still(yard: Yard) -> None:
    yard.village.do("firm", yard.inspect(yard.lift, passed=False))
    assert yard.stands_still(yard.lift)
    yard.village.do("firm", yard.inspect(yard.lift))
    assert yard.stands_still(yard.lift), "somebody must say that it runs"
    yard.village.do("firm", ReturnToService(place=yard.lift))


def test_a_lift_that_is_gone_is_not_waited_for(yard: Yard) -> None:
    yard.village.do("firm", yard.inspect(yard.lift))
    yard.village.do("clerk", RetirePlace(place=yard.lift))
    assert yard.village.town.advance(days=400) == []


Make = Callable[[Yard], Command]
REFUSED: list[tuple[str, str, Make, str]] = [
    ("the company inspects a lift", "handyman", lambda y: y.inspect(y.lift), "equipment.licensed_only"),
    ("tomorrow's inspection", "firm", lambda y: y.inspect(y.lift, ago=-DAY_MS), "equipment.inspected_in_future"),
    ("due before it", "firm", lambda y: y.inspect(y.lift, due_in=0), "equipment.due_before_inspected"),
    ("an earlier one", "firm", lambda y: y.inspect(y.pump, ago=DAY_MS), "equipment.inspected_since"),
    ("a stair", "firm", lambda y: y.inspect(y.stair), "equipment.no_equipment"),
    (
        "a resident stops",
        "anna",
        lambda y: TakeOutOfService(place=y.lift, reason=Stopped.FAULT),
        "identity.role_missing",
    ),
    (
        "a committee stops",
        "owners",
        lambda y: TakeOutOfService(place=y.lift, reason=Stopped.FAULT),
        "identity.wrong_kind_of_organisation",
    ),
    ("nothing", "firm", lambda _: ReturnToService(place=bytes(16)), "places.unknown"),
]


@pytest.mark.parametrize(("case", "who", "make", "code"), REFUSED, ids=[case for case, *_ in REFUSED])
def test_it_is_refused(yard: Yard, case: str, who: str, make: Make, code: str) -> None:
    yard.village.do("handyman", yard.inspect(yard.pump))
    assert yard.village.refusal(who, make(yard)) == code, case
    yard.village.town.check_invariants()


def test_special_equipment_is_equipment() -> None:
    assert {*SPECIAL} < {*EQUIPMENT}


def test_the_lists_say_what_there_is_what_stands_still_and_what_is_due(yard: Yard) -> None:
    yard.village.do("firm", yard.inspect(yard.lift, due_in=20 * DAY_MS))
    yard.village.do("handyman", yard.inspect(yard.pump))
    yard.village.do("handyman", TakeOutOfService(place=yard.lift, reason=Stopped.FAULT))
    yard.village.town.advance(days=1)
    yard.village.do("firm", TakeOutOfService(place=yard.lift, reason=Stopped.ENTRAPMENT))
    with reading(yard.village.town.blocks, identity_views, places_views, ask.views) as db:
        assert [row.kind for row in ask.equipment(db)] == ["lift", "pump"]
        (still,) = ask.out_of_service(db)
        assert (still.place, still.reason, still.stopped_by) == (yard.lift, "entrapment", organisation_id("swift"))
        assert [row.place for row in ask.inspections_due(db)] == [yard.lift]
        assert {row.place for row in ask.inspections_due(db, now=yard.now + YEAR)} == {yard.lift, yard.pump}
        assert [row.until for row in ask.stops_of(db, yard.lift)] == [0, 0]
    yard.village.do("firm", ReturnToService(place=yard.lift))
    yard.village.town.advance(days=30)
    yard.village.do("clerk", RetirePlace(place=yard.pump))
    with reading(yard.village.town.blocks, identity_views, places_views, ask.views) as db:
        (lift,) = ask.equipment(db)
        assert (lift.is_overdue, lift.stopped_at) == (True, 0)
        assert ask.out_of_service(db) == []
        assert all(row.until for row in ask.stops_of(db, yard.lift))
