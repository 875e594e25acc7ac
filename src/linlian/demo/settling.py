"""The first days: staff join, places are written down, two organisations are voted in, residents come to the desk.

Everything here is the ordinary way: invitations with one-time keys, votes of the organisations, a delegation that an
independent witness signs. It takes a fortnight; the first repairs come while it goes on.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from linlian.community.places import PlaceKind
from linlian.demo.acts import DAY, HOUR, MINUTE, Telling
from linlian.demo.grounds import Plot
from linlian.demo.people import COMPANIES, LICENCE, REJECTED, STAFF, Company, Resident
from linlian.demo.text import Text

FOUNDED_AT = 8 * HOUR + 30 * MINUTE
"""When block 0 is written: on the first morning."""
SETTLED_DAY = 12
LAPSE_DAYS = 300
LIFT_STOPS_DAY = 178
LICENSED = (
    ("lift-officer", "lifts", "lift_firm", "lift_repair", ("lift-repairer", "second-lift-repairer")),
    ("officer", "gas", "gas_firm", "gas_fitting", ("repairer", "handyman")),
)
"""Who records it, trade, the firm's licence, the people's, and whose."""
HOUSES = ("b1", "b2", "b3")


def settle(telling: Telling, places: list[Plot], residents: list[Resident]) -> None:
    """All acts until everybody is in place, and the few later ones: tenants who go and come, a firm not admitted."""
    for company in COMPANIES:
        if company.founder:
            _hire(telling, company, 9 * HOUR)
    _register(telling, places)
    lift, audit = (company for company in COMPANIES if not company.founder)
    _admit(telling, lift, "officer", ("chair",), 1 * DAY + 9 * HOUR, LICENCE)
    _admit(telling, audit, "chair", ("street-officer", "lift-officer"), 4 * DAY + 10 * HOUR, audit.name)
    _turn_down(telling, 25 * DAY + 10 * HOUR)
    _license(telling)
    _welcome(telling, residents)
    _represent(telling)
    _move(telling, residents)
    _inspect(telling, places)


def _hire(telling: Telling, company: Company, at: int) -> None:
    """The officer invites; everybody accepts with a key of their own in the course of the morning."""
    for staff in STAFF:
        if staff.company != company.key or staff.key == company.officer:
            continue
        roles = tuple(str(role) for role in staff.roles)
        telling.add(at, company.officer, "identity.invite_member", staff.key, roles=roles)
        telling.add(at + telling.some(20, 170), staff.key, "identity.accept_invitation")


def _license(telling: Telling) -> None:
    """Who works on lifts or gas has a card and a licence, and so has their firm."""
    at = 11 * DAY + 9 * HOUR
    until = LAPSE_DAYS * DAY
    for officer, trade, firm, person, people in LICENSED:
        given: dict[str, Any] = {"number": LICENCE, "body": "market-regulation", "starts": at, "until": until}
        telling.add(at, officer, "staff.record_licence", kind=firm, **given)
        for key in people:
            name = next(staff.name for staff in STAFF if staff.key == key)
            telling.add(at, officer, "staff.issue_card", account=key, trades=(trade,), name=name)
            telling.add(at + MINUTE, officer, "staff.record_licence", kind=person, account=key, **given)


def _register(telling: Telling, places: list[Plot]) -> None:
    """The clerk writes the places down, one house at a sitting."""
    at = 14 * HOUR
    for _, group in groupby(places, key=lambda place: place.key[:2] if place.key[:2] in HOUSES else ""):
        for place in group:
            fields = {"kind": str(place.kind), "number": place.number, "code": place.code, "cell": place.cell}
            fields["handover"] = place.handover
            given: dict[str, Any] = {name: value for name, value in fields.items() if value}
            if place.parent:
                given["parent"] = place.parent
            telling.add(at, "clerk", "places.register_place", place.key, name=place.name, **given)
        at += telling.some(20, 40)


def _admit(telling: Telling, company: Company, proposer: str, voters: tuple[str, ...], at: int, name: Text) -> None:
    """Proposed, voted in, and active once its first officer accepts."""
    proposal = _propose(telling, company, proposer, at, name)
    for voter in voters:
        at += telling.some(60, 400)
        telling.add(at, voter, "council.vote", proposal=proposal, in_favour=True)
    at += telling.some(60, 240)
    telling.add(at, company.officer, "identity.accept_invitation")
    _hire(telling, company, at + 30 * MINUTE)


def _turn_down(telling: Telling, at: int) -> None:
    """A second lift firm: three of five say no, and it is decided."""
    proposal = _propose(telling, REJECTED, "officer", at, REJECTED.name)
    for voter in ("lift-officer", "chair", "street-officer"):
        at += telling.some(120, 900)
        telling.add(at, voter, "council.vote", proposal=proposal, in_favour=False)


def _propose(telling: Telling, company: Company, proposer: str, at: int, name: Text) -> str:
    proposal = f"proposal-{company.key}"
    makes = (company.key, company.officer, proposal)
    kind = str(company.kind)
    telling.add(at, proposer, "council.propose_admission", *makes, kind=kind, code=company.key, name=name)
    return proposal


def _welcome(telling: Telling, residents: list[Resident]) -> None:
    """A stairway an evening: the desk invites, the clerk puts everybody on a roll, families invite their own.

    The next morning the grid worker compares the list with the register of the street office, and countersigns.
    """
    there = [person for person in residents if person.since == 0]
    for number, section in enumerate(_sections(there)):
        at, roll = (3 + number) * DAY + 18 * HOUR, f"roll-{section}"
        neighbours = [person for person in there if _section(person.home) == section]
        listed = [person for person in neighbours if not person.host]
        telling.add(at, "clerk", "places.open_roll", roll)
        for person in neighbours:
            come_in(telling, person, at, roll)
        lines = [(person.home, person.name) for person in listed]
        document = Text(
            *("\n".join(f"{home} {name[language]}" for home, name in lines) for language in (0, 1)),
        )
        telling.add(at + 3 * HOUR + 40 * MINUTE, "clerk", "places.close_roll", roll=roll, document=document)
        telling.add(at + 16 * HOUR, "grid-worker", "places.countersign_roll", roll=roll, entries=len(listed))


def come_in(telling: Telling, person: Resident, at: int, roll: str = "") -> None:
    """One person: an account, a key (or none), a home. Who comes later is signed for by the owner of the home."""
    first_home = not any(person.key in act.makes for act in telling.acts)
    inviter = person.host or "desk"
    if person.host:
        at += 30 * HOUR
    if first_home and person.keyless:
        telling.add(at, "desk", "identity.register_resident", person.key)
    elif first_home:
        telling.add(at, inviter, "identity.invite_resident", person.key)
        telling.add(at + telling.some(2, 120), person.key, "identity.accept_invitation")
    rights = tuple(str(right) for right in person.rights)
    grant: dict[str, Any] = {
        "place": person.home,
        "account": person.key,
        "capacity": str(person.capacity),
        "rights": rights,
    }
    if person.absent:
        grant["absent"] = True
    if roll and not person.host:
        grant["roll"] = roll
    at += 3 * HOUR
    telling.add(at, person.host or "clerk", "places.grant_occupancy", **grant)
    if person.host:
        return
    if not person.keyless:
        telling.add(at + telling.some(1, 35), person.key, "places.accept_occupancy", place=person.home)
    if not roll:
        signed: dict[str, Any] = {"place": person.home, "account": person.key}
        telling.add(at + 50 * MINUTE, "landlord", "places.countersign_occupancy", **signed)


def _represent(telling: Telling) -> None:
    """The grandmother has no telephone: her neighbour acts for her, and a grid worker witnesses that she wants it.

    The landlord, who lives elsewhere, wants the property company's desk to say "yes" for him: that will not do.
    """
    at, until = 11 * DAY + 10 * HOUR, LAPSE_DAYS * DAY
    for_her = {"principal": "grandmother", "delegate": "helper"}
    scopes = ("report", "confirm", "see")
    telling.add(
        at, "desk", "delegations.propose_delegation", scopes=scopes, until=until, witness="grid-worker", **for_her
    )
    telling.add(at + 2 * HOUR, "grid-worker", "delegations.witness_delegation", scopes=scopes, until=until, **for_her)
    grant: dict[str, Any] = {"delegate": "desk", "scopes": ("confirm",), "until": until}
    no = "delegations.serves_households"
    telling.add(at + 5 * HOUR, "landlord", "delegations.grant_delegation", no=no, **grant)


def _move(telling: Telling, residents: list[Resident]) -> None:
    """A tenant leaves and gives a week's notice; another comes."""
    for person in residents:
        if person.until:
            leave: dict[str, Any] = {"place": person.home, "account": person.key, "until": person.until}
            telling.add(person.until - 7 * DAY, person.key, "places.end_occupancy", **leave)
        if person.since:
            come_in(telling, person, person.since - 4 * HOUR)


def _inspect(telling: Telling, places: list[Plot]) -> None:
    """The lift firm writes down when each lift was inspected; one is overdue, one is due soon, one stands still."""
    at, lifts = 10 * DAY + 9 * HOUR, [place.key for place in places if place.kind is PlaceKind.LIFT]
    for number, lift in enumerate(lifts):
        inspected, due = 3 * DAY + number * HOUR, (160 + 35 * number) * DAY
        fields: dict[str, Any] = {"place": lift, "inspected_at": inspected, "due_at": due, "passed": True}
        telling.add(at + number * HOUR, "lift-repairer", "equipment.record_inspection", **fields)
    again = LIFT_STOPS_DAY * DAY + 11 * HOUR
    telling.add(again, "lift-repairer", "equipment.take_out_of_service", place=lifts[-1], reason="replacement")
    pump: dict[str, Any] = {"place": "pump", "reason": "fault"}
    telling.add(again + DAY, "handyman", "equipment.take_out_of_service", **pump)
    telling.add(again + DAY + 5 * HOUR, "handyman", "equipment.return_to_service", place="pump")


def _sections(residents: list[Resident]) -> list[str]:
    return list(dict.fromkeys(_section(person.home) for person in residents))


def _section(home: str) -> str:
    return home[:4] if home[:2] in HOUSES else "shops and bays"
