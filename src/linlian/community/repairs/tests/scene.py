"""A small community in which something is always broken. Built by its own commands, from the founding on.

harmony    the property company: officer, desk, dispatcher, two repairers, clerk
swift      a service provider: officer, dispatcher, repairer
street     the street office: officer, desk, supervisor, grid worker
owners     the owners' committee: officer, building head

Anna and Bo live in `flat`, with the right to report and to confirm; Cai lives elsewhere; Grandmother, who also lives
there, has no key. `stair` is a common part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

from linlian.community import BUSINESSES, calendars, council, delegations, identity, places, repairs, staff
from linlian.community.calendars import STANDARD
from linlian.community.calendars.rules import OFFICE_DAY
from linlian.community.calendars.rules_publishing import SetHours
from linlian.community.delegations.rules import GrantDelegation
from linlian.community.identity import OrganisationKind, Role, Scope
from linlian.community.identity.rules_accounts import RegisterResident
from linlian.community.identity.rules_invitations import AcceptInvitation, InviteMember, InviteResident
from linlian.community.identity.rules_organisations import FoundCommunity, Founder
from linlian.community.places import Capacity, PlaceKind, Right
from linlian.community.places.rules import PlaceRegistered, RegisterPlace
from linlian.community.places.rules_occupancy import GrantOccupancy
from linlian.community.places.rules_signing import AcceptOccupancy, CountersignOccupancy
from linlian.community.repairs.rules import Case, cases
from linlian.community.repairs.rules_answering import (
    CancelReason,
    CancelRepair,
    CheckRepair,
    ConfirmRepair,
    DisputeRepair,
    Notice,
    ReopenRepair,
    ServeNotice,
)
from linlian.community.repairs.rules_reporting import RepairReported, ReportRepair
from linlian.community.repairs.rules_steps import State
from linlian.community.repairs.rules_terms import Category, Cause, Urgency
from linlian.community.repairs.rules_triage import AssignRepair, CallHelp, NoteHelp, TakeRepair, TriageRepair
from linlian.community.repairs.rules_working import (
    AcceptRepair,
    ArriveOnSite,
    DeferReason,
    DeferRepair,
    DiagnoseRepair,
    FinishRepair,
    MakeSafe,
    ResumeRepair,
    ReviewRepair,
)
from linlian.community.repairs.tests import neighbour
from linlian.community.staff import LicenceKind, Trade
from linlian.community.staff.rules import IssueCard
from linlian.community.staff.rules_licences import RecordLicence
from linlian.kernel.codec import decode_plain
from linlian.kernel.contract import Command, Content, Contract
from linlian.kernel.crypto import SoftwareKey
from linlian.node.arrangements import founding_calendars
from linlian.testing import Outcome, Person, Town
from linlian.testing.town import START

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FOUNDERS = {
    "harmony": OrganisationKind.PROPERTY_COMPANY,
    "swift": OrganisationKind.SERVICE_PROVIDER,
    "street": OrganisationKind.GOVERNMENT,
    "owners": OrganisationKind.OWNERS_COMMITTEE,
}
STAFF = {
    "desk": ("harmony", Role.DESK),
    "dispatcher": ("harmony", Role.DISPATCHER),
    "repairer": ("harmony", Role.REPAIRER),
    "second": ("harmony", Role.REPAIRER),
    "clerk": ("harmony", Role.CLERK),
    "swift_dispatcher": ("swift", Role.DISPATCHER),
    "swift_repairer": ("swift", Role.REPAIRER),
    "street_desk": ("street", Role.DESK),
    "supervisor": ("street", Role.SUPERVISOR),
    "grid_worker": ("street", Role.GRID_WORKER),
    "building_head": ("owners", Role.BUILDING_HEAD),
}
RESIDENTS = ("anna", "bo", "cai", "helper")


def content(name: str) -> Content:
    """A commitment, as if to sealed content."""
    return Content(commitment=sha256(name.encode()).digest(), ciphertext_hash=sha256(b"c" + name.encode()).digest())


PROOF = (content("photograph"),)
CONTRACTS = (
    identity.contract,
    council.contract,
    delegations.contract,
    staff.contract,
    calendars.contract,
    places.contract,
    repairs.contract,
    neighbour.contract,
)


@dataclass
class Scene:
    """The town, its people by name, its two places, and shortcuts through the life of a case."""

    town: Town
    people: dict[str, Person]
    flat: bytes = b""
    stair: bytes = b""
    numbers: Any = field(default_factory=count)

    def do(self, name: str, command: Command, **more: Any) -> Outcome:
        return self.town.do(self.people[name], command, **more)

    def refusal(self, name: str, command: Command, **more: Any) -> str:
        return self.town.refusal(self.people[name], command, **more)

    def account(self, name: str) -> bytes:
        return self.people[name].account

    def organisation(self, name: str) -> bytes:
        return sha256(b"organisation:" + name.encode()).digest()[:16]

    def case(self, case_id: bytes) -> Case:
        found = self.town.get(cases, case_id)
        assert found is not None
        return found

    def occurred_at(self, outcome: Outcome) -> int:
        """The claimed time of the outcome's first event."""
        entry = decode_plain(outcome.block.receipts[outcome.index].entries[0])
        claimed = entry[2]
        assert isinstance(claimed, int)
        return claimed

    def report(
        self, name: str = "anna", place: bytes = b"", category: Category = Category.DOOR_LOCK, **more: Any
    ) -> bytes:
        """A fresh case; its id."""
        outcome = self.do(name, ReportRepair(place=place or self.flat, category=category, **more))
        case_id = outcome.the(RepairReported).case
        assert isinstance(case_id, bytes)
        return case_id

    def command(self, step: str, case_id: bytes) -> tuple[str, Command]:
        """A person who may take a step, and a command for it that nothing but the table can refuse."""
        return {
            "triage_repair": ("desk", TriageRepair(case=case_id)),
            "assign_repair": ("dispatcher", AssignRepair(case=case_id, executor=self.account("repairer"))),
            "take_repair": ("second", TakeRepair(case=case_id)),
            "call_help": ("dispatcher", CallHelp(case=case_id, organisation=self.organisation("street"))),
            "note_help": ("grid_worker", NoteHelp(case=case_id, words=content("helped"))),
            "accept_repair": ("repairer", AcceptRepair(case=case_id)),
            "arrive_on_site": ("repairer", ArriveOnSite(case=case_id)),
            "make_safe": ("repairer", MakeSafe(case=case_id)),
            "diagnose_repair": ("repairer", DiagnoseRepair(case=case_id, cause=Cause.WORN)),
            "finish_repair": ("repairer", FinishRepair(case=case_id, proofs=PROOF)),
            "serve_notice": ("desk", ServeNotice(case=case_id, how=Notice.APP)),
            "check_repair": ("building_head", CheckRepair(case=case_id, proofs=PROOF)),
            "confirm_repair": ("anna", ConfirmRepair(case=case_id)),
            "dispute_repair": ("anna", DisputeRepair(case=case_id)),
            "defer_repair": (
                "dispatcher",
                DeferRepair(case=case_id, until=self.town.time + DAY, reason=DeferReason.PARTS),
            ),
            "review_repair": (
                "dispatcher",
                ReviewRepair(case=case_id, until=self.town.time + DAY, words=content("still waiting")),
            ),
            "resume_repair": ("dispatcher", ResumeRepair(case=case_id)),
            "cancel_repair": ("anna", CancelRepair(case=case_id, reason=CancelReason.WITHDRAWN)),
            "reopen_repair": ("anna", ReopenRepair(case=case_id)),
        }[step]

    def take(self, case_id: bytes, *steps: str) -> Outcome:
        """Take these steps one after another, each by somebody who may; the last outcome."""
        outcomes = []
        for step in steps:
            if step == "diagnose" and self.case(case_id).urgency is Urgency.LIFE_SAFETY:
                self.do(*self.command("make_safe", case_id))
            outcomes.append(self.do(*self.command(step if "_" in step else f"{step}_repair", case_id)))
        return outcomes[-1]

    def in_state(self, state: State, **report: Any) -> bytes:
        """A fresh case in a state, reached by the shortest way."""
        common = report.get("place") == self.stair or state is State.CHECKED
        if common:
            report["place"] = self.stair
        case_id = self.report(**report)
        if state is State.CLOSED and common:
            self.take(case_id, *TO_DONE, "check_repair")
            self.town.advance(days=3)
        elif state is State.MERGED:
            self.do("desk", neighbour.Merge(case=case_id, into=self.report(category=Category.OTHER)))
        elif PATHS[state]:
            self.take(case_id, *PATHS[state])
        assert self.case(case_id).state is state
        return case_id


TO_DONE = ("triage", "assign", "accept", "arrive_on_site", "diagnose", "finish")
PATHS: dict[State, tuple[str, ...]] = {
    State.REPORTED: (),
    State.TRIAGED: TO_DONE[:1],
    State.ASSIGNED: TO_DONE[:2],
    State.ACCEPTED: TO_DONE[:3],
    State.ON_SITE: TO_DONE[:4],
    State.DIAGNOSED: TO_DONE[:5],
    State.DONE: TO_DONE,
    State.CHECKED: (*TO_DONE, "check_repair"),
    State.DISPUTED: (*TO_DONE, "dispute"),
    State.DEFERRED: (*TO_DONE[:2], "defer"),
    State.CLOSED: (*TO_DONE, "confirm"),
    State.MERGED: (),
    State.CANCELLED: ("cancel",),
}


def found_whole_scene() -> Scene:
    """The same with all businesses of a community."""
    return found_scene(*(business for business in BUSINESSES if business not in CONTRACTS))


def found_scene(*more: Contract) -> Scene:
    """Everybody in place, everything whole; with `more` businesses, if a test needs them."""
    officers = {name: _nobody_yet(f"{name}_officer") for name in FOUNDERS}
    founders = tuple(
        Founder(
            organisation=sha256(b"organisation:" + name.encode()).digest()[:16],
            kind=kind,
            code=name,
            officer=officers[name].account,
            suite="ed25519",
            public_key=officers[name].key.public_key,
        )
        for name, kind in FOUNDERS.items()
    )
    operator = _nobody_yet("operator").key.public_key
    seeds = (FoundCommunity(founders=founders, operator_key=operator), founding_calendars(START))
    town = Town((*CONTRACTS, *more), seeds)
    scene = Scene(town, {officer.name: officer for officer in officers.values()})
    for name, (employer, role) in STAFF.items():
        _invite(scene, f"{employer}_officer", name, (role,))
    for name in RESIDENTS:
        _invite(scene, "desk", name)
    grandmother = scene.do("desk", RegisterResident()).events[0].account  # type: ignore[attr-defined]
    scene.people["grandmother"] = Person("grandmother", grandmother, _nobody_yet("grandmother").key)
    scopes = (Scope.REPORT, Scope.CONFIRM)
    scene.do(
        "anna",
        GrantDelegation(delegate=scene.account("helper"), scopes=scopes, until=town.time + 300 * DAY),
    )
    _build(scene)
    license_firms(scene)
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "makeup"), OFFICE_DAY)
    scene.do("street_officer", SetHours(calendar=STANDARD, starts=20250101, **week))
    return scene


def _nobody_yet(name: str) -> Person:
    seed = sha256(b"key:" + name.encode()).digest()
    return Person(name, sha256(b"account:" + name.encode()).digest()[:16], SoftwareKey("ed25519", seed))


def _invite(scene: Scene, inviter: str, name: str, roles: tuple[Role, ...] = ()) -> None:
    """Invite a member or (without roles) a resident, who accepts with a key of their own."""
    once, own = _nobody_yet(f"once-{name}").key, _nobody_yet(name).key
    invitation = (
        InviteMember(suite=once.suite, public_key=once.public_key, roles=roles)
        if roles
        else InviteResident(suite=once.suite, public_key=once.public_key)
    )
    account = scene.do(inviter, invitation).events[0].account  # type: ignore[attr-defined]
    accept = AcceptInvitation(suite=own.suite, public_key=own.public_key)
    scene.town.do(Person(name, account, once), accept)
    scene.people[name] = Person(name, account, own)


def _build(scene: Scene) -> None:
    community = _place(scene, PlaceKind.COMMUNITY, None)
    building = _place(scene, PlaceKind.BUILDING, community)
    scene.stair = _place(scene, PlaceKind.STAIR, building)
    scene.flat = _place(scene, PlaceKind.DWELLING, building)
    rights = (Right.REPORT, Right.CONFIRM)
    for name in ("anna", "bo", "grandmother"):
        move_in(scene, name, scene.flat, Capacity.CO_OWNER, rights)


LICENSED = {"harmony": ("repairer", "second"), "swift": ("swift_repairer",)}
FOR_PEOPLE = (LicenceKind.LIFT_REPAIR, LicenceKind.GAS_FITTING)
FOR_FIRMS = (LicenceKind.LIFT_FIRM, LicenceKind.GAS_FIRM)


def license_firms(scene: Scene) -> None:
    """Both companies and their repairers may work on lifts and gas, for five years."""
    starts, until = scene.town.time, scene.town.time + 5 * 365 * DAY
    given: dict[str, Any] = {"number": content("number"), "body": "market-regulation", "starts": starts, "until": until}
    for firm, people in LICENSED.items():
        officer = f"{firm}_officer"
        for kind in FOR_FIRMS:
            scene.do(officer, RecordLicence(kind=kind, **given))
        for name in people:
            trades = (Trade.LIFTS, Trade.GAS)
            scene.do(officer, IssueCard(account=scene.account(name), trades=trades, name=content(name)))
            for kind in FOR_PEOPLE:
                scene.do(officer, RecordLicence(kind=kind, account=scene.account(name), **given))


def hire(scene: Scene, employer: str, name: str, *roles: Role) -> None:
    """One more member of an organisation."""
    _invite(scene, f"{employer}_officer", name, roles)


def settle(scene: Scene, name: str) -> None:
    """One more resident, invited by the company's desk."""
    _invite(scene, "desk", name)


def move_in(scene: Scene, name: str, place: bytes, capacity: Capacity, rights: tuple[Right, ...]) -> None:
    """Written down by the company, accepted by whoever has a key, countersigned by the street office."""
    account = scene.account(name)
    scene.do("clerk", GrantOccupancy(place=place, account=account, capacity=capacity, rights=rights))
    if name != "grandmother":
        scene.do(name, AcceptOccupancy(place=place))
    scene.do("street_desk", CountersignOccupancy(place=place, account=account))


def _place(scene: Scene, kind: PlaceKind, parent: bytes | None) -> bytes:
    place = scene.do("clerk", RegisterPlace(kind=kind, parent=parent)).the(PlaceRegistered).place
    assert isinstance(place, bytes)
    return place
