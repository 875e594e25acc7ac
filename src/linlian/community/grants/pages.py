"""Grants that others published and somebody here brought in: which files, and what they add up to. For everybody."""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.grants import views
from linlian.community.grants.views import PublicationRow, TotalRow
from linlian.community.identity import OrganisationStatus
from linlian.community.identity import views as identity_views
from linlian.web.ask import Ask
from linlian.web.pages import Page, Pages

pages = Pages("grants")
SHOWN = 20
CURRENCIES_SHOWN = 20
ORGANISATIONS_MAX = 64


@dataclass(frozen=True)
class Card:
    """A file that was brought in, who did, and its sums by currency."""

    row: PublicationRow
    organisation: str
    totals: list[TotalRow]

    @property
    def missing(self) -> int:
        return self.row.grants - self.row.recorded


@dataclass(frozen=True)
class PublicationsPage(Page):
    """All files of grants of others, the latest first."""

    cards: list[Card]
    next: str


@pages.page("/grants")
def publications(ask: Ask) -> PublicationsPage:
    found, names = ask.page(views.all_publications, ask.after, limit=SHOWN), _names(ask)
    cards = [
        Card(
            row,
            names.get(row.organisation, "—"),
            ask.rows(views.totals_of, publication=row.publication, limit=CURRENCIES_SHOWN),
        )
        for row in found.rows
    ]
    return PublicationsPage(cards, found.next, live=tuple(row.publication for row in found.rows))


def _names(ask: Ask) -> dict[bytes, str]:
    """What organisations are called."""
    named: dict[bytes, str] = {}
    for status in (OrganisationStatus.ACTIVE, OrganisationStatus.REMOVED):
        rows = ask.rows(identity_views.organisations_by_status, status=status, limit=ORGANISATIONS_MAX)
        named |= {row.organisation: row.code for row in rows}
    return named
