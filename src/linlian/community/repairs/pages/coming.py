"""Who comes: the card of whoever carries out a repair, shown to those for whom it is done and to those who see to it.

What is in clear on a card stands here: employer, trades, licences with their end. The name is under seal; it opens as
everything sealed does, by a signed look (`openings`).
"""

from __future__ import annotations

from dataclasses import dataclass

from linlian.community.repairs.pages.case import RepairPage
from linlian.community.repairs.pages.kit import pages
from linlian.community.repairs.views.desk import ComingRow, coming
from linlian.community.staff.views import CardRow, LicenceState, ShownLicenceRow, card, licences_shown
from linlian.web.ask import Ask
from linlian.web.pages import Part, Where

BADGES = {"valid": "well", "running_out": "waiting", "to_come": "waiting", "run_out": "late", "revoked": "late"}
"""How a licence stands: the colour of its badge; the word is in it."""


@dataclass(frozen=True)
class ShownLicence:
    """A licence, and how it stands at this moment: a state, or `to_come` before it begins."""

    row: ShownLicenceRow
    stands: str


@dataclass(frozen=True, kw_only=True)
class ComingPart(Part):
    """Who carries the repair out. Without `card` their employer gave them none that counts."""

    who: ComingRow
    card: CardRow | None
    licences: list[ShownLicence]


@pages.part(RepairPage, rank=10)
def who_comes(ask: Ask, page: RepairPage) -> ComingPart | None:
    who = ask.maybe(coming, case_id=page.case.case_id)
    if who is None:
        return None
    shown = ask.maybe(card, account=who.account)
    held = ask.rows(licences_shown, account=who.account)
    licences = [ShownLicence(row, stands(row, ask.now)) for row in held]
    return ComingPart(where=Where.TOLD, who=who, card=shown, licences=licences)


def stands(row: ShownLicenceRow, now: int) -> str:
    """Rows follow the timers; between two blocks the dates are right."""
    if row.state == LicenceState.REVOKED:
        return row.state
    if row.until <= now:
        return LicenceState.RUN_OUT.value
    return "to_come" if row.starts > now else row.state


pages.constants.update(LICENCE_BADGES=BADGES)
