"""Moving in and out: the commands of `rules_occupancy`. And the end of a place, which needs that nobody is left."""

from __future__ import annotations

from linlian.community import identity
from linlian.community.identity import NOBODY, AccountKind, AccountStatus, Role
from linlian.community.places.rules import (
    NUMBERED_ONCE,
    REGISTRARS,
    PlaceRetired,
    PlaceStatus,
    RetirePlace,
    contract,
    number_key,
    numbers,
    places,
    require_place,
)
from linlian.community.places.rules_occupancy import (
    GUESTS_MAX,
    OCCUPANTS_MAX,
    OCCUPIABLE,
    OWNERS,
    PAST_MAX,
    RIGHTS_OF,
    Capacity,
    ChangePresence,
    EndOccupancy,
    ExpireOccupancy,
    GrantOccupancy,
    Household,
    Occupancy,
    OccupancyEnded,
    OccupancyEnding,
    OccupancyGranted,
    PresenceChanged,
    Right,
    Stay,
    households,
    independent_office,
    known,
    occupancies,
    occupancy,
    owns,
    present,
    require_hand,
    require_open_roll,
    require_present,
    rolls,
)
from linlian.community.places.rules_rights import has_right
from linlian.community.places.rules_shares import check_share
from linlian.kernel.contract import Context, Refused, compose, replace

MAY_BE_ABSENT = (*OWNERS, Capacity.AGENT)


@contract.command
def grant_occupancy(ctx: Context, cmd: GrantOccupancy) -> None:
    """Let somebody belong to a place: by an office's clerk, or by an occupant for their family."""
    identity.acting(ctx)
    starts = cmd.starts or ctx.time
    _check_grant(ctx, cmd, starts)
    check_share(ctx, cmd.place, cmd.account, starts, cmd.until, (cmd.capacity, cmd.parts, cmd.whole))
    host, signed = _by_whom(ctx, cmd, starts)
    row = Occupancy(
        capacity=cmd.capacity,
        rights=cmd.rights,
        starts=starts,
        until=cmd.until,
        granted_by=ctx.signer,
        granted_at=ctx.time,
        host=host,
        roll=cmd.roll or NOBODY,
        absent=cmd.absent,
        parts=cmd.parts,
        whole=cmd.whole,
        signed_by=ctx.signer if signed else NOBODY,
        signed_at=ctx.time if signed else 0,
        past=_past(occupancy(ctx, cmd.account, cmd.place)),
    )
    occupancies.put(ctx, compose(cmd.place, cmd.account), row)
    _join(ctx, cmd.place, cmd.account)
    if host != NOBODY:
        identity.join_household(ctx, host, cmd.account)
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
            roll=cmd.roll,
            absent=cmd.absent,
            parts=cmd.parts,
            whole=cmd.whole,
            signed=signed,
        )
    )


@contract.command
def end_occupancy(ctx: Context, cmd: EndOccupancy) -> None:
    """Somebody moves out, has moved out, or will: see the rules of `rules_occupancy` for who may say so."""
    identity.acting(ctx)
    found = require_present(ctx, cmd.account, cmd.place)
    lets_go = found.capacity not in OWNERS and owns(ctx, ctx.signer, cmd.place, ctx.time)
    if ctx.signer not in (cmd.account, found.host) and not lets_go:
        require_hand(ctx, cmd.account, cmd.place, found)
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
    found = known(ctx, cmd.account, cmd.place)
    _end(ctx, cmd.place, cmd.account, found, found.until)


@contract.command
def change_presence(ctx: Context, cmd: ChangePresence) -> None:
    """An owner moves elsewhere, or comes back: by themselves, or as any change from outside."""
    identity.acting(ctx)
    found = require_present(ctx, cmd.account, cmd.place)
    if ctx.signer != cmd.account:
        require_hand(ctx, cmd.account, cmd.place, found)
    _check_absent(found.capacity, cmd.absent)
    occupancies.put(ctx, compose(cmd.place, cmd.account), replace(found, absent=cmd.absent))
    ctx.emit(PresenceChanged(place=cmd.place, account=cmd.account, absent=cmd.absent))


@contract.command
def retire_place(ctx: Context, cmd: RetirePlace) -> None:
    """It is torn down, or was never there. Its history stays."""
    identity.require_office(ctx, REGISTRARS, Role.CLERK)
    found = require_place(ctx, cmd.place)
    if found.children:
        raise Refused("places.holds_places", about=(cmd.place,), places=found.children)
    if there := present(ctx, cmd.place):
        raise Refused("places.occupied", about=(cmd.place,), occupants=len(there))
    places.put(ctx, cmd.place, replace(found, status=PlaceStatus.RETIRED))
    if found.kind in NUMBERED_ONCE:
        numbers.delete(ctx, number_key(found.path, found.kind, found.number))
    if found.path:
        holder = require_place(ctx, found.parent)
        places.put(ctx, found.parent, replace(holder, children=holder.children - 1))
    ctx.emit(PlaceRetired(place=cmd.place))


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
    _check_absent(cmd.capacity, cmd.absent)
    if cmd.until and cmd.until < starts:
        raise Refused("places.out_before_in", about=(cmd.place,), starts=starts)
    if cmd.until and cmd.until <= ctx.time:
        raise Refused("places.already_over", about=(cmd.place,))


def _check_absent(capacity: Capacity, absent: bool) -> None:
    if absent and capacity not in MAY_BE_ABSENT:
        raise Refused("places.must_live_there", capacity=capacity)


def _by_whom(ctx: Context, cmd: GrantOccupancy, starts: int) -> tuple[bytes, bool]:
    """The host, NOBODY if an office grants it; and whether the granting is a signature by somebody independent."""
    if identity.member(ctx, ctx.signer) is None:
        if cmd.roll is not None:
            raise Refused("places.not_your_roll")
        return _invite(ctx, cmd, starts), True
    identity.require_office(ctx, identity.HOSTS, Role.CLERK)
    if ctx.signer == cmd.account:
        raise Refused("places.own_entry", about=(cmd.account,))
    if cmd.roll is not None:
        roll = require_open_roll(ctx, cmd.roll)
        rolls.put(ctx, cmd.roll, replace(roll, entries=roll.entries + 1))
    return NOBODY, independent_office(ctx) is not None


def _invite(ctx: Context, cmd: GrantOccupancy, starts: int) -> bytes:
    """The signer's own occupancy allows this one; returns the host."""
    host = occupancy(ctx, ctx.signer, cmd.place)
    if host is None or not has_right(ctx, ctx.signer, host, Right.INVITE, ctx.time):
        raise Refused("places.may_not_invite", about=(cmd.place, ctx.signer))
    if cmd.capacity is not Capacity.FAMILY:
        raise Refused("places.family_only", about=(cmd.place, ctx.signer))
    if any(right not in host.rights for right in cmd.rights):
        raise Refused("places.more_than_own", about=(cmd.place, ctx.signer))
    if starts < host.starts or (host.until and not 0 < cmd.until <= host.until):
        raise Refused("places.longer_than_host", about=(cmd.place, ctx.signer))
    if len(host.guests) >= GUESTS_MAX:
        raise Refused("places.too_many_guests", about=(cmd.place, ctx.signer), most=GUESTS_MAX)
    occupancies.put(ctx, compose(cmd.place, ctx.signer), replace(host, guests=(*host.guests, cmd.account)))
    return ctx.signer


def _past(before: Occupancy | None) -> tuple[Stay, ...]:
    """The earlier stays in which somebody might see what happened; of more than are kept, the latest."""
    if before is None:
        return ()
    if Right.SEE not in before.rights or before.until <= before.since:
        return before.past
    return (*before.past, Stay(before.since, before.until))[-PAST_MAX:]


def _end(ctx: Context, place: bytes, account: bytes, found: Occupancy, until: int) -> None:
    """End an occupancy, and those of whom it invited; they cannot have invited anybody themselves."""
    _end_one(ctx, place, account, found, until)
    for guest in found.guests:
        row = known(ctx, guest, place)
        _end_one(ctx, place, guest, row, max(row.starts, until))
    if found.host != NOBODY:
        host = known(ctx, found.host, place)
        left = tuple(guest for guest in host.guests if guest != account)
        occupancies.put(ctx, compose(place, found.host), replace(host, guests=left))


def _end_one(ctx: Context, place: bytes, account: bytes, found: Occupancy, until: int) -> None:
    ended = replace(found, until=until, ended=True, guests=())
    occupancies.put(ctx, compose(place, account), ended)
    ctx.unschedule("places.occupancy", compose(place, account))
    household = households.get(ctx, place)
    left = tuple(other for other in (household.accounts if household else ()) if other != account)
    households.put(ctx, place, Household(left))
    if found.host != NOBODY:
        identity.leave_household(ctx, found.host, account)
    ctx.emit(OccupancyEnded(place=place, account=account, until=until))


def _join(ctx: Context, place: bytes, account: bytes) -> None:
    found = households.get(ctx, place)
    accounts = found.accounts if found else ()
    if len(accounts) >= OCCUPANTS_MAX:
        raise Refused("places.too_many_occupants", about=(place,), most=OCCUPANTS_MAX)
    households.put(ctx, place, Household((*accounts, account)))


def _schedule(ctx: Context, place: bytes, account: bytes, until: int) -> None:
    expire = ExpireOccupancy(place=place, account=account)
    ctx.schedule("places.occupancy", compose(place, account), until, expire)
