"""Occupancy: in what capacity somebody belongs to a place, from when until when, and what they may do there.

Rules
- A right counts at a place and at everything in it, from `starts` (included) to `until` (excluded; 0 is open).
- A capacity has the rights of `RIGHTS_OF` and no others. One account has one occupancy of a place at a time.
- A clerk of the property company grants any; an occupant with the right to invite grants `family`, with no right
  that they do not have themselves, never the right to invite, for no longer than they stay, for at most 8 people.
- It is ended by the occupant, by whoever invited them, or by a clerk, for any day since it began. Who was invited by
  an occupant leaves with them. The row stays: moving out ends access to what comes, not to one's own past.

    grant_occupancy(place, account, OWNER, rights) → may(…, Right.REPORT, …) → end_occupancy
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from linlian.community import identity
from linlian.community.identity import NOBODY, AccountId, AccountKind, AccountStatus, OrganisationKind, Role
from linlian.community.places.rules import (
    UNITS,
    PlaceId,
    PlaceKind,
    contract,
    places,
    require_place,
)
from linlian.kernel.contract import (
    Command,
    Context,
    Event,
    Id,
    Meta,
    Millis,
    Reader,
    Refused,
    Row,
    Rows,
    compose,
    replace,
)

GUESTS_MAX = 8
GRANTORS = (OrganisationKind.PROPERTY_COMPANY,)
OCCUPIABLE = (*UNITS, PlaceKind.BUILDING, PlaceKind.SECTION, PlaceKind.FLOOR)


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

Rights = Annotated[tuple[Right, ...], Meta(max_length=len(Right))]


class Occupancy(Row):
    """Keyed by place and account. `host` is who invited them, NOBODY if a clerk did; `guests` whom they invited."""

    capacity: Capacity
    rights: Rights
    starts: Millis
    until: Millis
    granted_by: Id
    host: Id = NOBODY
    guests: Annotated[tuple[Id, ...], Meta(max_length=GUESTS_MAX)] = ()
    ended: bool = False


occupancies = contract.table("occupancy", Occupancy)


class GrantOccupancy(Command):
    """`starts` 0 is now, `until` 0 is open."""

    place: PlaceId
    account: AccountId
    capacity: Capacity
    rights: Rights
    starts: Millis = 0
    until: Millis = 0


class EndOccupancy(Command):
    """`until` 0 is now; a time to come ends it then."""

    place: PlaceId
    account: AccountId
    until: Millis = 0


class ExpireOccupancy(Command):
    place: PlaceId
    account: AccountId


@contract.event
class OccupancyGranted(Event):
    place: PlaceId
    account: AccountId
    capacity: Capacity
    rights: Rights
    starts: Millis
    until: Millis = 0
    host: AccountId | None = None


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


def occupancy(reader: Reader, account: bytes, place: bytes) -> Occupancy | None:
    """The account's present or last occupancy of exactly this place."""
    return occupancies.get(reader, compose(place, account))


def may(reader: Reader, account: bytes, place: bytes, right: Right, time: int) -> bool:
    """Whether an account has a right at a place now: by an occupancy of it, or of a place that holds it."""
    found = places.get(reader, place)
    if found is None:
        return False
    return any(_grants(occupancy(reader, account, where), right, time) for where in (place, *reversed(found.path)))


@contract.command
def grant_occupancy(ctx: Context, cmd: GrantOccupancy) -> None:
    """Let somebody belong to a place: by a clerk, or by an occupant for their family."""
    identity.acting(ctx)
    starts = cmd.starts or ctx.time
    _check_grant(ctx, cmd, starts)
    if identity.member(ctx, ctx.signer) is None:
        host = _invite(ctx, cmd, starts)
    else:
        identity.require_office(ctx, GRANTORS, Role.CLERK)
        host = NOBODY
    row = Occupancy(cmd.capacity, cmd.rights, starts, cmd.until, ctx.signer, host)
    occupancies.put(ctx, compose(cmd.place, cmd.account), row)
    _count(ctx, cmd.place, 1)
    if cmd.until:
        _schedule(ctx, cmd.place, cmd.account, cmd.until)
    ctx.emit(
        OccupancyGranted(
            place=cmd.place,
            account=cmd.account,
            capacity=cmd.capacity,
            rights=cmd.rights,
            starts=starts,
            until=cmd.until,
            host=None if host == NOBODY else host,
        )
    )


@contract.command
def end_occupancy(ctx: Context, cmd: EndOccupancy) -> None:
    """Somebody moves out, has moved out, or will: by themselves, by who invited them, or by a clerk."""
    identity.acting(ctx)
    found = occupancy(ctx, cmd.account, cmd.place)
    if found is None or found.ended:
        raise Refused("places.no_occupant")
    if ctx.signer not in (cmd.account, found.host):
        identity.require_office(ctx, GRANTORS, Role.CLERK)
    until = cmd.until or max(ctx.time, found.starts)
    if until < found.starts:
        raise Refused("places.out_before_in", about=(cmd.place, cmd.account), starts=found.starts)
    if found.until and until > found.until:
        raise Refused("places.later_than_agreed", about=(cmd.place, cmd.account), until=found.until)
    if until > ctx.time and until > found.starts:
        occupancies.put(ctx, compose(cmd.place, cmd.account), replace(found, until=until))
        _schedule(ctx, cmd.place, cmd.account, until)
        ctx.emit(OccupancyEnding(place=cmd.place, account=cmd.account, until=until))
    else:
        _end(ctx, cmd.place, cmd.account, found, until)


@contract.timer
def expire_occupancy(ctx: Context, cmd: ExpireOccupancy) -> None:
    """The agreed end has come."""
    found = occupancy(ctx, cmd.account, cmd.place)
    assert found is not None, "occupancies are never deleted"
    _end(ctx, cmd.place, cmd.account, found, found.until)


def _check_grant(ctx: Context, cmd: GrantOccupancy, starts: int) -> None:
    if require_place(ctx, cmd.place).kind not in OCCUPIABLE:
        raise Refused("places.not_occupiable", about=(cmd.place,))
    account = identity.require_account(ctx, cmd.account)
    if account.kind is not AccountKind.PERSON or account.status not in (
        AccountStatus.ACTIVE,
        AccountStatus.INVITED,
    ):
        raise Refused("places.account_not_open")
    before = occupancy(ctx, cmd.account, cmd.place)
    if before is not None and not before.ended:
        raise Refused("places.already_occupant", about=(cmd.place, cmd.account))
    if not cmd.rights or any(right in cmd.rights[:number] for number, right in enumerate(cmd.rights)):
        raise Refused("places.rights_invalid")
    for right in cmd.rights:
        if right not in RIGHTS_OF[cmd.capacity]:
            raise Refused("places.right_not_of_capacity", right=right, capacity=cmd.capacity)
    if cmd.until and cmd.until < starts:
        raise Refused("places.out_before_in", about=(cmd.place,), starts=starts)
    if cmd.until and cmd.until <= ctx.time:
        raise Refused("places.already_over", about=(cmd.place,))


def _invite(ctx: Context, cmd: GrantOccupancy, starts: int) -> bytes:
    """The signer's own occupancy allows this one; returns the host."""
    host = occupancy(ctx, ctx.signer, cmd.place)
    if host is None or not _grants(host, Right.INVITE, ctx.time):
        raise Refused("places.may_not_invite", about=(cmd.place, ctx.signer))
    if cmd.capacity is not Capacity.FAMILY:
        raise Refused("places.family_only", about=(cmd.place, ctx.signer))
    if any(right not in host.rights for right in cmd.rights):
        raise Refused("places.more_than_own", about=(cmd.place, ctx.signer))
    if starts < host.starts or (host.until and not 0 < cmd.until <= host.until):
        raise Refused("places.longer_than_host", about=(cmd.place, ctx.signer))
    if len(host.guests) >= GUESTS_MAX:
        raise Refused("places.too_many_guests", about=(cmd.place, ctx.signer), most=GUESTS_MAX)
    row = replace(host, guests=(*host.guests, cmd.account))
    occupancies.put(ctx, compose(cmd.place, ctx.signer), row)
    return ctx.signer


def _grants(row: Occupancy | None, right: Right, time: int) -> bool:
    if row is None or row.ended or right not in row.rights:
        return False
    return row.starts <= time and (row.until == 0 or time < row.until)


def _end(ctx: Context, place: bytes, account: bytes, found: Occupancy, until: int) -> None:
    """End an occupancy, and those of whom it invited; they cannot have invited anybody themselves."""
    _end_one(ctx, place, account, found, until)
    for guest in found.guests:
        row = occupancy(ctx, guest, place)
        assert row is not None, "guests have an occupancy"
        _end_one(ctx, place, guest, row, max(row.starts, until))
    if found.host != NOBODY:
        key = compose(place, found.host)
        host = occupancies.get(ctx, key)
        assert host is not None, "a guest's host has an occupancy"
        left = tuple(guest for guest in host.guests if guest != account)
        occupancies.put(ctx, key, replace(host, guests=left))


def _end_one(ctx: Context, place: bytes, account: bytes, found: Occupancy, until: int) -> None:
    ended = replace(found, until=until, ended=True, guests=())
    occupancies.put(ctx, compose(place, account), ended)
    ctx.unschedule("places.occupancy", compose(place, account))
    _count(ctx, place, -1)
    ctx.emit(OccupancyEnded(place=place, account=account, until=until))


def _count(ctx: Context, place: bytes, more: int) -> None:
    row = require_place(ctx, place)
    places.put(ctx, place, replace(row, occupants=row.occupants + more))


def _schedule(ctx: Context, place: bytes, account: bytes, until: int) -> None:
    expire = ExpireOccupancy(place=place, account=account)
    ctx.schedule("places.occupancy", compose(place, account), until, expire)


@contract.invariant
def occupancies_are_counted_and_bounded(rows: Rows) -> None:
    """Places count their occupants; rights fit the capacity; guests fit their host; nobody left before they came."""
    known = {(key[1:17], key[18:34]): row for key, row in rows(occupancies)}
    present: dict[bytes, int] = {}
    for (place, account), row in known.items():
        assert all(right in RIGHTS_OF[row.capacity] for right in row.rights)
        assert row.until == 0 or row.starts <= row.until, "out before in"
        if row.ended:
            assert not row.guests, "whoever was invited has left too"
            continue
        present[place] = present.get(place, 0) + 1
        for guest in row.guests:
            assert known[place, guest].host == account
        if row.host != NOBODY:
            host = known[place, row.host]
            assert account in host.guests
            assert all(right in host.rights for right in row.rights), "no more than the host's own"
    for key, place_row in rows(places):
        assert place_row.occupants == present.get(key, 0), f"occupants of {key.hex()}"
