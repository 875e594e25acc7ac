"""Shares of ownership: exact fractions, which never add up to more than the whole.

Rules
- A share is `parts` of `whole`, as the certificate says it: 1 of 3, or 3334 of 10000. It is never rounded.
- 0 of 0 holds jointly: with all others who hold so, whatever the shares of others leave; so something must be left.
- At no time do the shares of those who own then come to more than one. Who sells on 1 March may hold until then, and
  the buyer from then on.
- A share is lowered by its owner, and changed by an independent office; by the company's clerk while nobody signed.
"""

from __future__ import annotations

from typing import NamedTuple

from linlian.community import identity
from linlian.community.identity import AccountId
from linlian.community.places.rules import PlaceId, contract
from linlian.community.places.rules_occupancy import (
    OWNERS,
    Capacity,
    Parts,
    occupancies,
    present,
    require_hand,
    require_present,
)
from linlian.kernel.contract import Command, Context, Event, Refused, compose, replace

FOREVER = (1 << 63) - 1


class ChangeShare(Command):
    """An owner holds `parts` of `whole` from now on; 0 of 0 holds jointly."""

    place: PlaceId
    account: AccountId
    parts: Parts = 0
    whole: Parts = 0


@contract.event
class ShareChanged(Event):
    place: PlaceId
    account: AccountId
    parts: Parts = 0
    whole: Parts = 0


class Held(NamedTuple):
    """Who holds what from when until when (not included)."""

    account: bytes
    parts: int
    whole: int
    starts: int
    until: int


@contract.command
def change_share(ctx: Context, cmd: ChangeShare) -> None:
    """A part is sold or given to another owner, or a list was wrong."""
    identity.acting(ctx)
    found = require_present(ctx, cmd.account, cmd.place)
    lowers = found.whole > 0 and cmd.whole > 0 and cmd.parts * found.whole <= found.parts * cmd.whole
    if not (ctx.signer == cmd.account and lowers):
        require_hand(ctx, cmd.account, cmd.place, found)
    starts = max(ctx.time, found.starts)
    check_share(ctx, cmd.place, cmd.account, starts, found.until, (found.capacity, cmd.parts, cmd.whole))
    occupancies.put(ctx, compose(cmd.place, cmd.account), replace(found, parts=cmd.parts, whole=cmd.whole))
    ctx.emit(ShareChanged(place=cmd.place, account=cmd.account, parts=cmd.parts, whole=cmd.whole))


def check_share(
    ctx: Context, place: bytes, account: bytes, starts: int, until: int, share: tuple[Capacity, int, int]
) -> None:
    """Refuse a share that is none, or more than the others leave at some time between `starts` and `until`."""
    capacity, parts, whole = share
    if capacity not in OWNERS:
        if parts or whole:
            raise Refused("places.share_is_an_owners", capacity=capacity)
        return
    if parts > whole or (whole and not parts):
        raise Refused("places.no_share", parts=parts, whole=whole)
    new = Held(account, parts, whole, starts, until or FOREVER)
    others = [
        Held(other, row.parts, row.whole, row.starts, row.until or FOREVER)
        for other, row in present(ctx, place)
        if other != account and row.capacity in OWNERS
    ]
    for time in (starts, *(held.starts for held in others if new.starts < held.starts < new.until)):
        _check_sum(place, new, [held for held in others if held.starts <= time < held.until])


def _check_sum(place: bytes, new: Held, others: list[Held]) -> None:
    """All of these own at one time. Refused, saying who must give up how much: `places.shares_above_whole`."""
    held = (0, 1)
    for other in others:
        held = add(held, (other.parts, other.whole or 1))
    parts, whole = add(held, (new.parts, new.whole or 1))
    jointly = new.whole == 0 or any(other.whole == 0 for other in others)
    if parts < whole or (parts == whole and not jointly):
        return
    if parts == whole:
        raise Refused("places.nothing_left_to_hold_jointly", about=(place, new.account))
    holding = [other for other in others if other.whole]
    raise Refused(
        "places.shares_above_whole",
        about=(place, new.account, *(other.account for other in holding[:8])),
        asked=f"{new.parts}/{new.whole}",
        free="{}/{}".format(*lowest(held[1] - held[0], held[1])),
        excess="{}/{}".format(*lowest(parts - whole, whole)),
        holders="; ".join(f"{other.account[:4].hex()}… {other.parts}/{other.whole}" for other in holding),
    )


def add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """The sum of two fractions, in lowest terms."""
    return lowest(one[0] * other[1] + other[0] * one[1], one[1] * other[1])


def lowest(parts: int, whole: int) -> tuple[int, int]:
    """The same fraction in lowest terms (Euclid)."""
    a, b = parts, whole
    while b:
        a, b = b, a % b
    return (parts // a, whole // a) if a else (0, 1)
