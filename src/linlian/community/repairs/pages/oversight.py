"""For supervisors, grid workers and the owners' committee: what is late, disputed, or done and looked at by nobody; and
what was done too fast or comes back. Those of the hosts see everything, the others what is broken in common parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.repairs.pages.case import SOMETHING
from linlian.community.repairs.pages.kit import oversees, pages
from linlian.community.repairs.rules_answering import CheckRepair
from linlian.community.repairs.views.cards import CardRow
from linlian.community.repairs.views.desk import Concern, concerns
from linlian.community.repairs.views.queries import RepeatRow, instant_requests, repeats
from linlian.community.repairs.views.rows import RequestRow
from linlian.web.ask import Ask
from linlian.web.errors import WebError
from linlian.web.forms import Form
from linlian.web.pages import ANY, Page, Place

DAY_MS = 86_400_000
SINCE_DAYS = 90
FORMS_MAX = 20
"""So many may be answered on the page itself; the others on their own."""


@dataclass(frozen=True)
class ToCheck:
    """A repair in a common part that waits for somebody independent; `form` if that can be the reader."""

    card: CardRow
    form: Form | None


@dataclass(frozen=True)
class SupervisionPage(Page):
    """What somebody should look at. `all_of_it`: homes too, with what was done at once and what comes back."""

    late: list[CardRow]
    disputed: list[CardRow]
    to_check: list[ToCheck]
    instant: list[RequestRow]
    repeats: list[RepeatRow]
    all_of_it: bool


@pages.page("/supervision")
def supervision(ask: Ask) -> SupervisionPage:
    if not ask.reader.account:
        raise WebError("web.sign_in")
    if not oversees(ask.reader):
        raise WebError("web.not_for_you")
    everything = ask.sees(concerns, concern=Concern.LATE, common=False)
    since = max(0, ask.now - SINCE_DAYS * DAY_MS)
    late, disputed, done = (
        ask.rows(
            concerns, concern=concern, common=not everything or concern is Concern.TO_CHECK, now=ask.now, limit=100
        )
        for concern in (Concern.LATE, Concern.DISPUTED, Concern.TO_CHECK)
    )
    return SupervisionPage(
        late=late,
        disputed=disputed,
        to_check=[ToCheck(card, _form(ask, card) if number < FORMS_MAX else None) for number, card in enumerate(done)],
        instant=[row for row in ask.rows(instant_requests, since=since) if not row.source] if everything else [],
        repeats=[row for row in ask.rows(repeats, since=since) if not row.source] if everything else [],
        all_of_it=everything,
        live=(ANY,),
    )


def _form(ask: Ask, card: CardRow) -> Form | None:
    may = ask.may(CheckRepair(case=card.case_id, proofs=(SOMETHING,)))
    return ask.form(CheckRepair, case=card.case_id) if may else None


pages.way("/supervision", "supervision", Place.RAIL, oversees, rank=40)
