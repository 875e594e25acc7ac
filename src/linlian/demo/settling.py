"""The first weeks: staff join, places are written down, organisations are voted in, residents come to the desk.

Everything here is the ordinary way: invitations with one-time keys, votes of the organisations, a delegation that an
independent witness signs. It takes three weeks; the first repairs come while it goes on.

What many do on one evening falls on the same minutes, so that it goes into few blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from linlian.demo.acts import DAY, HOUR, MINUTE, Telling
from linlian.demo.grounds import Plot, house_of
from linlian.demo.people import Resident
from linlian.demo.staff import COMPANIES, PAPERS, REJECTED, STAFF, Company
from linlian.demo.text import Text

FOUNDED_AT = 8 * HOUR + 30 * MINUTE
"""When block 0 is written: on the first morning."""
SETTLED_DAY = 19
LAPSE_DAYS = 376
HOUSES_AN_EVENING = 2
QUARTER = 15 * MINUTE


def settle(telling: Telling, places: list[Plot], residents: list[Resident]) -> None:
    """All acts until everybody is in place, and the few later ones: tenants who go and come, a firm not admitted."""
    active = [company for company in COMPANIES if company.founder]
    for company in active:
        _hire(telling, company, 9 * HOUR)
    _register(telling, places)
    for day, company in enumerate((company for company in COMPANIES if not company.founder), 1):
        _admit(telling, company, active, day * DAY + 9 * HOUR)
        active.append(company)
    _turn_down(telling, active, 25 * DAY + 10 * HOUR)
    _welcome(telling, residents)
    _represent(telling, residents)
    _move(telling, residents)


def _hire(telling: Telling, company: Company, at: int) -> None:
    """The officer invites; everybody accepts with a key of their own in the course of the morning."""
    for staff in STAFF:
        if staff.company != company.key or staff.key == company.officer:
            continue
        roles = tuple(str(role) for role in staff.roles)
        telling.add(at, company.officer, "identity.invite_member", staff.key, roles=roles)
        telling.add(at + telling.some(20, 170), staff.key, "identity.accept_invitation")


def _register(telling: Telling, places: list[Plot]) -> None:
    """The clerk writes the places down, one house at a sitting."""
    at = 13 * HOUR
    for _, group in groupby(places, key=lambda place: house_of(place.key)):
        for place in group:
            fields = {"kind": str(place.kind), "number": place.number, "code": place.code, "cell": place.cell}
            fields["handover"] = place.handover
            given: dict[str, Any] = {name: value for name, value in fields.items() if value}
            if place.parent:
                given["parent"] = place.parent
            telling.add(at, "clerk", "places.register_place", place.key, name=place.name, **given)
        at += telling.some(20, 40)


def _admit(telling: Telling, company: Company, active: list[Company], at: int) -> None:
    """Proposed, voted in by more than half, and active once its first officer accepts."""
    proposer, *others = active[-1:] + active[:-1]
    proposal = _propose(telling, company, proposer.officer, at, PAPERS.get(company.key, company.name))
    for voter in others[: len(active) // 2]:
        at += telling.some(20, 90)
        telling.add(at, voter.officer, "council.vote", proposal=proposal, in_favour=True)
    at += telling.some(60, 240)
    telling.add(at, company.officer, "identity.accept_invitation")
    _hire(telling, company, at + 30 * MINUTE)


def _turn_down(telling: Telling, active: list[Company], at: int) -> None:
    """A second lift firm: so many say no that it cannot come any more."""
    proposer, *others = active
    proposal = _propose(telling, REJECTED, proposer.officer, at, REJECTED.name)
    for voter in others[: (len(active) + 1) // 2]:
        at += telling.some(120, 900)
        telling.add(at, voter.officer, "council.vote", proposal=proposal, in_favour=False)


def _propose(telling: Telling, company: Company, proposer: str, at: int, name: Text) -> str:
    proposal = f"proposal-{company.key}"
    makes = (company.key, company.officer, proposal)
    kind = str(company.kind)
    telling.add(at, proposer, "council.propose_admission", *makes, kind=kind, code=company.key, name=name)
    return proposal


def _welcome(telling: Telling, residents: list[Resident]) -> None:
    """Two houses an evening: the desk invites, the clerk puts everybody on a roll, families invite their own.

    The next morning a grid worker compares each list with the register of the street office, and countersigns it.
    """
    there = [person for person in residents if person.since == 0]
    known: set[str] = set()
    for number, house in enumerate(dict.fromkeys(house_of(person.home) for person in there)):
        at, roll = (3 + number // HOUSES_AN_EVENING) * DAY + 18 * HOUR, f"roll-{house or 'bays'}"
        neighbours = [person for person in there if house_of(person.home) == house]
        listed = [person for person in neighbours if not person.host]
        telling.add(at, "clerk", "places.open_roll", roll)
        for person in neighbours:
            come_in(telling, person, at, roll, is_new=person.key not in known)
            known.add(person.key)
        lines = [(person.home, person.name) for person in listed]
        document = Text(
            *("\n".join(f"{home} {name[language]}" for home, name in lines) for language in (0, 1)),
        )
        telling.add(at + 3 * HOUR + 40 * MINUTE, "clerk", "places.close_roll", roll=roll, document=document)
        telling.add(at + 16 * HOUR, "grid-worker", "places.countersign_roll", roll=roll, entries=len(listed))


def come_in(telling: Telling, person: Resident, at: int, roll: str = "", is_new: bool = True) -> None:
    """One person: an account, a key (or none), a home. Who comes later is signed for by the owner of the home."""
    inviter = person.host or "desk"
    if person.host:
        at += 30 * HOUR
    if is_new and person.keyless:
        telling.add(at, "desk", "identity.register_resident", person.key)
    elif is_new:
        telling.add(at, inviter, "identity.invite_resident", person.key)
        telling.add(at + telling.chance.randint(1, 8) * QUARTER, person.key, "identity.accept_invitation")
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
        accepted = at + telling.chance.randint(1, 3) * QUARTER
        telling.add(accepted, person.key, "places.accept_occupancy", place=person.home)
    if not roll:
        signed: dict[str, Any] = {"place": person.home, "account": person.key}
        telling.add(at + 50 * MINUTE, "landlord", "places.countersign_occupancy", **signed)


def helpers(residents: Sequence[Resident]) -> dict[str, str]:
    """Who acts for whom without a telephone: a neighbour of the same house, for every other of them."""
    alone = [person for person in residents if person.keyless and house_of(person.home)]
    found = {"grandmother": "helper"}
    for number, person in enumerate(alone[::2]):
        near = [one.key for one in residents if one.stays and house_of(one.home) == house_of(person.home)]
        found.setdefault(person.key, near[number % len(near)])
    return found


def _represent(telling: Telling, residents: list[Resident]) -> None:
    """Who has no telephone has a neighbour act for them, and a grid worker witnesses that they want it.

    The landlord, who lives elsewhere, wants the property company's desk to say "yes" for him: that will not do.
    """
    at, until, scopes = 15 * DAY + 10 * HOUR, LAPSE_DAYS * DAY, ("report", "confirm", "see")
    given: dict[str, Any] = {"scopes": scopes, "until": until}
    for number, (principal, delegate) in enumerate(helpers(residents).items()):
        for_them = {"principal": principal, "delegate": delegate, **given}
        when = at + number // 10 * DAY // 4
        telling.add(when, "desk", "delegations.propose_delegation", witness="grid-worker", **for_them)
        telling.add(when + 2 * HOUR, "grid-worker", "delegations.witness_delegation", **for_them)
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
