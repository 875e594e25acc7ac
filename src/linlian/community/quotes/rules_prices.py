"""What an organisation says in public that it charges, from when on.

Rules
- A list is dated: a price holds from a time on that lies a day ahead at least, unless the thing is new on the list. So
  nobody raises a price in front of a door.
- The list binds nobody; a quote above it is flagged, for whoever pays and whoever looks after both.
"""

from __future__ import annotations

from typing import Annotated

from linlian.community import identity
from linlian.community.identity import AccountId, OrganisationId, Role
from linlian.community.quotes.rules import (
    PRICES_MAX,
    VERSIONS_MAX,
    Line,
    Price,
    PriceItem,
    PriceStep,
    contract,
    prices,
)
from linlian.community.repairs import WORKING_KINDS
from linlian.kernel.contract import Command, Context, Event, Meta, Millis, Reader, Refused, compose

DAY_MS = 24 * 3600 * 1000

Items = Annotated[tuple[PriceItem, ...], Meta(min_length=1, max_length=PRICES_MAX)]


class PublishPrices(Command):
    """`since`: from when on they hold; 0 is now, for things that are new on the list."""

    items: Items
    since: Millis = 0


@contract.event
class PricesPublished(Event):
    organisation: OrganisationId
    published_by: AccountId
    items: Items
    since: Millis


@contract.command
def publish_prices(ctx: Context, cmd: PublishPrices) -> None:
    """Put prices on one's organisation's public list."""
    member = identity.require_office(ctx, WORKING_KINDS, Role.OFFICER, Role.CLERK)
    since = cmd.since or ctx.time
    labels = [item.label for item in cmd.items]
    if "" in labels or any(label in labels[:number] for number, label in enumerate(labels)):
        raise Refused("quotes.label_twice")
    for item in cmd.items:
        key = compose(member.organisation, item.label)
        found = prices.get(ctx, key)
        least = ctx.time if found is None else max(ctx.time + DAY_MS, found.steps[-1].since + 1)
        if since < least:
            raise Refused("quotes.price_too_soon", label=item.label, since=least)
        steps = () if found is None else found.steps[1 - VERSIONS_MAX :]
        prices.put(ctx, key, Price((*steps, PriceStep(since=since, unit=item.unit, unit_cents=item.unit_cents))))
    ctx.emit(PricesPublished(organisation=member.organisation, published_by=ctx.signer, items=cmd.items, since=since))


def listed(reader: Reader, organisation: bytes, label: str, time: int) -> PriceStep | None:
    """The price in force at a time, or None."""
    found = prices.get(reader, compose(organisation, label))
    begun = [] if found is None else [step for step in found.steps if step.since <= time]
    return begun[-1] if begun else None


def above_list(ctx: Context, organisation: bytes, lines: tuple[Line, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of lines above the organisation's own list, and of those that it does not list by this unit."""
    above, unlisted = [], []
    for line in lines:
        price = listed(ctx, organisation, line.label, ctx.time)
        if price is None or price.unit is not line.unit:
            unlisted.append(line.label)
        elif line.unit_cents > price.unit_cents:
            above.append(line.label)
    return tuple(dict.fromkeys(above)), tuple(dict.fromkeys(unlisted))
