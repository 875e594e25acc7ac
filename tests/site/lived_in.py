"""The scene after some weeks: houses with floors, lifts and a gate, and a repair in every state a page has to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from linlian.community import places
from linlian.community.appointments.rules import Window
from linlian.community.appointments.rules_agreeing import ProposeWindows
from linlian.community.delegations.rules import ProposeDelegation, WitnessDelegation
from linlian.community.grants.rules import PublicationRecorded, RecordGrant, RecordPublication
from linlian.community.handovers.rules import OfferRepair
from linlian.community.handovers.tests.shift import plan, team_of
from linlian.community.hotline.rules import LinkTicket, ticket_of
from linlian.community.hotline.rules_contesting import ContestReason, ContestTicket
from linlian.community.identity import Role, Scope
from linlian.community.joint_reports.rules import JoinCase
from linlian.community.outages.rules import Nature, OutageLabel, OutagePublished, PublishOutage
from linlian.community.outages.rules_ahead import Utility
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace
from linlian.community.quotes.rules import Line, LineKind, PriceItem, Unit
from linlian.community.quotes.rules_prices import PublishPrices
from linlian.community.quotes.rules_quoting import MakeQuote
from linlian.community.repairs import Clock
from linlian.community.repairs.rules_reporting import ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category
from linlian.community.repairs.rules_triage import AssignRepair, TriageRepair
from linlian.community.repairs.rules_working import AcceptRepair
from linlian.community.repairs.tests.scene import (
    DAY,
    HOUR,
    TO_DONE,
    Scene,
    content,
    found_whole_scene,
    hire,
    move_in,
)
from linlian.community.staff import BeginDuty
from linlian.community.supervision.rules_extending import AskExtension, ExtensionReason
from linlian.community.supervision.rules_oversight import OverseeRepair
from linlian.community.supervision.rules_returning import ReturnReason, ReturnRepair
from linlian.community.transfers.tests.followed import Followed, follow

PUBLIC = """
[name]
zh = "云杉里"
en = "Spruce Court"
[telephones]
desk = "010-5555 0100"
emergency = "010-5555 0119"
"""
HOTLINE = "city12345"
HOUSES = ((1, 6, 4), (2, 11, 3), (3, 18, 5))
"""Number, floors, homes on each."""
UNDER_WAY: tuple[tuple[Category, State], ...] = (
    (Category.WATER_LEAK, State.ON_SITE),
    (Category.WINDOW_BROKEN, State.DONE),
    (Category.POWER_FAULT, State.DISPUTED),
    (Category.HEATING_COLD, State.REPORTED),
    (Category.INTERCOM_FAULT, State.TRIAGED),
    (Category.DOOR_LOCK, State.CLOSED),
    (Category.PESTS, State.CANCELLED),
)
OFFERED = (Category.WATER_BLOCKED, Category.INTERCOM_FAULT)
COMMON: tuple[tuple[Category, State], ...] = (
    (Category.LIGHTING_COMMON, State.ASSIGNED),
    (Category.LIFT_FAULT, State.DIAGNOSED),
    (Category.FIRE_EQUIPMENT, State.CHECKED),
    (Category.DOOR_ENTRANCE, State.DEFERRED),
)


@dataclass
class LivedIn:
    """The scene, Anna's home in the second house, the last house, and a case for each state."""

    scene: Scene
    home: bytes
    house: bytes
    cases: dict[State, bytes] = field(default_factory=dict)
    outage: bytes = b""
    followed: Followed | None = None


def lived_in() -> LivedIn:
    """Houses are built, Anna and Bo move, things break. There is an auditor, at the street office."""
    scene = found_whole_scene()
    hire(scene, "street", "auditor", Role.AUDITOR)
    homes, house, shaft = _build(scene)
    found = LivedIn(scene, homes[2, 7, 2], house)
    rights = (Right.REPORT, Right.CONFIRM, Right.PAY, Right.SEE)
    for name in ("anna", "bo"):
        move_in(scene, name, found.home, Capacity.CO_OWNER, rights)
    move_in(scene, "cai", homes[3, 12, 1], Capacity.CO_OWNER, rights)
    trapped = scene.report("cai", category=Category.LIFT_TRAPPED, place=shaft)
    scene.take(trapped, *TO_DONE[:3])
    scene.do("anna", JoinCase(case=trapped))
    found.cases[State.ACCEPTED] = trapped
    scene.report("cai", category=Category.WATER_NONE, place=homes[3, 12, 1])
    for category, state in UNDER_WAY:
        found.cases[state] = scene.in_state(state, category=category, place=found.home)
        scene.town.advance(hours=5)
    for category, state in COMMON:
        found.cases[state] = scene.in_state(state, category=category, place=scene.stair)
        scene.town.advance(hours=3)
    _ask_anna(found)
    _turn_outside(found)
    _ring_the_city(found)
    _hand_over(scene)
    _help_her(scene)
    _put_up(found, places.require_place(scene.town.state, found.home).path[1])
    found.followed = follow(scene, days=0)
    _bring_in_grants(scene)
    return found


def _bring_in_grants(scene: Scene) -> None:
    """Two files of grants of others: one whole, in two currencies, one of which most is not there yet."""
    for name, brought, said in (("whole", ("GBP", "EUR"), 2), ("begun", ("CNY",), 40)):
        digest = sha256(name.encode()).digest()
        file = RecordPublication(digest=digest, size_bytes=9_000, grants=said, package=content(name))
        publication = scene.do("clerk", file).the(PublicationRecorded).publication
        for currency in brought:
            grant = RecordGrant(
                publication=publication,
                external=sha256(digest + currency.encode()).digest(),
                funder=digest,
                currency=currency,
                amount_minor=2_175_779_327,
                awarded_at=scene.town.time - 90 * DAY,
                remainder=content(name + currency),
                disbursed_minor=80_050,
            )
            scene.do("clerk", grant)


def _hand_over(scene: Scene) -> None:
    """A team keeps shifts: one who has left with something in hand, and a colleague who offers two to the repairer."""
    hire(scene, "harmony", "early", Role.REPAIRER)
    day = team_of(scene, "day", "repairer", "second", "early")
    for name, hours in (("early", 1), ("second", 9)):
        scene.do(name, BeginDuty(shift=plan(scene, day, name, hours)))
    left = scene.report("cai", category=Category.RUBBISH_OVERFLOW, place=scene.stair)
    offered = [scene.report("cai", category=name, place=scene.stair) for name in OFFERED]
    for case_id, who in ((left, "early"), *((case_id, "second") for case_id in offered)):
        scene.do("desk", TriageRepair(case=case_id))
        scene.do("dispatcher", AssignRepair(case=case_id, executor=scene.account(who)))
        scene.do(who, AcceptRepair(case=case_id))
    scene.do("repairer", BeginDuty(shift=plan(scene, day, "repairer", 8)))
    for case_id in offered:
        note = content("the part comes at four")
        scene.do("second", OfferRepair(case=case_id, colleague=scene.account("repairer"), handover_note=note))
    scene.town.advance(hours=1, minutes=1)


def _help_her(scene: Scene) -> None:
    """Grandmother lets a neighbour act for her, before the grid worker; the neighbour reports for her."""
    both: dict[str, Any] = {"principal": scene.account("grandmother"), "delegate": scene.account("helper")}
    scopes, until = (Scope.REPORT, Scope.SEE, Scope.CONFIRM), scene.town.time + 90 * DAY
    scene.do("desk", ProposeDelegation(witness=scene.account("grid_worker"), scopes=scopes, until=until, **both))
    scene.do("grid_worker", WitnessDelegation(scopes=scopes, until=until, **both))
    report = ReportRepair(place=scene.flat, category=Category.HEATING_LEAK, principal=both["principal"])
    scene.do("helper", report)


def _ask_anna(found: LivedIn) -> None:
    """A visit is proposed to her, and a price."""
    scene, case = found.scene, found.cases[State.ON_SITE]
    hours = (scene.town.time + DAY, scene.town.time + 2 * DAY)
    windows = tuple(Window(starts=starts, ends=starts + 2 * HOUR) for starts in hours)
    scene.do("dispatcher", ProposeWindows(case=case, windows=windows))
    found.cases[State.DIAGNOSED] = priced = scene.in_state(
        State.DIAGNOSED, category=Category.WALL_DAMP, place=found.home, name="anna"
    )
    work = Line(kind=LineKind.LABOUR, label="plasterer", unit=Unit.HOUR, quantity_milli=2500, unit_cents=9000)
    until = scene.town.time + 7 * DAY
    scene.do("dispatcher", MakeQuote(case=priced, lines=(work,), total_cents=22_500, valid_until=until))


def _turn_outside(found: LivedIn) -> None:
    """More time is asked for, it is returned as not theirs, and the street office wants an answer."""
    scene, case = found.scene, found.cases[State.TRIAGED]
    until, words = scene.town.time + 20 * DAY, content("not ours")
    more = AskExtension(case=case, clock=Clock.FINISH, until=until, reason=ExtensionReason.PARTS, words=words)
    scene.do("dispatcher", more)
    scene.do("dispatcher", ReturnRepair(case=case, reason=ReturnReason.UNDER_WARRANTY, words=words))
    scene.do("supervisor", OverseeRepair(case=case, reply_by=scene.town.time + 2 * DAY, words=words))


def _ring_the_city(found: LivedIn) -> None:
    """The city's hotline sent two tickets: one waits for its answer, the other is contested."""
    scene, reply_by = found.scene, found.scene.town.time + DAY
    for number, state in (("0001", State.DONE), ("0002", State.ON_SITE)):
        ticket = ticket_of(HOTLINE, number)
        linking = LinkTicket(ticket=ticket, source=HOTLINE, case=found.cases[state], reply_by=reply_by)
        scene.do("street_desk", linking)
    words = content("not ours")
    contest = ContestTicket(ticket=ticket_of(HOTLINE, "0002"), reason=ContestReason.DUPLICATE, words=words)
    scene.do("dispatcher", contest)


def _put_up(found: LivedIn, building: bytes) -> None:
    """What is out at Anna's house, what will be, and what the company charges."""
    scene = found.scene
    now = scene.town.time
    labels = (OutageLabel.STORE_WATER, OutageLabel.RUN_TAP_AFTERWARDS)
    fault = PublishOutage(
        nature=Nature.FAULT, utility=Utility.WATER, places=(building,), until=now + 9 * HOUR, labels=labels
    )
    found.outage = scene.do("desk", fault).the(OutagePublished).outage
    starts = now + 80 * HOUR
    ahead = PublishOutage(
        nature=Nature.PLANNED, utility=Utility.LIFT, places=(building,), starts=starts, until=starts + 4 * HOUR
    )
    scene.do("desk", ahead)
    prices = (("visit", Unit.VISIT, 3_000), ("cartridge", Unit.PIECE, 4_550))
    items = tuple(PriceItem(label=label, unit=unit, unit_cents=cents) for label, unit, cents in prices)
    scene.do("clerk", PublishPrices(items=items))
    dearer = (PriceItem(label="cartridge", unit=Unit.PIECE, unit_cents=4_990),)
    scene.do("clerk", PublishPrices(items=dearer, since=now + 200 * HOUR))


def _build(scene: Scene) -> tuple[dict[tuple[int, int, int], bytes], bytes, bytes]:
    """The houses: each home by house, floor and number; and the last house with its lift shaft."""
    homes, house, shaft = {}, b"", b""
    community = scene.do("clerk", RegisterPlace(kind=PlaceKind.COMMUNITY)).the(PlaceRegistered).place
    for number, floors, wide in HOUSES:
        house = _place(scene, PlaceKind.BUILDING, community, number)
        shaft = _place(scene, PlaceKind.LIFT_SHAFT, house)
        for level in range(1, floors + 1):
            floor = _place(scene, PlaceKind.FLOOR, house, level)
            for door in range(1, wide + 1):
                homes[number, level, door] = _place(scene, PlaceKind.DWELLING, floor)
    _place(scene, PlaceKind.GATE, community)
    return homes, house, shaft


def _place(scene: Scene, kind: PlaceKind, parent: bytes, number: int = 0) -> bytes:
    made = scene.do("clerk", RegisterPlace(kind=kind, parent=parent, number=number)).the(PlaceRegistered).place
    assert isinstance(made, bytes)
    return made
