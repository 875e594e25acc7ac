"""Acceptance and countersignature: what makes an occupancy that an office wrote down speak for a household.

Rules
- Two say yes. The person, with the account's own key; for somebody without a key the papers that the other one saw
  stand in. And somebody who does not serve the household: an office of the government or the owners' committee that
  looked at deed, lease or identity, or an owner of the place, for anybody but themselves.
- Many are signed at once as a roll: a clerk opens it, grants on it, and closes it with the document that lists who
  lives where, sealed. The office compares document, papers and ledger, ends what is wrong, and signs with one command
  that names the document's commitment and the number of entries. Nothing can be put on a closed roll.
- Nobody signs their own occupancy, nor does anybody of the organisation that wrote it down.

    countersign_roll(roll, entries=2300, document=…)
"""

from __future__ import annotations

from linlian.community import identity
from linlian.community.identity import NOBODY, AccountId, OrganisationId, Role
from linlian.community.places.rules import PlaceId, contract
from linlian.community.places.rules_occupancy import (
    Roll,
    RollId,
    independent_office,
    occupancies,
    owns,
    require_open_roll,
    require_present,
    rolls,
    signing_time,
)
from linlian.kernel.contract import Command, Content, Context, Event, Hash, Int, Refused, compose, replace


class AcceptOccupancy(Command):
    """With the occupant's own key."""

    place: PlaceId


class CountersignOccupancy(Command):
    place: PlaceId
    account: AccountId


class OpenRoll(Command):
    """Begin a list of occupants of the signer's organisation."""


class CloseRoll(Command):
    """`document` is the list as people read it: who lives behind which door, in what capacity, since when."""

    roll: RollId
    document: Content


class CountersignRoll(Command):
    """`document` is the commitment to what was looked at, `entries` how many stand on the roll."""

    roll: RollId
    entries: Int
    document: Hash


@contract.event
class OccupancyAccepted(Event):
    place: PlaceId
    account: AccountId


@contract.event
class OccupancyCountersigned(Event):
    """By an office, or (without one) by an owner of the place."""

    place: PlaceId
    account: AccountId
    organisation: OrganisationId | None = None


@contract.event
class RollOpened(Event):
    roll: RollId
    organisation: OrganisationId


@contract.event
class RollClosed(Event):
    roll: RollId
    entries: Int
    document: Content


@contract.event
class RollCountersigned(Event):
    roll: RollId
    organisation: OrganisationId
    entries: Int


@contract.command
def accept_occupancy(ctx: Context, cmd: AcceptOccupancy) -> None:
    """Yes, I belong there."""
    identity.acting(ctx)
    found = require_present(ctx, ctx.signer, cmd.place)
    if found.accepted_at:
        raise Refused("places.already_accepted", about=(cmd.place, ctx.signer))
    occupancies.put(ctx, compose(cmd.place, ctx.signer), replace(found, accepted_at=ctx.time))
    ctx.emit(OccupancyAccepted(place=cmd.place, account=ctx.signer))


@contract.command
def countersign_occupancy(ctx: Context, cmd: CountersignOccupancy) -> None:
    """Yes, they belong there: by an independent office, or by an owner."""
    identity.acting(ctx)
    found = require_present(ctx, cmd.account, cmd.place)
    office = independent_office(ctx)
    if office is None and not owns(ctx, ctx.signer, cmd.place, ctx.time):
        raise Refused("places.not_independent", about=(cmd.place, cmd.account))
    if ctx.signer == cmd.account:
        raise Refused("places.own_entry", about=(cmd.account,))
    if signing_time(ctx, found):
        raise Refused("places.already_signed", about=(cmd.place, cmd.account))
    signed = replace(found, signed_by=ctx.signer, signed_at=ctx.time)
    occupancies.put(ctx, compose(cmd.place, cmd.account), signed)
    organisation = office.organisation if office else None
    ctx.emit(OccupancyCountersigned(place=cmd.place, account=cmd.account, organisation=organisation))


@contract.command
def open_roll(ctx: Context, cmd: OpenRoll) -> None:
    """A list to be signed as a whole."""
    office = identity.require_office(ctx, identity.HOSTS, Role.CLERK)
    roll = ctx.new_id()
    rolls.create(ctx, roll, Roll(office.organisation, 0, bytes(32)))
    ctx.emit(RollOpened(roll=roll, organisation=office.organisation))


@contract.command
def close_roll(ctx: Context, cmd: CloseRoll) -> None:
    """All are on it: from now on it can be signed, and not changed."""
    found = require_open_roll(ctx, cmd.roll)
    rolls.put(ctx, cmd.roll, replace(found, closed=True, document=cmd.document.commitment))
    ctx.emit(RollClosed(roll=cmd.roll, entries=found.entries, document=cmd.document))


@contract.command
def countersign_roll(ctx: Context, cmd: CountersignRoll) -> None:
    """Yes, these people belong there: all that stand on it and have not been ended."""
    office = independent_office(ctx)
    found = rolls.require(ctx, cmd.roll)
    if office is None or office.organisation == found.organisation:
        raise Refused("places.not_independent", about=(cmd.roll,))
    if not found.closed:
        raise Refused("places.roll_open", about=(cmd.roll,))
    if found.signed_by != NOBODY:
        raise Refused("places.already_signed", about=(cmd.roll,))
    if (found.entries, found.document) != (cmd.entries, cmd.document):
        raise Refused("places.another_list", about=(cmd.roll,), entries=found.entries)
    rolls.put(ctx, cmd.roll, replace(found, signed_by=ctx.signer, signed_at=ctx.time))
    ctx.emit(RollCountersigned(roll=cmd.roll, organisation=office.organisation, entries=found.entries))
