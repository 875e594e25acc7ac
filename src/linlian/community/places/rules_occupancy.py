"""Occupancy: in what capacity somebody belongs to a place, from when until when, and what they are to have there.

Rules
- A capacity has the rights of `RIGHTS_OF` and no others. One account has one occupancy of a place at a time.
- An office writes down any; an occupant with the right to invite takes in `family`, with no right that they do not
  have themselves, never the right to invite, for no longer than they stay, at most 8 people.
- Who is taken in is of their host's household until they leave: they hear of each other's recovery (`identity`).
- The rights of `GUARDED` speak for the household: they count only once somebody has signed who is not the company
  that serves it (`rules_signing`), so that a company that holds every key of its staff cannot invent a resident.
- It is ended by the occupant, by whoever invited them, by an owner (but not another owner's), or by an independent
  office; by the company's clerk only while nobody has signed. Who was invited by an occupant leaves with them.
- Owners and co-owners hold exact shares of the whole, or jointly what the shares of others leave (`rules_shares`).

    open_roll → grant_occupancy(place, account, OWNER, rights, roll=…) → accept_occupancy → countersign_roll

What counts where and when is asked in `rules_rights`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeAlias

from linlian.community import identity
from linlian.community.identity import NOBODY, AccountId, Member, OrganisationKind, Role
from linlian.community.places.rules import UNITS, PlaceId, PlaceKind, contract
from linlian.kernel.contract import (
    Command,
    Context,
    Event,
    Hash,
    Id,
    Int,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Subject,
    compose,
)

GUESTS_MAX = 8
OCCUPANTS_MAX = 64
PAST_MAX = 8
WHOLE_MAX = 1_000_000
OCCUPIABLE = (*UNITS, PlaceKind.BUILDING, PlaceKind.SECTION, PlaceKind.FLOOR)
INDEPENDENT = (OrganisationKind.GOVERNMENT, OrganisationKind.OWNERS_COMMITTEE)
"""Offices that do not serve the household: they look at papers, and sign."""
SIGNING_ROLES = (*identity.FRONT_OFFICE, Role.GRID_WORKER, Role.COMMITTEE_MEMBER, Role.BUILDING_HEAD)

RollId: TypeAlias = Annotated[Id, Subject("roll")]
Parts = Annotated[int, Meta(ge=0, le=WHOLE_MAX)]


class Capacity(StrEnum):
    OWNER = "owner"
    CO_OWNER = "co_owner"
    TENANT = "tenant"
    FAMILY = "family"
    AGENT = "agent"
    COMPANY = "company"


class Right(StrEnum):
    REPORT = "report"
    SEE = "see"
    PAY = "pay"
    CONFIRM = "confirm"
    INVITE = "invite"


RIGHTS_OF: dict[Capacity, tuple[Right, ...]] = {
    Capacity.OWNER: (Right.REPORT, Right.SEE, Right.PAY, Right.CONFIRM, Right.INVITE),
    Capacity.CO_OWNER: (Right.REPORT, Right.SEE, Right.PAY, Right.CONFIRM, Right.INVITE),
    Capacity.TENANT: (Right.REPORT, Right.SEE, Right.PAY, Right.CONFIRM, Right.INVITE),
    Capacity.FAMILY: (Right.REPORT, Right.SEE, Right.PAY, Right.CONFIRM),
    Capacity.AGENT: (Right.REPORT, Right.SEE, Right.PAY),
    Capacity.COMPANY: (Right.REPORT, Right.SEE, Right.PAY, Right.CONFIRM),
}
"""An agent looks after a place but does not say in the owner's name that it is repaired."""
GUARDED = (Right.PAY, Right.CONFIRM, Right.INVITE)
"""What speaks for the household: approving a quote, saying that it is repaired, letting others in."""
OWNERS = (Capacity.OWNER, Capacity.CO_OWNER)

Rights = Annotated[tuple[Right, ...], Meta(max_length=len(Right))]


class Stay(Row):
    """An earlier stay during which its holder might see; times as they counted."""

    since: Millis
    until: Millis


class Occupancy(Row):
    """Keyed by place and account. `host` is who invited them, NOBODY if an office did; `guests` whom they invited.

    `parts` of `whole` are theirs; 0 of 0 holds jointly. `absent`: does not live there. `roll` is the list it stands
    on, NOBODY if on none. `signed_at` is 0 until somebody independent signed it alone; a roll is signed as a whole.
    """

    capacity: Capacity
    rights: Rights
    starts: Millis
    until: Millis
    granted_by: Id
    granted_at: Millis
    host: Id = NOBODY
    roll: Id = NOBODY
    absent: bool = False
    parts: Parts = 0
    whole: Parts = 0
    accepted_at: Millis = 0
    signed_by: Id = NOBODY
    signed_at: Millis = 0
    guests: Annotated[tuple[Id, ...], Meta(max_length=GUESTS_MAX)] = ()
    ended: bool = False
    past: Annotated[tuple[Stay, ...], Meta(max_length=PAST_MAX)] = ()

    @property
    def since(self) -> int:
        """From when it can count: nobody is written down for a time before they were written down."""
        return max(self.starts, self.granted_at)

    def covers(self, time: int) -> bool:
        return self.starts <= time and (self.until == 0 or time < self.until)


class Household(Row):
    """Keyed by place: whose occupancies of it have not ended, in the order in which they were granted."""

    accounts: Annotated[tuple[Id, ...], Meta(max_length=OCCUPANTS_MAX)]


class Roll(Row):
    """A list of occupants that is countersigned as a whole, once it is closed. `document` is what was looked at."""

    organisation: Id
    entries: Int
    document: Hash
    closed: bool = False
    signed_by: Id = NOBODY
    signed_at: Millis = 0


occupancies = contract.table("occupancy", Occupancy)
households = contract.table("household", Household)
rolls = contract.table("roll", Roll, refused="places.unknown_roll")


class GrantOccupancy(Command):
    """`starts` 0 is now, `until` 0 is open. `parts` of `whole`: an owner's share, 1 of 3; 0 of 0 holds jointly."""

    place: PlaceId
    account: AccountId
    capacity: Capacity
    rights: Rights
    starts: Millis = 0
    until: Millis = 0
    absent: bool = False
    parts: Parts = 0
    whole: Parts = 0
    roll: RollId | None = None


class EndOccupancy(Command):
    """`until` 0 is now; a time to come ends it then."""

    place: PlaceId
    account: AccountId
    until: Millis = 0


class ExpireOccupancy(Command):
    place: PlaceId
    account: AccountId


class ChangePresence(Command):
    """Whether an owner, co-owner or agent lives there. Who is absent confirms only while nobody lives there."""

    place: PlaceId
    account: AccountId
    absent: bool


@contract.event
class OccupancyGranted(Event):
    """`signed`: by an independent office, or by the host, in the granting itself."""

    place: PlaceId
    account: AccountId
    capacity: Capacity
    rights: Rights
    starts: Millis
    until: Millis = 0
    host: AccountId | None = None
    roll: RollId | None = None
    absent: bool = False
    parts: Parts = 0
    whole: Parts = 0
    signed: bool = False


@contract.event
class OccupancyEnding(Event):
    """It will end at `until`."""

    place: PlaceId
    account: AccountId
    until: Millis


@contract.event
class OccupancyEnded(Event):
    place: PlaceId
    account: AccountId
    until: Millis


@contract.event
class PresenceChanged(Event):
    place: PlaceId
    account: AccountId
    absent: bool


# --- what the parts of this business share ---


def occupancy(reader: Reader, account: bytes, place: bytes) -> Occupancy | None:
    """The account's occupancy of this very place: the present one, or the last."""
    return occupancies.get(reader, compose(place, account))


def known(reader: Reader, account: bytes, place: bytes) -> Occupancy:
    """An occupancy that there must be: households, hosts, guests and timers name no other."""
    found = occupancy(reader, account, place)
    assert found is not None, "occupancies are never deleted"
    return found


def present(reader: Reader, place: bytes) -> tuple[tuple[bytes, Occupancy], ...]:
    """Everybody whose occupancy of this very place has not ended, whether or not it has begun."""
    found = households.get(reader, place)
    return tuple((account, known(reader, account, place)) for account in (found.accounts if found else ()))


def signing_time(reader: Reader, row: Occupancy) -> int:
    """When somebody independent signed it, alone or with its roll; 0 if nobody has."""
    if row.signed_at or row.roll == NOBODY:
        return row.signed_at
    found = rolls.get(reader, row.roll)
    assert found is not None, "entries name rolls that exist"
    return found.signed_at


def counts(reader: Reader, account: bytes, row: Occupancy, time: int) -> bool:
    """Whether its guarded rights count at a time: signed, and accepted by a key if its account has one."""
    signed = signing_time(reader, row)
    if not 0 < signed <= time:
        return False
    if row.host != NOBODY or 0 < row.accepted_at <= time:
        return True
    found = identity.account(reader, account)
    return found is not None and found.status is identity.AccountStatus.ACTIVE and not found.keys


def owns(reader: Reader, account: bytes, place: bytes, time: int) -> bool:
    """Whether an account is an owner of this very place whose word counts."""
    row = occupancy(reader, account, place)
    if row is None or row.ended or row.capacity not in OWNERS or not row.covers(time):
        return False
    return counts(reader, account, row, time)


def independent_office(ctx: Context) -> Member | None:
    """The signer's membership, if it signs for an office that does not serve the household."""
    if identity.member(ctx, ctx.signer) is None:
        return None
    found = identity.require_role(ctx, *SIGNING_ROLES)
    employer = identity.require_active(ctx, found.organisation)
    return found if employer.kind in INDEPENDENT else None


def require_hand(ctx: Context, account: bytes, place: bytes, row: Occupancy) -> None:
    """Refuse whoever may not change an occupancy from outside: an independent office, or a clerk while it is unsigned.

    Refused: `places.signed_for`, and what `identity` says of a signer without an office.
    """
    if independent_office(ctx) is not None:
        return
    identity.require_office(ctx, identity.HOSTS, Role.CLERK)
    if signing_time(ctx, row):
        raise Refused("places.signed_for", about=(place, account))


def require_present(ctx: Context, account: bytes, place: bytes) -> Occupancy:
    """The account's occupancy of a place, which has not ended. Refused: `places.no_occupant`."""
    found = occupancy(ctx, account, place)
    if found is None or found.ended:
        raise Refused("places.no_occupant")
    return found


def require_open_roll(ctx: Context, roll: bytes) -> Roll:
    """A roll of the organisation whose clerk signs, not yet closed. Refused: `places.not_your_roll`, `roll_closed`."""
    office = identity.require_office(ctx, identity.HOSTS, Role.CLERK)
    found = rolls.get(ctx, roll)
    if found is None or found.organisation != office.organisation:
        raise Refused("places.not_your_roll")
    if found.closed:
        raise Refused("places.roll_closed", about=(roll,))
    return found
