"""The price list: what each organisation that works here charges, since when, and how it changed. For everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linlian.community.identity import OrganisationKind, OrganisationStatus
from linlian.community.identity import views as identity_views
from linlian.community.identity.views import OrganisationRow
from linlian.community.quotes import views
from linlian.community.quotes.pages.kit import pages
from linlian.community.quotes.rules import PriceItem, Unit
from linlian.community.quotes.rules_prices import PublishPrices
from linlian.community.quotes.views import PriceRow
from linlian.community.repairs import WORKING_KINDS
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import Page, Place

SHOWN = 200
"""Prices, former ones among them; a thing whose prices go on behind them stands on both pages."""
WEEK_MS = 7 * 24 * 3_600_000
ANY_ITEM = PriceItem(label="a", unit=Unit.PIECE, unit_cents=1)
"""Stands for the price that is still to be filled in, when a command is tried."""


@dataclass(frozen=True)
class Thing:
    """A thing on the list: what it costs now (None: not yet), what it cost before, and what it will cost."""

    label: str
    now: PriceRow | None
    before: list[PriceRow]
    ahead: list[PriceRow]


@dataclass(frozen=True)
class PricesPage(Page):
    """The list of one organisation; `organisations` are those whose lists there can be."""

    organisations: list[OrganisationRow]
    chosen: OrganisationRow | None
    things: list[Thing]
    next: str
    publishing: Form | None


@pages.page("/prices")
def prices(ask: Ask, organisation: Id | None = None) -> PricesPage:
    active = ask.rows(identity_views.organisations_by_status, status=OrganisationStatus.ACTIVE, limit=64)
    working = sorted((row for row in active if row.kind in WORKING_KINDS), key=_comes_to_everybody)
    wanted = organisation or ask.reader.organisation
    chosen = next((row for row in working if row.organisation == wanted), None)
    if chosen is None and organisation is not None:
        raise WebError("web.nothing_there")
    chosen = chosen or next(iter(working), None)
    if chosen is None:
        return PricesPage([], None, [], "", publishing=None)
    found = ask.page(views.price_history, ask.after, organisation=chosen.organisation, limit=SHOWN)
    own = chosen.organisation == ask.reader.organisation
    publishing = ask.offer(PublishPrices(items=(ANY_ITEM,), since=ask.now + WEEK_MS)) if own else None
    return PricesPage(
        working, chosen, _things(found.rows, ask.now), found.next, publishing, live=(chosen.organisation,)
    )


def _comes_to_everybody(row: OrganisationRow) -> bool:
    """Sorts the property company, whom most ask, before the specialists."""
    return row.kind != OrganisationKind.PROPERTY_COMPANY


def _things(rows: Sequence[PriceRow], now: int) -> list[Thing]:
    """The list thing by thing, what came last first."""
    found: dict[str, list[PriceRow]] = {}
    for row in rows:
        found.setdefault(row.label, []).insert(0, row)
    return [
        Thing(
            label,
            next((row for row in steps if row.since <= now), None),
            [row for row in steps if row.since <= now][1:],
            [row for row in steps if row.since > now],
        )
        for label, steps in found.items()
    ]


pages.way("/prices", "prices", Place.TOP, lambda reader: not reader.account, rank=36)
pages.way("/prices", "prices", Place.RAIL, lambda reader: reader.organisation != b"", rank=27)
