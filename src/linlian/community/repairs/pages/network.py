"""The organisations of the community, and what goes from the hands of one into those of another, live."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from linlian.community.identity import views as identity_views
from linlian.community.identity.views import OrganisationRow
from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.views.flows import Days, FlowRow, flows
from linlian.web.ask import Ask
from linlian.web.chart import Flow, Knot, flows_svg
from linlian.web.pages import ANY, Page, Place


@dataclass(frozen=True)
class NetworkPage(Page):
    """Who is here, and how often work went from one to another; `known`: the reader may see the latter."""

    organisations: list[OrganisationRow]
    flows: list[FlowRow]
    names: dict[str, str]
    known: bool
    days: int
    picture: Markup


@pages.page("/network")
def network(ask: Ask, days: Days = 30) -> NetworkPage:
    present = [row for row in ask.rows(identity_views.organisations_by_status, limit=40) if row.status in PRESENT]
    known = ask.sees(flows, days=days)
    handed = ask.rows(flows, days=days) if known else []
    residents = ask.tongue.text("repairs.network.residents")
    knots = [Knot(row.code, ask.tongue.value("identity", row.kind)) for row in present] + [Knot(residents, residents)]
    number = {row.organisation: place for place, row in enumerate(present)} | {b"": len(present)}
    drawn = [
        Flow(number[row.giver], number[row.taker], row.handed)
        for row in handed
        if row.giver in number and row.taker in number
    ]
    title = ask.tongue.text("repairs.network.head", count=len(present), handed=sum(row.handed for row in handed))
    names = {row.organisation.hex(): row.code for row in present} | {"": residents}
    return NetworkPage(present, handed, names, known, days, Markup(flows_svg(title, knots, drawn)), live=(ANY,))


PRESENT = ("active", "admitted")
pages.way("/network", "network", Place.TOP, lambda _reader: True, rank=40)
