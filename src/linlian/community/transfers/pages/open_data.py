"""A fund's open data as files, for everybody: movements (CSV), grants (360Giving), activities (IATI)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from linlian.community.funds.views import FundRow
from linlian.community.programmes import views as plan_views
from linlian.community.transfers import views
from linlian.community.transfers.exchange import Names, Told, activities, package
from linlian.community.transfers.pages.kit import codes, fund_of, pages
from linlian.kernel.codec import Id
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.sheets import Document, Markup, Sheet

R = TypeVar("R")
ROWS = 1_000
"""Asked for at a time."""


@pages.page("/funds/{fund}/movements.csv")
def movements(ask: Ask, fund: Id) -> Sheet:
    """Every movement of a fund's money, to be added up by anybody."""
    row, lines = fund_of(ask, fund), []
    for each in _every(ask, views.movements, fund):
        line: tuple[str | int, ...] = (
            each.height,
            each.receipt,
            each.event,
            each.time,
            each.kind,
            each.programme.hex(),
            each.amount_minor,
            row.currency,
            "yes" if each.first else "no",
        )
        lines.append(line)
    head = ("height", "receipt", "event", "time_ms", "kind", "programme", "amount_minor", "currency", "own_balance")
    return Sheet(f"{row.code}.csv", head, lines)


@pages.page("/funds/{fund}/grants.json")
def grants(ask: Ask, fund: Id) -> Document:
    """What a fund decided for somebody, as 360Giving 1.4. Raises WebError (`web.nothing_there`)."""
    row, awards = fund_of(ask, fund), _every(ask, views.published_awards, fund)
    if not awards:
        raise WebError("web.nothing_there")
    forms = {each: ask.tongue.value("programmes", each) for each in ("money", "goods", "service")}
    names = Names(
        _name(ask, row), forms, ask.tongue.text("transfers.unnamed"), ask.tongue.text("transfers.funds_about")
    )
    return Document(f"{row.code}.json", package(row, awards, names, ask.now))


@pages.page("/funds/{fund}/activities.xml")
def iati(ask: Ask, fund: Id) -> Markup:
    """A fund, its programmes and the hands of its money, as IATI 2.03."""
    row = fund_of(ask, fund)
    told = Told(
        fund=row,
        programmes=_every(ask, plan_views.programmes_of, fund),
        income=[each for each in _every(ask, views.movements, fund) if each.kind in ("income", "refund")],
        hands=_every(ask, views.movements_between, fund),
        days=_every(ask, views.paid_by_day, fund),
        names=codes(ask),
        about=ask.tongue.text("transfers.activities_about"),
        language=ask.tongue.language,
    )
    return Markup(f"{row.code}.xml", activities(told, ask.now))


def _every(ask: Ask, query: Callable[..., list[R]], fund: bytes) -> list[R]:
    """All rows of a list, page by page."""
    rows: list[R] = []
    after = ""
    while True:
        found = ask.page(query, after, fund=fund, limit=ROWS)
        rows += found.rows
        after = found.next
        if not after:
            return rows


def _name(ask: Ask, row: FundRow) -> str:
    return codes(ask).get(row.organisation, row.code)
